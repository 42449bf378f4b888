"""From a number that somebody clicks in any panel to how it was made, and from a walk to the node it has come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.graph.model import MAIN

if TYPE_CHECKING:
    from app.insight.arithmetic.number import Place
    from app.ui.base_window import BaseWindow


def show_number(window: BaseWindow, place: Place) -> None:
    """Show the arithmetic of what is clicked in the pictures of weights and answers."""
    window.show_panel("views")
    window.views.show_number(place)


def select_at_work(window: BaseWindow, node: str) -> None:
    """Select the node whose arithmetic is shown, if the canvas has it."""
    if window.canvas.where == MAIN and node in window.qdocument.project.graph.nodes:
        window.canvas.select((node,))
