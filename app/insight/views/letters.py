"""Which letters a unit follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Letters a unit follows",
    "How far each unit follows simple questions about a text: is this a vowel, is a quote open, how long is the line.",
    Int("unit", "all", help="One unit with its text in colours, or all of them", words=("all",), low=0),
    PART,
    Int("samples", 200, help="So many samples of the part are looked at", words=("all",), low=1),
    sample=True,
    group="Text",
)
def letters(look: Look, unit: int | str, part: str, samples: int | str) -> tuple[Tiles, ...]:
    """A map of units and questions, or bars and a coloured text."""
    from app.insight.questions import letter_pictures

    return letter_pictures(look, unit, part, samples)
