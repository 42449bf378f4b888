"""From a number that somebody clicks in any panel to how it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.insight.arithmetic.number import Place
    from app.ui.base_window import BaseWindow


def follow_numbers(window: BaseWindow) -> None:
    """Show the arithmetic of what is clicked in the pictures of weights and answers."""

    def show(place: Place) -> None:
        window.show_panel("views")
        window.views.show_number(place)

    for panel in (window.filters, window.activations):
        panel.pointed.connect(show)
