"""How the values of a layer spread over the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Distribution and sparsity",
    "How the values of a layer spread over the data, how many are 0, and which units never answer.",
    PART,
    Int("samples", 1000, help="So many samples of the part are looked at", words=("all",), low=1),
    group="Layers",
)
def distribution(look: Look, part: str, samples: int | str) -> tuple[Tiles, ...]:
    """A line of shares, and a bar for each unit."""
    from app.insight.tuning import distribution_pictures

    return distribution_pictures(look, part, samples)
