"""The panels around the canvas: where each stands at first, how they come back, and how the arrangement is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QByteArray, QObject, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QMainWindow,
    QMenu,
    QTabBar,
    QTabWidget,
    QToolButton,
    QWidget,
)

from app.ui import theme
from app.ui.large_panel import SHARE, LargePanel
from app.ui.pace import later
from app.ui.panel_places import HiddenTitleBar, PanelHolder, TitleBar

# Counts up when panels are renamed: an arrangement of another version is not restored. In one that does not know a new
# panel, that panel stands where it does at first.
VERSION = 1
_USUAL, _TINY = QSize(480, 300), QSize(200, 140)  # of a panel that floats, at 100 %
_GRIP = 40  # so much of a window has to be on a screen, or nobody can take hold of it
_LEFT, _RIGHT, _BOTTOM = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)


@dataclass(frozen=True)
class Panel:
    """One panel. ``keys`` are for its entry in the View menu. ``roomy``: it is put away while the window is so narrow
    that the tabs of all have no room; its keys and the menu bring it all the same."""

    name: str
    title: str
    area: Qt.DockWidgetArea
    tip: str
    keys: str = ""
    roomy: bool = False


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
    Panel("signals", "Signals", _BOTTOM, "Gradients, updates and values of every layer, live", "Shift+F12", roomy=True),
    Panel("predict", "Predict", _BOTTOM, "Draw, drop a file or paste, and see what the trained network says", "F9"),
    Panel(
        "text", "Text", _BOTTOM, "What the network writes, letter by letter, and how sure it is", "Shift+F4", roomy=True
    ),
    Panel(
        "poke",
        "Poke",
        _BOTTOM,
        "Lay hands on a copy: paint on the input, switch units off, set a weight, prune; and see what reacts",
        "Shift+F9",
        roomy=True,
    ),
    Panel("samples", "Data", _BOTTOM, "The samples of the data, their classes and what is odd about them", "F4"),
    Panel(
        "results",
        "Results",
        _BOTTOM,
        "How good the answers are: confusion, hardest samples, sureness",
        "F12",
        roomy=True,
    ),
    Panel("run_list", "Runs", _BOTTOM, "Every training of this drawing: what came of it, and what differs", "F3"),
    Panel(
        "sweep",
        "Sweep",
        _BOTTOM,
        "Variants of this drawing, trained one beside the other: sweep and race",
        "Shift+F3",
        roomy=True,
    ),
)
# Those that show something of the net and forget it when another drawing is opened.
LOOKING = ("filters", "activations", "dream", "views", "poke", "signals", "text", "results")
PANEL_ORDER = tuple(panel.name for panel in PANELS)
PANEL_NAMES = frozenset(PANEL_ORDER)
FRONT = "training"
LEFT_WIDTH, RIGHT_WIDTH, BOTTOM_HEIGHT = 214, 288, 232
# On a small screen, or at a large scale, the canvas keeps its part: these are shares of the window.
_MOST_LEFT, _MOST_RIGHT, _MOST_BOTTOM = 0.18, 0.36, 0.42
COMPACT = 672  # pixels of a window at 100 %: in a narrower one no panel has room beside the canvas
HALF = 780  # pixels at any scale, as half of a small screen has: layers between two panels would be plain boxes
_MOST_BELOW = 0.5  # of the height, for the panels of such a window, which all stand below the canvas
_DRAGGED_MS = 100  # how often is looked whether a panel that was torn off has been let go
GROWS_MS, PATIENCE = 50, 40  # a window manager that does not let a window fill its screen is not waited for longer


class Docks(QObject):
    """The panels of one window.

    In a window that is too narrow for panels beside the canvas they all stand below it, until it is wider again.
    ``compacted`` tells when that begins and ends.
    """

    compacted = Signal(bool)

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self.window = window
        self._wide = b""  # the arrangement that comes back when there is room beside the canvas again
        self._put_away: list[str] = []  # panels that wait until there is room beside the canvas
        self.by_hand = False  # somebody has dragged the edge of a panel, so the sizes are meant
        self._patience = 0  # how often a window that was restored is waited for
        self._restored = False  # whether they were meant in what was restored shows only on the screen
        self._size = QSize()
        self.large = LargePanel(self)
        self.docks: dict[str, QDockWidget] = {}
        self.kept = b""  # what is to be remembered in place of what stands there now
        self._heads: dict[str, dict[bool, QWidget]] = {}  # once there are panels; by: is it a tab?
        self._holders: dict[str, PanelHolder] = {}
        self._timer = later(self, self.refresh_heads)
        self._adapting = later(self, self.adapt)
        window.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.GroupedDragging  # without it, tabs cannot be dragged out
        )
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)

    def add(self, name: str) -> QDockWidget:
        """Put a panel into its place; without its content, which then comes with ``fill``."""
        panel = next(each for each in PANELS if each.name == name)
        dock = QDockWidget(panel.title, self.window)
        dock.setObjectName(panel.name)
        dock.setAccessibleName(panel.title)
        wanted = QSize(LEFT_WIDTH if panel.area == _LEFT else RIGHT_WIDTH, BOTTOM_HEIGHT)
        holder = PanelHolder(wanted, self._resized)
        dock.setWidget(holder)
        self._holders[name] = holder
        dock.visibilityChanged.connect(holder.stage.reveal)
        self.docks[name] = dock
        dock.toggleViewAction().setToolTip(panel.tip)
        dock.topLevelChanged.connect(partial(_floats, dock, self.window))
        dock.topLevelChanged.connect(partial(self._docked, dock))
        for signal in (dock.topLevelChanged, dock.dockLocationChanged, dock.visibilityChanged):
            # Later: while Qt tells of it, it is still rearranging.
            signal.connect(lambda *_: self._timer.start(0))
        return dock

    def place(self, name: str) -> QWidget:
        """What the content of a panel is to be a child of."""
        return self._holders[name].stage

    def fill(self, name: str, content: QWidget) -> None:
        """Give a panel its content."""
        self._holders[name].stage.put(content)

    def begin(self, make: Callable[[str], object]) -> None:
        """Give all panels the heads for their places. ``make`` is to fill those that have no content as soon as they
        are seen."""
        for name, holder in self._holders.items():
            self._heads[name] = {}
            holder.stage.make = partial(make, name)
            holder.stage.reveal(not holder.stage.visibleRegion().isEmpty())
        self.refresh_heads()

    def refresh_heads(self) -> None:
        """Give each panel a title bar, but for those whose tab is their title already."""
        for name, heads in self._heads.items():
            dock = self.docks[name]
            # While the window presents, nothing but the curves is wanted.
            tabbed = not dock.isFloating() and bool(self.kept or self.window.tabifiedDockWidgets(dock))
            if tabbed not in heads:
                heads[tabbed] = HiddenTitleBar(dock) if tabbed else TitleBar(dock)
            head = heads[tabbed]
            if dock.titleBarWidget() is not head:
                dock.setTitleBarWidget(head)
                head.show()
                if (not tabbed) in heads:
                    heads[not tabbed].hide()
        self._follow_tab_bars()

    def _follow_tab_bars(self) -> None:
        """Let a right click on a tab offer what a title bar would. Qt makes and drops tab bars as it likes."""
        policy = Qt.ContextMenuPolicy.CustomContextMenu
        for bar in self.window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            theme.dress_narrow(bar, self.compact)  # all panels are tabs of one row then
            if bar.contextMenuPolicy() != policy:
                bar.setElideMode(Qt.TextElideMode.ElideNone)  # a row of tabs that is too long scrolls instead
                bar.setUsesScrollButtons(True)
                bar.setContextMenuPolicy(policy)
                bar.customContextMenuRequested.connect(partial(self._offer, bar))
                bar.tabBarDoubleClicked.connect(partial(self._double_clicked, bar))
                for scrolling in bar.findChildren(QToolButton):  # seen only while the row is too long
                    scrolling.setToolTip("More panels; a right click lists all of this row")

    def _offer(self, bar: QTabBar, place: QPoint) -> None:
        """The menu of the tab at ``place``, and every tab of the row: some may be out of sight."""
        titled = {dock.windowTitle(): dock for dock in self.docks.values()}
        on_tab = not isinstance(bar.childAt(place), QToolButton)
        title = bar.tabText(bar.tabAt(place)) if on_tab else ""
        dock = titled.get(title)
        menu = QMenu(bar)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if dock is not None:
            menu.addAction(f"Close {title}", dock.close)
            menu.addAction(f"Let {title} float", partial(dock.setFloating, True))
            if self.window.dockWidgetArea(dock) == _BOTTOM:
                menu.addAction("As high as before" if self.large.on else "Large panel", self.large.toggle)
            menu.addSeparator()
        for index in range(bar.count()):
            there = titled.get(bar.tabText(index))
            if there is not None:
                entry = menu.addAction(there.windowTitle(), there.raise_)
                entry.setCheckable(True)
                entry.setChecked(index == bar.currentIndex())
        menu.popup(bar.mapToGlobal(place))

    def _double_clicked(self, bar: QTabBar, index: int) -> None:
        if any(dock.windowTitle() == bar.tabText(index) for dock in self.below()):
            self.large.toggle()

    def arrange(self) -> None:
        """Put every panel where it stands at first."""
        self.large.leave()
        self._wide, self.by_hand = b"", False
        for panel in PANELS:
            dock = self.docks[panel.name]
            dock.setFloating(False)
            self.window.removeDockWidget(dock)
        previous: dict[Qt.DockWidgetArea, QDockWidget] = {}
        for panel in PANELS:
            dock = self.docks[panel.name]
            self.window.addDockWidget(panel.area, dock)
            if panel.area in previous:
                self.window.tabifyDockWidget(previous[panel.area], dock)
            previous[panel.area] = dock
            dock.show()
        self.share_room()
        self.docks[FRONT].raise_()
        self.refresh_heads()
        self.adapt()

    def share_room(self) -> None:
        """Give the panels the room they ask for at the scale of the interface, as far as the window has it."""
        self.by_hand = False
        self._size = self.window.size()
        left, right, high = self._shares()
        if not self._wide:
            sides = [self.docks["layers"], self.docks["inspector"]]
            self.window.resizeDocks(sides, [left, right], Qt.Orientation.Horizontal)
        self.large.resize(self.below(), high)

    def below(self) -> list[QDockWidget]:
        """The panels below the canvas, in front or behind."""
        return [dock for dock in self.docks.values() if self.window.dockWidgetArea(dock) == _BOTTOM]

    def _shares(self) -> tuple[int, int, int]:
        """The width of a panel at the left and at the right, and the height of one below."""
        room, scale = self.window.size(), theme.letter_scale()
        most = _MOST_BELOW if self._wide else _MOST_BOTTOM
        left = min(LEFT_WIDTH * scale, _MOST_LEFT * room.width())
        right = min(RIGHT_WIDTH * scale, _MOST_RIGHT * room.width())
        high = SHARE * room.height() if self.large.on else min(BOTTOM_HEIGHT * scale, most * room.height())
        return round(left), round(right), round(high)

    def adapt_soon(self) -> None:
        """Fit the arrangement to the window once Qt has given everything its size."""
        self._adapting.start(0)

    def _docked(self, dock: QDockWidget, floating: bool) -> None:
        """A panel floats, or no longer does. Its size comes a moment later."""
        if not floating:
            QTimer.singleShot(0, dock, partial(self._widen, dock))

    def _widen(self, dock: QDockWidget) -> None:
        """Give a panel that was dropped beside the canvas, and those there, the width they need: Qt shares the width
        that the side had among them, and neither could be read."""
        self._put_right(dock)
        side = self.window.dockWidgetArea(dock)
        if dock.isFloating() or side == _BOTTOM or self._wide or self.kept:
            return
        left, right, _ = self._shares()
        there = {
            each: left if name == "layers" else right
            for name, each in self.docks.items()
            if self.window.dockWidgetArea(each) == side and not each.isFloating() and not each.visibleRegion().isEmpty()
        }
        if any(each.width() < width for each, width in there.items()):
            widths = [max(each.width(), width) for each, width in there.items()]
            self.window.resizeDocks(list(there), widths, Qt.Orientation.Horizontal)

    def _put_right(self, dock: QDockWidget) -> None:
        """Let a panel that was put back stand in its place. Qt gives a place to what has another one than it had when
        it was placed last, and does not see that this one comes from the screen, where it floated: it would stand as
        far from its place as the window from the corner of the screen, over the tabs of others."""
        layout = self.window.layout()
        if dock.isFloating() or not dock.isVisible() or layout is None:
            return
        whole = layout.geometry()
        layout.setGeometry(whole.adjusted(0, 0, 0, -1))
        layout.setGeometry(whole)

    def _resized(self) -> None:
        """A panel has another size: somebody drags its edge, unless the window has another size, too."""
        if self.window.size() == self._size and QApplication.mouseButtons() & Qt.MouseButton.LeftButton:
            self.by_hand = True

    @property
    def compact(self) -> bool:
        """Whether all panels stand below the canvas, for want of room beside it."""
        return bool(self._wide)

    def adapt(self) -> None:
        """Fit the arrangement to the size of the window. What was arranged by hand stays as long as it has room."""
        if self.kept or not self.window.isVisible():  # a window that presents has one panel only
            return
        if self._patience and self._grows():
            self._patience -= 1
            self._adapting.start(GROWS_MS)
            return
        self._size = self.window.size()
        if self._restored:
            self._restored, self.by_hand = False, not self._as_shared()
        narrow = self.window.width() < max(HALF, COMPACT * theme.letter_scale())
        if narrow != self.compact:
            self._gather() if narrow else self._spread()
            self.compacted.emit(narrow)
            self.share_room()
            self.refresh_heads()
            self.adapt_soon()  # Qt gives the panels their places a moment later, with sizes of its own
        elif not self.by_hand:
            self.share_room()

    def _grows(self) -> bool:
        """Whether a window that is to fill its screen has not come to its size yet. Qt then still keeps a restored
        arrangement aside, and moving a panel meanwhile ends the process."""
        window = self.window
        filling = window.isMaximized() or window.isFullScreen()
        return filling and window.width() < 0.9 * window.screen().availableGeometry().width()

    def _gather(self) -> None:
        """Put the panels that stand beside the canvas behind those below it."""
        window = self.window
        self._wide = bytes(window.saveState(VERSION).data())
        front = self.in_front()
        below = [dock for dock in self.docks.values() if window.dockWidgetArea(dock) == _BOTTOM]
        for dock in self.docks.values():
            if dock.isFloating() or window.dockWidgetArea(dock) == _BOTTOM:
                continue
            shown = not dock.isHidden()
            window.addDockWidget(_BOTTOM, dock)
            if below:
                window.tabifyDockWidget(below[-1], dock)
            below.append(dock)
            dock.setVisible(shown)
        for panel in PANELS:
            dock = self.docks[panel.name]
            if panel.roomy and dock is not front and not dock.isHidden() and not dock.isFloating():
                dock.hide()
                self._put_away.append(panel.name)
        if front is not None:
            front.raise_()

    def _spread(self) -> None:
        """Put the panels back beside the canvas. What was opened or closed meanwhile stays so."""
        wide, self._wide = self._wide, b""
        front, shown = self.in_front(), {name: not dock.isHidden() for name, dock in self.docks.items()}
        shown |= dict.fromkeys(self._put_away, True)
        self._put_away.clear()
        self.window.restoreState(QByteArray(wide), VERSION)
        for name, dock in self.docks.items():
            dock.setVisible(shown[name])
        if front is not None:
            front.raise_()

    def in_front(self) -> QDockWidget | None:
        """The panel below the canvas that is not behind another."""
        for dock in self.docks.values():
            if self.window.dockWidgetArea(dock) == _BOTTOM and not dock.visibleRegion().isEmpty():
                return dock
        return None

    def restore(self, arrangement: bytes) -> bool:
        """Put the panels where they stood; False if the arrangement is of another version or damaged."""
        done = bool(arrangement) and self.window.restoreState(QByteArray(arrangement), VERSION)
        if done:
            if self._wide:
                self._wide = b""
                self.compacted.emit(False)
            self._restored, self._patience = True, PATIENCE
            self.adapt_soon()
        self.refresh_heads()
        return done

    def _as_shared(self) -> bool:
        """Whether the panels beside the canvas are as wide as nobody's hand has made them."""
        left, right, high = self._shares()
        sides = ((self.docks["layers"], left), (self.docks["inspector"], right))
        front = self.in_front()
        tabs = 40 * theme.scale()  # at most: they belong to the height of what is below, and not to that of a panel
        return all(abs(dock.width() - wanted) <= 2 for dock, wanted in sides if not dock.isHidden()) and (
            front is None or -2 <= high - front.height() <= tabs
        )

    def saved(self) -> bytes:
        """Where the panels stand, or stood before the presentation that is on, or before the window became narrow."""
        self.large.leave()
        return self.kept or self._wide or bytes(self.window.saveState(VERSION).data())

    def show(self, name: str) -> None:
        """Bring a panel to the front, whether it is closed or hidden behind another."""
        dock = self.docks[name]
        dock.show()
        dock.raise_()

    def actions(self) -> list[QAction]:
        """An entry for the View menu for each panel."""
        return [self.docks[panel.name].toggleViewAction() for panel in PANELS]


