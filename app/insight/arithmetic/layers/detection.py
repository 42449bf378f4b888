"""Boxes: how a grid tells them, and which of several on one thing is left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from app.insight.arithmetic.layer_call import LayerCall, Stages
from app.insight.arithmetic.layers.activation import sigmoid
from app.insight.arithmetic.notation import short
from app.insight.arithmetic.number import Derivation, NumberTerm
from app.insight.arithmetic.operations import ElementwiseStage, MaximumStage, SoftmaxStage
from app.insight.arithmetic.registry import arithmetic
from app.insight.arithmetic.stage import Index, ReorderedStage, Stage, part

SIDES = ("x", "y", "width", "height")


class _Boxes(Stage):
    """Middle, width and height (rows, columns, boxes, 4) of the squashed numbers (rows, columns, boxes, 5)."""

    def __init__(self, squashed: Stage, values: np.ndarray) -> None:
        self._squashed, self._values = squashed, values

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        row, column, _, which = index
        term = self._squashed.term(index)
        if which > 1:
            rule = f"The {SIDES[which]} of the box as a share of the picture: {term.name}."
            return Derivation("moved", rule, term.value, (term,))
        cell, cells, called = ((column, self.shape[1], "column"), (row, self.shape[0], "row"))[which]
        result = (cell + term.value) / cells
        rule = f"The {called} of the cell, and how far inside it the middle lies, divided by the number of {called}s."
        line = f"({cell} + {short(term.value)}) / {cells} = {short(result)}"
        return Derivation("function", rule, result, (term,), lines=(line,))


@arithmetic("BoxGrid")
def box_grid(at: LayerCall) -> Stages:
    """x = (column + σ(a)) / columns, y = (row + σ(b)) / rows, width = σ(c), height = σ(d), sure = σ(e)."""
    module: Any = at.module
    count = int(module.boxes)
    _, rows, columns = at.x.shape
    told = at.x.values[: 5 * count].reshape(count, 5, rows, columns).transpose(2, 3, 0, 1)

    def to(index: Index) -> Index:
        row, column, box, which = index
        return 5 * box + which, row, column

    squashed = sigmoid(ReorderedStage(at.x, told, to)).named(at.node, "squashed")
    sure = part(squashed, (slice(0, rows), slice(0, columns), slice(0, count), 4))
    scores = ReorderedStage(
        at.x, at.x.values[5 * count :].transpose(1, 2, 0), lambda index: (5 * count + index[2], index[0], index[1])
    )
    return {
        "boxes": _Boxes(squashed, at.output["boxes"]),
        "sure": _Handed(sure, "How surely there is something: {place}."),
        "scores": _Handed(scores, "The score of the class, as it arrives: {place}."),
        "squashed": squashed,
    }


class _Handed(Stage):
    """Numbers that stand elsewhere."""

    def __init__(self, of: Stage, rule: str) -> None:
        self._of, self._rule = of, rule

    @cached_property
    def values(self) -> np.ndarray:
        return self._of.values

    def made(self, index: Index) -> Derivation:
        term = self._of.term(index)
        return Derivation("moved", self._rule.format(place=term.name), term.value, (term,))


@dataclass(frozen=True)
class _Verdict:
    """What became of one box: whether it is left, and the surer one left of its class that shares most with it."""

    kept: bool
    unsure: bool = False
    by: int | None = None
    shared: float = 0.0


class _Suppressed:
    """Non-maximum suppression of one sample's boxes, by number, in the precision in which the layer compares."""

    def __init__(self, module: Any, boxes: Tensor, sure: Tensor, scores: Tensor) -> None:
        likely, kind = scores[0].softmax(-1).max(-1)
        self.score = (sure[0] * likely.unsqueeze(-1)).flatten()
        self.kind = kind.unsqueeze(-1).expand(sure.shape[1:]).flatten()
        self.boxes = boxes[0].reshape(-1, 4)
        self.least, self.most_shared = float(module.score), float(module.overlap)
        low, high = self.boxes[:, :2] - self.boxes[:, 2:] / 2, self.boxes[:, :2] + self.boxes[:, 2:] / 2
        shared = torch.minimum(high[:, None], high) - torch.maximum(low[:, None], low)
        shared, area = shared.clamp(min=0).prod(-1), self.boxes[:, 2:].prod(-1)
        whole = area[:, None] + area - shared
        alike = self.kind[:, None] == self.kind
        self._covers = ((shared > self.most_shared * whole) & alike).numpy()
        shares = torch.where(whole > 0, shared / whole.clamp(min=1e-30), 0.0)  # intersection over union
        self._shares = torch.where(alike, shares, -1.0).numpy()  # of one class only
        self.order = [int(at) for at in self.score.sort(descending=True, stable=True).indices]
        self.verdicts: dict[int, _Verdict] = {}
        self.left: list[int] = []
        for at in self.order:
            self.verdicts[at] = self._judged(at)
            if self.verdicts[at].kept:
                self.left.append(at)

    def _judged(self, at: int) -> _Verdict:
        if not bool(self.score[at] > self.least):
            return _Verdict(False, unsure=True)
        surer = np.asarray(self.left, np.int64)
        covering = surer[self._covers[surer, at]]
        if len(covering):  # the surest one that covers it decides: it comes first
            by = int(covering[0])
            return _Verdict(False, by=by, shared=float(self._shares[by, at]))
        if not len(surer) or self._shares[surer, at].max() < 0:
            return _Verdict(True)
        by = int(surer[self._shares[surer, at].argmax()])
        return _Verdict(True, by=by, shared=float(self._shares[by, at]))


