"""The dreams that were made, as small pictures to choose from."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImageReader, QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QStackedWidget,
)

from app.ui import scale
from app.ui.dialogs import ask
from app.ui.labels import TintedLabel

SIDE = 72  # of a small picture
EMPTY = "No dream was made yet. Every dream that comes to its end, or is stopped, is kept here with its recipe."
TIP = "Return or a double click shows it and puts its recipe into the fields; Delete removes it"
_PATH = Qt.ItemDataRole.UserRole


class DreamGallery(QStackedWidget):
    """Small pictures of all dreams, the newest first. ``chosen`` carries the file of one."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.list = QListWidget()
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setAccessibleName("Dreams that were made")
        self.list.setToolTip(TIP)
        self.list.itemActivated.connect(lambda item: self.chosen.emit(item.data(_PATH)))
        empty = TintedLabel(EMPTY, "text.soft", wrap=True)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.addWidget(self.list)
        self.addWidget(empty)

    def look(self) -> None:
        """Show what there is now."""
        from app.insight.dream import gallery

        side = scale.letters_px(SIDE)
        self.list.clear()
        self.list.setIconSize(QSize(side, side))
        for path in gallery.kept():
            item = QListWidgetItem(QIcon(_small(path, side)), "")
            item.setData(_PATH, path)
            words = _words(path)
            item.setToolTip(words)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, words)
            self.list.addItem(item)
        self.setCurrentIndex(0 if self.list.count() else 1)

    def look_again(self) -> None:
        """Show what there is now, if anybody sees it."""
        if self.isVisible():
            self.look()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.list.currentItem()
        if event.key() == Qt.Key.Key_Delete and item is not None:
            self._remove(item.data(_PATH))
            return
        super().keyPressEvent(event)

    def _remove(self, path: Path) -> None:
        def gone() -> None:
            path.unlink(missing_ok=True)
            self.look()

        words = f"The picture of {_words(path)} is removed from the gallery. What was saved elsewhere stays."
        role = QMessageBox.ButtonRole
        answers = (("Keep", role.RejectRole, None), ("Remove", role.DestructiveRole, gone))
        ask(self, "Remove this dream?", words, "", answers)


def _small(path: Path, side: int) -> QPixmap:
    reader = QImageReader(str(path))
    size = reader.size()
    if size.isValid():
        reader.setScaledSize(size.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio))
    return QPixmap.fromImage(reader.read())


def _words(path: Path) -> str:
    """What a dream was of, and when."""
    from app.insight.dream.recipes import in_words, read_recipe
    from app.insight.tiles import NoPicture

    digits = path.stem.split("-")
    when = f"{digits[1][:4]}-{digits[1][4:6]}-{digits[1][6:]} {digits[2][:2]}:{digits[2][2:4]}"
    try:
        return f"{in_words(read_recipe(path).stages)}, {when}"
    except NoPicture:
        return when
