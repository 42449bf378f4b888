"""Everything that a detector finds in a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view
from nodes.api.params import Choice, Float, Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import has_loss

    return 3 * has_loss(plan, "DetectionLoss")


@view(
    "Detections",
    "Over each picture the boxes that a detector finds, with class and score, and the right ones.",
    PART,
    Int("count", 9, help="How many pictures are shown", low=1, high=64),
    Choice("order", "as they come", options=("as they come", "worst first"), help="Which pictures are shown"),
    Float("score", 0.3, help="Boxes with a lower score are left out", low=0.0, high=1.0, step=0.05),
    about="net",
    group="Answers",
    fits=_fits,
)
def detections(look: Look, part: str, count: int, order: str, score: float) -> Tiles:
    """A picture for each sample."""
    from app.insight.detections_picture import detections_picture

    return detections_picture(look.subject, part, count, order, score)
