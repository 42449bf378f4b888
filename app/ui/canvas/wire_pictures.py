"""Pictures of small curved wires: many wires have the same curve, and a copy costs less than a stroke."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, floor

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from app.ui.canvas.camera import Camera
from app.ui.canvas.figures import WireFigure

# Pixels of the screen. To copy a large picture that is nearly empty costs more than to draw the curve.
_LARGEST = 20_000
_MOST_KEPT = 200  # different curves
_Curve = tuple[float, float, float, float, float]  # from the start to the end; the lane below the start, its two turns


def _curve(figure: WireFigure) -> _Curve:
    start, end, lane = figure.start, figure.end, figure.lane
    across, down = end.x() - start.x(), end.y() - start.y()
    if lane is None:
        return across, down, 0.0, 0.0, 0.0
    return across, down, lane.y - start.y(), lane.turn_in, lane.turn_out


class WirePictures:
    """Pixmaps of curves at one zoom, each with where it lies from the first point of the wire, in pixels of the widget.

    While the zoom changes from frame to frame nothing is kept and every curve is drawn.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str | None, bool, _Curve], tuple[QPixmap, QPointF] | None] = {}
        self._made_for: tuple[float, float] | None = None

    def clear(self) -> None:
        """Forget all, for other colours."""
        self._kept.clear()
        self._made_for = None

    def paint(self, painter: QPainter, figures: Iterable[WireFigure], pen: QPen, camera: Camera) -> list[WireFigure]:
        """Copy those of these wires, all drawn with ``pen``, that have a picture; the others come back.

        ``painter`` counts in units of the drawing; nothing about it is changed.
        """
        device = painter.device()
        wanted = (camera.scale, device.devicePixelRatioF())
        if wanted != self._made_for:
            self._kept.clear()
            self._made_for = wanted
            return list(figures)
        scale, ratio = wanted
        left: list[WireFigure] = []
        into = painter.transform()
        painter.resetTransform()
        for figure in figures:
            curve = _curve(figure)
            if not curve[1] and not curve[2] and curve[0] > 0:
                left.append(figure)  # a straight line is as quick as a copy
                continue
            key = (figure.kind, figure.fits, curve)
            if key not in self._kept:
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                self._kept[key] = _drawn(figure, pen, scale, ratio)
            found = self._kept[key]
            if found is None:
                left.append(figure)
                continue
            picture, corner = found
            x, y = (figure.start.x() - camera.x) * scale, (figure.start.y() - camera.y) * scale
            painter.drawPixmap(QPointF(round(x * ratio) / ratio, round(y * ratio) / ratio) + corner, picture)
        painter.setTransform(into)
        return left


def _drawn(figure: WireFigure, pen: QPen, scale: float, ratio: float) -> tuple[QPixmap, QPointF] | None:
    edge = pen.widthF() * scale / 2 + 1
    box = figure.path.boundingRect().translated(-figure.start)
    left, top = floor(box.left() * scale - edge), floor(box.top() * scale - edge)
    width, height = ceil(box.right() * scale + edge) - left, ceil(box.bottom() * scale + edge) - top
    if width * height * ratio * ratio > _LARGEST:
        return None
    picture = QPixmap(ceil(width * ratio), ceil(height * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(-left, -top)
        painter.scale(scale, scale)
        painter.translate(-figure.start)
        painter.setPen(pen)
        painter.drawPath(figure.path)
    return picture, QPointF(left, top)
