"""Words as numbers, and where they stand."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from app.insight.arithmetic.layer_call import LayerCall, Stages
from app.insight.arithmetic.number import Derivation
from app.insight.arithmetic.operations import ElementwiseStage
from app.insight.arithmetic.registry import arithmetic
from app.insight.arithmetic.stage import Index, Stage


class _Rows(Stage):
    """Rows of a table, chosen by whole numbers."""

    def __init__(self, x: Stage, table: Stage, values: np.ndarray) -> None:
        self._x, self._table, self._values = x, table, values

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        *at, feature = index
        token = self._x.term(tuple(at))
        term = self._table.term((int(token.value), feature))
        rule = f"{token.name} is {int(token.value)}, so row {int(token.value)} of the table is taken: {term.name}."
        return Derivation("moved", rule, term.value, (term, token))


@arithmetic("Embedding")
def embedding(at: LayerCall) -> Stages:
    """A row of learned numbers for every word."""
    return {"output": _Rows(at.x, at.weight("weight"), at.output["output"])}


class _Ones(Stage):
    def __init__(self, x: Stage, values: np.ndarray) -> None:
        self._x, self._values = x, values

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        *at, number = index
        token = self._x.term(tuple(at))
        same = int(token.value) == number
        line = f"{token.name} is {int(token.value)}, {'and so' if same else 'not'} {number}: {int(same)}"
        return Derivation(
            "function", "1 at the place of the class that arrives, else 0.", float(same), (token,), lines=(line,)
        )


@arithmetic("OneHot")
def one_hot(at: LayerCall) -> Stages:
    """A 1 for the class that arrives."""
    return {"output": _Ones(at.x, at.output["output"])}


@arithmetic("PositionalEncoding")
def positional(at: LayerCall) -> Stages:
    """Waves that tell the steps apart, added."""
    return {
        "output": ElementwiseStage(
            [at.x, at.weight("waves")], "sum", "The value, and a wave that tells its step, added."
        )
    }


@arithmetic("LearnedPositionalEncoding")
def learned_positional(at: LayerCall) -> Stages:
    """Learned numbers for each step, added."""
    return {
        "output": ElementwiseStage(
            [at.x, at.weight("weight")], "sum", "The value, and a learned number of its step, added."
        )
    }


class _Real(Stage):
    def __init__(self, x: Stage, padding: int, values: np.ndarray) -> None:
        self._x, self._padding, self._values = x, padding, values

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        token = self._x.term(index)
        real = int(token.value) != self._padding
        line = f"{token.name} is {int(token.value)}, {'not' if real else 'which is'} {self._padding}: {int(real)}"
        return Derivation(
            "function", "1 for a real step, 0 for one that only pads.", float(real), (token,), lines=(line,)
        )


@arithmetic("PaddingMask")
def padding_mask(at: LayerCall) -> Stages:
    """Which steps are real."""
    return {"output": _Real(at.x, int(at.settings["padding"]), at.output["output"])}
