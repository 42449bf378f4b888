"""The arithmetic of losses: what an answer and the truth are made into, and the mean of that. Of one sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from app.insight.arithmetic.layer_call import Stages
from app.insight.arithmetic.notation import bracketed, short
from app.insight.arithmetic.number import Derivation, NumberTerm
from app.insight.arithmetic.operations import ElementwiseStage, FunctionStage, SoftmaxStage, Worked
from app.insight.arithmetic.stage import Index, ReorderedStage, Stage

LOSS = "loss"


@dataclass(frozen=True, eq=False)
class AskedLoss:
    """One loss with one sample: its node, its settings, what stands at its ports, and at which it is whole numbers."""

    node: str
    settings: Mapping[str, Any]
    arrived: Mapping[str, Stage]
    whole: frozenset[str] = frozenset()

    @property
    def weight(self) -> float:
        """How much it counts among the losses."""
        return float(self.settings.get("weight", 1.0))


class WeightedSumStage(Stage):
    """One number: values times factors, added up, and the sum times a share."""

    def __init__(self, x: Stage, factors: np.ndarray, rule: str, share: float) -> None:
        self._x, self._factors, self._rule, self._share = x, factors, rule, share

    @cached_property
    def values(self) -> np.ndarray:
        counted = self._factors != 0  # 0 times minus infinity is not 0
        return np.asarray(self._share * (self._factors[counted] * self._x.values[counted]).sum())

    def made(self, index: Index) -> Derivation:
        places = [tuple(int(at) for at in place) for place in np.argwhere(self._factors)]
        terms = tuple(self._x.term(place, float(self._factors[place])) for place in places)
        return Derivation("sum", self._rule, float(self.values), terms, share=self._share)


class ElementwiseLossStage(Stage):
    """What a prediction and the truth at the same place are made into. ``said`` gives lines of notation."""

    def __init__(
        self,
        prediction: Stage,
        truth: Stage,
        rule: str,
        function: Callable[[np.ndarray, np.ndarray], np.ndarray],
        said: Callable[[float, float, float], str],
    ) -> None:
        self._prediction, self._truth = prediction, truth
        self._rule, self._function, self._said = rule, function, said

    @cached_property
    def values(self) -> np.ndarray:
        prediction = self._prediction.values
        with np.errstate(divide="ignore", over="ignore"):
            return self._function(prediction, self._truth.values.reshape(prediction.shape))

    def made(self, index: Index) -> Derivation:
        flat = int(np.ravel_multi_index(index, self.shape)) if self.shape else 0
        there = tuple(int(at) for at in np.unravel_index(flat, self._truth.shape)) if self._truth.shape else ()
        result = float(self.values[index])
        terms = self._prediction.term(index), self._truth.term(there)
        line = self._said(terms[0].value, terms[1].value, result)
        return Derivation("function", self._rule, result, terms, lines=(line,))


def of_classes(asked: AskedLoss) -> Stages:
    """Cross-entropy, or of logarithms of probabilities the likelihood."""
    node, scores, target = asked.node, asked.arrived["prediction"], asked.arrived["target"]
    if scores.values.ndim == 3:  # the classes of a picture stand in its channels
        moved = np.moveaxis(scores.values, 0, -1)
        scores = ReorderedStage(scores, moved, lambda index: (index[-1], *index[:-1]))
    stages: Stages = {}
    logs = scores
    if "label_smoothing" in asked.settings:
        logs = stages["log softmax"] = SoftmaxStage(scores, log=True).named(node, "log softmax")
    classes = logs.shape[-1]
    counts = np.asarray(asked.settings.get("class_weights") or [1.0] * classes, float)
    smooth = float(asked.settings.get("label_smoothing", 0.0))
    truth = target.values
    if truth.shape == logs.shape and truth.ndim:  # how much of each class there is
        wanted, total = truth * (1 - smooth) + smooth / classes, 1.0
        factors = -wanted * counts
    else:
        labels = truth.astype(int)
        counted = labels != int(asked.settings.get("ignore_index", -100))
        right = np.eye(classes)[np.where(counted, labels, 0)]
        each = counts[np.where(counted, labels, 0)] * counted
        total = float(each.sum())
        factors = -((1 - smooth) * right * each[..., None] + smooth / classes * counts * counted[..., None])
    places = int(np.prod(logs.shape[:-1]))
    rule = "Minus the logarithm of the share that the right class gets"
    rule += f", the mean over {places:,} places." if places > 1 else "."
    if smooth:
        rule += f" Label smoothing: {short(smooth)} of it is spread over all classes."
    if asked.settings.get("class_weights"):
        rule += " Each class counts with its own weight."
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = factors / total
    stages[LOSS] = WeightedSumStage(logs, factors, rule + also(asked), asked.weight)
    return stages


def also(asked: AskedLoss) -> str:
    """What a rule says of the weight of the loss."""
    return f" In the end it counts {short(asked.weight)} times." if asked.weight != 1 else ""


def _mean(asked: AskedLoss, stages: Stages, of: str, what: str) -> Stages:
    """The mean of a stage as the loss."""
    x = stages[of] = stages[of].named(asked.node, of)
    count = max(x.values.size, 1)
    rule = f"The mean of {count:,} {what}." if count > 1 else f"Of one number, so it is its {what.rstrip('s')}."
    stages[LOSS] = WeightedSumStage(x, np.full(x.shape, 1 / count), rule + also(asked), asked.weight)
    return stages


def difference_of(asked: AskedLoss) -> Stage:
    """Prediction minus target, in the form of the prediction."""
    prediction, target = asked.arrived["prediction"], asked.arrived["target"]
    shapes = [prediction.shape, prediction.shape]
    rule = "What the net says minus what is true."
    joined = ElementwiseStage([prediction, target], "sum", rule, [None, -1.0], shapes)
    return joined.named(asked.node, "difference")


def squared(asked: AskedLoss) -> Stages:
    """The mean of the squared differences."""
    return _mean(asked, _squares(asked), "squared", "squares")


def half_squared(asked: AskedLoss) -> Stages:
    """Half the sum of the squared differences."""
    stages = _squares(asked)
    x = stages["squared"] = stages["squared"].named(asked.node, "squared")
    rule = f"Half of each square, added up.{also(asked)}"
    return {**stages, LOSS: WeightedSumStage(x, np.full(x.shape, 0.5), rule, asked.weight)}


def _squares(asked: AskedLoss) -> Stages:
    difference = difference_of(asked)
    square = FunctionStage(
        difference, "The difference times itself.", np.square, lambda x, y: [f"{bracketed(x)}² = {short(y)}"]
    )
    return {"difference": difference, "squared": square}


def absolute(asked: AskedLoss) -> Stages:
    """The mean of the distances."""
    difference = difference_of(asked)
    size = FunctionStage(
        difference, "How far it is off, without the sign.", np.abs, lambda x, y: [f"|{short(x)}| = {short(y)}"]
    )
    return _mean(asked, {"difference": difference, "distance": size}, "distance", "distances")


def huber(asked: AskedLoss) -> Stages:
    """Squares near 0, straight lines beyond."""
    difference, delta = difference_of(asked), float(asked.settings.get("delta", 1.0))

    def bent(x: np.ndarray) -> np.ndarray:
        return np.where(np.abs(x) <= delta, x * x / 2, delta * (np.abs(x) - delta / 2))

    def said(x: float, y: float) -> list[str]:
        if abs(x) <= delta:
            return [f"{bracketed(x)}² / 2 = {short(y)}"]
        return [f"{short(delta)} × (|{short(x)}| − {short(delta)} / 2) = {short(y)}"]

    rule = f"Half the square up to {short(delta)}, beyond it a straight line."
    return _mean(
        asked, {"difference": difference, "bent": FunctionStage(difference, rule, bent, said)}, "bent", "distances"
    )


def yes_or_no(asked: AskedLoss) -> Stages:
    """Of probabilities; torch holds their logarithms at −100."""

    def surprise(p: np.ndarray, t: np.ndarray) -> np.ndarray:
        return -(t * np.maximum(np.log(p), -100) + (1 - t) * np.maximum(np.log(1 - p), -100))

    return _surprise(asked, surprise, "p")


def yes_or_no_of_scores(asked: AskedLoss) -> Stages:
    """The same of scores, before the sigmoid."""
    counts = float(asked.settings.get("pos_weight", 1.0))

    def surprise(x: np.ndarray, t: np.ndarray) -> np.ndarray:
        yes, no = np.logaddexp(0, -x), np.logaddexp(0, x)  # minus the logarithms of sigmoid(x) and of 1 − sigmoid(x)
        return counts * t * yes + (1 - t) * no

    return _surprise(asked, surprise, "sigmoid")


def _surprise(asked: AskedLoss, function: Callable[[np.ndarray, np.ndarray], np.ndarray], kind: str) -> Stages:
    prediction, target = asked.arrived["prediction"], asked.arrived["target"]
    counts = float(asked.settings.get("pos_weight", 1.0))

    def said(x: float, t: float, y: float) -> str:
        share = f"sigmoid({short(x)})" if kind == "sigmoid" else short(x)
        yes = f"{short(counts)} × " if counts != 1 else ""
        parts = [f"{short(t)} × {yes}log({share})"] if t else []
        parts += [f"{short(1 - t)} × log(1 − {share})"] if t != 1 else []
        return f"−({' + '.join(parts)}) = {short(y)}"

    rule = (
        "How surprising the truth is: minus the logarithm of the probability of yes where it is yes, of no where not."
    )
    stage = ElementwiseLossStage(prediction, target, rule, function, said)
    return _mean(asked, {"surprise": stage}, "surprise", "surprises")


def wasserstein(asked: AskedLoss) -> Stages:
    """The mean of the scores, or minus it."""
    x = asked.arrived["score"]
    sign = 1.0 if asked.settings.get("wanted") == "low" else -1.0
    wanted = "Scores should become low, so it is the score" if sign > 0 else "Scores should become high, so minus it is"
    rule = f"{wanted} itself.{also(asked)}" if sign > 0 else f"{wanted} the loss.{also(asked)}"
    return {LOSS: WeightedSumStage(x, np.full(x.shape, sign / max(x.values.size, 1)), rule, asked.weight)}


def code_kl(asked: AskedLoss) -> Stages:
    """How far the normal distribution of a code lies from that with mean 0 and variance 1."""
    mean, spread = asked.arrived["mean"], asked.arrived["log_variance"]
    each = ElementwiseLossStage(
        mean,
        spread,
        "mean² + variance − log variance − 1, which is 0 for mean 0 and variance 1.",
        lambda m, v: np.square(m) + np.exp(v) - v - 1,
        lambda m, v, y: f"{bracketed(m)}² + exp({short(v)}) − {bracketed(v)} − 1 = {short(y)}",
    ).named(asked.node, "of each number")
    rule = f"Half of each, added up.{also(asked)}"
    return {LOSS: WeightedSumStage(each, np.full(each.shape, 0.5), rule, asked.weight), "of each number": each}


def divergence(asked: AskedLoss) -> Stages:
    """Kullback and Leibler: the target times how much more likely it says it is."""
    logs = bool(asked.settings.get("log_target"))

    def one(p: np.ndarray, t: np.ndarray) -> np.ndarray:
        share, log = (np.exp(t), t) if logs else (t, np.log(np.where(t > 0, t, 1.0)))
        return np.where(share > 0, share * (log - p), 0.0)

    def said(p: float, t: float, y: float) -> str:
        share, log = (f"exp({short(t)})", bracketed(t)) if logs else (short(t), f"log({short(t)})")
        return f"{share} × ({log} − {bracketed(p)}) = {short(y)}" if logs or t > 0 else "what never happens counts 0"

    rule = "What the target says, times the logarithm of how much likelier it takes it than the prediction."
    stage = ElementwiseLossStage(asked.arrived["prediction"], asked.arrived["target"], rule, one, said)
    stage.named(asked.node, "of each number")
    rule = f"All of them, added up.{also(asked)}"
    return {LOSS: WeightedSumStage(stage, np.ones(stage.shape), rule, asked.weight), "of each number": stage}


def hinge(asked: AskedLoss) -> Stages:
    """What the right class lacks of its lead."""
    scores, target = asked.arrived["prediction"], asked.arrived["target"]
    margin, power = float(asked.settings.get("margin", 1.0)), 2 if asked.settings.get("squared") else 1
    raised = "²" if power == 2 else ""
    if scores.values.size == target.values.size:
        labels = "target" in asked.whole

        def sign(t: float) -> float:
            return 2 * t - 1 if labels else t

        rule = "What the score, with the sign of the truth, lacks to the margin" + (", squared." if raised else ".")
        missing: Stage = ElementwiseLossStage(
            scores,
            target,
            rule,
            lambda x, t: np.maximum(margin - (2 * t - 1 if labels else t) * x, 0) ** power,
            lambda x, t, y: f"max(0, {short(margin)} − {bracketed(sign(t))} × {bracketed(x)}){raised} = {short(y)}",
        )
        return _mean(asked, {"missing": missing}, "missing", "leads")
    right = target.values.astype(int)

    def of(index: Index) -> list[NumberTerm]:
        *place, kind = index
        own = int(right[tuple(place)])
        return [scores.term(index)] if kind == own else [scores.term(index), scores.term((*place, own))]

    def lacks(index: Index, score: float, best: float | None = None) -> float:
        return 0.0 if best is None else float(max(0.0, margin - best + score) ** power)

    def told(index: Index, score: float, best: float | None = None) -> str:
        if best is None:
            return "the right class lacks nothing to itself"
        return f"max(0, {short(margin)} − {bracketed(best)} + {bracketed(score)}){raised}"

    rule = "What the score of the right class lacks to lead over this one by the margin."
    each = Worked(scores.shape, of, rule, lacks, told).named(asked.node, "missing")
    places = max(right.size, 1)
    rule = f"What is missing to all classes, added up and divided by {scores.shape[-1]} classes"
    rule += f" and {places:,} places.{also(asked)}" if places > 1 else f".{also(asked)}"
    factor = 1 / (scores.shape[-1] * places)
    return {LOSS: WeightedSumStage(each, np.full(each.shape, factor), rule, asked.weight), "missing": each}
