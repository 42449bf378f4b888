"""A walk through the code of an autoencoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.insight.view import Look, view
from nodes.api.params import Float, Int

if TYPE_CHECKING:
    from app.insight.tiles import Tiles

FAR = 6.0
PLACE: dict[str, Any] = {"low": -FAR, "high": FAR, "slider": True}


@view(
    "Walk through the code",
    "What the net draws for codes around a place: two numbers of the code change along the columns and rows.",
    Float("x", 0.0, help="Where the middle is along the columns, in deviations of the codes", **PLACE),
    Float("y", 0.0, help="Where the middle is along the rows, in deviations of the codes", **PLACE),
    Int("count", 9, help="Pictures in a row; 1 shows the one place alone", low=1, high=25),
    Float("reach", 2.0, help="How far the outermost pictures are from the middle, in deviations", low=0.0, high=FAR),
    Int("first", 0, help="The number of the code that changes along the columns, counted from 0", low=0),
    Int("second", 1, help="The number of the code that changes along the rows", low=0),
    about="net",
    several=True,
    group="What it makes",
)
def walk(look: Look, x: float, y: float, count: int, reach: float, first: int, second: int) -> Tiles:
    """A grid of pictures."""
    from app.insight.walk_picture import walk_picture

    return walk_picture(look, (x, y), count, reach, (first, second))
