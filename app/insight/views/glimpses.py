"""The path of the eye of a net that reads a picture piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import has_call, picture_inputs

    return 3 * (has_call(plan, "modules.Glimpse") and bool(picture_inputs(plan)))


@view(
    "Path of the eye",
    "The windows of the sample that the net looks at, in their order, what it reads in each, and the classes after "
    "each look.",
    PART,
    about="net",
    sample=True,
    group="Where it looks",
    fits=_fits,
)
def glimpses(look: Look, part: str) -> tuple[Tiles, ...]:
    """The path over the picture, what was read, and a table."""
    from app.insight.glimpses import glimpses_pictures

    return glimpses_pictures(look, part)
