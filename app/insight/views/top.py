"""The samples that excite the units of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view
from nodes.api.params import Choice, Int

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Top samples",
    "The samples that each unit of a layer answers to most strongly, cut to what it saw of them.",
    Int("unit", "all", help="Which unit: a channel of maps, a feature of lists and sequences", words=("all",), low=0),
    Choice(
        "which",
        "highest",
        options=("highest", "lowest", "median"),
        help="The samples with the strongest answers, with the weakest, or around the middle one",
    ),
    Choice("cut", "patches", options=("patches", "samples"), help="What the unit saw of a sample, or all of it"),
    Int("count", 9, help="How many of each unit", low=1, high=64),
    PART,
    Int("samples", 1000, help="So many samples of the part are looked at", words=("all",), low=1),
    group="Layers",
)
def top(look: Look, unit: int | str, which: str, cut: str, count: int, part: str, samples: int | str) -> Tiles:
    """A row of patches for each unit, or those of one unit."""
    from app.insight.top_samples import top_pictures

    return top_pictures(look, part, which, unit, count, cut == "samples", samples)
