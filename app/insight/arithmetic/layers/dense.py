"""Fully connected layers."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from app.insight.arithmetic.layer_call import LayerCall, Stages
from app.insight.arithmetic.notation import short
from app.insight.arithmetic.number import Derivation
from app.insight.arithmetic.operations import LinearStage, MaximumStage
from app.insight.arithmetic.registry import arithmetic
from app.insight.arithmetic.stage import Index, Stage


@arithmetic("Linear")
def linear(at: LayerCall) -> Stages:
    """Each input times its weight, added up."""
    bias = at.maybe("bias")
    return {"output": LinearStage(at.x, at.weight("weight"), *((bias,) if bias is not None else ()))}


class _Unstretched(Stage):
    """A weight divided by its largest singular value, as the vectors ``left`` and ``right`` of its layer find it."""

    def __init__(self, weight: Stage, left: Stage, right: Stage) -> None:
        self._weight = weight
        matrix = weight.values.reshape(len(weight.values), -1)
        self._stretch = float(left.values @ (matrix @ right.values))

    @cached_property
    def values(self) -> np.ndarray:
        return self._weight.values / self._stretch

    def made(self, index: Index) -> Derivation:
        term = self._weight.term(index)
        result = term.value / self._stretch
        line = f"{short(term.value)} / {short(self._stretch)} = {short(result)}"
        return Derivation(
            "function", "The weight divided by the largest stretch of all.", result, (term,), lines=(line,)
        )


def unstretched(at: LayerCall) -> Stage:
    """The weights of a layer with spectral norm, as they are used."""
    made = _Unstretched(at.weight("weight"), at.weight("left"), at.weight("right"))
    return made.named(at.node, "weight by its stretch")


@arithmetic("SpectralLinear")
def spectral(at: LayerCall) -> Stages:
    """A fully connected layer with weights that are divided by their largest stretch."""
    weight, bias = unstretched(at), at.maybe("bias")
    return {"output": LinearStage(at.x, weight, *((bias,) if bias is not None else ())), weight.what: weight}


@arithmetic("Unembedding")
def unembedding(at: LayerCall) -> Stages:
    """How alike the features are to each word's numbers."""
    rule = "Each feature times the number that the word has for it, added up."
    return {"output": LinearStage(at.x, at.weight("weight"), rule=rule)}


@arithmetic("Maxout")
def maxout(at: LayerCall) -> Stages:
    """The largest of several sums."""
    module: Any = at.module
    bias = at.maybe("linear.bias")
    sums = LinearStage(at.x, at.weight("linear.weight"), *((bias,) if bias is not None else ()))
    sums.named(at.node, "sums")

    def members(index: Index) -> list[Index]:
        *before, o = index
        return [(*before, o * module.pieces + piece) for piece in range(module.pieces)]

    rule = f"The largest of {module.pieces} weighted sums."
    return {"output": MaximumStage(sums, at.output["output"], members, rule), "sums": sums}


class _Half(Stage):
    """``found[..., o, i] = Σ_j weight[o, i, j] · b[..., j]``: by what the first input is weighed."""

    def __init__(self, weight: Stage, b: Stage) -> None:
        self._weight, self._b = weight, b

    @cached_property
    def values(self) -> np.ndarray:
        return np.einsum("oij,...j->...oi", self._weight.values, self._b.values)

    def made(self, index: Index) -> Derivation:
        *before, o, i = index
        terms = tuple(
            self._b.term((*before, j), float(self._weight.values[o, i, j]), self._weight.place((o, i, j)))
            for j in range(self._b.shape[-1])
        )
        rule = "Each value of the second input times its weight for this output and this value of the first."
        return Derivation("sum", rule, sum(term.product for term in terms), terms)


class _Whole(Stage):
    def __init__(self, a: Stage, half: Stage, bias: Stage | None, values: np.ndarray) -> None:
        self._a, self._half, self._bias, self._values = a, half, bias, values

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        *before, o = index
        terms = []
        for i in range(self._a.shape[-1]):
            there = (*before, o, i)
            terms.append(self._a.term((*before, i), float(self._half.values[there]), self._half.place(there)))
        more = (self._bias.term((o,)),) if self._bias is not None else ()
        result = sum(term.product for term in terms) + sum(term.value for term in more)
        rule = "Each value of the first input times what the second one makes of its weights, added up"
        return Derivation("sum", rule + (", and the bias." if more else "."), result, tuple(terms), more)


@arithmetic("Bilinear")
def bilinear(at: LayerCall) -> Stages:
    """Sums over products of both inputs."""
    a, b = at.every
    half = _Half(at.weight("weight"), b).named(at.node, "weights by the second input")
    return {
        "output": _Whole(a, half, at.maybe("bias"), at.output["output"]),
        "weights by the second input": half,
    }
