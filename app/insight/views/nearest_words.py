"""Which words are used most like another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from app.insight.views._words import BY, EMBEDDING, NUMBERS
from app.insight.views.cooccurrence import TEXT, WINDOW
from nodes.api.params import Int, Text

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Nearest words",
    "The words whose numbers point most nearly the same way as those of a word that you type.",
    Text("word", "", help="The word to look from; empty, the first one"),
    Int("count", 8, low=1, high=100, help="How many"),
    BY,
    EMBEDDING,
    TEXT,
    WINDOW,
    NUMBERS,
    about="net",
    group="Text",
)
def nearest_words(
    look: Look, word: str, count: int, by: str, embedding: str, text: str, window: int | str, numbers: int
) -> Tiles:
    """The cosine of the angle to each of the nearest words as bars."""
    from app.insight.word_pictures import nearest_picture
    from app.insight.word_vectors import vectors_of

    return nearest_picture(vectors_of(look.net, look.model, by, embedding, text, window, numbers), word.strip(), count)
