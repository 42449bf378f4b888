"""What a drawing is for, as its plan says: by this a view says itself that it fits. Loads neither torch nor numpy.

How well is a number: 0 not at all; 1 where it is one of several; 2 where it is about what the net answers or makes; 3
where that of 2 is so in a way that this view alone shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.core.compile.plan import Plan, PlanInput
from nodes.api import Shape
from nodes.api.registry import find


@dataclass(frozen=True)
class FittedAnswer:
    """An answer of the net that a loss compares with something, and the fields of the data that it may be."""

    answer: Shape
    truth: Shape | None  # None where it is another value of the net
    key: str  # of the truth


def compared(plan: Plan) -> Iterator[FittedAnswer]:
    """What the losses compare."""
    outputs = {each.key: each.shape for each in plan.outputs}
    fields = {f"{source.node}.{name}": shape for source in plan.sources for name, shape in source.fields.items()}
    fields |= {each.key: each.shape for each in plan.augmentations}
    for loss in plan.losses:
        prediction, target = loss.operands.get("prediction"), loss.operands.get("target")
        if prediction is not None and target is not None and prediction.key in outputs:
            yield FittedAnswer(outputs[prediction.key], fields.get(target.key), target.key)


def has_loss(plan: Plan, *types: str) -> bool:
    """Whether it trains with one of these losses."""
    return any(loss.type in types for loss in plan.losses)


def has_source(plan: Plan, *types: str) -> bool:
    """Whether it reads one of these."""
    return any(source.type in types for source in plan.sources)


def picture_inputs(plan: Plan) -> list[PlanInput]:
    """The inputs that are pictures of one or three colours."""
    return [each for each in plan.inputs if each.shape.rank == 3 and each.shape.sizes[0] in (1, 3)]


def token_inputs(plan: Plan, rank: int = 1) -> list[PlanInput]:
    """The inputs that are texts, or with rank 2 several of them."""
    return [each for each in plan.inputs if each.shape.dtype == "int" and each.shape.rank == rank]


def writes_tokens(plan: Plan) -> bool:
    """Whether it says a word or letter for each step of an answer."""
    return any(
        each.answer.rank == 2 and each.truth is not None and each.truth.dtype == "int" and each.truth.rank == 1
        for each in compared(plan)
    )


def chooses_a_class(plan: Plan) -> bool:
    """Whether one class is compared with that of a sample."""
    return any(
        each.answer.rank == 1 and each.truth is not None and each.truth.dtype == "int" and not each.truth.rank
        for each in compared(plan)
    )


def plays(plan: Plan) -> bool:
    """Whether its data comes of playing."""
    return any(
        (layer := find(each.type)) is not None and layer.source is not None and layer.source.plays
        for each in plan.sources
    )


def plays_boards(plan: Plan) -> bool:
    """Whether that is a board game against somebody, with a player of its own."""
    return any(
        (layer := find(each.type)) is not None and layer.source is not None and layer.source.player is not None
        for each in plan.sources
    )


def makes_of_noise(plan: Plan) -> int:
    """How many sources of noise become samples."""
    return sum(source.type == "Noise" for source in plan.sources)


def copies_a_picture(plan: Plan) -> bool:
    """Whether an answer is compared with the picture that went in, or with what a layer that only turns it makes of
    it."""
    keys = {f"{each.node}.{each.port}": each.shape for each in picture_inputs(plan)}
    steps = {step.name: step for step in plan.graph.steps}
    for each in compared(plan):
        if each.key in keys:
            return True
        step = steps.get(each.key.rpartition(".")[0])
        refs = [ref for refs in step.inputs.values() for ref in refs] if step is not None else []
        if len(refs) == 1 and (shape := keys.get(f"{refs[0].node}.{refs[0].port}")) is not None:
            return shape.values == each.answer.values
    return False


def has_call(plan: Plan, *ends: str) -> bool:
    """Whether a layer is made by one of these constructors, such as ``nn.LSTM``; inside of blocks too."""
    return any(
        step.call is not None and step.call.constructor.endswith(ends)
        for graph in plan.graph.walk()
        for step in graph.steps
    )


def best_view(plan: Plan) -> str | None:
    """The view that fits best; None if none says that it does."""
    from app.insight.views import views

    fitting = {name: view.fits(plan) for name, view in views().items() if view.fits is not None}
    best = max(fitting, key=lambda name: fitting[name], default=None)
    return best if best is not None and fitting[best] else None
