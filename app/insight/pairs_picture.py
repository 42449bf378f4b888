"""How far apart a net sets the two of a pair: distances, the ROC curve, and the pairs at the threshold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from app.core.compile.net import CompiledNet
from app.core.compile.plan import Operand
from app.insight.capture import array
from app.insight.generative import as_pictures
from app.insight.part_predictions import parts_for
from app.insight.plot import GREY, Plot, PlotLine, class_inks, plotted, span
from app.insight.tiles import NoPicture, Tiles, rising_scale
from app.insight.unit_responses import answers_over, counted
from app.insight.view import Subject

BINS = 40
MOST_PAIRS = 5000  # of one label, that are made of the samples of a part
Distance = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class PairLoss:
    """Two lists that a loss compares, and what says whether they belong together: a field, or always the same."""

    left: Operand
    right: Operand
    alike: Operand | bool


@dataclass(frozen=True)
class Comparison:
    """The pairs that a loss compares, and how it measures them. A loss that finds them itself in a batch reads
    ``labelled``: a list for each sample, and its label."""

    loss: str
    pairs: tuple[PairLoss, ...]
    distance: Distance
    measure: str
    labelled: tuple[Operand, Operand] | None = None


@dataclass(frozen=True, eq=False)
class PairSamples:
    """Some pairs of a part: how far apart they are and whether they are alike, both ``(n,)``; the number of each one's
    sample in the data, and which of ``Comparison.pairs`` it is. ``whole`` is how many samples the part has, ``samples``
    how many of them were looked at. ``others`` are the numbers of the second samples, where a pair is of two."""

    distances: np.ndarray
    alike: np.ndarray
    numbers: np.ndarray
    which: np.ndarray
    samples: int
    whole: int
    others: np.ndarray | None = None


def comparison_of(net: CompiledNet) -> Comparison:
    """What a loss of pairs or of triplets compares.

    Raises:
        NoPicture: if there is no such loss.
    """
    for loss in net.plan.losses:
        wires = loss.operands
        if loss.type in ("ContrastiveLoss", "CosineEmbeddingLoss"):
            pairs: tuple[PairLoss, ...] = (PairLoss(wires["input1"], wires["input2"], wires["target"]),)
        elif loss.type == "TripletMarginLoss":
            near = PairLoss(wires["anchor"], wires["positive"], True)
            pairs = (near, PairLoss(wires["anchor"], wires["negative"], False))
        elif loss.type == "BatchTripletLoss" and wires["target"].kind == "field":
            codes, apart_ = wires["codes"], functional.pairwise_distance
            return Comparison(loss.name, (PairLoss(codes, codes, True),), apart_, "distance", (codes, wires["target"]))
        else:
            continue
        if loss.type == "CosineEmbeddingLoss":
            return Comparison(loss.name, pairs, _turned, "1 − cosine")
        apart = partial(functional.pairwise_distance, p=float(loss.settings.get("p", 2.0)))
        return Comparison(loss.name, pairs, apart, "distance")
    raise NoPicture(
        "This view is about nets that learn from pairs: with a contrastive, cosine or triplet loss. The templates "
        "Alike or not and The same face? have one."
    )


def _turned(a: Tensor, b: Tensor) -> Tensor:
    return 1 - functional.cosine_similarity(a, b)


def pairs_of(subject: Subject, found: Comparison, part: str) -> PairSamples:
    """The distances of the pairs of a part; where a training waits, of as many as there is time for.

    Raises:
        NoPicture: if there is no data or no such part, or values are no numbers.
    """
    if found.labelled is not None:
        return _among(subject, found, *found.labelled, part)
    distances, alike, numbers, which, samples, whole = [], [], [], [], 0, 0
    for some, values, count in answers_over(subject, part):
        whole = count
        for at, pair in enumerate(found.pairs):
            apart = found.distance(values[pair.left.key].float(), values[pair.right.key].float())
            distances.append(array(apart, "The distance of a pair"))
            truth = pair.alike
            alike.append(
                np.full(len(some), truth) if isinstance(truth, bool) else (values[truth.key] > 0).cpu().numpy()
            )
            numbers.append(some)
            which.append(np.full(len(some), at))
        samples += len(some)
    return PairSamples(
        np.concatenate(distances),
        np.concatenate(alike),
        np.concatenate(numbers),
        np.concatenate(which),
        samples,
        whole,
    )


def _among(subject: Subject, found: Comparison, codes: Operand, labels: Operand, part: str) -> PairSamples:
    """Pairs of the samples of a part: all of one label, but at most MOST_PAIRS, and as many of two labels; which, is
    drawn with a fixed seed."""
    lists, known, numbers, whole = [], [], [], 0
    for some, values, count in answers_over(subject, part):
        whole = count
        lists.append(values[codes.key].float())
        known.append(values[labels.key].cpu().numpy())
        numbers.append(some)
    every, label, number = torch.cat(lists), np.concatenate(known), np.concatenate(numbers)
    random = np.random.default_rng(0)
    order = np.argsort(label, kind="stable")
    starts, sizes = np.unique(label[order], return_index=True, return_counts=True)[1:]
    pairs = [order[at + np.stack(np.triu_indices(size, 1), 1)] for at, size in zip(starts, sizes)]
    same = np.concatenate(pairs) if pairs else np.empty((0, 2), int)
    if len(same) > MOST_PAIRS:
        same = same[np.sort(random.choice(len(same), MOST_PAIRS, replace=False))]
    other = random.integers(len(label), size=(4 * len(same) + 64, 2))
    other = other[label[other[:, 0]] != label[other[:, 1]]][: len(same)]
    both = np.concatenate([same, other])
    distances = array(found.distance(every[both[:, 0]], every[both[:, 1]]), "The distance of a pair")
    alike = np.arange(len(both)) < len(same)
    first, second = number[both[:, 0]], number[both[:, 1]]
    return PairSamples(distances, alike, first, np.zeros(len(both), int), len(label), whole, second)


@dataclass(frozen=True, eq=False)
class RocCurve:
    """Shares of pairs taken for alike, of the different and of the alike ones, for every threshold from 0 on: a pair is
    taken for alike if its distance is at most that. The first threshold is below all distances."""

    false: np.ndarray
    true: np.ndarray
    thresholds: np.ndarray

    @property
    def area(self) -> float:
        """That below the curve: how likely an alike pair is nearer than a different one, ties counted half."""
        return float(np.trapezoid(self.true, self.false))


def roc_of(distances: np.ndarray, alike: np.ndarray) -> RocCurve:
    """The curve of these pairs.

    Raises:
        NoPicture: if there are only alike or only different ones.
    """
    if alike.all() or not alike.any():
        raise NoPicture("All of these pairs are alike, or none is, so there is no telling them apart. Use more pairs.")
    order = np.argsort(distances, kind="stable")
    sorted_ = distances[order]
    last = np.append(np.flatnonzero(np.diff(sorted_)), len(sorted_) - 1)  # of each run of equal distances
    true, false = np.cumsum(alike[order])[last], np.cumsum(~alike[order])[last]
    zero = np.zeros(1)
    thresholds = np.concatenate([[-np.inf], sorted_[last].astype(np.float64)])
    return RocCurve(np.concatenate([zero, false / false[-1]]), np.concatenate([zero, true / true[-1]]), thresholds)


def best_threshold(distances: np.ndarray, alike: np.ndarray) -> float:
    """The distance at which most pairs are told right, in the middle between two of them; the first of equal ones."""
    order = np.argsort(distances, kind="stable")
    sorted_ = distances[order].astype(np.float64)
    right = np.concatenate([[0], np.cumsum(np.where(alike[order], 1, -1))])
    between = np.concatenate([[True], np.diff(sorted_) > 0, [True]])
    at = int(np.argmax(np.where(between, right, -len(right))))
    below = sorted_[at - 1] if at else sorted_[0] - 1e-3
    above = sorted_[at] if at < len(sorted_) else sorted_[-1] + 1e-3
    return float(below + above) / 2


def pairs_tiles(subject: Subject, part: str, threshold: float, count: int) -> tuple[Tiles, ...]:
    """Distances of alike and of different pairs, the ROC curve, and the ``count`` pairs nearest to the threshold where
    they are pictures. A ``threshold`` of 0 stands for the one at which most of these pairs are told right.

    Raises:
        NoPicture: as ``comparison_of``, ``pairs_of`` and ``roc_of`` do.
    """
    found = comparison_of(subject.net)
    seen = pairs_of(subject, found, part)
    roc = roc_of(seen.distances, seen.alike)
    chosen = threshold or best_threshold(seen.distances, seen.alike)
    taken = seen.distances <= chosen
    accuracy = float((taken == seen.alike).mean())
    how = "" if threshold else ", chosen on these pairs,"
    where = f"Of {counted(seen.samples, seen.whole, part)}"
    said = (
        f"AUC {roc.area:.4f}. At the threshold {chosen:.3g}{how} {100 * accuracy:.1f} % are told right: "
        f"{int((taken & ~seen.alike).sum()):,} of {int((~seen.alike).sum()):,} different pairs are taken for alike, "
        f"{int((~taken & seen.alike).sum()):,} of {int(seen.alike.sum()):,} alike ones for different. {where}."
    )
    made = [_distances(found, seen, chosen, said), _curve(roc, seen, taken, f"{where}.")]
    pictures = _at_threshold(subject, found, seen, chosen, count)
    return (*made, pictures) if pictures is not None else tuple(made)


def _distances(found: Comparison, seen: PairSamples, threshold: float, said: str) -> Tiles:
    """Two histograms as outlines, each the share of its kind, and the threshold."""
    blue, orange = ((int(i[0]), int(i[1]), int(i[2])) for i in class_inks(2))
    low, high = min(0.0, float(seen.distances.min())), max(float(seen.distances.max()), 1e-6)
    edges = np.linspace(low, high, BINS + 1)
    lines, most = [], 0.0
    for name, one, ink in (("alike", seen.alike, blue), ("different", ~seen.alike, orange)):
        shares = np.histogram(seen.distances[one], edges)[0] / one.sum()
        most = max(most, float(shares.max()))
        stairs = np.stack([np.repeat(edges, 2)[1:-1], np.repeat(shares, 2)], 1)
        lines.append(PlotLine(name, stairs.astype(np.float32), ink))
    upright = np.array([[threshold, 0], [threshold, most]], np.float32)
    lines.append(PlotLine(f"threshold {threshold:.3g}", upright, GREY, dashed=True))
    plot = Plot(span(np.append(edges, threshold), 0.02), (0.0, 1.05 * most), found.measure, "share", lines=tuple(lines))
    return plotted(plot, f"{found.loss}: distances of pairs", said)


def _curve(roc: RocCurve, seen: PairSamples, taken: np.ndarray, where: str) -> Tiles:
    blue, orange = ((int(i[0]), int(i[1]), int(i[2])) for i in class_inks(2))
    here = np.array([[taken[~seen.alike].mean(), taken[seen.alike].mean()]], np.float32)
    plot = Plot(
        (-0.02, 1.02),
        (-0.02, 1.02),
        "different pairs taken for alike",
        "alike pairs taken for alike",
        points=here,
        inks=np.array([orange], np.uint8),
        legend=(("at the threshold", orange),),
        lines=(
            PlotLine("net", np.stack([roc.false, roc.true], 1).astype(np.float32), blue),
            PlotLine("chance", np.array([[0, 0], [1, 1]], np.float32), GREY, dashed=True),
        ),
        equal=True,
    )
    return plotted(plot, f"ROC curve, AUC {roc.area:.4f}", where)


def _at_threshold(subject: Subject, found: Comparison, seen: PairSamples, threshold: float, count: int) -> Tiles | None:
    """The pairs that were decided most narrowly, one in a row; None where they are no pictures."""
    sides = [(_entry(subject.net, pair.left.node), _entry(subject.net, pair.right.node)) for pair in found.pairs]
    if any(entry is None for side in sides for entry in side):
        return None
    places = np.argsort(np.abs(seen.distances - threshold), kind="stable")[:count]
    both = (seen.numbers, seen.numbers if seen.others is None else seen.others)
    wanted = torch.from_numpy(np.unique(np.concatenate([each[places] for each in both])))
    read: list[tuple[Tensor, Mapping[str, Tensor]]] = list(parts_for(subject.net).read(wanted))
    row = {int(number): at for at, number in enumerate(torch.cat([some for some, _ in read]).tolist())}
    maps, labels = [], []
    for place in places.tolist():
        distance, alike = float(seen.distances[place]), bool(seen.alike[place])
        for side, entry in enumerate(sides[int(seen.which[place])]):
            assert entry is not None
            values = torch.cat([batch[entry] for _, batch in read])[row[int(both[side][place])]][None]
            maps.append(as_pictures(values.float())[0])
            right = "right" if (distance <= threshold) == alike else "wrong"
            labels.append(f"{distance:.2f} {right}" if side else "alike" if alike else "different")
    if len({one.shape for one in maps}) > 1:
        return None
    stack = np.stack(maps).astype(np.float32)
    low, high = (0.0, 1.0) if stack.ndim == 4 else rising_scale(stack)
    title = f"The {len(places)} pairs nearest to the threshold {threshold:.3g}"
    colours = "rgb" if stack.ndim == 4 else "gray"
    note = (
        "Two side by side are a pair: below the first what it is, below the second its distance and whether that side "
        "of the threshold is the right one."
    )
    return Tiles(stack, low, high, colours, title, tuple(labels), columns=2, note=note)  # type: ignore[arg-type]


def _entry(net: CompiledNet, node: str) -> str | None:
    """The field of the picture that leads to a node; None if there is none, or several."""
    by_name = {step.name: step for step in net.plan.graph.running}
    pictures = {
        (entry.node, entry.port)
        for entry in net.plan.inputs
        if entry.shape.kind == "image" and entry.shape.sizes[0] in (1, 3)
    }
    found, seen, waiting = set(), {node}, [node]
    while waiting:
        step = by_name.get(waiting.pop())
        for ref in (ref for refs in (step.inputs.values() if step is not None else ()) for ref in refs):
            if (ref.node, ref.port) in pictures:
                found.add(f"{ref.node}.{ref.port}")
            elif ref.node not in seen:
                seen.add(ref.node)
                waiting.append(ref.node)
    return found.pop() if len(found) == 1 else None
