"""One word is to another as a third is to what?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from app.insight.views._words import BY, EMBEDDING, NUMBERS
from app.insight.views.cooccurrence import TEXT, WINDOW
from nodes.api.params import Int, Text

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Analogy of words",
    "Man is to woman as king is to what? The words nearest to woman − man + king, without these three.",
    Text("words", "man woman king", help="Three words a b c with blanks between: a is to b as c is to what"),
    Int("count", 8, low=1, high=100, help="How many"),
    BY,
    EMBEDDING,
    TEXT,
    WINDOW,
    NUMBERS,
    about="net",
    group="Text",
)
def word_analogy(
    look: Look, words: str, count: int, by: str, embedding: str, text: str, window: int | str, numbers: int
) -> tuple[Tiles, ...]:
    """The best answers as bars, and the four words in a plane."""
    from app.insight.word_pictures import analogy_pictures
    from app.insight.word_vectors import vectors_of

    found = vectors_of(look.net, look.model, by, embedding, text, window, numbers)
    return analogy_pictures(found, words.replace(",", " ").replace(":", " ").replace("?", " ").split(), count)
