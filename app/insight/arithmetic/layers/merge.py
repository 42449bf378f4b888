"""What joins several inputs value by value, and elementary arithmetic."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from app.insight.arithmetic.layer_call import LayerCall, Stages
from app.insight.arithmetic.notation import bracketed, short
from app.insight.arithmetic.number import Derivation
from app.insight.arithmetic.operations import ElementwiseStage, FunctionStage, MovedStage
from app.insight.arithmetic.registry import arithmetic
from app.insight.arithmetic.stage import Index, Stage


@arithmetic("Add")
def add(at: LayerCall) -> Stages:
    """Values at the same place, added."""
    return {"output": ElementwiseStage(at.every, "sum", "The values at this place, added.")}


@arithmetic("Subtract")
def subtract(at: LayerCall) -> Stages:
    """The first minus the second."""
    return {"output": ElementwiseStage(at.every, "sum", "The first value minus the second.", [None, -1.0])}


@arithmetic("Multiply")
def multiply(at: LayerCall) -> Stages:
    """Values at the same place, multiplied."""
    return {"output": ElementwiseStage(at.every, "product", "The values at this place, multiplied.")}


@arithmetic("Mean")
def mean(at: LayerCall) -> Stages:
    """The mean of the values at the same place."""
    count = len(at.every)
    return {
        "output": ElementwiseStage(
            at.every, "sum", f"The mean of the {count} values at this place.", [1 / count] * count
        )
    }


@arithmetic("Between")
def between(at: LayerCall) -> Stages:
    """The middle of the line between two samples, or what arrives alone."""
    if len(at.every) == 1:
        return {"output": at.moved()}
    rule = "In training a point anywhere on the line between both values; here the one in the middle."
    return {"output": ElementwiseStage(at.every, "sum", rule, [0.5, 0.5])}


class _Pairs(Stage):
    """Products of two lists, added up."""

    def __init__(self, a: Stage, b: Stage, values: np.ndarray) -> None:
        self._a, self._b, self._values = a, b, values

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        terms = tuple(
            self._a.term((*index, i), float(self._b.values[(*index, i)]), self._b.place((*index, i)))
            for i in range(self._a.shape[-1])
        )
        return Derivation(
            "sum", "Values at the same place multiplied, and all products added.", sum(t.product for t in terms), terms
        )


@arithmetic("Dot")
def dot(at: LayerCall) -> Stages:
    """All products, added up."""
    a, b = at.every
    return {"output": _Pairs(a, b, at.output["output"])}


@arithmetic("Exp")
def exponential(at: LayerCall) -> Stages:
    """exp(x)."""
    return {
        "output": FunctionStage(
            at.x, "e to the power of the value.", _quiet(np.exp), lambda v, r: [f"exp({short(v)}) = {short(r)}"]
        )
    }


@arithmetic("Log")
def logarithm(at: LayerCall) -> Stages:
    """The natural logarithm."""
    return {
        "output": FunctionStage(
            at.x, "The natural logarithm.", _quiet(np.log), lambda v, r: [f"log({short(v)}) = {short(r)}"]
        )
    }


@arithmetic("Negate")
def negate(at: LayerCall) -> Stages:
    """The other sign."""
    return {
        "output": FunctionStage(
            at.x, "The value with the other sign.", lambda v: -v, lambda v, r: [f"(−1) × {bracketed(v)} = {short(r)}"]
        )
    }


@arithmetic("Reciprocal")
def reciprocal(at: LayerCall) -> Stages:
    """1 / x."""
    return {
        "output": FunctionStage(
            at.x, "1 divided by the value.", _quiet(np.reciprocal), lambda v, r: [f"1 / {bracketed(v)} = {short(r)}"]
        )
    }


@arithmetic("Power")
def power(at: LayerCall) -> Stages:
    """x to the power of a fixed number."""
    exponent = float(np.float32(at.settings["exponent"]))  # as torch takes it
    return {
        "output": FunctionStage(
            at.x,
            f"The value to the power of {exponent:g}.",
            _quiet(lambda v: np.power(v, exponent)),
            lambda v, r: [f"{bracketed(v)} ^ {exponent:g} = {short(r)}"],
        )
    }


def _quiet(function):  # type: ignore[no-untyped-def]
    """A numpy function that says nothing where it has no answer: infinite and missing numbers are shown as they are."""

    def worked(values: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.asarray(function(values))

    return worked


@arithmetic("Constant")
def constant(at: LayerCall) -> Stages:
    """A number that is set."""
    return {
        "output": _Set(at.output["output"], f"It is set to {short(float(at.settings['value']))} and never changes.")
    }


class _Set(Stage):
    def __init__(self, values: np.ndarray, rule: str) -> None:
        self._values, self._rule = values, rule

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        return Derivation("given", self._rule, float(self._values[index]))


@arithmetic("LearnableNumber")
def learnable_number(at: LayerCall) -> Stages:
    """A weight of its own."""
    here = np.zeros(at.output["output"].shape, np.int64)
    return {"output": MovedStage([at.weight("value")], here, here, at.output["output"])}
