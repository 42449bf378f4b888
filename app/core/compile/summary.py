"""The table known from lectures: what each layer gives, how many weights it has, what it costs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.core.compile.used_nodes import printed_nodes
from app.core.graph.roles import role_of, type_role
from app.core.inference import GraphReport, NodeReport
from nodes.api import Shape

BYTES = 4  # of one float32
_UNCOUNTED = ("augmentation", "loss", "output", "block_in", "block_out")  # they hand values on, or measure them


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One layer, or a block with what is in it. ``output`` is None while its shape is not known.

    ``values`` counts what one sample holds there; like the other numbers for all ``times`` that it is repeated.
    ``depth`` is the number of blocks around it.
    """

    path: str
    type: str
    output: Shape | None
    values: int
    parameters: int
    multiply_adds: int
    times: int = 1
    depth: int = 0
    is_block: bool = False


@dataclass(frozen=True)
class Summary:
    """Rows and totals. ``values`` counts the outputs of all layers for one sample. The rows of a block follow it."""

    rows: tuple[SummaryRow, ...]

    @cached_property
    def layers(self) -> tuple[SummaryRow, ...]:
        """The rows without those that only sum up a block."""
        return tuple(row for row in self.rows if not row.is_block)

    @cached_property
    def parameters(self) -> int:
        """How many parameters training can change."""
        return sum(row.parameters for row in self.layers)

    @cached_property
    def values(self) -> int:
        """How many numbers one sample makes on its way through all layers, itself included."""
        return sum(row.values for row in self.layers)

    @cached_property
    def multiply_adds(self) -> int:
        """Multiplications with an addition for one sample."""
        return sum(row.multiply_adds for row in self.layers)

    @property
    def weight_bytes(self) -> int:
        """Size of the weights as float32."""
        return self.parameters * BYTES

    @property
    def memory(self) -> int:
        """Bytes of all values of one forward pass of one sample, as float32; training keeps most of them."""
        return self.values * BYTES

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``. A side of an output is ``any`` where it may be; all numbers are for one length."""
        return {
            "layers": [
                {
                    "name": row.path,
                    "type": row.type,
                    "output": list(row.output.sides) if row.output is not None else None,
                    "values": row.values,
                    "parameters": row.parameters,
                    "multiply_adds": row.multiply_adds,
                    "times": row.times,
                }
                for row in self.layers
            ],
            "total": {
                "parameters": self.parameters,
                "values": self.values,
                "multiply_adds": self.multiply_adds,
                "weight_bytes": self.weight_bytes,
                "forward_bytes": self.memory,
            },
        }


def summary_of(report: GraphReport) -> Summary:
    """The summary of a drawing's main graph, or of one such as a block's, also with problems: what is known is counted.

    Muted layers and branches that lead nowhere are left out, as they are from the compiled net; weights that several
    layers share count once. The result is kept with the report, so asking again costs nothing.
    """
    kept: Summary | None = report.__dict__.get("_summary")
    if kept is None:
        kept = Summary(tuple(_rows(report, "", 1, 0, True)))
        report.__dict__["_summary"] = kept
    return kept


def _counted(report: GraphReport) -> Collection[str]:
    """The nodes of the compiled net. All of them while an end of the drawing waits for what should arrive there: a net
    has not become nothing because a wire to its loss is missing."""
    for name in [name for name, known in report.nodes.items() if known.waiting or known.problems]:
        if role_of(report.graph.nodes[name]) in ("loss", "output", "block_out"):
            return report.nodes.keys()
    return printed_nodes(report)


def _rows(report: GraphReport, prefix: str, times: int, depth: int, owned: bool) -> Iterator[SummaryRow]:
    """``owned``: whether the weights in here are not those of another block."""
    used = _counted(report)
    for name in report.order:
        node, known = report.graph.nodes[name], report.nodes[name]
        if name not in used or role_of(node) in _UNCOUNTED:
            continue
        shape = next(iter(known.outputs.values()), None)
        path, total = prefix + name, times * node.repeat
        if known.inner is not None:
            inside = list(_rows(known.inner, f"{path}/", total, depth + 1, owned and node.shares is None))
            yield SummaryRow(path, node.type, shape, *_sums(inside), total, depth, True)
            yield from inside
            continue
        values = shape.values * total if shape is not None and not node.bypassed else 0
        weights = known.parameters * times if owned else 0
        yield SummaryRow(path, node.type, shape, values, weights, known.multiply_adds * times, total, depth)


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of a ``Summary``, without its rows."""

    parameters: int = 0
    values: int = 0
    multiply_adds: int = 0


def totals_of(report: GraphReport) -> Totals:
    """The totals of one graph: those of ``summary_of(report)``, fast enough for every edit of a large drawing.

    Kept with the report; a report of a block that an edit has left alone brings its totals along.
    """
    kept: Totals | None = report.__dict__.get("_totals")
    if kept is not None:
        return kept
    weights = values = multiply_adds = 0
    used = _counted(report)
    uncounted = {each for each in report.graph.types if type_role(each) in _UNCOUNTED}
    nodes = report.graph.nodes
    for name, known in report.nodes.items():
        if name not in used:
            continue
        node = nodes[name]
        if known.inner is not None:
            inner = totals_of(known.inner)
            values += inner.values * node.repeat
            multiply_adds += inner.multiply_adds * node.repeat
            if node.shares is None:
                weights += inner.parameters * node.repeat
        elif node.type not in uncounted:
            multiply_adds += known.multiply_adds
            weights += known.parameters
            if known.outputs and not node.bypassed:
                values += _first_values(known) * node.repeat
    report.__dict__["_totals"] = kept = Totals(weights, values, multiply_adds)
    return kept


def _first_values(known: NodeReport) -> int:
    """How many numbers the first output of a node has. Kept with the report, which most edits leave alone."""
    kept: int | None = known.__dict__.get("_values")
    if kept is None:
        kept = known.__dict__["_values"] = next(iter(known.outputs.values())).values
    return kept


def _sums(rows: Sequence[SummaryRow]) -> tuple[int, int, int]:
    layers = [row for row in rows if not row.is_block]
    return (
        sum(row.values for row in layers),
        sum(row.parameters for row in layers),
        sum(row.multiply_adds for row in layers),
    )