class _Chosen(Stage):
    """Of each box (rows, columns, boxes) whether it is left, 1 or 0, or with ``shares`` the intersection over union
    that decided it."""

    def __init__(self, suppressed: _Suppressed, boxes: Stage, score: Stage, shares: bool) -> None:
        self._found, self._boxes, self._score, self._shares = suppressed, boxes, score, shares

    @cached_property
    def values(self) -> np.ndarray:
        found = self._found.verdicts
        told = [found[at].shared if self._shares else float(found[at].kept) for at in range(len(found))]
        return np.asarray(told, np.float64).reshape(self._score.shape)

    def _of(self, at: int) -> tuple[Index, list[NumberTerm]]:
        place = tuple(int(each) for each in np.unravel_index(at, self._score.shape))
        return place, [self._boxes.term((*place, side)) for side in range(4)]

    def made(self, index: Index) -> Derivation:
        at = int(np.ravel_multi_index(index, self._score.shape))
        verdict, own = self._found.verdicts[at], self._score.term(index)
        terms, lines = [own, *self._of(at)[1]], []
        result = float(self.values[index])
        limit, least = short(self._found.most_shared), short(self._found.least)
        if verdict.unsure:
            if self._shares:
                return Derivation(
                    "function", "It is too unsure to be compared with others.", result, (own,), lines=("0",)
                )
            line = f"{short(own.value)} ≤ {least}, so it goes"
            return Derivation(
                "function", "Too unsure: its score is not above the least one.", result, (own,), lines=(line,)
            )
        if verdict.by is None:
            rule = "It is the surest of its class that is left so far, so nothing covers it."
            return Derivation(
                "function", rule, result, tuple(terms), lines=(f"{short(own.value)} > {least}, so it stays",)
            )
        place, rival = self._of(verdict.by)
        surer = self._score.term(place)
        terms += [surer, *rival]
        lines = _overlap_lines([term.value for term in terms[1:5]], [term.value for term in rival])
        cell = ", ".join(map(str, place))
        if verdict.kept:
            rule = (
                f"Of the surer boxes of its class that are left, the one at {cell} shares most with it: not too much."
            )
            lines.append(f"{short(verdict.shared)} ≤ {limit}, so it stays")
        else:
            rule = f"It shares too much with the box at {cell}: of the same class, surer ({surer.name}), and left."
            lines.append(f"{short(verdict.shared)} > {limit}, so it goes")
        return Derivation("function", rule, result, tuple(terms), lines=tuple(lines))


