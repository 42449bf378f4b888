"""What a net answers to a question about a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view
from nodes.api.params import Text

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import chooses_a_class, picture_inputs, token_inputs

    return 3 * (bool(picture_inputs(plan)) and bool(token_inputs(plan)) and chooses_a_class(plan))


@view(
    "Question about a picture",
    "What the net answers to a question about the sample, and where in the picture it looks; type one of your own.",
    Text("question", "", help="What is asked, such as: how many circles are there; empty, the question of the sample"),
    PART,
    about="net",
    sample=True,
    group="Where it looks",
    fits=_fits,
)
def asked(look: Look, question: str, part: str) -> tuple[Tiles, ...]:
    """The picture lit by each attention, and the answers as bars."""
    from app.insight.picture_questions import asked_pictures

    return asked_pictures(look, question, part)
