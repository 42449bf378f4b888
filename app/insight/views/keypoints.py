"""Where a net sees the points that it looks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view
from nodes.api.params import Choice, Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import compared, picture_inputs

    keys = {f"{each.node}.{each.port}" for each in plan.inputs}
    found = any(
        each.truth is not None and each.truth.rank == 3 and each.answer.sizes == each.truth.sizes
        and each.truth.dtype == "float" and each.key not in keys
        for each in compared(plan)
    )  # fmt: skip
    return 2 * (found and bool(picture_inputs(plan)))


@view(
    "Keypoints",
    "Of a net that gives a heat map for each point: where its maps are highest, over the picture, beside the right "
    "places, and the error in dots.",
    PART,
    Int("count", 12, help="How many pictures are shown", low=1, high=64),
    Choice("show", "points", options=("points", "heat maps"), help="The peaks of the maps, or the maps themselves"),
    about="net",
    group="Answers",
    fits=_fits,
)
def keypoints(look: Look, part: str, count: int, show: str) -> Tiles:
    """A picture for each sample."""
    from app.insight.keypoints_picture import keypoints_picture

    return keypoints_picture(look.subject, part, count, show)
