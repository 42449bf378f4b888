"""When the start page is there, where it lies, and what its cards do to the window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.core.document import Change

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow
    from app.ui.startpage.page import StartPage


class StartDesk(QObject):
    """The start page of one window, made when it is first wanted.

    It lies over everything between toolbar and status bar, so that it has room on a small screen; panels and drawing
    stay as they are below it. Whatever changes the drawing, or asks for a panel, takes the page away.
    """

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._action = window.actions_table["start_page"]
        self.page: StartPage | None = None
        self._keeping = False
        window.qdocument.changed.connect(self._changed)
        window.session.state_changed.connect(lambda state: self.leave() if state != "idle" else None)

    @property
    def shown(self) -> bool:
        """Whether the page lies over the drawing now."""
        return self.page is not None and not self.page.isHidden()

    def toggle(self) -> None:
        """Show the page, or go back to the drawing."""
        if self.shown:
            self.leave()
        else:
            self.show()

    def show(self) -> None:
        """Show the page, with what there is now."""
        window = self._window
        window.canvas.cancel_tool()
        window.canvas.popups.close()
        if self.page is None:
            from app.ui.startpage.page import StartPage

            self.page = StartPage(window)
            self.page.left.connect(self.leave)
            self.page.new_wanted.connect(self._new)
            self.page.open_wanted.connect(self._open)
            self.page.data_wanted.connect(self._open_data)
            self.page.template_wanted.connect(self._open_template)
            self.page.file_wanted.connect(self._open_file)
            self.page.last_wanted.connect(self._go_on)
            self.page.forget_wanted.connect(window.settings.forget_recent)
            window.installEventFilter(self)
            window.statusBar().installEventFilter(self)
        self._action.setChecked(True)
        self.page.refresh(window)
        self._place()
        self.page.show()
        self.page.take_focus()

    def _open_data(self, folder: bool) -> None:
        if folder:
            self._window.data.open_folder()
        else:
            self._window.data.open()

    def leave(self) -> None:
        """Go back to the drawing."""
        self._action.setChecked(False)
        if self.page is None or self.page.isHidden():
            return
        focus = QApplication.focusWidget()
        had_focus = focus is None or self.page.isAncestorOf(focus)
        self.page.hide()
        if had_focus:
            self._window.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """What is opened inside stays below the page, which keeps the keys."""
        focus = QApplication.focusWidget()
        self._keeping = True
        try:
            yield
        finally:
            self._keeping = False
        if self.shown and focus is not None:
            focus.setFocus(Qt.FocusReason.OtherFocusReason)

    def _changed(self, change: Change) -> None:
        if not self._keeping and (change.opened or change.before is not change.after):
            self.leave()

    # Where it lies

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.Move) and self.shown:
            # After the window has laid out its own parts, which may be what this event is about.
            QTimer.singleShot(0, self, self._follow)
        return False

    def _follow(self) -> None:
        if self._window.isVisible():  # it may have been closed meanwhile
            self._place()

    def _place(self) -> None:
        window = self._window
        if self.page is None:
            return
        top = window.menuBar().geometry().bottom() + 1 if window.menuBar().isVisible() else 0
        if window.toolbar.isVisible():
            top = max(top, window.toolbar.geometry().bottom() + 1)
        bar = window.statusBar()
        bottom = bar.geometry().top() if bar.isVisible() else window.height()
        self.page.setGeometry(QRect(0, top, window.width(), max(bottom - top, 1)))
        self.page.raise_()  # Qt raises panels that it puts elsewhere, as where the window has become narrow

    # What is chosen on it

    def _go_on(self, place: Path, elsewhere: bool) -> None:
        window = self._window.windows.open("", self._window) if elsewhere else self._window
        window.runs.go_on_with(place)

    def _new(self, elsewhere: bool) -> None:
        if elsewhere:
            self._window.windows.open("", self._window)
        else:
            self._window.files.new()

    def _open(self, elsewhere: bool) -> None:
        if elsewhere:
            self._window.files.open_elsewhere()
        else:
            self._window.files.open()

    def _open_template(self, name: str, elsewhere: bool) -> None:
        if elsewhere:
            self._window.windows.open(name, self._window)
        else:
            self._window.files.open_template(name)

    def _open_file(self, path: Path, elsewhere: bool) -> None:
        window = self._window
        document = window.qdocument.document
        if window.windows.window_of(path) is window and document.dirty:
            self.leave()  # it is open here already, with changes that reading it again would lose
        elif elsewhere:
            window.windows.open_file(path, window)
        else:
            window.files.open_recent(path)
