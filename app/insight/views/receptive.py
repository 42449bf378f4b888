"""What a layer sees of the input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Receptive field",
    "What one place of a layer can see of the input, by kernels and strides, and what it uses of that.",
    Int("row", "middle", help="Row of the place, or its step in a sequence", words=("middle",), low=0),
    Int("column", "middle", help="Column of the place", words=("middle",), low=0),
    Int("channel", "all", help="Whose gradient; the sum of all channels if not given", words=("all",), low=0),
    sample=True,
    several=True,
    group="Layers",
)
def receptive(look: Look, row: int | str, column: int | str, channel: int | str) -> tuple[Tiles, ...]:
    """The sample with the field, and the effective one."""
    from app.insight.receptive_pictures import receptive_pictures

    return receptive_pictures(look, (row, column), channel)
