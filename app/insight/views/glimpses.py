"""The path of the eye of a net that reads a picture piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Path of the eye",
    "The windows of the sample that the net looks at, in their order, what it reads in each, and the classes after "
    "each look.",
    PART,
    about="net",
    sample=True,
    group="Where it looks",
)
def glimpses(look: Look, part: str) -> tuple[Tiles, ...]:
    """The path over the picture, what was read, and a table."""
    from app.insight.glimpses import glimpses_pictures

    return glimpses_pictures(look, part)
