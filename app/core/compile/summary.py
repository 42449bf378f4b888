"""The table known from lectures: what each layer gives, how many weights it has, what it costs."""

from __future__ import annotations

from collections.abc import Iterator
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
    """One layer. ``output`` is None while its shape is not known; ``values`` counts what one sample holds there."""

    path: str
    type: str
    output: Shape | None
    values: int
    weights: int
    multiply_adds: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Rows and totals. ``values`` counts the outputs of all layers for one sample, ``memory`` their bytes in one
    forward pass together with the weights' bytes."""

    rows: tuple[Row, ...]
    weights: int
    values: int
    multiply_adds: int

    @property
    def weight_bytes(self) -> int:
        """Size of the weights as float32."""
        return self.weights * BYTES

    @property
    def memory(self) -> int:
        """Bytes of all values of one sample as float32."""
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
                }
                for row in self.rows
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
    used = used_nodes(project)
    rows = tuple(_rows(report.main, "", 1, used))
    return Summary(
        rows,
        sum(row.weights for row in rows),
        sum(row.values for row in rows if row.type != "source"),
        sum(row.multiply_adds for row in rows),
    )


def _rows(report: GraphReport, prefix: str, times: int, used: frozenset[str] | None) -> Iterator[Row]:
    for name in report.order:
        node, known = report.graph.nodes[name], report.nodes[name]
        layer = find(node.type)
        if used is not None and name not in used:
            continue
        if layer is not None and layer.role in ("loss", "output", "block_in", "block_out"):
            continue
        if known.inner is not None:
            yield from _rows(known.inner, f"{prefix}{name}/", times * node.repeat, None)
            continue
        shape = next(iter(known.outputs.values()), None)
        counted = shape is not None and not node.muted
        values = shape.values * times * node.repeat if shape is not None and counted else 0
        yield Row(prefix + name, node.type, shape, values, known.weights * times, known.multiply_adds * times)
