"""Files dropped anywhere on the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QWindow

from app.ui.dialogs import tell
from app.ui.files import ENDING
from nodes.api import NoData

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

WEIGHTS = (".pt", ".pth", ".safetensors", ".bin", ".ckpt")
_COPY = Qt.DropAction.CopyAction


class FileDrops(QObject):
    """Takes files for the whole window, before a text field under the mouse takes them for text.

    Layers that are dragged from the palette are no files and go their own way.
    """

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._handle: QWindow | None = None
        self._over = False
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.Show and watched is self._window:
            self._watch_handle()
        elif kind == QEvent.Type.DragEnter and isinstance(event, QDragEnterEvent):
            return self._enter(event)
        elif kind == QEvent.Type.DragMove and isinstance(event, QDragMoveEvent) and self._over:
            event.setDropAction(_COPY)
            event.accept()
            return True
        elif kind == QEvent.Type.DragLeave and self._over:
            self._leave()
            return True
        elif kind == QEvent.Type.Drop and isinstance(event, QDropEvent) and files_in(event.mimeData()):
            return self._drop(event)
        return False

    def _watch_handle(self) -> None:
        """The system's window hears of a drag before any widget in it."""
        handle = self._window.windowHandle()
        if handle is not None and handle is not self._handle:
            self._handle = handle
            handle.installEventFilter(self)

    def _enter(self, event: QDragEnterEvent) -> bool:
        paths = files_in(event.mimeData())
        if not paths:
            return False
        self._over = True
        self._window.status.say(
            f"Drop to open {paths[0].name}" if len(paths) == 1 else f"Drop to open {len(paths)} files"
        )
        event.setDropAction(_COPY)
        event.accept()
        return True

    def _leave(self) -> None:
        self._over = False
        self._window.status.say("")

    def _drop(self, event: QDropEvent) -> bool:
        paths = files_in(event.mimeData())
        self._leave()
        event.setDropAction(_COPY)
        event.accept()
        self._window.activateWindow()
        window = self._window
        place = window.mapToGlobal(event.position().toPoint())
        drawing = any(path.suffix.lower() == f".{ENDING}" for path in paths)
        if not drawing and window.has_panel("predict") and window.predict.takes(place):
            window.predict.take_paths(paths)
        elif not drawing and window.has_panel("poke") and window.poke.takes(place):
            window.poke.take_file(paths[0])
        else:
            self.take(paths)
        return True

    def take(self, paths: tuple[Path, ...]) -> None:
        """Open dropped drawings, the first in this window, the others in windows of their own; data is looked at."""
        drawings = [path for path in paths if path.suffix.lower() == f".{ENDING}"]
        weights = [path for path in paths if _holds_weights(path)]
        others = [path for path in paths if path not in drawings and path not in weights]
        if not drawings and others:
            if weights:
                self._window.say(f"{weights[0].name} holds weights, no data, and was left out.")
            self._window.data.take(others)
            return
        if weights and not drawings:
            tell(self._window, "This cannot be opened", *_why_not(weights[0]))
            return
        if len(paths) > len(drawings):
            left = next(path for path in paths if path not in drawings)
            self._window.say(f"{left.name} is not a drawing and was left out. Drop data by itself.")
        for path in drawings[1:]:
            if not self._window.windows.raised(path, self._window):
                self._window.windows.open_file(path, self._window)
        if drawings:
            self._window.files.open_recent(drawings[0])


def files_in(data: QMimeData) -> tuple[Path, ...]:
    """The files of this computer that are being dragged."""
    if not data.hasUrls():
        return ()
    return tuple(Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile())


def _holds_weights(path: Path) -> bool:
    """By its ending; one of two meanings, such as .bin, is data where a source knows its first bytes."""
    from app.data.understanding import candidates  # not for the first window

    if path.suffix.lower() not in WEIGHTS or path.is_dir():
        return False
    try:
        return path.suffix.lower() != ".bin" or not candidates(path)
    except NoData:
        return True


def _why_not(path: Path) -> tuple[str, str]:
    return (
        f"{path.name} holds weights, not a drawing.",
        "To give them to a drawing, save the drawing and run\n\n"
        f"python main.py import-weights {path.name} --into DRAWING.netloom -o RUN\n\n"
        "The folder RUN can then be looked into and trained on.",
    )
