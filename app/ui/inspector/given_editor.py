"""Weights by hand: the line that a drawing keeps, and a small table of one tensor of it below."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from app.ui.inspector.boxes import CalmCombo, FloatBox, IntBox
from app.ui.inspector.kernels import KERNELS, Rows, centred
from app.ui.inspector.lists import TextEditor
from app.ui.inspector.number_table import NumberTable
from app.ui.labels import TintedLabel
from app.ui.layouts import column, row
from nodes.api.given import BadGiven, Given, Shapes, fitted, written

AXES = 3  # before the last two: of a convolution of volumes


class GivenEditor(TextEditor):
    """``below`` is the table, for the whole width of the form; it is there once ``fit`` has told the shapes."""

    def __init__(self, param: Given) -> None:
        super().__init__(param)
        self._example = param.example
        self.line.setPlaceholderText(self._example)
        self._shapes: Shapes = {}
        self._filled: dict[str, tuple[float, ...]] = {}
        self.below = QWidget(self)  # until a form takes it
        self.which = CalmCombo("Weights", "Which weights of the layer, by torch's names")
        self.which.currentIndexChanged.connect(lambda _: self._show_table())
        self.places = [IntBox(0, 0) for _ in range(AXES)]
        for number, box in enumerate(self.places):
            box.setAccessibleName(f"Place {number + 1}")
            box.setToolTip("Which part of these weights: filter, then channel that is read")
            box.valueChanged.connect(lambda _: self._show_table())
        self.table = NumberTable()
        self.table.setToolTip("Type a number, or copy and paste cells of a spreadsheet (Ctrl+C, Ctrl+V)")
        self.table.changed.connect(self._changed)
        self.table.told.connect(self.hinted)
        self.paint = QToolButton()
        self.paint.setText("Paint")
        self.paint.setCheckable(True)
        self.paint.setToolTip("Paint cells with the number beside this button")
        self.paint.toggled.connect(lambda _: self._take_brush())
        self.brush = FloatBox(-1e6, 1e6, 0.1)
        self.brush.setValue(1.0)
        self.brush.setAccessibleName("Brush")
        self.brush.setToolTip("The number that is painted")
        self.brush.valueChanged.connect(lambda _: self._take_brush())
        self.presets = QToolButton()
        self.presets.setText("Preset")
        self.presets.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.presets.setToolTip("Well-known numbers for what the table shows")
        self.menu = QMenu(self.presets)
        self.presets.setMenu(self.menu)
        self.said = TintedLabel("", "text.soft", wrap=True)
        for part in (self.which, self.brush, *self.places):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        column(
            row((self.which, 2), *((box, 1) for box in self.places), spacing=4),
            self.table,
            row(self.paint, (self.brush, 1), self.presets, 1, spacing=4),
            self.said,
            of=self.below,
            spacing=4,
        )
        self.below.hide()

    # What there is

    def fit(self, shapes: Shapes) -> None:
        """The weights of the layer as it is now, by torch's names; none where that is not known."""
        if dict(shapes) != dict(self._shapes):
            self._shapes = dict(shapes)
            self.which.offer(shapes)
        self._show_table()

    def show_value(self, value: Any) -> None:
        super().show_value(value)
        self.line.setPlaceholderText(self._example)
        self.line.setCursorPosition(0)
        self._show_table()

    def show_below(self, shown: bool) -> None:
        """Show the table, or fold it away."""
        self.below.setVisible(shown and bool(self._shapes))

    @property
    def part(self) -> tuple[tuple[int, ...], int, int, int]:
        """Shape of the chosen weights, and of what the table shows of them: where it begins, its rows and columns."""
        shape = self._shapes.get(self.which.currentText(), ())
        *outer, rows, columns = (1, 1, *shape)[-max(2, len(shape)) :]
        first = 0
        for size, box in zip(outer, self.places):
            first = first * size + min(box.value(), size - 1)
        return shape, first * rows * columns, rows, columns

    def _show_table(self) -> None:
        if not self._shapes:
            return
        try:
            filled, said = fitted(str(self._value or ""), self._shapes)
        except BadGiven as bad:
            self.table.setEnabled(False)
            self.said.setText(str(bad))
            if bad.whole:  # a wrong number of numbers: the table shows what there is
                filled, said = fitted(bad.whole, self._shapes)
                self.table.setEnabled(True)
            else:
                return
        else:
            self.table.setEnabled(True)
            self.said.setText(" ".join(said))
        self._filled = dict(filled)
        shape, first, rows, columns = self.part
        outer = shape[:-2]
        for number, box in enumerate(self.places):
            box.setVisible(number < len(outer))
            with QSignalBlocker(box):
                box.setRange(0, outer[number] - 1 if number < len(outer) else 0)
        _, first, rows, columns = self.part
        self.table.show_numbers(self._filled[self.which.currentText()][first : first + rows * columns], rows, columns)
        self._fill_menu(rows, columns)

    # What is changed

    def _changed(self, numbers: list[float]) -> None:
        name = self.which.currentText()
        if name not in self._filled:
            return
        _, first, rows, columns = self.part
        before = self._filled[name]
        made = (*before[:first], *numbers, *before[first + rows * columns :])
        if made != before:
            self._filled[name] = made
            text = written(self._filled, self._shapes)
            self._take(text)
            self.line.setText(text)
            self.line.setCursorPosition(0)

    def _take_brush(self) -> None:
        self.table.brush = self.brush.value() if self.paint.isChecked() else None

    def _fill_menu(self, rows: int, columns: int) -> None:
        shape, *_ = self.part
        self.menu.clear()
        if len(shape) == 4 and rows >= 3 and columns >= 3:
            for title, (tip, kernel) in KERNELS.items():
                action = self.menu.addAction(title, partial(self._kernel, kernel))
                action.setToolTip(tip)
            self.menu.addSeparator()
        if len(shape) == 2 and rows == columns:
            self.menu.addAction(
                "Identity", lambda: self._changed([float(n // rows == n % rows) for n in range(rows**2)])
            )
        for title, value in (("All 0", 0.0), ("All 1", 1.0)):
            self.menu.addAction(title, partial(self._changed, [value] * prod((rows, columns))))

    def _kernel(self, kernel: Rows) -> None:
        _, _, rows, columns = self.part
        self._changed(list(centred(kernel, rows, columns)))
