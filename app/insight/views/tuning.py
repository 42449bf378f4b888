"""Which class each unit answers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view
from nodes.api.params import Choice, Int

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Tuning by class",
    "Which class each unit of a layer answers to, in the mean over the data.",
    Int("unit", "all", help="One unit as bars, or all of them", words=("all",), low=0),
    Choice("order", "unit", options=("unit", "class"), help="Units by their number, or by the class they prefer"),
    PART,
    Int("samples", 1000, help="So many samples of the part are looked at", words=("all",), low=1),
    group="Layers",
)
def tuning(look: Look, unit: int | str, order: str, part: str, samples: int | str) -> Tiles:
    """A map of units and classes, or bars."""
    from app.insight.tuning import tuning_pictures

    return tuning_pictures(look, part, unit, order, samples)
