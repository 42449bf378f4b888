"""The panels around the canvas: where each stands at first, how they come back, and how the arrangement is kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QLine, QObject, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QScrollArea,
    QTabBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.labels import Tinted, icon_button

# Counts up when panels are renamed: an arrangement of another version is not restored. In one that does not know a new
# panel, that panel stands where it does at first.
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
    Panel("problems", "Problems", _BOTTOM, "All that is wrong or worth knowing", "Ctrl+4"),
    Panel("code", "Code", _BOTTOM, "The program that runs", "Ctrl+5"),
    Panel("filters", "Filters", _BOTTOM, "What the selected layer looks for", "Ctrl+6"),
    Panel("activations", "Activations", _BOTTOM, "What the selected layer answers to one sample", "Ctrl+7"),
    Panel("dream", "Dream", _BOTTOM, "The picture that excites a layer most", "Ctrl+8"),
    Panel("views", "Look inside", _BOTTOM, "Any view of the network: attribution, adversarial examples …", "Ctrl+9"),
)
FRONT = "training"
LEFT_WIDTH, RIGHT_WIDTH, BOTTOM_HEIGHT = 214, 288, 232
# On a small screen, or at a large scale, the canvas keeps its part: these are shares of the window.
_MOST_LEFT, _MOST_RIGHT, _MOST_BOTTOM = 0.18, 0.36, 0.36
SMALLEST = QSize(110, 64)  # of a panel; what does not fit into it scrolls


class Stage(QWidget):
    """Gives its content all the room there is, but never less than the content needs; the area around then scrolls."""

    def __init__(self, area: QScrollArea) -> None:
        super().__init__()
        self._content: QWidget | None = None
        self._area = area

    def put(self, content: QWidget) -> None:
        """Show this from now on."""
        self._content = content
        content.setParent(self)
        content.show()

    def minimumSizeHint(self) -> QSize:
        if self._content is None:
            return SMALLEST
        return self._content.minimumSizeHint().expandedTo(self._content.minimumSize())

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._content is not None:
            self._content.setGeometry(self.rect())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            QCoreApplication.sendEvent(self._area, QEvent(QEvent.Type.LayoutRequest))
        return super().event(event)


class Holder(QWidget):
    """A panel's place. Asks for the space the arrangement gives it, not for what its content would like best, and can
    become smaller than its content."""

    def __init__(self, wanted: QSize) -> None:
        super().__init__()
        self._wanted = wanted
        self.area = QScrollArea()
        self.stage = Stage(self.area)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidgetResizable(True)
        self.area.setWidget(self.stage)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 0, 1, 1)
        layout.addWidget(self.area)

    def sizeHint(self) -> QSize:
        return self._wanted * theme.scale()

    def minimumSizeHint(self) -> QSize:
        return SMALLEST

    def paintEvent(self, event: QPaintEvent) -> None:
        _paint_edge(self, Qt.Edge.BottomEdge)


def _paint_edge(part: QWidget, outer: Qt.Edge) -> None:
    """A line around a floating panel, which has no frame of the desktop and the colour of what lies below it."""
    dock = part.parentWidget()
    if not isinstance(dock, QDockWidget) or not dock.isFloating():
        return
    right, bottom = part.width() - 1, part.height() - 1
    level = 0 if outer == Qt.Edge.TopEdge else bottom
    with QPainter(part) as painter:
        painter.setPen(theme.color("border"))
        painter.drawLines([QLine(0, 0, 0, bottom), QLine(right, 0, right, bottom), QLine(0, level, right, level)])


class TitleBar(QWidget):
    """The head of a panel: its name, and buttons to let it float and to close it. Dragging it moves the panel."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self._title = Tinted(dock.windowTitle(), "text.soft")
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        dock.windowTitleChanged.connect(self._title.setText)
        name = dock.windowTitle()
        self.float_button = icon_button("enter", f"Let {name} float, or put it back", self._toggle)
        self.close_button = icon_button("close", f"Close {name}; the View menu brings it back", dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 3, 4, 2)
        row.setSpacing(0)
        row.addWidget(self._title, 1)
        row.addWidget(self.float_button)
        row.addWidget(self.close_button)

    def _toggle(self) -> None:
        self._dock.setFloating(not self._dock.isFloating())

    def paintEvent(self, event: QPaintEvent) -> None:
        _paint_edge(self, Qt.Edge.TopEdge)


class Tucked(QWidget):
    """The head of a panel that is a tab already: nothing, because the tab says its name and can be dragged."""

    def sizeHint(self) -> QSize:
        return QSize(0, 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)