def _overlap_lines(one: list[float], other: list[float]) -> list[str]:
    sides = []
    for axis in (0, 1):
        low = max(box[axis] - box[axis + 2] / 2 for box in (one, other))
        high = min(box[axis] + box[axis + 2] / 2 for box in (one, other))
        sides.append(max(high - low, 0.0))
    shared = sides[0] * sides[1]
    areas = [box[2] * box[3] for box in (one, other)]
    whole = sum(areas) - shared
    return [
        f"shared area: {short(sides[0])} × {short(sides[1])} = {short(shared)}",
        f"IoU = {short(shared)} / ({short(areas[0])} + {short(areas[1])} − {short(shared)}) = "
        f"{short(shared / whole) if whole else short(0.0)}",
    ]


class _Classes(Stage):
    """Which class is the likeliest in each cell, from 1 on: (rows, columns)."""

    def __init__(self, suppressed: _Suppressed, scores: Stage, each: int) -> None:
        self._scores = scores
        self._kinds = suppressed.kind.reshape(*scores.shape[:2], each)[..., 0].double().numpy() + 1

    @cached_property
    def values(self) -> np.ndarray:
        return self._kinds

    def made(self, index: Index) -> Derivation:
        terms = tuple(self._scores.term((*index, at)) for at in range(self._scores.shape[-1]))
        result = float(self._kinds[index])
        at = int(result) - 1
        lines = (f"the largest score is {short(terms[at].value)}, of class {int(result)}",)
        rule = "The class with the largest score, counted from 1."
        return Derivation("function", rule, result, (terms[at], *terms[:at], *terms[at + 1 :]), lines=lines)


class _Rows(Stage):
    """What is left, the surest first: (most, 6)."""

    def __init__(self, suppressed: _Suppressed, boxes: Stage, score: Stage, kinds: Stage, values: np.ndarray) -> None:
        self._found, self._boxes, self._score, self._kinds, self._values = suppressed, boxes, score, kinds, values

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        row, which = index
        left = self._found.left
        if row >= len(left):
            rule = f"{len(left)} of {len(self._found.order):,} boxes are left, so the rows behind them are 0."
            return Derivation("given", rule, 0.0)
        place = tuple(int(each) for each in np.unravel_index(left[row], self._score.shape))
        if which < 4:
            term = self._boxes.term((*place, which))
        else:
            term = self._score.term(place) if which == 4 else self._kinds.term(place[:2])
        cell = ", ".join(map(str, place))
        rank = "surest" if row == 0 else f"surest but {row}"
        rule = f"Row {row} is the box at {cell}, the {rank} that is left: its {(*SIDES, 'score', 'class')[which]}."
        return Derivation("moved", rule, term.value, (term,))


@arithmetic("NonMaximumSuppression")
def non_maximum_suppression(at: LayerCall) -> Stages:
    """Scores, which boxes are left, and the overlap that decided each."""
    boxes, sure, scores = (at.arrived[name][0] for name in ("boxes", "sure", "scores"))
    found = _Suppressed(at.module, *(at.inputs[name][0].detach().cpu() for name in ("boxes", "sure", "scores")))
    rows, columns, each = sure.shape
    shares = SoftmaxStage(scores).named(at.node, "probability")

    def members(index: Index) -> list[Index]:
        return [(*index, kind) for kind in range(scores.shape[-1])]

    likeliest = MaximumStage(
        shares, shares.values.max(-1), members, "The probability of the likeliest class of the cell."
    )
    likeliest.named(at.node, "likeliest")
    rule = "How surely there is something, times how likely its class is."
    score = ElementwiseStage([sure, likeliest], "product", rule, shapes=[sure.shape, (rows, columns, 1)]).named(
        at.node, "score"
    )
    kinds = _Classes(found, scores, each).named(at.node, "class")
    kept = _Chosen(found, boxes, score, shares=False).named(at.node, "kept")
    overlap = _Chosen(found, boxes, score, shares=True).named(at.node, "overlap that decided")
    inner = {"kept": kept, "overlap that decided": overlap, "score": score, "class": kinds}
    made = _Rows(found, boxes, score, kinds, at.output["output"])
    return {"output": made, **inner, "likeliest": likeliest, "probability": shares}
