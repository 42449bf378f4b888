"""Sums and differences in the code of an autoencoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Arithmetic of codes",
    "Takes the codes of three pictures and draws what belongs to a − b + c: what a has and b has not, given to c "
    "(Radford et al. 2015).",
    Int("a", 0, help="The sample that has something, counted from 0", low=0),
    Int("b", 1, help="The sample like it that has not", low=0),
    Int("c", 2, help="The sample that is to get it", low=0),
    about="net",
    several=True,
    group="What it makes",
)
def code_arithmetic(look: Look, a: int, b: int, c: int) -> Tiles:
    """The three pictures, their copies below them, and the result."""
    from app.insight.code_arithmetic_picture import arithmetic_picture

    return arithmetic_picture(look, (a, b, c))
