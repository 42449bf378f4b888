"""A canvas in a real window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.document import Document
from app.core.graph.model import Project
from app.ui import theme
from app.ui.canvas.view import CanvasView
from app.ui.qdocument import QDocument
from tests.support.patience import settle, wait_active
from tests.ui.canvas.hand import Hand, net

Open = Callable[[Project], CanvasView]


@pytest.fixture
def open_canvas(qtbot: QtBot, qapp: QApplication) -> Open:
    """Opens a drawing in a canvas at 100 %, its first node near the left edge."""
    if theme.current().name != "dark" or not qapp.styleSheet():
        theme.apply(qapp, "dark")

    def open_it(project: Project) -> CanvasView:
        canvas = CanvasView(QDocument(Document(project)))
        qtbot.addWidget(canvas)
        canvas.resize(1500, 700)
        canvas.show()
        canvas.activateWindow()
        wait_active(canvas)
        canvas.setFocus()
        canvas.camera.scale = 1.0
        canvas.camera.x, canvas.camera.y = -20.0, -250.0
        canvas.update()
        settle()
        return canvas

    return open_it


@pytest.fixture
def canvas(open_canvas: Open) -> CanvasView:
    """The net of ``net()``."""
    return open_canvas(net())


@pytest.fixture
def hand(canvas: CanvasView) -> Hand:
    """A hand on ``canvas``."""
    return Hand(canvas)
