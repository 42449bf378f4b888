"""Panels that float: on a screen, and large enough to be used."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDockWidget, QMainWindow

from app.ui import theme

USUAL, TINY = QSize(480, 300), QSize(200, 140)  # at 100 %
_GRIP = 40  # so much of a window has to be on a screen, or nobody can take hold of it


def floats(dock: QDockWidget, window: QMainWindow, floating: bool) -> None:
    """A panel floats, or no longer does. Its size comes a moment later."""
    if floating:
        QTimer.singleShot(0, dock, partial(make_seen, dock, window))


def make_seen(dock: QDockWidget, window: QMainWindow) -> None:
    """Give a panel that floats a size and a place over its window, where it has none: Qt lets one that stood behind
    another float as small as can be, and where it had hidden it. A panel that was dragged stays as the hand left it."""
    if not dock.isFloating():
        return
    seen = any(
        (screen.availableGeometry() & dock.geometry()).width() >= _GRIP
        and (screen.availableGeometry() & dock.geometry()).height() >= _GRIP
        for screen in QGuiApplication.screens()
    )
    scale = theme.letter_scale()
    tiny = TINY * scale
    small = dock.width() < tiny.width() and dock.height() < tiny.height()
    if small:
        dock.resize((USUAL * scale).expandedTo(dock.sizeHint()).boundedTo(window.size()))
    if small or not seen:
        dock.move(window.frameGeometry().center() - dock.rect().center())
