"""How often words stand beside each other, and what a decomposition finds in that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Int, Text

if TYPE_CHECKING:
    from app.insight.tiles import Tiles

TEXT = Text("text", "", most=20_000, help="A text that you type; empty, the text of the drawing's data")
WINDOW = Int(
    "window", "auto", low=1, high=100, words=("auto",), help="How many places before and behind a word are counted"
)


@view(
    "Words beside words",
    "How often each two words of a text stand beside each other, and the singular values of that table.",
    TEXT,
    WINDOW,
    about="net",
    group="Text",
)
def cooccurrence(look: Look, text: str, window: int | str) -> tuple[Tiles, ...]:
    """The table of counts, with numbers where there are few words, and its singular values as bars."""
    from app.insight.word_pictures import counts_pictures
    from app.insight.word_vectors import counted

    return counts_pictures(counted(look.net, text, window))
