"""From pane to pane by key: the canvas, each panel in sight, and the toolbar."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow


class Panes(QObject):
    """Remembers where the keys were in each pane, so that coming back continues there."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._last: dict[QWidget, QWidget] = {}
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._remember)

    def forward(self) -> None:
        """To the next pane."""
        self._step(1)

    def backward(self) -> None:
        """To the pane before."""
        self._step(-1)

    def all(self) -> list[QWidget]:
        """The panes in sight: the canvas first, then round the window with the clock, the toolbar last."""
        window = self._window
        middle = window.canvas.mapTo(window, window.canvas.rect().center())
        docks = [dock for dock in window.docks.docks.values() if self._in_sight(dock)]

        def place(dock: QDockWidget) -> tuple[int, int]:
            center = dock.geometry().center()
            if dock.isFloating():
                return 4, 0
            if dock.geometry().top() > middle.y():
                return 2, -center.x()
            return (1, center.y()) if center.x() > middle.x() else (3, -center.y())

        found: list[QWidget] = [window.canvas, *sorted(docks, key=place)]
        if window.start.shown and window.start.page is not None:
            found = [window.start.page]  # it lies over all the others
        return found + ([window.toolbar] if window.toolbar.isVisible() else [])

    @staticmethod
    def _in_sight(dock: QDockWidget) -> bool:
        """Whether a panel is open and not behind the tab of another."""
        return dock.isVisible() and not dock.visibleRegion().isEmpty()

    def _step(self, way: int) -> None:
        panes = self.all()
        now = next((number for number, pane in enumerate(panes) if self._has_keys(pane)), -1 if way > 0 else 0)
        for distance in range(1, len(panes) + 1):
            pane = panes[(now + way * distance) % len(panes)]
            target = self._target(pane)
            if target is not None:
                # As Tab would do it, so that the ring around the focus is shown.
                target.setFocus(Qt.FocusReason.TabFocusReason)
                return

    @staticmethod
    def _has_keys(pane: QWidget) -> bool:
        focus = QApplication.focusWidget()
        return focus is not None and (focus is pane or pane.isAncestorOf(focus))

    def _target(self, pane: QWidget) -> QWidget | None:
        last = self._last.get(pane)
        if last is not None and shiboken6.isValid(last) and _takes_keys(last):
            return last
        return next(_fields(pane), None)

    def _remember(self, old: QWidget | None, now: QWidget | None) -> None:
        if now is None or now.window() is not self._window:
            return
        if old is not None and shiboken6.isValid(old) and not old.isVisible() and old.window() is self._window:
            QTimer.singleShot(0, self, partial(self._leave_hidden, old, now))
        for pane in (self._window.canvas, self._window.toolbar, *self._window.docks.docks.values()):
            if pane is now or pane.isAncestorOf(now):
                self._last[pane] = now
                return

    def _leave_hidden(self, old: QWidget, now: QWidget) -> None:
        """Where the panel with the keys went out of sight, they go to the one that came in its place, else to the
        canvas. Qt gives them to whatever is next, which may be a button in the head of any panel."""
        if not shiboken6.isValid(old) or QApplication.focusWidget() is not now:
            return
        docks = self._window.docks
        left = next((dock for dock in docks.docks.values() if dock.isAncestorOf(old)), None)
        if left is None or self._in_sight(left):
            return
        beside = self._window.tabifiedDockWidgets(left)
        front = next((dock for dock in beside if not left.isHidden() and self._in_sight(dock)), None)
        target = self._target(front) if front is not None else None
        (target or self._window.canvas).setFocus(Qt.FocusReason.OtherFocusReason)


def _takes_keys(widget: QWidget) -> bool:
    return (
        widget.isVisible() and widget.isEnabled() and bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
    )


def _fields(pane: QWidget) -> Iterator[QWidget]:
    """What takes the keys inside of a pane, in the order of Tab; the buttons of its head last."""
    late = []
    if _takes_keys(pane):
        yield pane
    follower = pane.nextInFocusChain()
    while follower is not None and follower is not pane:
        if pane.isAncestorOf(follower) and _takes_keys(follower) and follower.focusProxy() is None:
            head = pane.titleBarWidget() if isinstance(pane, QDockWidget) else None
            if head is not None and head.isAncestorOf(follower):
                late.append(follower)
            else:
                yield follower
        follower = follower.nextInFocusChain()
    yield from late
