"""From a number that somebody clicks in any panel to how it was made, and from a walk to the node it has come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.graph.model import MAIN

if TYPE_CHECKING:
    from app.insight.arithmetic.number import NumberPlace
    from app.ui.base_window import BaseWindow


def show_number(window: BaseWindow, place: NumberPlace) -> None:
    """Show the arithmetic of what is clicked in the pictures of weights and answers."""
    window.show_panel("views")
    window.views.show_number(place)


def select_at_work(window: BaseWindow, node: str) -> None:
    """Select the node of this path, or the block that it stands in, if the canvas has it."""
    canvas = window.canvas
    within = f"{canvas.instance}/" if canvas.where != MAIN else ""
    if not node.startswith(within) or (canvas.where != MAIN and not canvas.instance):
        return
    name = node[len(within) :].partition("/")[0]
    if name in window.qdocument.project.graph_of(canvas.where).nodes:
        canvas.select((name,))
