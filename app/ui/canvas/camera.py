"""Which part of the drawing is seen, and how large."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QPainter, QTransform

LEAST, MOST = 0.02, 4.0
STEP = 1.25  # one click of "zoom in"
_MARGIN = 36.0  # pixels round what is framed


class Camera:
    """``scale`` pixels for one unit of the drawing; ``x`` and ``y`` are the drawing's point in the top left corner."""

    def __init__(self) -> None:
        self.scale = 1.0
        self.x = 0.0
        self.y = 0.0

    @property
    def place(self) -> tuple[float, float, float]:
        """``x``, ``y`` and ``scale``, to be compared or gone back to."""
        return self.x, self.y, self.scale

    @place.setter
    def place(self, place: tuple[float, float, float]) -> None:
        self.x, self.y, self.scale = place

    def to_scene(self, point: QPointF) -> QPointF:
        """The point of the drawing under a point of the widget."""
        return QPointF(self.x + point.x() / self.scale, self.y + point.y() / self.scale)

    def to_view(self, point: QPointF) -> QPointF:
        """Where a point of the drawing is seen in the widget."""
        return QPointF((point.x() - self.x) * self.scale, (point.y() - self.y) * self.scale)

    def rect_to_view(self, rect: QRectF) -> QRectF:
        """Where a rectangle of the drawing is seen in the widget."""
        return QRectF(self.to_view(rect.topLeft()), QSizeF(rect.width() * self.scale, rect.height() * self.scale))

    @contextmanager
    def in_scene(self, painter: QPainter) -> Iterator[None]:
        """What is painted inside counts in units of the drawing."""
        painter.save()
        scale = self.scale
        painter.setTransform(QTransform(scale, 0, 0, scale, -self.x * scale, -self.y * scale), True)
        try:
            yield
        finally:
            painter.restore()

    def seen(self, width: float, height: float) -> QRectF:
        """The part of the drawing that a widget of this size shows."""
        return QRectF(self.x, self.y, width / self.scale, height / self.scale)

    def pan(self, dx: float, dy: float) -> None:
        """Move the drawing by so many pixels of the widget."""
        self.x -= dx / self.scale
        self.y -= dy / self.scale

    def zoom_at(self, point: QPointF, factor: float) -> None:
        """Make everything larger by ``factor``; what is under ``point`` of the widget stays there."""
        held = self.to_scene(point)
        scale = min(MOST, max(LEAST, self.scale * factor))
        # Close to 100 % it is 100 %: texts are sharpest there, and steps of the wheel would miss it for ever.
        self.scale = 1.0 if abs(scale - 1.0) < 0.02 else scale
        self.x = held.x() - point.x() / self.scale
        self.y = held.y() - point.y() / self.scale

    def widened(self, rect: QRectF) -> QRectF:
        """A part of the drawing with most of the margin round it that ``frame`` leaves."""
        edge = 0.9 * _MARGIN / self.scale
        return rect.adjusted(-edge, -edge, edge, edge)

    def frame(self, rect: QRectF, width: float, height: float, margin: float = _MARGIN, most: float = 1.0) -> None:
        """Show all of ``rect`` in the middle of a widget of this size, at most ``most`` times as large."""
        room_x, room_y = max(width - 2 * margin, 1.0), max(height - 2 * margin, 1.0)
        fitting = min(room_x / max(rect.width(), 1.0), room_y / max(rect.height(), 1.0))
        self.scale = min(most, MOST, max(LEAST, fitting))
        self.look_at(rect.center(), width, height)

    def look_at(self, point: QPointF, width: float, height: float) -> None:
        """Bring a point of the drawing into the middle of a widget of this size."""
        self.x = point.x() - width / self.scale / 2
        self.y = point.y() - height / self.scale / 2
