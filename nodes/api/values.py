"""What is known of the values at a place of a drawing: in which range they lie, and which kind of function gave them.

A layer says it with its trait ``values``; the warnings about a drawing are made from that. Only what must be so is
said; where nobody can know, the answer is None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import Literal

from nodes.api.curves import Settings

# raw: of any size and sign, as a weighted sum gives them. centred: around 0, so that some are below. relu, sigmoid,
# softmax and log_softmax: as this function gives them; log_softmax also for other logarithms of probabilities.
Kind = Literal["", "raw", "centred", "relu", "sigmoid", "softmax", "log_softmax"]
# What a loss is made to read. Of softmax_scores it computes the softmax itself, of sigmoid_scores the sigmoid. Numbers
# are compared with numbers. Of targets: a distribution adds up to 1, answers lie from 0 for no to 1 for yes.
Reads = Literal[
    "probabilities", "log_probabilities", "softmax_scores", "sigmoid_scores", "numbers", "distribution", "answers"
]


@dataclass(frozen=True)
class Values:
    """All values lie from ``low`` to ``high``. In a trait ``replace(x, ...)`` says that the layer before still decides
    what they are, a new ``Values`` that this layer does."""

    low: float = -inf
    high: float = inf
    kind: Kind = ""


ValuesTrait = Values | Callable[..., Values | None]
RAW = Values(kind="raw")


def same(settings: Settings, x: Values) -> Values:
    """The values that arrive, or some of them."""
    return x


def pooled(settings: Settings, x: Values) -> Values:
    """Means of neighbours, or the largest of them."""
    # A border of zeros may take part in an average. The mean of logarithms is no logarithm of a mean.
    if x.kind == "log_softmax":
        return replace(x, low=-inf, high=0.0, kind="")
    return replace(x, low=min(x.low, 0.0), high=max(x.high, 0.0), kind="" if x.kind == "relu" else x.kind)


def dropped(settings: Settings, x: Values) -> Values:
    """Some values are zero; what a dropout leaves becomes larger for that."""
    share = settings["p"]
    if not share:
        return x
    if share >= 1:  # nothing is left while training
        return replace(x, low=min(x.low, 0.0), high=max(x.high, 0.0), kind="")
    low, high = min(x.low / (1 - share), 0.0), max(x.high / (1 - share), 0.0)
    widened = x.low < low or x.high < high
    return Values(low, high) if widened and not x.kind else replace(x, low=low, high=high)


def around(*xs: Values) -> Values:
    """One range around several; the kind that all have."""
    kinds = {x.kind for x in xs}
    low, high = min(x.low for x in xs), max(x.high for x in xs)
    return replace(xs[0], low=low, high=high, kind=xs[0].kind if len(kinds) == 1 else "")


def raw_if_any(*xs: Values) -> Kind:
    """What a sum is if one of its parts has any size and sign."""
    return "raw" if any(x.kind in ("raw", "centred") for x in xs) else ""
