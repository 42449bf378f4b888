"""A strip of small pictures to choose a sample from, with the mouse or the arrow keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QScrollArea, QToolTip, QWidget

from app.ui import scale, theme

if TYPE_CHECKING:
    from app.ui.insight.views import Thumbnails

COLUMNS, FEW_COLUMNS = 4, 2
SIDE, GAP = 34, 4  # pixels at 100 %


class SampleChooser(QWidget):
    """All samples in a few columns, each with its name as tooltip. ``chosen`` carries the number of the sample."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._pictures: list[QImage] = []
        self.names: tuple[str, ...] = ()
        self.current = 0
        self.columns = COLUMNS
        scale.leave(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Samples to choose from")
        theme.notifier.changed.connect(self._grow)

    def show_samples(self, samples: Thumbnails, current: int = 0) -> None:
        """Show these, with ``current`` marked as chosen; the last one if there are not as many."""
        self.names = samples.names
        self._pictures = []
        if samples.pictures is not None:
            from app.ui.insight.maps import to_image

            self._pictures = [to_image(picture) for picture in samples.pictures]
        self.current = min(current, max(len(self.names) - 1, 0))
        self._grow()

    def arrange(self, columns: int) -> None:
        """Show so many samples side by side."""
        if columns != self.columns:
            self.columns = columns
            self._grow()

    def _grow(self) -> None:
        rows = -(-len(self.names) // self.columns)
        self.setFixedHeight(max(rows * self._step(), scale.px(SIDE)))
        self.update()

    @staticmethod
    def _step() -> int:
        """From one sample to the next, in pixels of the screen."""
        return scale.px(SIDE) + scale.px(GAP)

    def choose(self, index: int) -> None:
        """Choose a sample as if it had been clicked."""
        if self.names and 0 <= index < len(self.names) and index != self.current:
            self.current = index
            self.update()
            self._keep_in_view()
            self.chosen.emit(index)

    def choose_none(self) -> None:
        """None of these is looked at."""
        self.current = -1
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.columns * self._step(), scale.px(SIDE) * 4)

    def place(self, index: int) -> QRect:
        """Where a sample stands."""
        down, right = divmod(index, self.columns)
        return QRect(right * self._step() + 1, down * self._step() + 1, scale.px(SIDE), scale.px(SIDE))

    def _at(self, x: int, y: int) -> int | None:
        index = y // self._step() * self.columns + x // self._step()
        return index if x < self.columns * self._step() and 0 <= index < len(self.names) else None

    def _keep_in_view(self) -> None:
        viewport = self.parentWidget()
        area = viewport.parentWidget() if viewport is not None else None
        if isinstance(area, QScrollArea):
            centre = self.place(self.current).center()
            area.ensureVisible(centre.x(), centre.y(), scale.px(SIDE), scale.px(SIDE))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            for index in range(len(self.names)):
                box = self.place(index)
                if not box.intersects(event.rect()):
                    continue
                if index < len(self._pictures):
                    painter.drawImage(box, self._pictures[index])
                else:
                    painter.fillRect(box, theme.color("field"))
                    painter.setPen(theme.color("text.soft"))
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(index + 1))
            if self.names and self.current >= 0:
                role = "focus" if self.hasFocus() else "accent"
                painter.setPen(QPen(theme.color(role), 3 if self.hasFocus() else 2))
                painter.drawRect(self.place(self.current))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._at(int(event.position().x()), int(event.position().y()))
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self.choose(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self.columns,
            Qt.Key.Key_Down: self.columns,
            Qt.Key.Key_Home: -self.current,
            Qt.Key.Key_End: len(self.names) - 1 - self.current,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.choose(self.current + step)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self._at(event.pos().x(), event.pos().y())
            text = f"{self.names[index]} (sample {index + 1})" if index is not None else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
