"""Scores of classes where no loss compares them with labels: an Output says what its values are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.core.class_names import ClassNames, class_names
from app.core.compile.plan import Plan, PlannedGraph, Ref

if TYPE_CHECKING:
    from torch import Tensor

# How the values become probabilities: they are some, by a function of that name, or nobody can say.
Made = Literal["as they are", "softmax", "exp", ""]
_MADE: dict[str, Made] = {"Softmax": "as they are", "LogSoftmax": "exp", "Sigmoid": "", "Hardsigmoid": ""}


@dataclass(frozen=True, slots=True)
class NamedScores:
    """``place`` among the values that the model returns, the node and port that give them, and how many there are."""

    place: int
    node: str
    port: str
    count: int
    made: Made
    names: ClassNames

    def chances(self, scores: Tensor) -> Tensor:
        """Probabilities from values whose last axis is the classes; the values where there is no way to such."""
        if self.made == "softmax":
            return scores.softmax(-1)
        return scores.exp() if self.made == "exp" else scores


def named_scores(plan: Plan) -> NamedScores | None:
    """The first list of numbers behind an Output whose classes have names. One that a loss reads is what the loss says
    it is, so its values are no shares by themselves."""
    for place, output in enumerate(plan.outputs):
        shape = output.shape
        if not output.classes.strip() or shape.rank != 1 or shape.values < 2 or shape.dtype != "float":
            continue
        judged = any(wire.key == output.key for loss in plan.losses for wire in loss.operands.values())
        made = "" if judged else _MADE.get(_kind(plan.graph, Ref(output.node, output.port)), "softmax")
        return NamedScores(
            place, output.node, output.port, shape.values, made, class_names(output.classes, shape.values)
        )
    return None


def _kind(graph: PlannedGraph, ref: Ref) -> str:
    """The torch name of the layer that makes a value, also inside a block."""
    step = next((each for each in graph.steps if each.name == ref.node), None)
    if step is not None and step.inner is not None:
        made = dict(zip(step.inner.return_ports, step.inner.returns))
        return _kind(step.inner, made[ref.port]) if ref.port in made else ""
    return step.call.constructor.rpartition(".")[2] if step is not None and step.call is not None else ""
