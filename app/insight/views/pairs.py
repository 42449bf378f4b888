"""How a net that compares tells pairs apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view
from nodes.api.params import Float, Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import has_loss

    return 2 * has_loss(plan, "ContrastiveLoss", "CosineEmbeddingLoss", "TripletMarginLoss", "BatchTripletLoss")


@view(
    "Pairs",
    "Of a net that learns from pairs: the distances of alike and of different ones, its ROC curve, and the pairs that "
    "were decided most narrowly.",
    PART,
    Float(
        "threshold",
        0.0,
        help="Up to which distance a pair is taken for alike; 0 for the one that tells most of these pairs right",
        low=0.0,
        high=1e6,
        step=0.05,
    ),
    Int("count", 8, help="How many pairs at the threshold are shown", low=1, high=64),
    about="net",
    group="Space",
    fits=_fits,
)
def pairs(look: Look, part: str, threshold: float, count: int) -> tuple[Tiles, ...]:
    """Two plots, and rows of two pictures."""
    from app.insight.pairs_picture import pairs_tiles

    return pairs_tiles(look.subject, part, threshold, count)
