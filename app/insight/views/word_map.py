"""Words in a plane: those that are used alike lie together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from app.insight.views._words import BY, EMBEDDING, NUMBERS
from app.insight.views.cooccurrence import TEXT, WINDOW
from nodes.api.params import Int, Text

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import has_source

    return 2 * has_source(plan, "SkipGram", "TextWordPairs", "WordCounts")


@view(
    "Map of words",
    "Words in a plane, by what the net has learned of them or by how often they stand beside each other.",
    Int("most", 120, low=2, high=1_000, help="How many words, the first ones of the vocabulary"),
    Text("mark", "", help="Words to mark, with blanks between them"),
    BY,
    EMBEDDING,
    TEXT,
    WINDOW,
    NUMBERS,
    about="net",
    group="Text",
    fits=_fits,
)
def word_map(
    look: Look, most: int, mark: str, by: str, embedding: str, text: str, window: int | str, numbers: int
) -> Tiles:
    """One point for each word."""
    from app.insight.word_pictures import map_picture
    from app.insight.word_vectors import vectors_of

    return map_picture(vectors_of(look.net, look.model, by, embedding, text, window, numbers), most, mark.split())
