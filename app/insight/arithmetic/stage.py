"""Stages: tensors of one sample, in double precision, whose every number can say how it was made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property

import numpy as np

from app.insight.arithmetic.number import Derivation, NumberPlace, NumberTerm

Index = tuple[int, ...]


class Stage(ABC):
    """A value on the way through a layer. ``node`` and ``what`` say where its numbers stand, see ``NumberPlace``."""

    node: str = ""
    what: str = ""

    @cached_property
    @abstractmethod
    def values(self) -> np.ndarray:
        """All numbers, float64."""

    @abstractmethod
    def made(self, index: Index) -> Derivation:
        """How the number at ``index`` was made."""

    @property
    def shape(self) -> Index:
        """The sizes, without the batch."""
        return self.values.shape

    def place(self, index: Index) -> NumberPlace | None:
        """Where the number stands; None if nobody can ask for it."""
        return NumberPlace(self.node, self.what, index) if self.what else None

    def term(self, index: Index, factor: float | None = None, factor_place: NumberPlace | None = None) -> NumberTerm:
        """The number at ``index`` as something that goes in."""
        place = self.place(index)
        return NumberTerm(float(self.values[index]), place, place.name if place else "", factor, factor_place)

    def named(self, node: str, what: str) -> Stage:
        """This stage, now that it has a name."""
        self.node, self.what = node, what
        return self


class GivenStage(Stage):
    """Numbers that are there: what arrives at a port, a weight, a measured mean. ``how`` tells one of them."""

    def __init__(
        self, values: np.ndarray, node: str, what: str, how: Callable[[Index], Derivation] | None = None
    ) -> None:
        self._values = np.asarray(values, np.float64)
        self._how = how
        self.node, self.what = node, what

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        if self._how is not None:
            return self._how(index)
        return Derivation("given", "It stands there: nothing in this layer makes it.", float(self._values[index]))


class ReorderedStage(Stage):
    """Numbers of another stage in another order. ``to`` finds the place of a number in it."""

    def __init__(self, of: Stage, values: np.ndarray, to: Callable[[Index], Index]) -> None:
        self._of, self._values, self._to = of, values, to

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def place(self, index: Index) -> NumberPlace | None:
        return self._of.place(self._to(index)) if not self.what else super().place(index)

    def made(self, index: Index) -> Derivation:
        return self._of.made(self._to(index))


def swapped(stage: Stage, first: int = 0, second: int = 1) -> ReorderedStage:
    """The stage with two axes exchanged."""

    def to(index: Index) -> Index:
        order = list(index)
        order[first], order[second] = order[second], order[first]
        return tuple(order)

    return ReorderedStage(stage, np.swapaxes(stage.values, first, second), to)


def moved_axis(stage: Stage, source: int, target: int) -> ReorderedStage:
    """The stage with one axis moved, as ``numpy.moveaxis`` does."""
    axes = [axis for axis in range(stage.values.ndim) if axis != source]  # of the stage, at each place
    axes.insert(target, source)

    def to(index: Index) -> Index:
        found = [0] * len(index)
        for place, axis in enumerate(axes):
            found[axis] = index[place]
        return tuple(found)

    return ReorderedStage(stage, np.transpose(stage.values, axes), to)


def part(stage: Stage, where: tuple[slice | int, ...]) -> ReorderedStage:
    """A piece of a stage, cut out as numpy does it with slices of step 1 and numbers."""
    starts = [each if isinstance(each, int) else each.start or 0 for each in where]
    fixed = [isinstance(each, int) for each in where]

    def to(index: Index) -> Index:
        rest = iter(index)
        found = [start if one else start + next(rest) for start, one in zip(starts, fixed)]
        return tuple(found) + tuple(rest)

    return ReorderedStage(stage, stage.values[where], to)
