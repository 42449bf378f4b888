"""The panels below the canvas, large for as long as pictures are looked at, and back as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDockWidget, QTabBar, QWidget

if TYPE_CHECKING:
    from app.ui.docks import Docks

# Of the height of the window; below that, the canvas keeps a strip in which a layer can still be chosen.
SHARE = 0.72
CANVAS = "Canvas"  # the name of the object, by which it is found without its import
STRIP = 56  # pixels of the canvas that stay, where the window is low


class LargePanel(QObject):
    """Gives the panels below the canvas most of the window. Nothing of it is remembered for the next start.

    ``changed`` tells whether they are large now.
    """

    changed = Signal(bool)

    def __init__(self, docks: Docks) -> None:
        super().__init__(docks)
        self._docks = docks
        self.on = False
        self._least = 0  # how high the canvas has to be while they are not large
        self._height = 0  # that somebody's hand had given the panels before; 0 is the usual share

    def toggle(self) -> None:
        """Make the panels large, or give them the height they had."""
        if self.on:
            self.leave()
        else:
            self._enter()

    def _enter(self) -> None:
        below = self._docks.below()
        if not any(dock.isVisible() for dock in below):
            self.changed.emit(False)  # what was pressed looks pressed already
            return
        front = self._docks.in_front()
        self._height = front.height() + self._tabs() if self._docks.by_hand and front is not None else 0
        self.on = True
        canvas = self._docks.window.findChild(QWidget, CANVAS)
        if canvas is not None:
            self._least = canvas.minimumHeight()
            canvas.setMinimumHeight(min(self._least, STRIP))
        self._docks.share_room()
        self.changed.emit(True)

    def leave(self) -> None:
        """Give the panels the height they had, where they are large."""
        if not self.on:
            return
        self.on = False
        canvas = self._docks.window.findChild(QWidget, CANVAS)
        if canvas is not None:
            canvas.setMinimumHeight(self._least)
        if self._height:
            self._docks.by_hand = True
            self.resize(self._docks.below(), self._height)
        else:
            self._docks.share_room()
        self.changed.emit(False)

    def _tabs(self) -> int:
        """The height of the row of tabs, which belongs to what Qt is told to resize and not to any panel."""
        titles = {dock.windowTitle() for dock in self._docks.below()}
        bars = self._docks.window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return max((bar.height() for bar in bars if bar.isVisible() and bar.tabText(0) in titles), default=0)

    def resize(self, below: list[QDockWidget], height: int) -> None:
        """Give panels that stand below the canvas this height, in points of the screen."""
        self._docks.window.resizeDocks(below, [height] * len(below), Qt.Orientation.Vertical)
