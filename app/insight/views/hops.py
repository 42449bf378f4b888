"""Which sentences of a story a net looked at, hop by hop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import chooses_a_class, token_inputs

    return 2 * (bool(token_inputs(plan, 2)) and bool(token_inputs(plan)) and chooses_a_class(plan))


@view(
    "Hops through a story",
    "Which sentences of a story a net looked at to answer, hop by hop: how much of each attention goes where.",
    about="net",
    sample=True,
    group="Where it looks",
    fits=_fits,
)
def hops(look: Look) -> Tiles:
    """A table: a row for each sentence, a column for each hop."""
    from app.insight.hops import hops_picture

    return hops_picture(look.net, look.model, look.batch)
