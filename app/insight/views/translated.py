"""What a net writes that reads one sequence and writes another, beside the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Int, Text

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import picture_inputs, token_inputs, writes_tokens

    return 2 * (len(token_inputs(plan)) == 2 and not picture_inputs(plan) and writes_tokens(plan))


@view(
    "Translated",
    "Validation samples with what the net writes for each, the truth where that differs, and how many symbols are "
    "wrong; greedy, or with a beam. Or a line that you type, and where the net looks while it writes.",
    Text("sentence", "", most=2_000, help="A line of your own that the net translates; empty, validation samples"),
    Int("beam", 4, low=1, high=50, help="How many beginnings are kept at each step; 1 is greedy"),
    Int("count", 5, low=1, high=40, help="How many samples are shown"),
    about="net",
    several=True,
    fits=_fits,
)
def translated(look: Look, sentence: str, beam: int, count: int) -> tuple[Tiles, ...]:
    """A table: a row for each sample; of a line that is typed the answers, and the attention while it is written."""
    from app.insight.translations import translated_line, translated_picture

    return translated_line(look, sentence, beam) if sentence.strip() else (translated_picture(look, beam, count),)
