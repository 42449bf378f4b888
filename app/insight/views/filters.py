"""The weights of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Choice, Text

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Filters",
    "The weights of a layer: what each of its filters looks for.",
    Choice(
        "show",
        "auto",
        help="Kernels as they are, the strength of each, each filter's mean over its inputs, or what it looks for in "
        "the input",
        options=("auto", "kernels", "strength", "mean", "input"),
    ),
    Text("weight", "", help="Which weight of a layer that has several, such as weight_hh_l0; empty for the main one"),
    Choice(
        "sort",
        "number",
        help="Filters by their number, the longest first, or similar ones side by side",
        options=("number", "norm", "similar"),
    ),
    group="Layers",
)
def filters(look: Look, show: str, weight: str, sort: str) -> Tiles:
    """One map for each filter, or one of outputs and inputs."""
    from app.insight.filters import filters as weights_of

    return weights_of(look.net, look.model, look.node, show, weight=weight, sort=sort)  # type: ignore[arg-type]
