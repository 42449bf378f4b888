"""Sorts the instances of blocks into classes, and finds the numbers in which they differ and good names for those."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.core.compile.plan import Plan, PlannedGraph, PlannedStep, Ref, class_name
from app.core.compile.signatures import OURS, Required, Slot, arguments, signature
from app.core.graph.model import MAIN

Place = tuple[str, Slot]  # an argument of the constructor of a step
_Key = tuple[tuple[type, Any], ...]  # the values of one argument in all instances; True is not 1 here


@dataclass(frozen=True)
class BlockClass:
    """One class to print.

    ``graph`` is one of its instances and stands for all. ``parameters`` are the arguments of the class with their
    defaults (``Required`` if there is none), ``holes`` say which arguments inside take their value from them.
    ``passed`` lists, for each step, the arguments that are printed, with the value that all instances have in common.
    """

    name: str
    graph: PlannedGraph
    parameters: Mapping[str, Any] = field(default_factory=dict)
    holes: Mapping[Place, str] = field(default_factory=dict)
    passed: Mapping[str, Mapping[Slot, Any]] = field(default_factory=dict)
    same_shapes: bool = True
    exposed: Mapping[str, str] = field(default_factory=dict)  # the block's word for a setting -> the parameter


class PrintedClasses:
    """All classes of a plan, those that others need first, the drawing itself last."""

    def __init__(self, plan: Plan) -> None:
        self.names = {plan.class_name, "Losses"} | {
            step.call.constructor.removeprefix(OURS) for g in plan.graph.walk() for step in g.steps if step.call
        }
        self.all: list[BlockClass] = []
        self._of: dict[int, tuple[BlockClass, dict[Slot, Any]]] = {}
        self._forms: dict[int, object] = {}
        same: dict[object, list[PlannedGraph]] = {}
        for graph in plan.graph.walk():
            if graph.where != MAIN:
                same.setdefault(self._form(graph), []).append(graph)
        for instances in same.values():
            self._add(instances)
        passed = {step.name: self._slots(step) for step in plan.graph.steps if step.owns}
        self.main = BlockClass(plan.class_name, plan.graph, passed=passed)
        self.all.append(self.main)

    def of(self, instance: PlannedGraph) -> BlockClass:
        """The class of which ``instance`` is one."""
        return self._of[id(instance)][0]

    def signature(self, step: PlannedStep) -> Mapping[str, Any]:
        """The arguments of what a step constructs, with their defaults."""
        if step.inner is not None:
            return self.of(step.inner).parameters
        return signature(step.call.constructor) if step.call is not None else {}

    def _slots(self, step: PlannedStep) -> dict[Slot, Any]:
        """What a step gives to its constructor."""
        if step.inner is not None:
            return dict(self._of[id(step.inner)][1])
        return arguments(step.call) if step.call is not None and step.call.constructor else {}

    def _form(self, graph: PlannedGraph) -> object:
        """What must be equal for two instances to be one class: everything but the values of arguments."""
        if id(graph) not in self._forms:
            read = read_values(graph)
            steps = tuple((step.name, self._form_of_step(step, read)) for step in graph.steps)
            self._forms[id(graph)] = (graph.where, graph.arguments, graph.returns, steps)
        return self._forms[id(graph)]

    def _form_of_step(self, step: PlannedStep, read: frozenset[Ref]) -> object:
        call = step.call
        made: object = None
        if call is not None:
            # An argument that only some instances give needs a default for the others.
            known = signature(call.constructor)
            bare = tuple(slot for slot in arguments(call) if known.get(str(slot), Required) is Required)
            made = (call.constructor, bare, call.forward, call.fill, call.frozen)
        elif step.inner is not None:
            made = self._form(step.inner)
        wired = tuple(step.inputs.items())
        outputs = tuple((port, Ref(step.name, port) in read) for port in step.outputs)
        return (step.attribute, step.owns, step.runs, step.repeat, step.loop, wired, outputs, made)

    def _add(self, instances: Sequence[PlannedGraph]) -> None:
        first = instances[0]
        name = self._free(class_name(first.where.replace("_", " "), "Block"))
        passed: dict[str, dict[Slot, Any]] = {}
        differing: dict[_Key, list[Place]] = {}
        for position, step in enumerate(first.steps):
            if step.owns:
                given = [self._slots(each.steps[position]) for each in instances]
                defaults = self.signature(step)
                passed[step.name] = {}
                for slot in _in_order([slot for each in given for slot in each], defaults):
                    values = [each[slot] if slot in each else defaults[str(slot)] for each in given]
                    key = tuple((type(value), value) for value in values)
                    passed[step.name][slot] = values[0]
                    if any(value != key[0] for value in key):
                        differing.setdefault(key, []).append((step.name, slot))
        words = self._exposed(first)
        names = _named(differing, words, {step.name for step in first.steps})
        usual = {key: self._default(first, places) for key, places in differing.items()}
        ordered = sorted(differing, key=lambda key: usual[key] is not Required)  # arguments with a default come last
        holes = {place: names[key] for key, places in differing.items() for place in places}
        made = BlockClass(
            name,
            first,
            {names[key]: usual[key] for key in ordered},
            holes,
            passed,
            all([s.outputs for s in each.steps] == [s.outputs for s in first.steps] for each in instances),
            {word: holes[place] for place, word in words.items() if place in holes},
        )
        for index, each in enumerate(instances):
            self._of[id(each)] = (made, {names[key]: key[index][1] for key in ordered})
        self.all.append(made)

    def _default(self, graph: PlannedGraph, places: Iterable[Place]) -> Any:
        """The default that all these arguments have, for an argument of the class that stands for them."""
        steps = {step.name: step for step in graph.steps}
        found = [self.signature(steps[step]).get(str(slot), Required) for step, slot in places]
        same = all(type(each) is type(found[0]) and each == found[0] for each in found)
        return found[0] if same else Required

    def _exposed(self, graph: PlannedGraph) -> dict[Place, str]:
        """The block's own words for arguments of its steps."""
        steps = {step.name: step for step in graph.steps}
        words: dict[Place, str] = {}
        for exposed in graph.exposed:
            step = steps.get(exposed.node)
            if step is not None:
                inner = self.of(step.inner).exposed if step.inner is not None else {}
                words.setdefault((step.name, inner.get(exposed.param, exposed.param)), exposed.name)
        return words

    def _free(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self.names:
            count += 1
            name = f"{wanted}{count}"
        self.names.add(name)
        return name


def read_values(graph: PlannedGraph) -> frozenset[Ref]:
    """The values of a graph that somebody reads."""
    return frozenset(ref for step in graph.steps for refs in step.inputs.values() for ref in refs) | set(graph.returns)


def _in_order(slots: Iterable[Slot], defaults: Mapping[str, Any]) -> list[Slot]:
    """Each slot once: those that every call must give as they come, then the others as the constructor lists them."""
    found = list(dict.fromkeys(slots))
    place = {name: number for number, name in enumerate(defaults)}
    return sorted(found, key=lambda slot: place.get(str(slot), -1) if defaults.get(str(slot)) is not Required else -1)


def _named(differing: Mapping[_Key, Sequence[Place]], words: Mapping[Place, str], taken: set[str]) -> dict[_Key, str]:
    """A name for each argument of a class.

    Torch's word where it says enough. Where it does not, because several arguments would have the same or because the
    number is the width of what enters as well as of what leaves, the word of the block's author.
    """
    own = {key: next((words[place] for place in places if place in words), None) for key, places in differing.items()}
    wanted: dict[_Key, str] = {}
    for key, places in differing.items():
        slots = [slot if isinstance(slot, str) else f"value{slot}" for _, slot in places]
        stems = [slot.removeprefix("in_") for slot in slots if slot.startswith("in_")]
        width = next((stem for stem in stems if f"out_{stem}" in slots), None)
        wanted[key] = slots[0] if width is None else own[key] or width
    result: dict[_Key, str] = {}
    used = set(taken)
    often = Counter(wanted.values())
    for key, name in wanted.items():
        if name in taken or often[name] > 1:
            name = own[key] or f"{differing[key][0][0]}_{name}"
        while name in used:
            name += "_"
        used.add(name)
        result[key] = name
    return result