class Docks(QObject):
    """The panels of one window."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.docks: dict[str, QDockWidget] = {}
        self.kept = b""  # what is to be remembered in place of what stands there now
        self._heads: dict[str, tuple[TitleBar, Tucked]] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh_heads)
        window.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.GroupedDragging  # without it, tabs cannot be dragged out
        )
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)

    def add(self, name: str, content: QWidget) -> QDockWidget:
        """Put a panel into its place."""
        panel = next(each for each in PANELS if each.name == name)
        dock = QDockWidget(panel.title, self._window)
        dock.setObjectName(panel.name)
        dock.setAccessibleName(panel.title)
        wanted = QSize(LEFT_WIDTH if panel.area == _LEFT else RIGHT_WIDTH, BOTTOM_HEIGHT)
        holder = Holder(wanted)
        dock.setWidget(holder)
        holder.stage.put(content)  # last: Qt styles everything inside anew each time that it gets another parent
        dock.toggleViewAction().setToolTip(panel.tip)
        self._heads[name] = (TitleBar(dock), Tucked(dock))
        for signal in (dock.topLevelChanged, dock.dockLocationChanged, dock.visibilityChanged):
            # Later: while Qt tells of it, it is still rearranging.
            signal.connect(lambda *_: self._timer.start(0))
        self.docks[name] = dock
        self._heads[name][1].hide()
        dock.setTitleBarWidget(self._heads[name][0])
        return dock

    def refresh_heads(self) -> None:
        """Give each panel a title bar, but for those whose tab is their title already."""
        for name, dock in self.docks.items():
            # While the window presents, nothing but the curves is wanted.
            tabbed = not dock.isFloating() and bool(self.kept or self._window.tabifiedDockWidgets(dock))
            head = self._heads[name][tabbed]
            if dock.titleBarWidget() is not head:
                dock.setTitleBarWidget(head)
                self._heads[name][tabbed].show()
                self._heads[name][not tabbed].hide()
        self._follow_tab_bars()

    def _follow_tab_bars(self) -> None:
        """Let a right click on a tab offer what a title bar would. Qt makes and drops tab bars as it likes."""
        policy = Qt.ContextMenuPolicy.CustomContextMenu
        for bar in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if bar.contextMenuPolicy() != policy:
                bar.setContextMenuPolicy(policy)
                bar.customContextMenuRequested.connect(partial(self._offer, bar))

    def _offer(self, bar: QTabBar, place: QPoint) -> None:
        """The menu of the tab at ``place``."""
        title = bar.tabText(bar.tabAt(place))
        dock = next((each for each in self.docks.values() if each.windowTitle() == title), None)
        if dock is None:
            return
        menu = QMenu(bar)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(f"Close {title}", dock.close)
        menu.addAction(f"Let {title} float", partial(dock.setFloating, True))
        menu.popup(bar.mapToGlobal(place))

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
        self.share_room()
        self.docks[FRONT].raise_()
        self.refresh_heads()

    def share_room(self) -> None:
        """Give the panels the room they ask for at the scale of the interface, as far as the window has it."""
        room, scale = self._window.size(), theme.scale()
        wide = [
            min(LEFT_WIDTH * scale, _MOST_LEFT * room.width()),
            min(RIGHT_WIDTH * scale, _MOST_RIGHT * room.width()),
        ]
        high = min(BOTTOM_HEIGHT * scale, _MOST_BOTTOM * room.height())
        sides = [self.docks["layers"], self.docks["inspector"]]
        self._window.resizeDocks(sides, [round(each) for each in wide], Qt.Orientation.Horizontal)
        self._window.resizeDocks([self.docks[FRONT]], [round(high)], Qt.Orientation.Vertical)

    def restore(self, arrangement: bytes) -> bool:
        """Put the panels where they stood; False if the arrangement is of another version or damaged."""
        done = bool(arrangement) and self._window.restoreState(QByteArray(arrangement), VERSION)
        self.refresh_heads()
        return done

    def saved(self) -> bytes:
        """Where the panels stand now, or stood before the presentation that is on."""
        return self.kept or bytes(self._window.saveState(VERSION).data())

    def show(self, name: str) -> None:
        """Bring a panel to the front, whether it is closed or hidden behind another."""
        dock = self.docks[name]
        dock.show()
        dock.raise_()

    def actions(self) -> list[QAction]:
        """An entry for the View menu for each panel."""
        return [self.docks[panel.name].toggleViewAction() for panel in PANELS]
