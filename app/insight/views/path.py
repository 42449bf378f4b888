"""The path of a pixel through a net."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Choice, Int, Text

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Path of a pixel",
    "Pixels of the sample are painted over, and every layer shows where and how much that changes it.",
    Text(
        "pixels",
        "",
        help="Row and column of each, such as 12,14 12,15; the middle one if empty. In the window, paint on the sample",
        most=8000,
    ),
    Int("size", 1, help="Sides of the brush in pixels", low=1, high=512),
    Choice(
        "ink",
        "opposite",
        options=("opposite", "bright", "dark"),
        help="The brightest or darkest value of the sample, or whichever is further from what was there",
    ),
    about="fitting",
    sample=True,
    group="Where it looks",
)
def path(look: Look, pixels: str, size: int, ink: str) -> tuple[Tiles, ...]:
    """The sample, maps of change, and bars."""
    from app.insight.pixel_path import path_pictures

    return path_pictures(look, pixels, size, ink)
