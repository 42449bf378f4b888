"""What is open over the canvas while the theme changes is dressed anew."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication, QWidget

from app.core.commands import Connect
from app.core.graph.model import Wire
from app.ui import theme
from app.ui.canvas.view import CanvasView
from tests.ui.canvas.hand import Hand


def ground(widget: QWidget) -> str:
    return widget.grab().toImage().pixelColor(widget.width() // 2, 4).name()


def test_the_search_box_and_the_card_follow_the_theme(canvas: CanvasView, hand: Hand, qapp: QApplication) -> None:
    """Fails if a popup that is open keeps its old ground: light words on a light ground cannot be read."""
    canvas.qdocument.do(Connect("", (Wire("relu1", "output", "fc1", "x"),)))
    try:
        canvas.open_search(QPointF(300, 300))
        assert ground(canvas.popups.box) == theme.color("panel").name()
        theme.apply(qapp, "light")
        assert ground(canvas.popups.box) == theme.color("panel").name()
        canvas.popups.close()
        canvas.open_quick_fixes("fc1")
        assert ground(canvas.popups.card) == theme.color("panel").name()
        theme.apply(qapp, "dark")
        assert ground(canvas.popups.card) == theme.color("panel").name()
    finally:
        theme.apply(qapp, "dark")
