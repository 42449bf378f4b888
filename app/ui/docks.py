"""The panels around the canvas: where each stands at first, how they come back, and how the arrangement is kept."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QWidget

# Counts up when panels are added or renamed: an arrangement of another version is not restored.
VERSION = 1
_LEFT, _RIGHT, _BOTTOM = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)


@dataclass(frozen=True)
class Panel:
    """One panel. ``icon`` and ``keys`` are for its entry in the View menu."""

    name: str
    title: str
    area: Qt.DockWidgetArea
    tip: str
    keys: str = ""


PANELS: tuple[Panel, ...] = (
    Panel("layers", "Layers", _LEFT, "Every layer there is, to search and drag", "Ctrl+1"),
    Panel("inspector", "Inspector", _RIGHT, "Settings and results of what is selected", "Ctrl+2"),
    Panel("training", "Training", _BOTTOM, "How it is trained, and the curves", "Ctrl+3"),
    Panel("problems", "Problems", _BOTTOM, "What keeps the drawing from running", "Ctrl+4"),
    Panel("code", "Code", _BOTTOM, "The program that runs", "Ctrl+5"),
    Panel("filters", "Filters", _BOTTOM, "What the selected layer looks for", "Ctrl+6"),
    Panel("activations", "Activations", _BOTTOM, "What the selected layer answers to one sample", "Ctrl+7"),
    Panel("dream", "Dream", _BOTTOM, "The picture that excites a layer most", "Ctrl+8"),
)
FRONT = "training"
LEFT_WIDTH, RIGHT_WIDTH, BOTTOM_HEIGHT = 204, 286, 236
SMALLEST = QSize(760, 480)


class Holder(QWidget):
    """A panel's place. Asks for the space the arrangement gives it, not for what its content would like best."""

    def __init__(self, content: QWidget, wanted: QSize) -> None:
        super().__init__()
        from PySide6.QtWidgets import QVBoxLayout

        self._wanted = wanted
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(content)

    def sizeHint(self) -> QSize:
        return self._wanted


class Docks:
    """The panels of one window."""

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self.docks: dict[str, QDockWidget] = {}
        window.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
        )
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)

    def add(self, name: str, content: QWidget) -> QDockWidget:
        """Put a panel into its place."""
        panel = next(each for each in PANELS if each.name == name)
        dock = QDockWidget(panel.title, self._window)
        dock.setObjectName(panel.name)
        dock.setAccessibleName(panel.title)
        wanted = QSize(LEFT_WIDTH if panel.area == _LEFT else RIGHT_WIDTH, BOTTOM_HEIGHT)
        dock.setWidget(Holder(content, wanted))
        action = dock.toggleViewAction()
        action.setToolTip(panel.tip)
        self.docks[name] = dock
        return dock

    def arrange(self) -> None:
        """Put every panel where it stands at first."""
        for panel in PANELS:
            dock = self.docks[panel.name]
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
        previous: dict[Qt.DockWidgetArea, QDockWidget] = {}
        for panel in PANELS:
            dock = self.docks[panel.name]
            self._window.addDockWidget(panel.area, dock)
            if panel.area in previous:
                self._window.tabifyDockWidget(previous[panel.area], dock)
            previous[panel.area] = dock
            dock.show()
        first = self.docks["layers"], self.docks["inspector"]
        self._window.resizeDocks(list(first), [LEFT_WIDTH, RIGHT_WIDTH], Qt.Orientation.Horizontal)
        self._window.resizeDocks([self.docks[FRONT]], [BOTTOM_HEIGHT], Qt.Orientation.Vertical)
        self.docks[FRONT].raise_()

    def restore(self, arrangement: bytes) -> bool:
        """Put the panels where they stood; False if the arrangement is of another version or damaged."""
        return bool(arrangement) and self._window.restoreState(QByteArray(arrangement), VERSION)

    def saved(self) -> bytes:
        """Where the panels stand now."""
        return bytes(self._window.saveState(VERSION).data())

    def show(self, name: str) -> None:
        """Bring a panel to the front, whether it is closed or hidden behind another."""
        dock = self.docks[name]
        dock.show()
        dock.raise_()

    def actions(self) -> list[QAction]:
        """An entry for the View menu for each panel."""
        return [self.docks[panel.name].toggleViewAction() for panel in PANELS]
