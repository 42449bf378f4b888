"""The arithmetic of losses that compare lists which stand for samples: alike, or not?"""

from __future__ import annotations

from functools import cached_property
from math import sqrt

import numpy as np

from app.insight.arithmetic.layer_call import Stages
from app.insight.arithmetic.losses import LOSS, AskedLoss, also
from app.insight.arithmetic.notation import bracketed, short
from app.insight.arithmetic.number import Derivation
from app.insight.arithmetic.operations import ElementwiseStage, Worked
from app.insight.arithmetic.stage import Index, Stage

EPS = 1e-6  # what torch adds to each difference, so that a distance of 0 has a slope
COSINE_EPS = 1e-12  # what it adds to squared lengths


class _Distance(Stage):
    """How far two lists are apart: the root of the sum of powers of their difference."""

    def __init__(self, difference: Stage, power: float = 2.0) -> None:
        self._difference, self._power = difference, power

    @cached_property
    def values(self) -> np.ndarray:
        return np.asarray((np.abs(self._difference.values + EPS) ** self._power).sum() ** (1 / self._power))

    def made(self, index: Index) -> Derivation:
        terms = tuple(self._difference.term((at,)) for at in range(self._difference.shape[0]))
        total = sum(abs(term.value + EPS) ** self._power for term in terms)
        result = float(total ** (1 / self._power))
        rule = (
            f"How far the lists are apart: |difference| to the power of {self._power:g}, added up, and the root of it."
        )
        line = f"{short(total)} ^ (1/{self._power:g}) = {short(result)}"
        return Derivation("function", rule, result, terms, lines=(line,))


def _apart(asked: AskedLoss, one: str, other: str, name: str, power: float = 2.0) -> tuple[Stage, Stages]:
    lists = [asked.arrived[one], asked.arrived[other]]
    rule = "The value of the first list minus that of the second."
    difference = ElementwiseStage(lists, "sum", rule, [None, -1.0]).named(asked.node, f"difference {name}".strip())
    distance = _Distance(difference, power).named(asked.node, f"distance {name}".strip())
    return distance, {distance.what: distance, difference.what: difference}


def contrastive(asked: AskedLoss) -> Stages:
    """Half the squared distance of what is alike, else of what it lacks to the margin."""
    margin = float(asked.settings.get("margin", 1.0))
    distance, stages = _apart(asked, "input1", "input2", "")
    target = asked.arrived["target"]

    def loss(index: Index, far: float, alike: float) -> float:
        return asked.weight * 0.5 * (far if alike > 0 else max(0.0, margin - far)) ** 2

    def said(index: Index, far: float, alike: float) -> str:
        counted = short(far) if alike > 0 else f"max(0, {short(margin)} − {short(far)})"
        return f"{_times(asked)}½ × {counted}²"

    rule = (
        "Both are alike: half the square of their distance."
        if float(target.values) > 0
        else ("They are not alike: half the square of what their distance lacks to the margin.")
    )
    made = Worked((), lambda index: [distance.term(()), target.term(())], rule + also(asked), loss, said)
    return {LOSS: made, **stages}


def triplet(asked: AskedLoss) -> Stages:
    """How much farther away the negative should be than the positive."""
    margin, power = float(asked.settings.get("margin", 1.0)), float(asked.settings.get("p", 2.0))
    near, stages = _apart(asked, "anchor", "positive", "to the positive", power)
    far, more = _apart(asked, "anchor", "negative", "to the negative", power)
    stages |= more
    distances = [near, far]
    if asked.settings.get("swap"):
        between, more = _apart(asked, "positive", "negative", "from positive to negative", power)
        stages |= more
        distances.append(between)

    def loss(index: Index, near: float, *others: float) -> float:
        return asked.weight * max(0.0, near - min(others) + margin)

    def said(index: Index, near: float, *others: float) -> str:
        other = short(others[0]) if len(others) == 1 else f"min({', '.join(map(short, others))})"
        return f"{_times(asked)}max(0, {short(near)} − {other} + {short(margin)})"

    rule = f"The distance to the positive, minus that to the negative, and the margin; at least 0.{also(asked)}"
    return {LOSS: Worked((), lambda index: [each.term(()) for each in distances], rule, loss, said), **stages}


class _Cosine(Stage):
    """The cosine of the angle between two lists."""

    def __init__(self, one: Stage, other: Stage) -> None:
        self._one, self._other = one, other

    @cached_property
    def values(self) -> np.ndarray:
        return np.asarray(self.made(()).result)

    def made(self, index: Index) -> Derivation:
        a, b = self._one.values, self._other.values
        dot, first, second = float(a @ b), float(a @ a) + COSINE_EPS, float(b @ b) + COSINE_EPS
        result = dot / sqrt(first * second)
        lines = (
            f"products of both, added up = {short(dot)}",
            f"lengths: √{short(first)} = {short(sqrt(first))} and √{short(second)} = {short(sqrt(second))}",
            f"{bracketed(dot)} / ({short(sqrt(first))} × {short(sqrt(second))}) = {short(result)}",
        )
        terms = tuple(each.term((at,)) for each in (self._one, self._other) for at in range(len(a)))
        rule = "The cosine of the angle between both lists: their products, added up, divided by both lengths."
        return Derivation("function", rule, result, terms, lines=lines)


def cosine(asked: AskedLoss) -> Stages:
    """1 minus the cosine of what is alike, else how far it lies above the margin."""
    margin = float(asked.settings.get("margin", 0.0))
    angle = _Cosine(asked.arrived["input1"], asked.arrived["input2"]).named(asked.node, "cosine")
    target = asked.arrived["target"]

    def loss(index: Index, cosine: float, alike: float) -> float:
        return asked.weight * (1 - cosine if alike > 0 else max(0.0, cosine - margin))

    def said(index: Index, cosine: float, alike: float) -> str:
        counted = f"(1 − {bracketed(cosine)})" if alike > 0 else f"max(0, {short(cosine)} − {bracketed(margin)})"
        return f"{_times(asked)}{counted}"

    alike = float(target.values) > 0
    rule = "Both are alike: 1 minus the cosine." if alike else "They are not alike: how far it lies above the margin."
    made = Worked((), lambda index: [angle.term(()), target.term(())], rule + also(asked), loss, said)
    return {LOSS: made, "cosine": angle}


def _times(asked: AskedLoss) -> str:
    return f"{short(asked.weight)} × " if asked.weight != 1 else ""
