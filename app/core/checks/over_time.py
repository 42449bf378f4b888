"""Shapes of a block that runs over time: what its inputs get at each step, and what leaves it in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.core.graph.loops import CARRIED, STEPS, LoopInput, states
from app.core.graph.model import Graph, Node
from nodes.api import Shape, ShapeError, cut, listed
from nodes.api.shapes import describe


def entering(
    node: Node, graph: Graph, loop: tuple[LoopInput, ...], arrived: Mapping[str, Shape]
) -> tuple[dict[str, Shape], tuple[int, ...]]:
    """What the inputs of the block get at one step, and how many steps there are, as ``Shape.lengths``.

    Raises:
        ShapeError: if nothing says how many, or an input cannot be what it is said to be.
    """
    if node.repeat > 1:
        raise ShapeError("A cell that is used once for each step cannot be repeated in a row. Set repeat to 1.")
    found: dict[str, Shape] = {}
    steps: dict[str, tuple[int, ...]] = {}
    outputs = [name for name, inner in graph.nodes.items() if inner.type == "Out"]
    for entry in loop:
        shape = arrived.get(entry.name)
        if entry.comes_from not in outputs and (entry.over_time == CARRIED or entry.comes_from):
            what = f"from {cut(entry.comes_from, 40)}, but the block has no such output" if entry.comes_from else "back"
            raise ShapeError(
                f"The block input {entry.name} gets what comes {what}. Write an output of the block into comes from: "
                f"{listed(outputs) or 'it has none yet'}.",
                port=entry.name,
            )
        if entry.over_time == STEPS:
            if shape is None or not shape.sizes:
                told = "nothing" if shape is None else describe(shape)
                raise ShapeError(
                    f"The block input {entry.name} is read step by step, but {told} arrives, which has no steps. Wire "
                    "a sequence or a text to it.",
                    port=entry.name,
                )
            steps[entry.name] = shape.lengths
            shape = shape.step
            if entry.true_values != "always" and not entry.comes_from:
                raise ShapeError(
                    f"The block input {entry.name} shall read the block's own answers, but nobody says at which output "
                    f"they are. Write one into comes from: {listed(outputs)}.",
                    port=entry.name,
                )
        elif entry.over_time == CARRIED and shape is None:
            if not entry.size:
                raise ShapeError(
                    f"The block input {entry.name} has nothing to begin with. Wire something to it, or say how many "
                    "zeros it begins with.",
                    port=entry.name,
                )
            shape = Shape(entry.size)
        if shape is not None:
            found[entry.name] = shape
    if not steps:
        raise ShapeError(
            "Nobody says how many steps there are. Set over time of one of its block inputs to step by step."
        )
    if len(set(steps.values())) > 1:
        counts = {name: f"{count[0]}" if len(count) == 1 else "any" for name, count in steps.items()}
        told = listed([f"{count} at {name}" for name, count in counts.items()], " and ")
        raise ShapeError(f"What is read step by step must have the same number of steps, but there are {told}.")
    return found, next(iter(steps.values()))


def leaving(
    loop: tuple[LoopInput, ...], outputs: Mapping[str, Shape], entered: Mapping[str, Shape], steps: tuple[int, ...]
) -> dict[str, Shape]:
    """What leaves the block: the sequence of its answers, and of what is carried on the last.

    Raises:
        ShapeError: if something comes back in another form than it is read.
    """
    for entry in loop:
        answer = outputs.get(entry.comes_from)
        if answer is None:
            continue
        read = entered[entry.name]
        if entry.over_time == CARRIED and not _alike(answer, read):
            raise ShapeError(
                f"What comes back at {entry.name} must be as what it begins with, {describe(read)}, but "
                f"{entry.comes_from} gives {describe(answer)}.",
                port=entry.name,
            )
        if entry.over_time == STEPS and entry.true_values != "always" and not _may_stand_for(answer, read):
            of = f" of {read.classes:,} classes" if read.dtype == "int" and read.classes else ""
            raise ShapeError(
                f"{entry.comes_from} gives {describe(answer)}, which cannot be read at {entry.name} in place of "
                f"{describe(read)}{of}.",
                port=entry.name,
            )
    kept = states(loop)
    return {name: shape if name in kept else shape.over(steps) for name, shape in outputs.items()}


def chosen_from(
    loop: tuple[LoopInput, ...], outputs: Mapping[str, Shape], entered: Mapping[str, Shape]
) -> tuple[LoopInput, ...]:
    """The inputs, with those marked that read the class of what comes back as scores."""
    return tuple(
        replace(entry, chosen=True)
        if entry.over_time == STEPS
        and entered[entry.name].dtype == "int"
        and entry.comes_from in outputs
        and outputs[entry.comes_from].dtype == "float"
        else entry
        for entry in loop
    )


def _may_stand_for(answer: Shape, read: Shape) -> bool:
    """Whether an answer can be read as the next step: itself, or scores of as many classes as there are."""
    if read.dtype == "int" and answer.dtype == "float":
        return not read.sizes and len(answer.sizes) == 1 and read.classes in (None, answer.sizes[0])
    return _alike(answer, read)


def _alike(answer: Shape, read: Shape) -> bool:
    return (answer.sizes, answer.dtype, answer.variants) == (read.sizes, read.dtype, read.variants)
