"""The arithmetic of the loss of a detector: where boxes are, how sure they are, and what they say it is."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from app.insight.arithmetic.layer_call import Stages
from app.insight.arithmetic.losses import LOSS, AskedLoss, also
from app.insight.arithmetic.notation import bracketed, short
from app.insight.arithmetic.number import Derivation, NumberTerm
from app.insight.arithmetic.operations import SoftmaxStage, Worked
from app.insight.arithmetic.stage import Index, Stage


class _Grid:
    """Which box of which cell each object of the sample belongs to."""

    def __init__(self, asked: AskedLoss) -> None:
        self.boxes, self.sure, self.scores = (asked.arrived[name] for name in ("boxes", "sure", "scores"))
        self.true, self.kinds = asked.arrived["true_boxes"], asked.arrived["true_kinds"].values.astype(int)
        self.rows, self.columns, self.each = self.sure.shape
        self.there = [int(at) for at in np.flatnonzero(self.kinds > 0)]
        # As the layer does it, in single precision: whoever lies on a border belongs to one cell.
        middles = self.true.values[:, :2].astype(np.float32)
        column = np.clip((middles[:, 0] * self.columns).astype(int), 0, self.columns - 1)
        row = np.clip((middles[:, 1] * self.rows).astype(int), 0, self.rows - 1)
        self.cells = [(int(r), int(c)) for r, c in zip(row, column)]

    def told(self, thing: int, box: int) -> list[NumberTerm]:
        """The four numbers of a box of an object's cell, and those of the object."""
        place = (*self.cells[thing], box)
        return [*(self.boxes.term((*place, side)) for side in range(4)), *self.truth(thing)]

    def truth(self, thing: int) -> list[NumberTerm]:
        """Middle, width and height of an object."""
        return [self.true.term((thing, side)) for side in range(4)]


def _overlap(index: Index, *values: float) -> float:
    a, b = values[:4], values[4:]
    shared = 1.0
    for axis in (0, 1):
        high = min(a[axis] + a[axis + 2] / 2, b[axis] + b[axis + 2] / 2)
        low = max(a[axis] - a[axis + 2] / 2, b[axis] - b[axis + 2] / 2)
        shared *= max(high - low, 0.0)
    return shared / max(a[2] * a[3] + b[2] * b[3] - shared, 1e-9)


def _overlap_said(index: Index, *values: float) -> str:
    a, b = values[:4], values[4:]
    areas = a[2] * a[3], b[2] * b[3]
    share = _overlap(index, *values)
    shared = share * sum(areas) / (1 + share)
    return f"{short(shared)} / ({short(areas[0])} + {short(areas[1])} − {short(shared)})"


class _Sum(Stage):
    """The loss: what all parts come to."""

    def __init__(self, parts: list[tuple[Stage, float]], rule: str, share: float) -> None:
        self._parts, self._rule, self._share = parts, rule, share

    @cached_property
    def values(self) -> np.ndarray:
        return np.asarray(self._share * sum(factor * stage.values.sum() for stage, factor in self._parts))

    def made(self, index: Index) -> Derivation:
        terms = tuple(
            stage.term(tuple(int(at) for at in place), factor if factor != 1 else None)
            for stage, factor in self._parts
            for place in np.argwhere(stage.values)
        )
        return Derivation("sum", self._rule, float(self.values), terms, share=self._share)


def detection(asked: AskedLoss) -> Stages:
    """Errors of places, of how sure each box is, and of classes, added up."""
    grid = _Grid(asked)
    place, empty = float(asked.settings.get("place", 5.0)), float(asked.settings.get("empty", 0.5))
    things = len(grid.kinds)
    overlap = Worked(
        (things, grid.each),
        lambda index: grid.told(*index),
        "How much the box and the object share: intersection over union.",
        _overlap,
        _overlap_said,
    ).named(asked.node, "overlap")
    chosen = overlap.values.argmax(1) if things else np.zeros(0, int)

    def off(index: Index, *values: float) -> float:
        if not values:
            return 0.0
        a, b = values[:4], values[4:]
        middle = ((a[0] - b[0]) * grid.columns) ** 2 + ((a[1] - b[1]) * grid.rows) ** 2
        return middle + sum((max(a[side], 1e-6) ** 0.5 - b[side] ** 0.5) ** 2 for side in (2, 3))

    def off_said(index: Index, *values: float) -> str:
        if not values:
            return "there is no such object"
        a, b = values[:4], values[4:]
        middle = " + ".join(
            f"(({short(a[side])} − {bracketed(b[side])}) × {cells})²"
            for side, cells in ((0, grid.columns), (1, grid.rows))
        )
        return f"{middle} + " + " + ".join(f"(√{short(a[side])} − √{short(b[side])})²" for side in (2, 3))

    def of(index: Index) -> list[NumberTerm]:
        return grid.told(index[0], int(chosen[index[0]])) if index[0] in grid.there else []

    rule = "How far the box that overlaps the object most is off: in cells, and in roots of its sides, squared."
    places = Worked((things,), of, rule, off, off_said).named(asked.node, "error of the place")

    owners: dict[Index, list[int]] = {}
    for thing in grid.there:
        owners.setdefault((*grid.cells[thing], int(chosen[thing])), []).append(thing)

    def asks(index: Index) -> list[NumberTerm]:
        return [grid.sure.term(index), *(overlap.term((thing, index[2])) for thing in owners.get(index, []))]

    def unsure(index: Index, sure: float, *wanted: float) -> float:
        return (1.0 if wanted else empty) * (sure - max(wanted, default=0.0)) ** 2

    def unsure_said(index: Index, sure: float, *wanted: float) -> str:
        weight = "" if wanted else f"{short(empty)} × "
        return f"{weight}({short(sure)} − {short(max(wanted, default=0.0))})²"

    rule = "A box that an object belongs to should be as sure as they overlap; any other should not be sure at all."
    objects = Worked(grid.sure.shape, asks, rule, unsure, unsure_said).named(asked.node, "error of how sure")

    logs = SoftmaxStage(grid.scores, log=True).named(asked.node, "log softmax")

    def kind(index: Index) -> list[NumberTerm]:
        thing = index[0]
        return [logs.term((*grid.cells[thing], int(grid.kinds[thing]) - 1))] if thing in grid.there else []

    classes = Worked(
        (things,),
        kind,
        "Minus the logarithm of the share that the right class gets in the cell of the object.",
        lambda index, *log: -log[0] if log else 0.0,
        lambda index, *log: f"−{bracketed(log[0])}" if log else "there is no such object",
    ).named(asked.node, "surprise of the class")
    rule = f"Errors of places, {short(place)} times, of how sure boxes are, and of classes, added up.{also(asked)}"
    total = _Sum([(places, place), (objects, 1.0), (classes, 1.0)], rule, asked.weight)
    parts = (places, objects, classes, overlap, logs)
    return {LOSS: total, **{stage.what: stage for stage in parts}}
