"""The samples that the net has most trouble with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Hardest samples",
    "The samples with the largest loss of their own: those with a wrong label stand among the first.",
    PART,
    Int("count", 24, help="How many samples are shown", low=1, high=200),
    about="net",
    group="Answers",
)
def errors(look: Look, part: str, count: int) -> Tiles:
    """A picture of each, or its loss as a bar."""
    from app.insight.judgement_pictures import hardest_samples

    return hardest_samples(look.subject, part, count)
