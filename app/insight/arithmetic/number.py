"""A number of a net, where it stands, and how it was made. Plain values: they go from job to window as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# sum: of the terms, each times its factor. mean: their sum times a share. product: of the terms. largest: of the terms.
# function: of the first term. moved: the one term, unchanged. given: nothing in the net made it.
How = Literal["sum", "product", "largest", "function", "moved", "given"]


@dataclass(frozen=True, slots=True)
class NumberPlace:
    """Where a number stands: in an output, a weight or an inner value ``what`` of the layer with the path ``node``, at
    ``index`` of one sample (the batch is left out)."""

    node: str
    what: str = "output"
    index: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """``conv1[3, 5, 5]``, or ``conv1.weight[3, 0, 1, 2]``; of a loss its own name."""
        inside = f".{self.what}" if self.what not in ("output", "loss") else ""
        return f"{self.node}{inside}{list(self.index) if self.index else ''}"


@dataclass(frozen=True, slots=True)
class NumberTerm:
    """A number that went in, and what it was multiplied by. ``place`` is None for one that stands nowhere in the net,
    such as a zero of a border."""

    value: float
    place: NumberPlace | None = None
    name: str = ""
    factor: float | None = None
    factor_place: NumberPlace | None = None

    @property
    def product(self) -> float:
        """The value times its factor."""
        return self.value if self.factor is None else self.value * self.factor


@dataclass(frozen=True)
class Derivation:
    """How a number was made.

    Attributes:
        how: what is done with the terms.
        rule: the same as a sentence for somebody who knows the layer.
        result: what comes out.
        terms: what went in.
        more: what is added to a sum beside its terms, such as a bias.
        share: what a sum is multiplied by in the end.
        lines: further lines of mathematical notation with numbers, between the rule and the result.
        window: the form ``(maps, height, width)`` in which the terms stand in the layer's input, if they do.
    """

    how: How
    rule: str
    result: float
    terms: tuple[NumberTerm, ...] = ()
    more: tuple[NumberTerm, ...] = ()
    share: float = 1.0
    lines: tuple[str, ...] = ()
    window: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class Number:
    """A number as the net shows it, and its arithmetic."""

    place: NumberPlace
    value: float
    made: Derivation
    sizes: tuple[int, ...] = ()  # of the value that it is one of
