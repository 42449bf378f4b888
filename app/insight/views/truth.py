"""What a net answers to every row of zeros and ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Truth table",
    "What a net that reads up to four numbers answers to every row of zeros and ones; for two of them, its line.",
    about="net",
    group="Answers",
)
def truth(look: Look) -> tuple[Tiles, ...]:
    """Bars for each output, and for two inputs the plane around the corners."""
    from app.insight.truth import truth_tiles

    return truth_tiles(look.net, look.model)
