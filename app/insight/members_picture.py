"""Nets of one drawing that answer the same question: what each gets right, and what the mean of some of them does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, islice
from math import comb
from random import Random

import numpy as np

from app.core.compile.decision import Decision, decision_of
from app.core.compile.net import CompiledNet
from app.insight.capture import array
from app.insight.plot import GREY, Plot, PlotLine, class_inks, plotted, span
from app.insight.tiles import NoPicture, Tiles
from app.insight.unit_responses import answers_over, counted
from app.insight.view import Subject

MOST_GROUPS = 60  # of so many nets that are averaged; beyond that as many by chance


@dataclass(frozen=True, eq=False)
class EnsembleVotes:
    """The probabilities that each net gives ``(nets, n, classes)``, the right classes ``(n,)``, and the names of their
    losses. ``whole`` is how many samples the part has."""

    names: tuple[str, ...]
    chances: np.ndarray
    right: np.ndarray
    whole: int

    @property
    def alone(self) -> np.ndarray:
        """The accuracy of each."""
        return np.asarray((self.chances.argmax(-1) == self.right).mean(1))

    def together(self, some: tuple[int, ...]) -> float:
        """The accuracy of the mean of some of them."""
        return float((self.chances[list(some)].mean(0).argmax(-1) == self.right).mean())

    def groups(self, size: int) -> list[float]:
        """The accuracy of the mean of so many, for all choices of them, or for many by chance."""
        count = len(self.names)
        if comb(count, size) <= MOST_GROUPS:
            chosen = list(combinations(range(count), size))
        else:
            random = Random(size)
            chosen = [tuple(random.sample(range(count), size)) for _ in range(MOST_GROUPS)]
        return [self.together(some) for some in islice(chosen, MOST_GROUPS)]


def deciding(net: CompiledNet) -> dict[str, Decision]:
    """The losses that train a net of their own to tell the same classes, with where its scores are.

    Raises:
        NoPicture: if there are fewer than two.
    """
    found: dict[str, Decision] = {}
    for loss in net.plan.losses:
        decision = decision_of(replace(net.plan, losses=(loss,)))
        single = decision is None or decision.threshold is not None or decision.channels
        if decision is not None and not single and loss.settings.get("weight", 1.0) > 0:
            found[loss.name] = decision
    first = next(iter(found.values()), None)
    alike = {name: each for name, each in found.items() if first is not None and each.label == first.label}
    if len({each.output for each in alike.values()}) < 2:
        raise NoPicture(
            "This view is about several nets in one drawing that tell the same classes, each with a loss of its own. "
            "The template Ensemble has seven. Runs are put together with netloom evaluate RUN RUN --ensemble."
        )
    return alike


def members_of(subject: Subject, part: str) -> EnsembleVotes:
    """The answers of each net to the samples of a part; where a training waits, to as many as there is time for.

    Raises:
        NoPicture: as ``deciding``, or if there is no data or no such part.
    """
    found, plan = deciding(subject.net), subject.net.plan
    chances, right, whole = [], [], 0
    for _, values, count in answers_over(subject, part):
        whole = count
        scores = [values[plan.outputs[each.output].key].double().softmax(-1) for each in found.values()]
        chances.append(np.stack([array(each, "The answer of a net") for each in scores]))
        right.append(values[next(iter(found.values())).label].cpu().numpy())
    return EnsembleVotes(tuple(found), np.concatenate(chances, 1), np.concatenate(right), whole)


def members_tiles(subject: Subject, part: str) -> Tiles:
    """Dots of the nets alone, and the accuracy by how many are averaged: mean, best and worst choice of them.

    Raises:
        NoPicture: as ``members_of``.
    """
    seen = members_of(subject, part)
    count, alone = len(seen.names), seen.alone
    sizes = np.arange(1, count + 1)
    groups = [seen.groups(int(size)) for size in sizes]
    blue, orange = ((int(i[0]), int(i[1]), int(i[2])) for i in class_inks(2))

    def line(values: list[float]) -> np.ndarray:
        return np.stack([sizes, 100 * np.array(values)], 1).astype(np.float32)

    lines = (
        PlotLine("mean of all choices", line([float(np.mean(each)) for each in groups]), blue, dots=True),
        PlotLine("best choice", line([max(each) for each in groups]), GREY, dashed=True),
        PlotLine("worst choice", line([min(each) for each in groups]), GREY, dashed=True),
    )
    every = np.concatenate([each.points[:, 1] for each in lines])
    plot = Plot(
        (0.7, count + 0.3),
        span(every, 0.08),
        "nets that are averaged",
        "right, in %",
        points=np.stack([np.ones(count), 100 * alone], 1).astype(np.float32),
        inks=np.tile(np.array([orange], np.uint8), (count, 1)),
        legend=(("each alone", orange),),
        lines=lines,
    )
    agree = (seen.chances.argmax(-1) == seen.chances[0].argmax(-1)).all(0).mean()
    each = ", ".join(f"{name} {100 * value:.1f} %" for name, value in list(zip(seen.names, alone))[:12])
    note = (
        f"Alone {100 * alone.mean():.1f} % in the mean ({each}); all {count} together {100 * groups[-1][0]:.1f} %. "
        f"All agree on {100 * agree:.1f} % of the samples."
    )
    return plotted(plot, f"Each net and all together, {counted(len(seen.right), seen.whole, part)}", note)
