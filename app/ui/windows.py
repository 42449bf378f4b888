"""All windows of this process: opening another one, finding the one that shows a file, and ending them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from app.core.storage.files import UnreadableDrawing, open_project
from app.ui.settings import Settings

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

_LEAST = QSize(900, 560)
_BESIDE = QPoint(32, 32)  # a new window covers the title of the one before it otherwise


class FirstPaint(QObject):
    """Calls back once, after a widget has been painted for the first time and what was waiting has been done."""

    def __init__(self, widget: QWidget, then: Callable[[], None]) -> None:
        super().__init__(widget)
        self._widget = widget
        self._then = then
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self._widget.removeEventFilter(self)
            QTimer.singleShot(0, self, self._then)
        return super().eventFilter(watched, event)


class OpenWindows:
    """Knows every window that is open. Windows that it opens, it also deletes when they are closed.

    Each window has a document, an undo, a session and threads of its own; ``settings`` belong to all.
    """

    def __init__(self, settings: Settings, trusting: bool = False) -> None:
        self.settings = settings
        self.trusting = trusting
        self.all: list[BaseWindow] = []
        self.recovered = False  # whether what crashes left behind has been asked about
        self._made: list[BaseWindow] = []
        self._leaving: BaseWindow | None = None  # the one that Quit is asking
        self._asking = False

    def add(self, window: BaseWindow) -> None:
        """A window has come."""
        self.all.append(window)
        window.session.state_changed.connect(lambda state: self._trains(window, state))

    @property
    def current(self) -> BaseWindow:
        """The window that a person works in, or worked in last.

        Raises:
            IndexError: if there is none any more.
        """
        active = QApplication.activeWindow()
        while active is not None and active not in self.all:
            active = active.parentWidget()
        return next((window for window in self.all if window is active), self.all[-1])

    def others(self, window: BaseWindow) -> tuple[BaseWindow, ...]:
        """All but this one."""
        return tuple(each for each in self.all if each is not window)

    # Opening

    def open(
        self,
        what: str | None = "",
        beside: BaseWindow | None = None,
        *,
        start_page: bool = False,
        then: Callable[[], None] | None = None,
    ) -> BaseWindow:
        """Another window: with a file, a template by name, LeNet-5 (None), or an empty drawing (an empty text).

        ``start_page`` shows that page over it. ``then`` comes after the first paint, in the place of what the window
        itself does then.
        """
        from app.ui.window import MainWindow

        window = MainWindow(what, self.settings, self.trusting, self, late=start_page)
        self._made.append(window)
        if beside is not None and not (beside.isMaximized() or beside.isFullScreen()):
            screen = beside.screen().availableGeometry()
            at = beside.frameGeometry().topLeft() + _BESIDE
            if not screen.contains(QRect(at, _LEAST)):
                at = screen.topLeft()
            frame = beside.frameGeometry().size() - beside.size()  # what the window manager adds around
            window.move(at)
            window.resize(beside.size().boundedTo(QRect(at, screen.bottomRight()).size() - frame))
        if start_page:
            window.start.show()
        # Where the page covers the canvas, that is not painted at all.
        seen = window.start.page if start_page and window.start.page is not None else window.canvas
        FirstPaint(seen, then if then is not None else window.after_first_paint)
        window.show()
        window.activateWindow()
        return window

    def open_file(self, path: Path, beside: BaseWindow) -> None:
        """Show a file in a window of its own, or in the one where it is open already."""
        if self.raised(path, None):
            return
        try:
            open_project(path)
        except UnreadableDrawing as reason:
            beside.files.cannot_open(str(reason))
            return
        self.open(str(path), beside)

    def window_of(self, path: Path | None) -> BaseWindow | None:
        """The window in which this file is open, or None."""
        if path is None:
            return None
        for window in self.all:
            shown = window.qdocument.document.path
            if shown is not None and _same_file(shown, path):
                return window
        return None

    def raised(self, path: Path, besides: BaseWindow | None) -> bool:
        """Show the window in which this file is open already; False if there is none but ``besides``."""
        window = self.window_of(path)
        if window is None or window is besides:
            return False
        self.bring(window)
        window.say(f"{path.name} is open already, in this window.")
        return True

    def bring(self, window: BaseWindow) -> None:
        """Put a window before all others."""
        if window.isMinimized():
            window.showNormal()
        window.raise_()
        window.activateWindow()
        window.start.leave()

    # Titles

    def show_titles(self) -> None:
        """Name every window after its drawing, so that no two are called the same."""
        names = {id(window): window.files.name.replace("[*]", "") for window in self.all}
        often = Counter(names.values())
        used: Counter[str] = Counter()
        for window in self.all:
            name = names[id(window)]
            path = window.qdocument.document.path
            if often[name] > 1 and path is not None:
                name = f"{name} in {path.absolute().parent.name}"
            used[name] += 1
            if used[name] > 1:
                name = f"{name} ({used[name]})"
            window.setWindowTitle(f"{name}[*]")

    # Ending

    def quit(self) -> None:
        """Close every window, each with its own question; one that is cancelled ends it."""
        if not self.all:
            return
        window = self.current
        if window is not self.all[-1] or window.isMinimized():
            self.bring(window)
        self._leaving, self._asking = window, True
        window.close()
        self._asking = False

    def closing(self, window: BaseWindow) -> None:
        """A window is asked to close. Unless Quit does it, the others stay."""
        if not self._asking:
            self._leaving = None

    def left(self, window: BaseWindow) -> None:
        """A window has closed."""
        if window not in self.all:
            return
        self.all.remove(window)
        if window in self._made:
            self._made.remove(window)
            window.deleteLater()
        self.show_titles()
        if self._leaving is window and self.all:
            # From the event loop: this comes from inside the closing of the one before.
            QTimer.singleShot(0, self.current, self.quit)

    # What windows have in common

    def _trains(self, window: BaseWindow, state: str) -> None:
        training = [each for each in self.all if each.session.busy]
        if state == "starting" and len(training) > 1:
            window.say("Two trainings at once share torch's random numbers: neither can be repeated to the last digit.")
        if state == "idle":
            for other in self.others(window):
                if not other.session.busy:
                    other.session.looker.refresh()


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there yet
        return one.absolute() == other.absolute()
