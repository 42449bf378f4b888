"""How good a net is, from its answers: numbers with their intervals, and all of it in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.training.judging.answers import Predictions
from app.training.judging.baselines import Baseline, Baselines
from app.training.judging.certainty import AbstentionCurve, Reliability, answering, reliability
from app.training.judging.classes import ClassResult, balanced, by_class, by_label, macro_f1, mistakes
from app.training.judging.explained import r2
from app.training.judging.intervals import Interval, of_counts, of_mean, of_sums, wilson
from app.training.numbers import is_share, word_of
from nodes.api import cut
from nodes.api.words import figure

PART_WORDS = {"train": "training part", "validation": "validation part", "test": "test part", "all": "data"}
WELL_KNOWN = 0.99  # what the answers that are left are to be right to, where a threshold is suggested
_FEW = 5  # samples of a class, of which nothing can be said
_FEW_ANSWERS = 30  # of which it cannot be said whether they are as often right as sure
_LETTERS = 30


@dataclass(frozen=True, eq=False)
class Judgement:
    """What can be said of some answers."""

    answers: Predictions

    @cached_property
    def intervals(self) -> Mapping[str, Interval]:
        """Numbers by the names of metrics: ``accuracy``, ``f1``, ``balanced_accuracy``, or ``mae``, ``mse``, ``r2``;
        and ``loss``. What cannot be worked out is not there."""
        answers = self.answers
        found: dict[str, Interval | None] = {"loss": of_mean(answers.losses)}
        if answers.kind == "classes":
            found |= {"accuracy": _accuracy(answers)}
            if answers.single and answers.confusion is not None and answers.confusion.sum():
                found |= {"f1": of_counts(answers.confusion, macro_f1)}
                found |= {"balanced_accuracy": of_counts(answers.confusion, balanced)}
        elif answers.kind == "numbers":
            found |= {"mae": of_mean(answers.distance), "mse": of_mean(answers.squares)}
            found |= {"r2": of_sums(answers.sums, r2)}
        return {name: value for name, value in found.items() if value is not None}

    @cached_property
    def classes(self) -> tuple[ClassResult, ...]:
        """Each class, or each label; none where no classes are told, or too many."""
        if self.answers.labels is not None:
            return by_label(self.answers.labels, self.answers.words)
        if self.answers.confusion is None:
            return ()
        return by_class(self.answers.confusion, self.answers.words)

    @cached_property
    def _sure(self) -> tuple[np.ndarray, np.ndarray]:
        """How sure each answer is and whether it is right, of samples that have a class."""
        answers = self.answers
        known = (answers.truth >= 0) & np.isfinite(answers.sure)
        return answers.sure[known], answers.truth[known] == answers.predicted[known]

    @cached_property
    def reliability(self) -> Reliability | None:
        """Whether it is as often right as it is sure; None without classes."""
        if self.answers.kind != "classes" or not len(self._sure[0]):
            return None
        return reliability(*self._sure)

    @cached_property
    def answering(self) -> AbstentionCurve | None:
        """What comes of a threshold below which it says "don't know"; None without classes."""
        if self.answers.kind != "classes" or not len(self._sure[0]):
            return None
        return answering(*self._sure)

    def hardest(self, most: int, over_time: np.ndarray | None = None) -> np.ndarray:
        """The places of the samples that may have a wrong label, those first that have the largest loss: on average
        over the epochs, where ``over_time`` (epochs, n) knows it, else now."""
        losses = self.answers.losses.astype(float)
        if over_time is not None and len(over_time):
            known = np.isfinite(over_time)
            counts = known.sum(0)
            means = np.where(known, over_time, 0.0).sum(0) / np.maximum(counts, 1)
            losses = np.where(counts > 0, means, losses)
        elif not np.isfinite(losses).any():
            answers = self.answers
            losses = answers.squares if answers.kind == "numbers" else 1 - answers.right
        order = np.argsort(-np.nan_to_num(losses, nan=-np.inf), kind="stable")
        return order[np.isfinite(losses[order])][:most]

    # In words

    def sentences(self, baselines: Baselines | None = None) -> Iterator[str]:
        """An evaluation in words."""
        answers = self.answers
        part = PART_WORDS.get(answers.part, answers.part)
        samples = "1 sample" if answers.count == 1 else f"{answers.count:,} samples"
        some = f"{answers.count:,} of its {answers.whole:,} samples" if answers.count < answers.whole else samples
        if answers.kind == "classes":
            yield from self._of_classes(f"On the {part} ({some})", baselines)
        elif answers.kind == "numbers":
            yield from self._of_numbers(f"On the {part} ({some})", baselines)
        elif "loss" in self.intervals:
            loss = self.intervals["loss"]
            yield f"On the {part} ({some}) the loss is {figure(loss.value)}, 95 % interval {_ends('loss', loss)}."
        if baselines is not None and baselines.remark:
            yield baselines.remark

    def _of_classes(self, where: str, baselines: Baselines | None) -> Iterator[str]:
        found = self.intervals
        if "accuracy" not in found:
            yield f"{where} nothing can be said of right and wrong."
            return
        accuracy = found["accuracy"]
        of = "the answers" if not self.answers.single else "them"
        yield f"{where} {_share(accuracy.value)} of {of} are right, 95 % interval {_ends('accuracy', accuracy)}."
        yield from self._beside(baselines)
        yield from self._best_and_worst()
        calibration, threshold = self.reliability, self.answering
        if calibration is not None and calibration.counts.sum() >= _FEW_ANSWERS:
            off, error = calibration.too_sure, _share(calibration.error)
            if calibration.error < 0.03 or abs(off) < calibration.error / 3:
                yield f"It is about as often right as it is sure (expected calibration error {error})."
            else:
                more = "surer than it is right" if off > 0 else "less sure than it could be"
                yield f"It is on average {_points(abs(off))} {more} (expected calibration error {error})."
        if threshold is not None and accuracy.value < WELL_KNOWN and len(self._sure[0]) >= _FEW_ANSWERS:
            least = threshold.reaching(WELL_KNOWN)
            if least is not None:
                answered, right = threshold.at(least)
                yield (
                    f"If it may say “don't know” when it is less than {_share(least)} sure, it answers "
                    f"{_share(answered)} of the samples, and {_share(right)} of these answers are right."
                )

    def _beside(self, baselines: Baselines | None) -> Iterator[str]:
        """The net beside what needs none."""
        for each in baselines.entries if baselines is not None else ():
            theirs = each.metrics.get("accuracy")
            if theirs is None:
                continue
            if each.name.startswith("most"):  # frequent class
                yield f"Always saying the {each.name} would be right for {_share(theirs.value)}."
                continue
            told = f"A {each.name} on the same split is right for {_share(theirs.value)}"
            yield f"{told}{self._compared(each)}."

    def _compared(self, baseline: Baseline) -> str:
        """How the net does beside another, sample by sample."""
        answers = self.answers
        ours = answers.right if answers.kind == "classes" else answers.distance
        if len(baseline.each) != len(ours) or not answers.single:
            return ""
        better = of_mean(ours - baseline.each if answers.kind == "classes" else baseline.each - ours)
        if better is None:
            return ""
        if answers.kind == "classes":
            by, ends = _points(abs(better.value)), f"{_signed(better.low)} to {_signed(better.high)} points"
            less = f"{_signed(-better.high)} to {_signed(-better.low)} points"
        else:
            by, ends = figure(abs(better.value)), f"{figure(better.low)} to {figure(better.high)}"
            less = f"{figure(-better.high)} to {figure(-better.low)}"
        if better.low > 0:
            return f"; the net is better by {by} (95 % interval {ends})"
        if better.high < 0:
            return f"; it is better than the net by {by} (95 % interval {less})"
        ahead = "the net is ahead" if better.value > 0 else "it is ahead of the net" if better.value < 0 else ""
        if not ahead:
            return "; the net is as good"
        return f"; {ahead} by {by}, which may be chance (95 % interval {ends if better.value > 0 else less})"

    def _best_and_worst(self) -> Iterator[str]:
        known = [each for each in self.classes if each.recall is not None and each.samples >= _FEW]
        if len(known) < 2:
            return
        best = max(known, key=lambda each: each.recall.value if each.recall else 0.0)
        worst = min(known, key=lambda each: each.recall.value if each.recall else 0.0)
        assert best.recall is not None
        assert worst.recall is not None
        if best.recall.value <= worst.recall.value:
            return
        taken = ""
        if worst.taken_for is not None:
            taken = f", most often taken for {_name(worst.taken_for[0])} ({worst.taken_for[1]:,} times)"
            taken = taken.replace("(1 times)", "(once)")
        kind = "class" if self.answers.labels is None else "label"
        yield (
            f"{kind.capitalize()} {_name(best.name)} is found best ({_share(best.recall.value)}), {kind} "
            f"{_name(worst.name)} worst ({_share(worst.recall.value)}, 95 % interval "
            f"{_ends('accuracy', worst.recall).removesuffix(' (Wilson)')}){taken}."
        )

    def _of_numbers(self, where: str, baselines: Baselines | None) -> Iterator[str]:
        found = self.intervals
        if "mae" in found:
            off = found["mae"]
            yield f"{where} the answers are off by {figure(off.value)} on average, 95 % interval {_ends('mae', off)}."
        if "r2" in found:
            spread = found["r2"]
            yield (
                f"R² is {figure(spread.value)}, 95 % interval {_ends('r2', spread)}: 1 explains all of the spread, "
                "0 no more than the mean does."
            )
        for each in baselines.entries if baselines is not None else ():
            theirs = each.metrics.get("mae")
            if theirs is not None:
                told = "Always saying the mean" if each.name == "mean" else f"A {each.name} on the same split"
                yield f"{told} is off by {figure(theirs.value)}{self._compared(each)}."

    def mistakes(self, most: int) -> Sequence[tuple[int, str, str]]:
        """Count, right class and chosen class of the most frequent mistakes."""
        confusion = self.answers.confusion
        return mistakes(confusion, self.answers.words, most) if confusion is not None else ()


def _accuracy(answers: Predictions) -> Interval | None:
    """The share of right answers. Those to the dots of one picture are not independent: there whole samples are drawn
    again and again."""
    answered = answers.answered.astype(float)
    if answers.single:
        known = answered > 0
        return wilson(int(answers.right[known].sum()), int(known.sum())) if known.any() else None
    if not answered.sum():
        return None
    right = np.where(answered > 0, answers.right, 0.0) * answered
    return of_sums(np.stack([right, answered], 1), lambda sums: sums[..., 0] / np.maximum(sums[..., 1], 1))


def _name(word: str) -> str:
    """A class in a sentence; a blank, or the end of a line, in quotes."""
    return cut(word, _LETTERS) if word.strip() else repr(word)


def _share(value: float) -> str:
    return f"{100 * value:.1f} %" if math.isfinite(value) else "no number"


def _points(value: float) -> str:
    return f"{100 * value:.1f} points"


def _signed(value: float) -> str:
    return f"{100 * value:z.1f}".replace("-", "−")


def _ends(name: str, interval: Interval) -> str:
    """``89.1 to 93.4 % (Wilson)``."""
    if is_share(name):
        return f"{100 * interval.low:.1f} to {100 * interval.high:.1f} % ({interval.how})"
    return f"{figure(interval.low)} to {figure(interval.high)} ({interval.how})"


def told(name: str, interval: Interval) -> str:
    """A number with its interval in short: ``accuracy 96.4 % [94.0 to 97.9 %, Wilson]``."""
    value = _share(interval.value) if is_share(name) else figure(interval.value)
    if is_share(name):
        return f"{word_of(name)} {value} [{100 * interval.low:.1f} to {100 * interval.high:.1f} %, {interval.how}]"
    return f"{word_of(name)} {value} [{figure(interval.low)} to {figure(interval.high)}, {interval.how}]"
