"""Operations from which layers are put together: each is a stage that is made of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from math import sqrt

import numpy as np

from app.insight.arithmetic.notation import bracketed, short
from app.insight.arithmetic.number import Derivation, NumberTerm
from app.insight.arithmetic.stage import Index, Stage


class FunctionStage(Stage):
    """A function of each value by itself. ``said`` gives lines of notation for one value and its result."""

    def __init__(
        self,
        x: Stage,
        rule: str,
        function: Callable[[np.ndarray], np.ndarray],
        said: Callable[[float, float], Sequence[str]] | None = None,
    ) -> None:
        self._x, self._rule, self._function, self._said = x, rule, function, said

    @cached_property
    def values(self) -> np.ndarray:
        return np.asarray(self._function(self._x.values), np.float64)

    def made(self, index: Index) -> Derivation:
        x, result = float(self._x.values[index]), float(self.values[index])
        lines = tuple(self._said(x, result)) if self._said is not None else ()
        return Derivation("function", self._rule, result, (self._x.term(index),), lines=lines)


class Worked(Stage):
    """Numbers that are worked out of a few others each. ``of`` gives what goes into one, ``function`` works it out of
    these values, and ``said`` writes that down, up to the sign of equality; both are given the place first."""

    def __init__(
        self,
        shape: Index,
        of: Callable[[Index], Sequence[NumberTerm]],
        rule: str,
        function: Callable[..., float],
        said: Callable[..., str],
    ) -> None:
        self._sizes, self._of, self._rule, self._function, self._said = shape, of, rule, function, said

    @cached_property
    def values(self) -> np.ndarray:
        found = np.empty(self._sizes)
        for index in np.ndindex(*self._sizes):
            found[index] = self._function(index, *(term.value for term in self._of(index)))
        return found

    def made(self, index: Index) -> Derivation:
        terms = tuple(self._of(index))
        values = [term.value for term in terms]
        result = float(self._function(index, *values))
        return Derivation(
            "function", self._rule, result, terms, lines=(f"{self._said(index, *values)} = {short(result)}",)
        )


class LinearStage(Stage):
    """``out[..., o] = Σ weight[o, i] · x[..., i] + bias[o]``: a fully connected layer on the last axis."""

    def __init__(self, x: Stage, weight: Stage, *biases: Stage, rule: str = "") -> None:
        self._x, self._weight, self._biases = x, weight, biases
        self._rule = rule or ("Each input times its weight, added up" + (", and the bias." if biases else "."))

    @cached_property
    def values(self) -> np.ndarray:
        total = self._x.values @ self._weight.values.T
        for bias in self._biases:
            total = total + bias.values
        return total

    def made(self, index: Index) -> Derivation:
        *before, o = index
        terms = []
        for i in range(self._x.shape[-1]):
            factor = float(self._weight.values[o, i])
            terms.append(self._x.term((*before, i), factor, self._weight.place((o, i))))
        more = tuple(bias.term((o,)) for bias in self._biases)
        result = sum(term.product for term in terms) + sum(term.value for term in more)
        return Derivation("sum", self._rule, result, tuple(terms), more)


class ElementwiseStage(Stage):
    """Values at the same place of several stages, added or multiplied, each with a sign or a share. A stage of fewer
    sizes, or with sizes of 1, is stretched."""

    def __init__(
        self,
        stages: Sequence[Stage],
        how: str,
        rule: str,
        factors: Sequence[float | None] | None = None,
        shapes: Sequence[Index] | None = None,
    ) -> None:
        self._stages, self._how, self._rule = stages, how, rule
        self._factors = factors or [None] * len(stages)
        self._shapes = shapes or [stage.shape for stage in stages]

    @cached_property
    def values(self) -> np.ndarray:
        total: np.ndarray | None = None
        for stage, factor, shape in zip(self._stages, self._factors, self._shapes):
            values = stage.values.reshape(shape) * (1.0 if factor is None else factor)
            total = values if total is None else total * values if self._how == "product" else total + values
        assert total is not None
        return total

    def _to(self, place: int, index: Index) -> Index:
        """Where the number of a stage stands that goes to ``index``."""
        shape, own = self._shapes[place], self._stages[place].shape
        cut = index[len(index) - len(shape) :]
        stretched = tuple(0 if size == 1 else at for size, at in zip(shape, cut))
        if shape == own:
            return stretched
        flat = int(np.ravel_multi_index(stretched, shape)) if shape else 0
        return tuple(int(each) for each in np.unravel_index(flat, own)) if own else ()

    def made(self, index: Index) -> Derivation:
        terms = tuple(
            stage.term(self._to(place, index), factor)
            for place, (stage, factor) in enumerate(zip(self._stages, self._factors))
        )
        result = 1.0
        if self._how == "product":
            for term in terms:
                result *= term.product
            return Derivation("product", self._rule, result, terms)
        return Derivation("sum", self._rule, sum(term.product for term in terms), terms)


class MatrixProductStage(Stage):
    """``out[..., i, j] = share · Σ a[..., i, k] · b[..., k, j]``: products of two values, added up. ``stopped`` are
    places that may not be seen: they become −∞."""

    def __init__(self, a: Stage, b: Stage, rule: str, share: float = 1.0, stopped: np.ndarray | None = None) -> None:
        self._a, self._b, self._rule, self._share, self._stopped = a, b, rule, share, stopped

    @cached_property
    def values(self) -> np.ndarray:
        found = self._share * (self._a.values @ self._b.values)
        return np.where(self._stopped, -np.inf, found) if self._stopped is not None else found

    def made(self, index: Index) -> Derivation:
        *before, i, j = index
        if self._stopped is not None and self._stopped[i, j]:
            return Derivation("given", "It is hidden: this step may not see a later one.", float("-inf"))
        terms = []
        for k in range(self._a.shape[-1]):
            there = (*before, k, j)
            factor = float(self._b.values[there])
            terms.append(self._a.term((*before, i, k), factor, self._b.place(there)))
        total = sum(term.product for term in terms)
        return Derivation("sum", self._rule, total * self._share, tuple(terms), share=self._share)


class SoftmaxStage(Stage):
    """Along the last axis: ``exp(x) / Σ exp(x)``, or its logarithm."""

    def __init__(self, x: Stage, log: bool = False) -> None:
        self._x, self._log = x, log

    @cached_property
    def values(self) -> np.ndarray:
        x = self._x.values - self._x.values.max(-1, keepdims=True)
        powers = np.exp(x)
        total = powers.sum(-1, keepdims=True)
        return x - np.log(total) if self._log else powers / total

    def made(self, index: Index) -> Derivation:
        *before, at = index
        row = self._x.values[tuple(before)]
        own, result = float(row[at]), float(self.values[index])
        top = float(row.max())
        total = float(np.exp(row - top).sum())
        terms = (self._x.term(index), *(self._x.term((*before, i)) for i in range(len(row)) if i != at))
        shift = f" − {short(top)}" if top >= 0 else f" + {short(-top)}"
        lines = [
            f"The largest is {short(top)}; it is taken from all of them first, which changes nothing but overflows.",
            f"exp({short(own)}{shift}) = {short(float(np.exp(own - top)))}",
            f"sum of exp over all {len(row)} = {short(total)}",
        ]
        if self._log:
            lines.append(f"{short(own)}{shift} − log({short(total)}) = {short(result)}")
            rule = "The logarithm of its share: the value minus the logarithm of the sum of exp over all."
        else:
            lines.append(f"{short(float(np.exp(own - top)))} / {short(total)} = {short(result)}")
            rule = "exp of the value, divided by the sum of exp over all: a share of 1."
        return Derivation("function", rule, result, terms, lines=tuple(lines))


class MeanStage(Stage):
    """Means over groups of values. ``members`` lists the places of a group, ``means`` are all of them."""

    def __init__(self, x: Stage, means: np.ndarray, members: Callable[[Index], list[Index]], what: str) -> None:
        self._x, self._means, self._members, self._called = x, means, members, what

    @cached_property
    def values(self) -> np.ndarray:
        return self._means

    def made(self, index: Index) -> Derivation:
        places = self._members(index)
        share = 1 / len(places)
        terms = tuple(self._x.term(place, share) for place in places)
        return Derivation("sum", f"The mean of {len(places):,} {self._called}.", sum(t.product for t in terms), terms)


class VarianceStage(Stage):
    """Variances over the same groups, or with ``root`` deviations: how far values lie from their mean."""

    def __init__(
        self,
        x: Stage,
        mean: Stage,
        variances: np.ndarray,
        members: Callable[[Index], list[Index]],
        root: bool = False,
    ) -> None:
        self._x, self._mean, self._members, self._root = x, mean, members, root
        self._variances = np.sqrt(variances) if root else variances

    @cached_property
    def values(self) -> np.ndarray:
        return self._variances

    def made(self, index: Index) -> Derivation:
        places = self._members(index)
        middle = float(self._mean.values[index])
        result = float(np.mean([(float(self._x.values[place]) - middle) ** 2 for place in places]))
        result = sqrt(result) if self._root else result
        mean = self._mean.term(index)
        word = "root of the mean" if self._root else "mean"
        rule = f"The {word} of (value − mean)² over {len(places):,} values."
        lines = (f"mean = {short(mean.value)}",)
        return Derivation("function", rule, result, (mean, *(self._x.term(place) for place in places)), lines=lines)


class NormalizedStage(Stage):
    """``(x − mean) / √(variance + eps) · weight + bias``. ``group`` and ``channel`` say which of them a value uses."""

    def __init__(
        self,
        x: Stage,
        mean: Stage,
        variance: Stage,
        eps: float,
        group: Callable[[Index], Index],
        channel: Callable[[Index], Index],
        weight: Stage | None,
        bias: Stage | None,
    ) -> None:
        self._x, self._mean, self._variance, self._eps = x, mean, variance, eps
        self._group, self._channel, self._weight, self._bias = group, channel, weight, bias

    def _one(self, index: Index) -> float:
        group, channel = self._group(index), self._channel(index)
        found = float(self._x.values[index] - self._mean.values[group])
        found /= sqrt(float(self._variance.values[group]) + self._eps)
        found *= float(self._weight.values[channel]) if self._weight is not None else 1.0
        return found + (float(self._bias.values[channel]) if self._bias is not None else 0.0)

    @cached_property
    def values(self) -> np.ndarray:
        found = np.empty(self._x.shape)
        for index in np.ndindex(*self._x.shape):
            found[index] = self._one(index)
        return found

    def made(self, index: Index) -> Derivation:
        group, channel = self._group(index), self._channel(index)
        x, mean, variance = self._x.term(index), self._mean.term(group), self._variance.term(group)
        wide = sqrt(variance.value + self._eps)
        even = (x.value - mean.value) / wide
        lines = [
            f"({short(x.value)} − {bracketed(mean.value)}) / √({short(variance.value)} + {self._eps:g}) = {short(even)}"
        ]
        terms = [x, mean, variance]
        rule = "The value minus the mean, divided by the root of the variance"
        if self._weight is not None:
            weight = self._weight.term(channel)
            terms.append(weight)
            rule += ", times a learned weight"
            stretched = even * weight.value
            line = f"{short(even)} × {bracketed(weight.value)}"
            if self._bias is not None:
                bias = self._bias.term(channel)
                terms.append(bias)
                rule += ", and a learned bias"
                line += f" + {bracketed(bias.value)}"
                stretched += bias.value
            lines.append(f"{line} = {short(stretched)}")
        return Derivation("function", rule + ".", self._one(index), tuple(terms), lines=tuple(lines))


class MaximumStage(Stage):
    """The largest of several values each. ``members`` lists their places; ``window`` is their form."""

    def __init__(
        self,
        x: Stage,
        largest: np.ndarray,
        members: Callable[[Index], list[Index]],
        rule: str,
        window: Callable[[Index], tuple[int, int, int] | None] | None = None,
    ) -> None:
        self._x, self._largest, self._members, self._rule, self._window = x, largest, members, rule, window

    @cached_property
    def values(self) -> np.ndarray:
        return self._largest

    def made(self, index: Index) -> Derivation:
        terms = tuple(self._x.term(place) for place in self._members(index))
        window = self._window(index) if self._window is not None else None
        return Derivation("largest", self._rule, max(term.value for term in terms), terms, window=window)


class MovedStage(Stage):
    """Numbers that only change their place. ``origin`` has, for each, which stage it comes from and the flat place
    there; −1 for one that comes from nowhere, whose value ``values`` has."""

    def __init__(self, stages: Sequence[Stage], which: np.ndarray, flat: np.ndarray, values: np.ndarray) -> None:
        self._stages, self._which, self._flat, self._values = stages, which, flat, values
        self.rule = "The number only moves: it stood at {place}."

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        result = float(self._values[index])
        which = int(self._which[index])
        if which < 0:
            rule = "The layer puts this number here itself: it comes from no input."
            return Derivation("given", rule, result)
        stage = self._stages[which]
        there = (
            tuple(int(each) for each in np.unravel_index(int(self._flat[index]), stage.shape)) if stage.shape else ()
        )
        term = stage.term(there)
        return Derivation("moved", self.rule.format(place=term.name), result, (term,))


class ProbedMeanStage(Stage):
    """Weighted means whose shares are found by asking the layer itself: how much each input counts for one output.
    ``slopes`` gives them for an output, in the form of the input."""

    def __init__(self, x: Stage, values: np.ndarray, slopes: Callable[[Index], np.ndarray], rule: str) -> None:
        self._x, self._values, self._slopes, self._rule = x, values, slopes, rule

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        slopes = self._slopes(index)
        places = [tuple(int(each) for each in place) for place in np.argwhere(slopes != 0)]
        terms = tuple(self._x.term(place, float(slopes[place])) for place in places)
        result = sum(term.product for term in terms)
        sides = [len({place[axis] for place in places}) for axis in range(slopes.ndim)] if places else []
        full = len(places) == int(np.prod(sides)) if sides else False
        window: tuple[int, int, int] | None = None
        if full and slopes.ndim == 3:
            window = (sides[0], sides[1], sides[2])
        shares = {round(float(slopes[place]), 9) for place in places}
        rule = self._rule
        if len(shares) == 1 and places:
            rule = f"{rule} Here {len(places)} values, each times {short(shares.pop())}."
        return Derivation("sum", rule, result, terms, window=window)
