"""From a number that somebody clicks in any panel to how it was made, and from a walk to the node it has come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.graph.model import MAIN

if TYPE_CHECKING:
    from app.insight.arithmetic.number import Place
    from app.ui.base_window import BaseWindow


def follow_numbers(window: BaseWindow) -> None:
    """Show the arithmetic of what is clicked in the pictures of weights and answers, and select the node at work."""

    def show(place: Place) -> None:
        window.show_panel("views")
        window.views.show_number(place)

    def highlight(node: str) -> None:
        if window.canvas.where == MAIN and node in window.qdocument.project.graph.nodes:
            window.canvas.select((node,))

    window.views.at_work_on.connect(highlight)
    window.views.reached.connect(window.wires.follow)
    for panel in (window.filters, window.activations):
        panel.pointed.connect(show)
