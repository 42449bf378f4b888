"""Several nets in one drawing, each alone and averaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import compared

    labels = [each.key for each in compared(plan) if each.truth is not None and each.truth.dtype == "int"]
    return int(len(labels) > 1 and len(set(labels)) == 1)


@view(
    "Each net and all together",
    "Of a drawing with several nets that answer the same question, each with a loss of its own: how many samples each "
    "gets right, and what the mean of their answers gets right, by how many of them are averaged.",
    PART,
    about="net",
    group="Answers",
    fits=_fits,
)
def members(look: Look, part: str) -> Tiles:
    """A plot: a dot for each net, and lines by how many are averaged."""
    from app.insight.members_picture import members_tiles

    return members_tiles(look.subject, part)
