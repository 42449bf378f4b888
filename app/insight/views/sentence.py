"""A sentence of one's own: every layer answers; another word: what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Text

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import chooses_a_class, token_inputs

    return 2 * (chooses_a_class(plan) and len(token_inputs(plan)) == len(plan.inputs) == 1)


@view(
    "Sentence, word by word",
    "What every layer answers to a sentence that you type; and what changes where you change a word.",
    Text("sentence", "", most=2_000, help="A line of text; empty, the sample that is chosen"),
    Text("instead", "", most=2_000, help="The same line with another word, to see what changes"),
    about="net",
    sample=True,
    group="Text",
    fits=_fits,
)
def sentence(look: Look, sentence: str, instead: str) -> tuple[Tiles, ...]:
    """A table of layers and words; with another line, a table of differences and how much each layer changes."""
    from app.insight.sentences import sentence_pictures

    return sentence_pictures(look, sentence, instead)
