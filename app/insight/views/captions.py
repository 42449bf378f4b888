"""What a net says about a picture, and where it looks for each word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import picture_inputs, token_inputs, writes_tokens

    return 3 * (bool(picture_inputs(plan)) and bool(token_inputs(plan)) and writes_tokens(plan))


@view(
    "Captions",
    "The words that the net writes about a picture, each with the places that it looks at, and sentences beside the "
    "truth for more pictures.",
    Int("beam", 1, low=1, high=50, help="How many beginnings are kept at each step for the table; 1 is greedy"),
    Int("count", 5, low=1, high=40, help="How many sentences the table shows"),
    about="net",
    sample=True,
    several=True,
    group="Where it looks",
    fits=_fits,
)
def captions(look: Look, beam: int, count: int) -> tuple[Tiles, ...]:
    """A picture for each word, and a table."""
    from app.insight.captions import captions_pictures

    return captions_pictures(look, beam, count)
