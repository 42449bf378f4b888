"""The table known from lectures: what each layer gives, how many weights it has, what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.compile.plan import used_nodes
from app.core.graph.model import Project
from app.core.inference import GraphReport, Report
from nodes.api import Shape
from nodes.api.registry import find

BYTES = 4  # of one float32


@dataclass(frozen=True, slots=True)
class Row:
    """One layer, or a block with what is in it. ``output`` is None while its shape is not known.

    ``values`` counts what one sample holds there; like the other numbers for all ``times`` that it is repeated.
    ``depth`` is the number of blocks around it.
    """

    path: str
    type: str
    output: Shape | None
    values: int
    weights: int
    multiply_adds: int
    times: int = 1
    depth: int = 0
    is_block: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """Rows and totals. ``values`` counts the outputs of all layers for one sample. The rows of a block follow it."""

    rows: tuple[Row, ...]

    @property
    def layers(self) -> tuple[Row, ...]:
        """The rows without those that only sum up a block."""
        return tuple(row for row in self.rows if not row.is_block)

    @property
    def weights(self) -> int:
        """How many numbers training can change."""
        return sum(row.weights for row in self.layers)

    @property
    def values(self) -> int:
        """How many numbers one sample makes on its way through all layers, itself included."""
        return sum(row.values for row in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Multiplications with an addition for one sample."""
        return sum(row.multiply_adds for row in self.layers)

    @property
    def weight_bytes(self) -> int:
        """Size of the weights as float32."""
        return self.weights * BYTES

    @property
    def memory(self) -> int:
        """Bytes of all values of one forward pass of one sample, as float32; training keeps most of them."""
        return self.values * BYTES

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "layers": [
                {
                    "name": row.path,
                    "type": row.type,
                    "output": list(row.output.sizes) if row.output is not None else None,
                    "values": row.values,
                    "parameters": row.weights,
                    "multiply_adds": row.multiply_adds,
                    "times": row.times,
                }
                for row in self.layers
            ],
            "total": {
                "parameters": self.weights,
                "values": self.values,
                "multiply_adds": self.multiply_adds,
                "weight_bytes": self.weight_bytes,
                "forward_bytes": self.memory,
            },
        }


def summarise(project: Project, report: Report) -> Summary:
    """The summary of a drawing, also of one with problems: what is known is counted."""
    return Summary(tuple(_rows(report.main, "", 1, 0, used_nodes(project))))


def _rows(report: GraphReport, prefix: str, times: int, depth: int, used: frozenset[str] | None) -> Iterator[Row]:
    for name in report.order:
        node, known = report.graph.nodes[name], report.nodes[name]
        layer = find(node.type)
        if used is not None and name not in used:
            continue
        if layer is not None and layer.role in ("loss", "output", "block_in", "block_out"):
            continue
        shape = next(iter(known.outputs.values()), None)
        path, total = prefix + name, times * node.repeat
        if known.inner is not None:
            inside = list(_rows(known.inner, f"{path}/", total, depth + 1, None))
            yield Row(path, node.type, shape, *_sums(inside), total, depth, True)
            yield from inside
            continue
        values = shape.values * total if shape is not None and not node.muted else 0
        yield Row(path, node.type, shape, values, known.weights * times, known.multiply_adds * times, total, depth)


def _sums(rows: Sequence[Row]) -> tuple[int, int, int]:
    layers = [row for row in rows if not row.is_block]
    return (
        sum(row.values for row in layers),
        sum(row.weights for row in layers),
        sum(row.multiply_adds for row in layers),
    )
