"""Two fully connected layers with no function between them, which together can do no more than one of them."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.checks.problems import AnyFix, Problem, SetNode
from app.core.expanded import GraphLevel, Output, producers, top
from app.core.graph.model import Project, Wire
from app.core.inference import Report
from nodes.api import InsertBefore, Shape
from nodes.api.layer import Linear
from nodes.api.registry import find


def fully_connected(project: Project, report: Report) -> Iterator[Problem]:
    """A note for each layer that follows another one.

    Nothing is said where the first is narrower than what stands before and behind it: a bottleneck is more than it
    seems. Nor where others read what it gives.
    """
    told: set[tuple[str, str]] = set()
    for level in top(project, report).levels():
        types = {each for each in level.graph.types if _linear(each) == "sums"}
        for name, node in level.graph.nodes.items() if types else ():
            if node.type not in types or node.bypassed or (level.where, name) in told:
                continue
            known = level.report.nodes[name]
            if known.problems or known.built is None:
                continue
            if node.repeat > 1:
                told.add((level.where, name))
                sentence = (
                    f"{level.path(name)} stands {node.repeat} times in a row without a function between, and together "
                    "they can do no more than one. Do not repeat it, or repeat a block with it and a ReLU."
                )
                yield Problem(level.path(name), sentence, "stacked", (SetNode("repeat", 1),))
                continue
            for wire in level.graph.into(name):
                found = _before(level, wire)
                if found is not None and _adds_nothing(found, level, name):
                    told.add((level.where, name))
                    yield _note(found, level, name)
                    break


def _linear(node_type: str) -> Linear:
    """What layers of a type are to fully connected layers around them; see ``nodes.api.layer``."""
    layer = find(node_type)
    return layer.linear if layer is not None else ""


def _before(level: GraphLevel, wire: Wire) -> Output | None:
    """The fully connected layer that is all that ``wire`` brings, if it is one; the muted function between is kept in
    ``resting``."""
    start = level, wire
    todo, seen, resting = [start], set(), ""
    while todo:
        level, wire = todo.pop()
        for output in producers(level, wire):
            key = id(output.level), output.node.name
            resting = output.resting or resting
            if key in seen or len(output.level.graph.out_of(output.node.name)) != 1:
                continue
            seen.add(key)
            if _linear(output.node.type) == "sums":
                return Output(output.level, output.node, output.port, resting)
            if _linear(output.node.type):
                todo.extend((output.level, each) for each in output.arriving())
    return None


def _adds_nothing(first: Output, level: GraphLevel, name: str) -> bool:
    """Whether one layer could do what the two do."""
    before, after = first.level.report.nodes[first.node.name], level.report.nodes[name]
    given, read = before.outputs.get(first.port), _only(after.inputs.get("x", ()))
    taken = _only(before.inputs.get("x", ()))
    left = next(iter(after.outputs.values()), None)
    if given is None or read is None or taken is None or left is None or given.sizes[-1] != read.sizes[-1]:
        return False
    if given.rank > 1 and read.rank == 1 and not _selected(first, level, name):
        return False
    return given.sizes[-1] >= min(taken.sizes[-1], left.sizes[-1])


def _selected(first: Output, level: GraphLevel, name: str) -> bool:
    """Whether a sequence reaches the second layer step by step: one step of it, never several in one row."""
    for wire in level.graph.into(name):
        while True:
            output = next(producers(level, wire), None)
            if output is None or (output.node is first.node and output.level is first.level):
                break
            if _linear(output.node.type) != "features" or not output.arriving():
                return False
            level, wire = output.level, output.arriving()[0]
    return True


def _only(shapes: tuple[Shape, ...]) -> Shape | None:
    return shapes[0] if len(shapes) == 1 else None


def _note(first: Output, level: GraphLevel, name: str) -> Problem:
    path = level.path(name)
    fixes: tuple[AnyFix, ...] = (InsertBefore("ReLU", "x"),)
    if first.resting:
        sentence = (
            f"While {first.resting} is muted, {first.path} and {path} follow each other without a function between, "
            "and together they can do no more than one fully connected layer. Unmute it."
        )
        return Problem(first.resting, sentence, "stacked", (SetNode("bypassed", False),))
    sentence = (
        f"{first.path} and {path} follow each other without a function between, and together they can do no more than "
        "one fully connected layer. Put a ReLU between them."
    )
    return Problem(path, sentence, "stacked", fixes)
