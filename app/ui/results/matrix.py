"""A confusion matrix to look at and to click: readable from two classes to some hundred, with heads that stay while the
rest scrolls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QToolTip

from app.ui import scale, theme
from app.ui.predict.bars import seen_word

if TYPE_CHECKING:
    import numpy as np

_FEW = 24  # classes, up to which every cell has its number
_LEAST = 11  # pixels of a cell without numbers
_MOST = 64  # a cell is no larger than this
_WIDEST_WORD = 96
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class Matrix(QAbstractScrollArea):
    """``chosen`` carries right and chosen class of a cell that was clicked, or on which Enter was pressed."""

    chosen = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._counts: np.ndarray | None = None
        self._words: tuple[str, ...] = ()
        self._shares = False
        self.current = (0, 0)
        self.head, self.cell, self.width_of_cell = 0, 1, 1  # the words at the left, and the sides of a cell
        self._line, self._top, self._number = 1, 1, 1
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Confusion matrix")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        theme.notifier.changed.connect(self.viewport().update)

    def show_counts(self, counts: np.ndarray | None, words: Sequence[str], shares: bool) -> None:
        """Show counts (classes, classes) by right class (rows) and chosen class, or as shares of their row."""
        self._counts, self._words, self._shares = counts, tuple(words), shares
        size = len(counts) if counts is not None else 0
        if max(self.current) >= size:
            self.current = (0, 0)
        self._fit()
        self._say()
        self.viewport().update()

    @property
    def counts(self) -> np.ndarray | None:
        """What is shown."""
        return self._counts

    def sizeHint(self) -> QSize:
        return QSize(scale.px(320), scale.px(180))

    def minimumSizeHint(self) -> QSize:
        return QSize(scale.px(120), scale.px(80))

    # Where everything stands

    def _word(self, place: int) -> str:
        return seen_word(self._words[place]) if place < len(self._words) else str(place)

    def _number_width(self) -> int:
        most = int(self._counts.max()) if self._counts is not None and self._counts.size else 0
        return self.fontMetrics().horizontalAdvance("100 %" if self._shares else f"{most:,}")

    def _fit(self) -> None:
        """Choose the sides of the cells: as large as fits, but not too small to be seen; the rest scrolls then."""
        size = len(self._counts) if self._counts is not None else 0
        metrics, view = self.fontMetrics(), self.viewport()
        self._line = metrics.height()
        self._top = self._line + scale.px(4)
        self._number = self._number_width()
        widest = max((metrics.horizontalAdvance(self._word(at)) for at in range(min(size, 200))), default=0)
        self.head = min(widest, scale.letters_px(_WIDEST_WORD)) + scale.px(8)
        across = (view.width() - self.head - 2) // max(1, size)
        down = (view.height() - self._top - 2) // max(1, size)
        few = size <= _FEW
        wanted = max(min(across, down), self._line - 2 if few else scale.px(_LEAST))
        self.cell = max(3, min(wanted, scale.px(_MOST)))
        # Cells may be wider than they are high, so that their numbers can be read.
        readable = max(self.cell, self._number + scale.px(6)) if few else self.cell
        self.width_of_cell = min(max(self.cell, min(across, round(2.2 * self.cell))), readable)
        for bar, needed, room in (
            (self.horizontalScrollBar(), self.head + size * self.width_of_cell + 2, view.width()),
            (self.verticalScrollBar(), self._top + size * self.cell + 2, view.height()),
        ):
            bar.setRange(0, max(0, needed - room))
            bar.setPageStep(max(1, room))
            bar.setSingleStep(self.cell)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def box(self, right: int, chosen: int) -> QRect:
        """Where a cell stands in the viewport."""
        return QRect(
            self.head + chosen * self.width_of_cell - self.horizontalScrollBar().value(),
            self._top + right * self.cell - self.verticalScrollBar().value(),
            self.width_of_cell,
            self.cell,
        )

    def at(self, place: QPoint) -> tuple[int, int] | None:
        """The cell at a place of the viewport; None outside of all."""
        size = len(self._counts) if self._counts is not None else 0
        if place.x() < self.head or place.y() < self._top:
            return None
        chosen = (place.x() - self.head + self.horizontalScrollBar().value()) // self.width_of_cell
        right = (place.y() - self._top + self.verticalScrollBar().value()) // self.cell
        return (right, chosen) if right < size and chosen < size else None

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        counts = self._counts
        if counts is None:
            return
        size, wide, high = len(counts), self.width_of_cell, self.cell
        view = self.viewport().rect()
        across, down = self.horizontalScrollBar().value(), self.verticalScrollBar().value()
        first, last = max(0, across // wide), min(size, (across + view.width() - self.head) // wide + 1)
        top, bottom = max(0, down // high), min(size, (down + view.height() - self._top) // high + 1)
        rows = counts.sum(1)
        most = max(1, int(counts.max()))
        numbers = high >= self._line - 2 and wide >= self._number + 2
        with QPainter(self.viewport()) as painter:
            painter.setClipRect(view.adjusted(self.head, self._top, 0, 0))
            back, right_ink, wrong_ink = theme.color("field"), theme.color("plot.train"), theme.color("error")
            for row in range(top, bottom):
                for column in range(first, last):
                    count = int(counts[row, column])
                    share = count / rows[row] if rows[row] else 0.0
                    strength = share if self._shares or row == column else count / most
                    strength = (0.2 + 0.8 * strength) if count else 0.0
                    strength = min(1.0, strength * (1.0 if row == column else 2.0))
                    colour = theme.mixed(right_ink if row == column else wrong_ink, back, 1 - 0.75 * strength)
                    box = self.box(row, column)
                    painter.fillRect(box.adjusted(0, 0, -1 if wide > 5 else 0, -1 if high > 5 else 0), colour)
                    if numbers and count:
                        painter.setPen(theme.text_on(colour))
                        painter.drawText(
                            box.adjusted(-4, -4, 4, 4), Qt.AlignmentFlag.AlignCenter, self._said(count, share)
                        )
            self._mark(painter)
            painter.setClipping(False)
            self._heads(painter, (first, last), (top, bottom))

    def _said(self, count: int, share: float) -> str:
        return f"{100 * share:.0f} %" if self._shares else f"{count:,}"

    def _mark(self, painter: QPainter) -> None:
        if self.hasFocus():
            painter.setPen(QPen(theme.color("focus"), max(1.0, 2 * theme.scale())))
            painter.drawRect(self.box(*self.current).adjusted(1, 1, -2, -2))

    def _heads(self, painter: QPainter, columns: tuple[int, int], rows: tuple[int, int]) -> None:
        """The words at the top and at the left; of narrow cells not every one."""
        metrics = self.fontMetrics()
        painter.setPen(theme.color("text.soft"))
        painter.setClipRect(self.viewport().rect().adjusted(0, self._top, 0, 0))
        every = max(1, -(-(self._line - 2) // self.cell))
        for row in range(rows[0] - rows[0] % every, rows[1], every):
            box = self.box(row, 0)
            words = metrics.elidedText(self._word(row), Qt.TextElideMode.ElideRight, self.head - scale.px(6))
            high = max(box.height(), self._line)
            place = QRectF(0, box.center().y() - high / 2, self.head - scale.px(5), high)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        painter.setClipRect(self.viewport().rect().adjusted(self.head, 0, 0, 0))
        widest = max((metrics.horizontalAdvance(self._word(at)) for at in range(*columns)), default=1)
        least = min(widest, scale.letters_px(40)) + scale.px(4)
        every = max(1, -(-least // self.width_of_cell))
        for column in range(columns[0] - columns[0] % every, columns[1], every):
            box = self.box(0, column)
            room = every * self.width_of_cell - 2
            words = metrics.elidedText(self._word(column), Qt.TextElideMode.ElideRight, room)
            place = QRectF(box.center().x() - room / 2, 0, room, self._line)
            painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, words)
        painter.setClipping(False)

    # Hand

    def words_at(self, right: int, chosen: int) -> str:
        """A cell in words."""
        counts = self._counts
        assert counts is not None
        count, samples = int(counts[right, chosen]), int(counts[right].sum())
        share = f" ({100 * count / samples:.1f} %)" if samples else ""
        if right == chosen:
            return f"{self._word(right)}: {count:,} of {samples:,} recognised{share}"
        return f"{self._word(right)} taken for {self._word(chosen)}: {count:,} of {samples:,}{share}"

    def _say(self) -> None:
        if self._counts is not None and len(self._counts):
            self.setAccessibleDescription(self.words_at(*self.current))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.at(event.position().toPoint())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self.current = cell
            self._say()
            self.viewport().update()
            self.chosen.emit(*cell)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self.at(event.position().toPoint()) is not None
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        size = len(self._counts) if self._counts is not None else 0
        step = _STEPS.get(Qt.Key(event.key()))
        if size and step is not None:
            self.current = (
                min(size - 1, max(0, self.current[0] + step[0])),
                min(size - 1, max(0, self.current[1] + step[1])),
            )
            self._show_current()
        elif size and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(*self.current)
        else:
            super().keyPressEvent(event)

    def _show_current(self) -> None:
        box, view = self.box(*self.current), self.viewport().rect()
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() + min(0, box.left() - self.head) + max(0, box.right() - view.right()))
        down.setValue(down.value() + min(0, box.top() - self._top) + max(0, box.bottom() - view.bottom()))
        self._say()
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            cell = self.at(event.pos())
            QToolTip.showText(event.globalPos(), self.words_at(*cell) if cell is not None else "", self)
            return True
        return super().viewportEvent(event)
