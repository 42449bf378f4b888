"""What an answer loses where the sample is covered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from app.insight.views._asking import CHANNEL, RANDOM, explained_by
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Occlusion",
    "How much the answer falls when a window of the sample is covered.",
    CHANNEL,
    Int(
        "window",
        "fifth",
        help="Sides of the window in pixels; a fifth of the picture if not given",
        words=("fifth",),
        low=1,
    ),
    Int("stride", "half", help="Steps of the window in pixels; half of it if not given", words=("half",), low=1),
    RANDOM,
    about="scores",
    sample=True,
    group="Where it looks",
)
def occlusion(look: Look, channel: int | str, window: int | str, stride: int | str, random: int) -> Tiles:
    """One map in the size of the sample."""
    from app.insight.attribution import asked, usual_window
    from app.insight.where.occlusion import occlusion as losses_of

    explained = explained_by(look, channel, look.node)
    side = window if isinstance(window, int) else usual_window(explained)
    step = stride if isinstance(stride, int) else max(1, side // 2)
    return asked(explained, "occlusion", lambda each: losses_of(each, side, step), random=random)
