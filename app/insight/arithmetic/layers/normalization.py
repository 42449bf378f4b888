"""Norms: mean and variance of whom, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

import numpy as np

from app.insight.arithmetic.layer_call import LayerCall, Stages
from app.insight.arithmetic.notation import bracketed, short
from app.insight.arithmetic.number import Derivation
from app.insight.arithmetic.operations import MeanStage, NormalizedStage, VarianceStage
from app.insight.arithmetic.registry import arithmetic
from app.insight.arithmetic.stage import Index, Stage


@arithmetic("BatchNorm1d", "BatchNorm2d", "BatchNorm3d")
def batch_norm(at: LayerCall) -> Stages:
    """With mean and variance that were measured in training."""
    module: Any = at.module
    axis = 1 if len(at.x.shape) == 2 else 0  # features of a sequence, else channels

    def channel(index: Index) -> Index:
        return (index[axis],)

    mean, variance = at.weight("running_mean"), at.weight("running_var")
    made = NormalizedStage(at.x, mean, variance, module.eps, channel, channel, at.maybe("weight"), at.maybe("bias"))
    return {"output": made}


@arithmetic("LayerNorm")
def layer_norm(at: LayerCall) -> Stages:
    """Over the features of each step, or over the whole sample."""
    module: Any = at.module
    return normed_features(
        at,
        at.x,
        module.eps,
        at.maybe("weight"),
        at.maybe("bias"),
        tuple(module.normalized_shape),
        first=len(at.x.shape) > 2
        and len(module.normalized_shape) == 1
        and at.settings["normalized_shape"] == "features",
    )


def normed_features(
    at: LayerCall,
    x: Stage,
    eps: float,
    weight: Stage | None,
    bias: Stage | None,
    sizes: Sequence[int],
    *,
    first: bool = False,
    prefix: str = "",
) -> Stages:
    """A layer norm of ``x`` over its last axes ``sizes``, or with ``first`` over its first one."""
    rank, count = len(x.shape), len(sizes)
    over = (0,) if first else tuple(range(rank - count, rank))
    kept = [axis for axis in range(rank) if axis not in over]

    def members(group: Index) -> list[Index]:
        found = []
        for places in product(*(range(x.shape[axis]) for axis in over)):
            index = [0] * rank
            for axis, place in zip(kept, group):
                index[axis] = place
            for axis, place in zip(over, places):
                index[axis] = place
            found.append(tuple(index))
        return found

    return _statistics(
        at,
        x,
        x.values.mean(over),
        x.values.var(over),
        members,
        lambda index: tuple(index[axis] for axis in kept),
        lambda index: tuple(index[axis] for axis in over),
        eps,
        weight,
        bias,
        prefix,
    )


def _statistics(
    at: LayerCall,
    x: Stage,
    means: np.ndarray,
    variances: np.ndarray,
    members: Callable[[Index], list[Index]],
    group: Callable[[Index], Index],
    channel: Callable[[Index], Index],
    eps: float,
    weight: Stage | None,
    bias: Stage | None,
    prefix: str = "",
) -> Stages:
    mean = MeanStage(x, np.asarray(means), members, "values").named(at.node, f"{prefix}mean")
    variance = VarianceStage(x, mean, np.asarray(variances), members).named(at.node, f"{prefix}variance")
    made = NormalizedStage(x, mean, variance, eps, group, channel, weight, bias)
    return {f"{prefix}output": made, f"{prefix}mean": mean, f"{prefix}variance": variance}


class _RootMeanSquare(Stage):
    """``x / √(mean of x² + eps) · weight`` along an axis."""

    def __init__(self, x: Stage, axis: int, eps: float, weight: Stage | None, values: np.ndarray) -> None:
        self._x, self._axis, self._eps, self._weight, self._values = x, axis, eps, weight, values

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        axis = self._axis
        row = [(*index[:axis], place, *index[axis + 1 :]) for place in range(self._x.shape[axis])]
        x, others = self._x.term(index), [self._x.term(place) for place in row]
        square = float(np.mean([term.value**2 for term in others]))
        result = x.value / np.sqrt(square + self._eps)
        line = f"{short(x.value)} / √({short(square)} + {self._eps:g})"
        terms = [x]
        if self._weight is not None:
            weight = self._weight.term((index[axis],))
            terms.append(weight)
            result *= weight.value
            line += f" × {bracketed(weight.value)}"
        rule = "The value divided by the root of the mean square of all features"
        rule += ", times a learned weight." if self._weight is not None else "."
        lines = (f"mean square = {short(square)}", f"{line} = {short(float(result))}")
        return Derivation("function", rule, float(result), (*terms, *others), lines=lines)


@arithmetic("RMSNorm")
def rms_norm(at: LayerCall) -> Stages:
    """Over the features of each step."""
    module: Any = at.module
    axis = 0 if len(at.x.shape) > 2 else len(at.x.shape) - 1
    return {"output": _RootMeanSquare(at.x, axis, float(module.eps), at.maybe("weight"), at.output["output"])}


@arithmetic("GroupNorm")
def group_norm(at: LayerCall) -> Stages:
    """Over groups of channels."""
    module: Any = at.module
    x, groups = at.x, int(module.num_groups)
    axis = 1 if len(x.shape) == 2 else 0
    channels = x.shape[axis]
    each = channels // groups
    values = np.moveaxis(x.values, axis, 0).reshape(groups, -1)

    def members(group: Index) -> list[Index]:
        sides = [range(size) for size in x.shape]
        sides[axis] = range(group[0] * each, (group[0] + 1) * each)
        return list(product(*sides))

    return _statistics(
        at,
        x,
        values.mean(1),
        values.var(1),
        members,
        lambda index: (index[axis] // each,),
        lambda index: (index[axis],),
        float(module.eps),
        at.maybe("weight"),
        at.maybe("bias"),
    )


@arithmetic("InstanceNorm2d")
def instance_norm(at: LayerCall) -> Stages:
    """Over the places of each channel."""
    module: Any = at.module
    x = at.x

    def members(group: Index) -> list[Index]:
        return [(*group, *places) for places in product(*(range(size) for size in x.shape[1:]))]

    axes = tuple(range(1, len(x.shape)))
    return _statistics(
        at,
        x,
        x.values.mean(axes),
        x.values.var(axes),
        members,
        lambda index: (index[0],),
        lambda index: (index[0],),
        float(module.eps),
        at.maybe("weight"),
        at.maybe("bias"),
    )


class ResponseNorm(Stage):
    """Divided by a power of the mean square over neighbouring channels."""

    def __init__(self, x: Stage, module: Any) -> None:
        self._x, self._module = x, module

    def _reach(self, channel: int) -> tuple[int, int]:
        """The first and the last channel whose squares count, some of them beyond the ends."""
        return channel - self._module.size // 2, channel + (self._module.size - 1) // 2

    @cached_property
    def values(self) -> np.ndarray:
        module, x = self._module, self._x.values
        squares = [(x[max(low, 0) : high + 1] ** 2).sum(0) for low, high in map(self._reach, range(len(x)))]
        divisor: np.ndarray = (module.k + module.alpha * np.stack(squares) / module.size) ** module.beta
        return x / divisor

    def made(self, index: Index) -> Derivation:
        module, x = self._module, self._x.term(index)
        channel, *at = index
        low, high = self._reach(channel)
        near = [self._x.term((each, *at)) for each in range(max(low, 0), min(high, self._x.shape[0] - 1) + 1)]
        square = sum(term.value**2 for term in near) / module.size
        divisor = (module.k + module.alpha * square) ** module.beta
        lines = (
            f"mean square of channels {low} to {high} (beyond the ends 0) = {short(square)}",
            f"({module.k:g} + {module.alpha:g} × {short(square)}) ^ {module.beta:g} = {short(divisor)}",
            f"{short(x.value)} / {short(divisor)} = {short(x.value / divisor)}",
        )
        rule = "The value divided by a power of the mean square over neighbouring channels."
        return Derivation("function", rule, x.value / divisor, (x, *near), lines=lines)


@arithmetic("LocalResponseNorm")
def local_response_norm(at: LayerCall) -> Stages:
    """Strong neighbours make weak."""
    return {"output": ResponseNorm(at.x, at.module)}


class _Scaled(Stage):
    """``(x − mean) / std``, or the way back."""

    def __init__(self, x: Stage, mean: Stage, std: Stage, back: bool, values: np.ndarray) -> None:
        self._x, self._mean, self._std, self._back, self._values = x, mean, std, back, values

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def _term_of(self, stage: Stage, index: Index) -> Any:
        cut = index[len(index) - len(stage.shape) :]
        return stage.term(tuple(0 if size == 1 else at for size, at in zip(stage.shape, cut)))

    def made(self, index: Index) -> Derivation:
        x, mean, std = self._x.term(index), self._term_of(self._mean, index), self._term_of(self._std, index)
        if self._back:
            result = x.value * std.value + mean.value
            line = f"{short(x.value)} × {bracketed(std.value)} + {bracketed(mean.value)} = {short(result)}"
            rule = "The value times the deviation, plus the mean: back in the unit of the answers."
        else:
            result = (x.value - mean.value) / std.value
            line = f"({short(x.value)} − {bracketed(mean.value)}) / {bracketed(std.value)} = {short(result)}"
            rule = "The value minus the mean, divided by the deviation."
        return Derivation("function", rule, result, (x, mean, std), lines=(line,))


@arithmetic("Standardize", "StandardizeWith")
def standardize(at: LayerCall) -> Stages:
    """To mean 0 and deviation 1."""
    return {"output": _Scaled(at.x, at.weight("mean"), at.weight("std"), False, at.output["output"])}


@arithmetic("Unstandardize")
def unstandardize(at: LayerCall) -> Stages:
    """Back from mean 0 and deviation 1."""
    return {"output": _Scaled(at.x, at.weight("mean"), at.weight("std"), True, at.output["output"])}


@arithmetic("GlobalStatistics")
def global_statistics(at: LayerCall) -> Stages:
    """Mean and deviation of each feature or channel."""
    x = at.x
    sequence = len(x.shape) == 2
    count = x.shape[1] if sequence else x.shape[0]
    over = (0,) if sequence else tuple(range(1, len(x.shape)))

    def members(group: Index) -> list[Index]:
        places = product(*(range(x.shape[axis]) for axis in over))
        return [(*each, *group) if sequence else (*group, *each) for each in places]

    mean = MeanStage(x, x.values.mean(over), members, "values").named(at.node, "means")
    spread = VarianceStage(x, mean, x.values.var(over), members, root=True).named(at.node, "deviations")
    return {"output": _Halves(mean, spread, count, at.output["output"]), "means": mean, "deviations": spread}


class _Halves(Stage):
    """First the one, then the other."""

    def __init__(self, first: Stage, second: Stage, count: int, values: np.ndarray) -> None:
        self._first, self._second, self._count, self._values = first, second, count, values
        assert prod(values.shape) == 2 * count

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        (at,) = index
        return self._first.made((at,)) if at < self._count else self._second.made((at - self._count,))
