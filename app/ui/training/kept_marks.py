"""Marks at the foot of a plot for the epochs that can be gone back to. Imports pyqtgraph, so it is itself imported
late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPen

from app.ui import scale, theme

NEAR = 8  # pixels at 100 %, of a click beside a mark
_HIGH = 0.07  # of the plot
_FOOT = 22  # pixels at 100 % above the axis in which a mark can be clicked


class KeptMarks:
    """Short strokes that stand on the axis below, one for each kept epoch."""

    def __init__(self, view: pg.PlotWidget, box: pg.ViewBox) -> None:
        self._view, self._box = view, box
        self._epochs: tuple[int, ...] = ()
        self._lines: list[Any] = []

    def show_epochs(self, epochs: Sequence[int]) -> None:
        """Mark these."""
        if tuple(epochs) == self._epochs:
            return
        self._epochs = tuple(epochs)
        plot = self._view.getPlotItem()
        for line in self._lines:
            plot.removeItem(line)
        self._lines = []
        for epoch in self._epochs:
            line = pg.InfiniteLine(epoch, 90, pen=_pen(), span=(0.0, _HIGH))
            line.setToolTip(f"Epoch {epoch} was kept. Click to continue from here.")
            plot.addItem(line, ignoreBounds=True)
            self._lines.append(line)

    def dress(self) -> None:
        """Take the colours of the theme."""
        for line in self._lines:
            line.setPen(_pen())

    def at(self, place: QPointF) -> int | None:
        """The epoch whose mark is at a place of the scene."""
        foot = self._box.sceneBoundingRect().bottom()
        if foot - place.y() > scale.px(_FOOT):
            return None
        near = [(abs(self._box.mapViewToScene(QPointF(each, 0)).x() - place.x()), each) for each in self._epochs]
        distance, epoch = min(near, default=(float("inf"), 0))
        return epoch if distance <= scale.px(NEAR) else None


def _pen() -> QPen:
    pen = QPen(theme.color("accent"))
    pen.setCosmetic(True)
    pen.setWidthF(3.0 * max(1.0, theme.scale()))
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen
