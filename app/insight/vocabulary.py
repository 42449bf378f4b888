"""How many different whole numbers an input takes: the smallest table that is read with what enters there."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanInput, PlannedGraph, PlannedStep, Ref
from nodes.api import Call
from nodes.api.calls import When

_ONE_HOT = re.compile(r"one_hot\([^()]*?,\s*(?:num_classes\s*=\s*)?(\d+)\s*\)")
_TABLES = ("Embedding", "EmbeddingBag")


def vocabulary(net: CompiledNet, entry: PlanInput) -> int | None:
    """The numbers from 0 to one less may enter at ``entry``; None where no layer sets a limit.

    Followed are whole numbers past layers that only move them, such as Reshape and Slice, and into blocks.
    """
    if entry.shape.dtype != "int":
        return None
    if entry.shape.classes:
        return entry.shape.classes
    limits, _ = _followed(net.plan.graph, {Ref(entry.node, entry.port)})
    return min(limits, default=None)


def _followed(graph: PlannedGraph, reached: set[Ref]) -> tuple[list[int], set[Ref]]:
    """The limits that layers set to the values in ``reached``, and every place where these values stand."""
    limits: list[int] = []
    for step in graph.running:
        ports = [port for port, refs in step.inputs.items() if reached.intersection(refs)]
        if not ports:
            continue
        if step.inner is not None:
            within, inside = _followed(step.inner, {Ref(port, "output") for port in ports})
            limits += within
            given = zip(step.inner.return_ports, step.inner.returns, strict=True)
            reached |= {Ref(step.name, port) for port, ref in given if ref in inside and _whole(step, port)}
            continue
        if step.call is not None:
            limits += _limits(step.call)
        reached |= {Ref(step.name, port) for port in step.outputs if _whole(step, port)}
    return limits, reached


def _whole(step: PlannedStep, port: str) -> bool:
    shape = step.outputs.get(port)
    return shape is not None and shape.dtype == "int"


def _limits(call: Call) -> Iterable[int]:
    """How many rows the table of a layer has, or places its one-hot code."""
    if call.constructor.rpartition(".")[2] in _TABLES:
        rows = call.args[0] if call.args else dict(call.kwargs).get("num_embeddings")
        if isinstance(rows, int):
            yield rows
    for line in call.forward:
        text = line.text if isinstance(line, When) else line
        yield from (int(count) for count in _ONE_HOT.findall(text))


def read_whole(graph: PlannedGraph, reached: set[Ref], before: str = "") -> list[str]:
    """The paths of the Embedding layers that read the whole numbers in ``reached``, in the order of the net."""
    found: list[str] = []
    for step in graph.running:
        ports = [port for port, refs in step.inputs.items() if reached.intersection(refs)]
        if not ports:
            continue
        if step.inner is not None:
            found += read_whole(step.inner, {Ref(port, "output") for port in ports}, f"{before}{step.name}.")
        elif step.call is not None and step.call.constructor.rpartition(".")[2] in _TABLES:
            found.append(f"{before}{step.name}")
        reached = reached | {Ref(step.name, port) for port in step.outputs if _whole(step, port)}
    return found
