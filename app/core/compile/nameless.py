"""What a plan computes, whatever layers, blocks and ports of blocks are called in it.

Two plans of which all parts are equal compute the same to the last bit: what stands in the same place of the model has
the same part in it, so weights may be handed over in their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.compile.planned import Plan, PlanAugmentation, PlanLoss, PlannedGraph, PlannedStep, PlanSource, Ref
from app.core.graph.loops import LoopInput

_FREE = ("lr", "optimizer_settings")  # how fast a loss is served may change like the learning rate of a recipe


@dataclass(frozen=True)
class NamelessPlan:
    """The parts of a plan, to be compared with those of another. Names are numbers, in the order of the plan."""

    data: tuple[Any, ...]
    layers: tuple[Any, ...]
    losses: tuple[Any, ...]
    augmentations: tuple[Any, ...]


def nameless(plan: Plan) -> NamelessPlan:
    """The parts of a plan without its names, and without the learning rates of its losses."""
    names = _NodeNumbers(plan.graph)
    return NamelessPlan(
        tuple(map(names.source, plan.sources)),
        names.graph(plan.graph.returns),
        tuple(map(names.loss, plan.losses)),
        tuple(map(names.augmentation, plan.augmentations)),
    )


class _NodeNumbers:
    """Numbers the nodes of one graph as they are met."""

    def __init__(self, graph: PlannedGraph) -> None:
        self._numbers: dict[str, int] = {}
        self._graph = graph
        self._ports = {
            step.name: {port: number for number, port in enumerate(step.inner.return_ports)}
            for step in graph.steps
            if step.inner is not None
        }

    def number(self, name: str) -> int:
        """That of a node."""
        return self._numbers.setdefault(name, len(self._numbers))

    def ref(self, ref: Ref) -> tuple[int, int | str]:
        """A value: of a block, which of its outputs it is."""
        return self.number(ref.node), self._ports.get(ref.node, {}).get(ref.port, ref.port)

    def refs(self, refs: Sequence[Ref]) -> tuple[tuple[int, int | str], ...]:
        """Some values, in order."""
        return tuple(map(self.ref, refs))

    def source(self, source: PlanSource) -> tuple[Any, ...]:
        return self.number(source.node), source.type, dict(source.settings), dict(source.fields)

    def graph(self, returns: Sequence[Ref]) -> tuple[Any, ...]:
        """What enters, each step, and what leaves."""
        return self.refs(self._graph.arguments), tuple(map(self.step, self._graph.steps)), self.refs(returns)

    def step(self, step: PlannedStep) -> tuple[Any, ...]:
        inner, entries = None, dict[str, int]()
        if step.inner is not None:
            inner = _NodeNumbers(step.inner).graph(step.inner.returns)
            entries = {ref.node: number for number, ref in enumerate(step.inner.arguments)}
        return (
            self.number(step.name),
            self.number(step.attribute),
            step.owns,
            step.call,
            inner,
            step.repeat,
            tuple(self.entry(each, entries, step.name) for each in step.loop),
            {entries.get(port, port): self.refs(refs) for port, refs in step.inputs.items()},
            {self.ref(Ref(step.name, port))[1]: shape for port, shape in step.outputs.items()},
            step.runs,
        )

    def entry(self, entry: LoopInput, entries: Mapping[str, int], name: str) -> tuple[Any, ...]:
        """One input of a block that runs over time."""
        comes_from = self._ports.get(name, {}).get(entry.comes_from, entry.comes_from)
        plain = (entry.over_time, entry.true_values, entry.size, entry.chosen)
        return entries.get(entry.name, entry.name), comes_from, *plain

    def loss(self, loss: PlanLoss) -> tuple[Any, ...]:
        settings = {name: value for name, value in loss.settings.items() if name not in _FREE}
        if settings.get("updates"):
            settings["updates"] = {self.number(name) for name in settings["updates"]}
        operands = {port: (o.kind, self.ref(Ref(o.node, o.port))) for port, o in loss.operands.items()}
        return self.number(loss.name), loss.type, loss.call, operands, settings

    def augmentation(self, step: PlanAugmentation) -> tuple[Any, ...]:
        target = self.ref(step.target) if step.target is not None else None
        settings = dict(step.settings)
        return self.number(step.node), step.type, settings, self.ref(step.reads), step.shape, target, step.classes
