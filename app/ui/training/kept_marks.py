"""Marks at the foot of a plot for the epochs that can be gone back to. Imports pyqtgraph, so it is itself imported
late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from app.ui import scale, theme

NEAR = 8  # pixels at 100 %, of a click beside a mark
_HIGH = 0.07  # of the plot
_FOOT = 22  # pixels at 100 % above the axis in which a mark can be clicked


class KeptMarks:
    """Short strokes that stand on the axis below, one for each kept epoch."""

    def __init__(self, view: pg.PlotWidget, box: pg.ViewBox) -> None:
        self._box = box
        self._epochs: tuple[int, ...] = ()
        self._strokes = _Strokes(self, box)
        view.getPlotItem().addItem(self._strokes, ignoreBounds=True)

    @property
    def epochs(self) -> tuple[int, ...]:
        """Those that are marked."""
        return self._epochs

    def show_epochs(self, epochs: Sequence[int]) -> None:
        """Mark these."""
        if tuple(epochs) != self._epochs:
            self._epochs = tuple(epochs)
            self._strokes.update()

    def dress(self) -> None:
        """Take the colours of the theme."""
        self._strokes.update()

    def at(self, place: QPointF) -> int | None:
        """The epoch whose mark is at a place of the scene."""
        foot = self._box.sceneBoundingRect().bottom()
        if foot - place.y() > scale.px(_FOOT):
            return None
        near = [(abs(self._box.mapViewToScene(QPointF(each, 0)).x() - place.x()), each) for each in self._epochs]
        distance, epoch = min(near, default=(float("inf"), 0))
        return epoch if distance <= scale.px(NEAR) else None


class _Strokes(pg.GraphicsObject):
    """All strokes as one item: lines of pyqtgraph each ask for their place several times in every painting, which takes
    longer than all else where twenty epochs are kept."""

    def __init__(self, marks: KeptMarks, box: pg.ViewBox) -> None:
        super().__init__()
        self._marks, self._box = marks, box
        box.sigRangeChanged.connect(self._moved)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:
        """All that is seen, in which the strokes stand at the foot."""
        return QRectF(self._box.viewRect())

    def _moved(self, *_: object) -> None:
        """Another part of the plot is seen."""
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, *_: object) -> None:
        """The strokes that are in sight."""
        seen = self._box.viewRect()
        top = seen.top() + _HIGH * seen.height()
        painter.setPen(_pen())
        sight = [epoch for epoch in self._marks.epochs if seen.left() <= epoch <= seen.right()]
        painter.drawLines([QLineF(epoch, seen.top(), epoch, top) for epoch in sight])

    def hoverEvent(self, event: Any) -> None:
        """Say what the stroke under the mouse is for."""
        epoch = None if event.isExit() else self._marks.at(event.scenePos())
        self.setToolTip("" if epoch is None else f"Epoch {epoch} was kept. Click to continue from here.")


def _pen() -> QPen:
    pen = QPen(theme.color("accent"))
    pen.setCosmetic(True)
    pen.setWidthF(3.0 * max(1.0, theme.scale()))
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen
