"""The weights of a layer as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from app.insight.views._moments import STEP, moment
from nodes.api.params import Int, Text

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Weights as numbers",
    "How the weights and biases of a layer spread, their norms, rank and singular values, and how far they have come.",
    Text("weight", "", help="One weight by its name, such as bias; all of them if empty"),
    Int(
        "against",
        "nothing",
        help="An epoch of the same run that was kept, to be shown beside; 0 is its beginning",
        words=("nothing",),
        low=0,
    ),
    STEP,
    group="Layers",
)
def histogram(look: Look, weight: str, against: int | str, step: int | str) -> tuple[Tiles, ...]:
    """Lines of shares, and singular values."""
    from app.insight.weights import weight_pictures

    return weight_pictures(look.net, look.model, look.node, weight, look.subject.folder, moment(against, step))
