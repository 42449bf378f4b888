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
        self._lines: dict[int, Any] = {}  # by epoch

    def show_epochs(self, epochs: Sequence[int]) -> None:
        """Mark these."""
        if tuple(epochs) == self._epochs:
            return
        self._epochs = tuple(epochs)
        plot, wanted = self._view.getPlotItem(), set(epochs)
        # While it trains the last few are kept and each epoch brings another: a stroke that is no longer wanted moves,
        # because to make one takes longer than to draw the curves.
        free = [line for epoch, line in self._lines.items() if epoch not in wanted]
        self._lines = {epoch: line for epoch, line in self._lines.items() if epoch in wanted}
        for epoch in self._epochs:
            if epoch in self._lines:
                continue
            if free:
                line = free.pop()
                line.setPos(epoch)
            else:
                line = pg.InfiniteLine(epoch, 90, pen=_pen(), span=(0.0, _HIGH))
                plot.addItem(line, ignoreBounds=True)
            line.setToolTip(f"Epoch {epoch} was kept. Click to continue from here.")
            self._lines[epoch] = line
        for line in free:
            plot.removeItem(line)

    def dress(self) -> None:
        """Take the colours of the theme."""
        for line in self._lines.values():
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
