"""A forecast with the truth, beside forecasts that need no net."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from nodes.api.registry import find

    for source in plan.sources:
        layer = find(source.type)
        seen = source.seen
        if seen is None and layer is not None and layer.source is not None and not layer.source.looked_at:
            seen = layer.source.describe(**source.settings)
        if seen is not None and seen.ordered and any(each.shape.rank == 2 for each in plan.inputs):
            return 2
    return 0


@view(
    "Forecast",
    "How a series goes on by the net, in truth, and by naive forecasts: the last value, and the last season.",
    PART,
    Int(
        "season",
        "auto",
        low=1,
        high=100_000,
        words=("auto",),
        help="After how many steps it repeats; auto takes that of the data, else the best one in the windows",
    ),
    about="net",
    sample=True,
    group="Answers",
    fits=_fits,
)
def forecast(look: Look, part: str, season: int | str) -> tuple[Tiles, ...]:
    """The curves of one sample, and the errors over a part of the data."""
    from app.insight.forecasts import forecast_pictures

    return forecast_pictures(look, part, season)
