"""Windows that slide: which inputs a number of a convolution or a pooling was made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import product
from math import prod

import numpy as np

from app.insight.arithmetic.number import Derivation, NumberTerm
from app.insight.arithmetic.stage import Index, Stage


def bordered(place: int, size: int, mode: str) -> int | None:
    """Where a place beyond the border is read: None for a zero."""
    if 0 <= place < size:
        return place
    if mode == "reflect":
        period = max(2 * (size - 1), 1)
        place %= period
        return place if place < size else period - place
    if mode == "replicate":
        return min(max(place, 0), size - 1)
    if mode == "circular":
        return place % size
    return None


def form(count: int, sides: Sequence[int]) -> tuple[int, int, int]:
    """A window of channels and sides as maps of rows and columns."""
    *deep, height, width = (1, 1, *sides)[-max(2, len(sides)) :]
    return count * prod(deep), height, width


class ConvolutionStage(Stage):
    """A convolution of ``x`` (channels, *sides). ``margins`` are the places added before each side."""

    def __init__(
        self,
        x: Stage,
        values: np.ndarray | Callable[[], np.ndarray],
        weight: Stage,
        bias: Stage | None,
        *,
        stride: Sequence[int],
        margins: Sequence[int],
        dilation: Sequence[int],
        groups: int = 1,
        mode: str = "zeros",
        local: bool = False,
    ) -> None:
        self._x, self._given, self._weight, self._bias = x, values, weight, bias
        self._stride, self._margins, self._dilation = stride, margins, dilation
        self._groups, self._mode, self._local = groups, mode, local

    @cached_property
    def values(self) -> np.ndarray:
        return self._given() if callable(self._given) else self._given

    def made(self, index: Index) -> Derivation:
        out, *at = index
        axes = len(at)
        # A locally connected layer has a kernel for each place.
        before: Index = (*at, out) if self._local else (out,)
        reads, *kernel = self._weight.shape[len(before) :]
        outputs = self._weight.shape[axes if self._local else 0]
        first = out // (outputs // self._groups) * reads
        terms: list[NumberTerm] = []
        border = 0
        for channel in range(reads):
            for offset in product(*(range(side) for side in kernel)):
                where = (*before, channel, *offset)
                factor, factor_place = float(self._weight.values[where]), self._weight.place(where)
                places = [
                    bordered(
                        at[axis] * self._stride[axis] - self._margins[axis] + offset[axis] * self._dilation[axis],
                        self._x.shape[axis + 1],
                        self._mode,
                    )
                    for axis in range(axes)
                ]
                inside = [place for place in places if place is not None]
                if len(inside) < axes:
                    border += 1
                    terms.append(NumberTerm(0.0, None, "border", factor, factor_place))
                else:
                    terms.append(self._x.term((first + channel, *inside), factor, factor_place))
        bias_at: Index = (out, *at) if self._local else (out,)
        more = (self._bias.term(bias_at),) if self._bias is not None else ()
        result = sum(term.product for term in terms) + sum(term.value for term in more)
        rule = "Each value of the window times the weight of the kernel at its place, added up"
        rule += ", and the bias." if more else "."
        if self._groups > 1:
            rule += (
                f" Channels {first} to {first + reads - 1} only: the filter belongs to one of {self._groups} groups."
            )
        if border:
            rule += f" {border} of the window's {len(terms)} values are zeros of the border."
        return Derivation("sum", rule, result, tuple(terms), more, window=form(reads, kernel))


class TransposedConvolutionStage(Stage):
    """A transposed convolution: every input paints a window of weights, and what overlaps is added up."""

    def __init__(
        self,
        x: Stage,
        values: np.ndarray,
        weight: Stage,
        bias: Stage | None,
        *,
        stride: Sequence[int],
        padding: Sequence[int],
        dilation: Sequence[int],
        groups: int,
    ) -> None:
        self._x, self._values, self._weight, self._bias = x, values, weight, bias
        self._stride, self._padding, self._dilation, self._groups = stride, padding, dilation, groups

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        out, *at = index
        inputs, per_group, *kernel = self._weight.shape
        group, column = divmod(out, per_group)
        mine = range(group * inputs // self._groups, (group + 1) * inputs // self._groups)
        hits = []  # of each axis: the input that paints here, and with which place of the kernel
        for axis, place in enumerate(at):
            found = []
            for offset in range(kernel[axis]):
                reached, rest = divmod(place + self._padding[axis] - offset * self._dilation[axis], self._stride[axis])
                if rest == 0 and 0 <= reached < self._x.shape[axis + 1]:
                    found.append((reached, offset))
            hits.append(sorted(found))
        terms = []
        for channel in mine:
            for pairs in product(*hits):
                where = (channel, column, *(offset for _, offset in pairs))
                terms.append(
                    self._x.term(
                        (channel, *(reached for reached, _ in pairs)),
                        float(self._weight.values[where]),
                        self._weight.place(where),
                    )
                )
        more = (self._bias.term((out,)),) if self._bias is not None else ()
        result = sum(term.product for term in terms) + sum(term.value for term in more)
        rule = "Every input whose painted window reaches this place, times the weight that falls here, added up"
        rule += ", and the bias." if more else "."
        window = form(len(mine), [len(each) for each in hits]) if terms else None
        return Derivation("sum", rule, result, tuple(terms), more, window=window)


def window_members(
    sizes: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
) -> Callable[[Index], list[Index]]:
    """The places of ``(channel, *sides)`` that a window at ``(channel, *at)`` covers; its border is left out."""

    def members(index: Index) -> list[Index]:
        channel, *at = index
        ranges = [
            [
                place
                for offset in range(kernel[axis])
                if 0 <= (place := where * stride[axis] - padding[axis] + offset * dilation[axis]) < sizes[axis]
            ]
            for axis, where in enumerate(at)
        ]
        return [(channel, *places) for places in product(*ranges)]

    return members


def adaptive_members(sizes: Sequence[int], outputs: Sequence[int]) -> Callable[[Index], list[Index]]:
    """The places that an adaptive pooling to so many ``outputs`` covers, as torch divides them."""

    def members(index: Index) -> list[Index]:
        channel, *at = index
        ranges = [
            range(where * size // count, -(-(where + 1) * size // count))
            for where, size, count in zip(at, sizes, outputs)
        ]
        return [(channel, *places) for places in product(*ranges)]

    return members


def window_form(members: Callable[[Index], list[Index]]) -> Callable[[Index], tuple[int, int, int] | None]:
    """The form of a window, from the places that it covers."""

    def found(index: Index) -> tuple[int, int, int] | None:
        places = members(index)
        sides = [len({place[axis] for place in places}) for axis in range(1, len(index))]
        return form(1, sides)

    return found
