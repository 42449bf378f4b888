"""What a net writes that reads one sequence and writes another, beside the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import picture_inputs, token_inputs, writes_tokens

    return 2 * (len(token_inputs(plan)) == 2 and not picture_inputs(plan) and writes_tokens(plan))


@view(
    "Translated",
    "Validation samples with what the net writes for each, the truth where that differs, and how many symbols are "
    "wrong; greedy, or with a beam.",
    Int("beam", 4, low=1, high=50, help="How many beginnings are kept at each step; 1 is greedy"),
    Int("count", 5, low=1, high=40, help="How many samples are shown"),
    about="net",
    several=True,
    fits=_fits,
)
def translated(look: Look, beam: int, count: int) -> Tiles:
    """A table: a row for each sample."""
    from app.insight.translated import translated_picture

    return translated_picture(look, beam, count)
