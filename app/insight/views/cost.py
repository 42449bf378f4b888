"""What each layer costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Choice, Int, Switch

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Cost by layer",
    "The time that each layer takes, measured; its multiply-adds, memory and parameters.",
    Choice(
        "what",
        "all",
        options=("all", "time", "multiply-adds", "memory", "parameters"),
        help="Which cost, as a share of the whole net",
    ),
    Int("batch", 1, help="How many samples at once the time is measured for", low=1, high=1024),
    Switch("inside", False, help="The layers inside of blocks one by one"),
    about="net",
    sample=True,
    group="Layers",
)
def cost(look: Look, what: str, batch: int, inside: bool) -> tuple[Tiles, ...]:
    """Bars for each layer."""
    from app.insight.cost import cost_pictures

    return cost_pictures(look, what, batch, inside)
