"""The editor for the path of a file: typed, chosen in a dialog, or dropped onto the field."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from app.ui.dialogs import choose_file
from app.ui.inspector.lists import LineEditor
from app.ui.labels import icon_button
from nodes.api import File


class FileEditor(LineEditor):
    """A path in one line with a button beside it. A file that is not there is taken, but told of."""

    def __init__(self, param: File) -> None:
        super().__init__(param, "none")
        self.line.setAcceptDrops(True)
        self.line.installEventFilter(self)
        self.choose = icon_button("open", "Choose a file", self._choose, 20)
        self._row.addWidget(self.choose)
        self._endings = param.endings
        self._dialog: QFileDialog | None = None

    def fields(self) -> tuple[QWidget, ...]:
        return (self.line, self.choose)

    def describe(self, tooltip: str, name: str) -> None:
        super().describe(tooltip, name)
        self.choose.setToolTip("Choose a file, or drop one onto the field")
        self.choose.setAccessibleName(f"{name}: choose a file")

    def parsed(self, text: str) -> str:
        return text.strip()

    def spelled(self, value: str) -> str:
        return value

    def remark(self, text: str) -> str:
        return _missing(text.strip())

    def _take(self, value: str) -> None:
        if value != self._value:
            super()._take(value)

    def _finished(self) -> None:
        super()._finished()
        self.hinted.emit(self.remark(self._value or ""))

    def _choose(self) -> None:
        kinds = " ".join(f"*{ending}" for ending in self._endings)
        filters = f"{self.param.title.capitalize()} ({kinds});;All files (*)" if kinds else "All files (*)"
        folder = Path(self._value).parent if self._value else Path()
        place = folder if folder.is_dir() else Path()
        self._dialog = choose_file(self.window(), f"Choose: {self.param.title}", place, filters, self._found)
        self._dialog.destroyed.connect(self._forget)

    def _forget(self) -> None:
        self._dialog = None

    def _found(self, path: Path) -> None:
        self._chosen(str(path))

    def _chosen(self, path: str) -> None:
        refused = self.refusal(path)
        self.hinted.emit(refused)
        if not refused:
            self.line.setText(path)
            self._take(path)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A file that is dropped stands for its path."""
        if isinstance(event, QDragEnterEvent | QDropEvent) and event.mimeData().hasUrls():
            paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
            if len(paths) == 1:
                event.acceptProposedAction()
                if event.type() == QEvent.Type.Drop:
                    self._chosen(paths[0])
                return True
        return super().eventFilter(watched, event)


def _missing(path: str) -> str:
    """What to say of a path at which there is no file now."""
    try:
        return f"There is no file {Path(path).name} there now." if path and not Path(path).exists() else ""
    except OSError:
        return ""