def _floats(dock: QDockWidget, window: QMainWindow, floating: bool) -> None:
    """A panel floats, or no longer does. Its size comes a moment later."""
    if floating:
        QTimer.singleShot(0, dock, partial(_make_seen, dock, window))


def _make_seen(dock: QDockWidget, window: QMainWindow) -> None:
    """Give a panel that floats a size and a place over its window, where it has none: Qt lets one that stood behind
    another float as small as can be, and where it had hidden it. A panel that was dragged stays where the hand left it,
    and one from below the canvas, which is as wide as the window, ends at the edge of the screen."""
    if not dock.isFloating():
        return
    seen = any(
        (screen.availableGeometry() & dock.geometry()).width() >= _GRIP
        and (screen.availableGeometry() & dock.geometry()).height() >= _GRIP
        for screen in QGuiApplication.screens()
    )
    scale = theme.letter_scale()
    tiny = _TINY * scale
    small = dock.width() < tiny.width() and dock.height() < tiny.height()
    if small:
        dock.resize((_USUAL * scale).expandedTo(dock.sizeHint()).boundedTo(window.size()))
    if small or not seen:
        dock.move(window.frameGeometry().center() - dock.rect().center())
    _make_narrow(dock)


def _make_narrow(dock: QDockWidget) -> None:
    """Let a panel that floats end at the edge of the screen once it is no longer dragged, or its buttons were seen by
    nobody."""
    if not dock.isFloating():
        return
    if QApplication.mouseButtons() & Qt.MouseButton.LeftButton:
        QTimer.singleShot(_DRAGGED_MS, dock, partial(_make_narrow, dock))
        return
    room, usual = dock.screen().availableGeometry(), round(_USUAL.width() * theme.letter_scale())
    if dock.geometry().right() > room.right() and dock.width() > usual:
        dock.resize(max(usual, room.right() + 1 - dock.x()), dock.height())
