"""A strip above the canvas with the runners of a race: each with its colour and numbers, the best marked."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QSizePolicy, QToolTip, QWidget

from app.core.variants.axes import written
from app.training.sweeping.results import DIVERGED, FAILED, VariantResult
from app.ui import scale, theme
from app.ui.flow import FlowLayout
from app.ui.labels import icon_button
from app.ui.layouts import row
from app.ui.pace import later
from app.ui.sweep import inks
from app.ui.sweep.desk import SweepDesk
from app.ui.sweep.pictures import result_words

_SOON = 100  # milliseconds


class VariantLabel(QWidget):
    """One runner: its colour, name and numbers."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.row: VariantResult | None = None
        self.best = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(scale.letters_px(190), 2 * self.fontMetrics().height() + scale.px(8))

    def show_row(self, row: VariantResult, best: bool) -> None:
        """Show these numbers."""
        self.row, self.best = row, best
        self.setAccessibleName(f"{row.name}: {self.words()}{', the best' if best else ''}")
        self.setToolTip(self.accessibleName())
        self.update()

    def _called(self, width: int) -> str:
        """Its name, or the values alone where that is cut: in these the runners differ."""
        assert self.row is not None
        if self.fontMetrics().horizontalAdvance(f"★ {self.row.name}") <= width or not self.row.values:
            return self.row.name
        return " · ".join(written(value) for value in self.row.values.values() if value is not None)

    def words(self) -> str:
        """Its numbers in short."""
        if self.row is None:
            return ""
        if self.row.state in (DIVERGED, FAILED):
            return self.row.state
        loss = self.row.loss
        parts = [f"loss {loss:.3g}"] if math.isfinite(loss) else []
        if self.row.result is not None:
            parts.append(result_words(self.row))
        return " · ".join(parts) or self.row.state

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.row is None:
            return
        ink = inks.of_runner(self.number)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            box = self.rect().adjusted(1, 1, -1, -1)
            painter.setPen(QPen(theme.color("accent") if self.best else theme.color("border"), 2 if self.best else 1))
            painter.setBrush(theme.color("raised"))
            painter.drawRoundedRect(box, 4, 4)
            line = self.fontMetrics().height()
            painter.fillRect(box.left() + 5, box.top() + 5, scale.px(6), box.height() - 10, ink)
            left = box.left() + scale.px(17)
            width = box.width() - scale.px(24)
            painter.setPen(theme.color("text"))
            star = "★ " if self.best else ""
            name = self.fontMetrics().elidedText(star + self._called(width), Qt.TextElideMode.ElideRight, width)
            painter.drawText(left, box.top() + 3, width, line, Qt.AlignmentFlag.AlignLeft, name)
            bad = self.row.state in (DIVERGED, FAILED)
            painter.setPen(theme.color("error" if bad else "text.soft"))
            words = self.fontMetrics().elidedText(self.words(), Qt.TextElideMode.ElideRight, width)
            painter.drawText(left, box.top() + 3 + line, width, line, Qt.AlignmentFlag.AlignLeft, words)


class RaceStrip(QFrame):
    """Hidden while no race is on, and after its cross was pressed. ``chosen`` tells a runner that was clicked."""

    chosen = Signal(int)
    gone = Signal()

    def __init__(self, desk: SweepDesk) -> None:
        super().__init__()
        self._desk = desk
        self._runners: dict[int, VariantLabel] = {}
        self._closed = False
        self.setAccessibleName("Runners of the race")
        self._flow = FlowLayout()
        self.close_button = icon_button("close", "Close this strip; the Sweep panel keeps the table", self._close)
        whole = row((self._flow, 1), self.close_button, of=self, margins=(6, 4, 6, 4))
        whole.setAlignment(self.close_button, Qt.AlignmentFlag.AlignTop)
        self._later = later(self, self._refresh, _SOON)
        desk.changed.connect(self._soon)
        desk.state_changed.connect(self._begun)
        theme.notifier.changed.connect(self.update)
        self.hide()

    def _begun(self, state: str) -> None:
        if state == "running" and not self._desk.table.rows:
            self._closed = False

    def _close(self) -> None:
        self._closed = True
        self.hide()
        self.gone.emit()

    def _soon(self) -> None:
        if not self._later.isActive():
            self._later.start()

    def _refresh(self) -> None:
        desk = self._desk
        rows = desk.table.rows if desk.racing else {}
        if not rows or self._closed:
            if self.isVisible():
                self.hide()
                self.gone.emit()
            return
        if set(rows) != set(self._runners):
            while self._flow.count():
                item = self._flow.takeAt(0)
                widget = item.widget() if item is not None else None
                if widget is not None:
                    widget.hide()
                    widget.deleteLater()
            self._runners = {number: VariantLabel(number) for number in rows}
            for runner in self._runners.values():
                self._flow.addWidget(runner)
        best = desk.best
        for number, runner in self._runners.items():
            runner.show_row(desk.in_words(rows[number]), best is not None and best.number == number)
        self.setVisible(True)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        child = self.childAt(event.position().toPoint())
        if isinstance(child, VariantLabel):
            self.chosen.emit(child.number)
            QToolTip.hideText()
