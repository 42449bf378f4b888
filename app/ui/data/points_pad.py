"""A plane to paint points on, each with a class. They are kept in the drawing, and each stroke is a step to undo."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui import scale, theme

POINTS = "PaintedPoints"  # the source whose samples are painted here
APART = 9.0  # pixels between two points of one stroke
NEAR = 10.0  # pixels around a point in which a right click takes it away
_SHAPES = 4
Point = tuple[float, float, int]


class PointsPad(QWidget):
    """Left button paints points of ``place``, right button takes the nearest one away. x and y go from −1 to 1.

    ``painted`` carries all points after a stroke.
    """

    painted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.points: list[Point] = []
        self.place = 0
        self._fresh: list[Point] = []  # of the stroke that is being painted
        self._last: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(84, 84)
        self.setAccessibleName("Plane to paint points on")
        self.setToolTip("Left button: points of the chosen class. Right button: take a point away.")
        theme.notifier.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(scale.px(220), scale.px(180))

    def show_points(self, points: Sequence[Point]) -> None:
        """Show these."""
        self.points = list(points)
        self.update()

    def paper(self) -> QRectF:
        """Where the plane lies."""
        side = min(self.width(), self.height()) - 4
        paper = QRectF(0, 0, side, side)
        paper.moveCenter(QRectF(self.rect()).center())
        return paper

    def at(self, x: float, y: float) -> QPointF:
        """Where a point stands on the screen."""
        paper = self.paper()
        return QPointF(paper.left() + (x + 1) / 2 * paper.width(), paper.bottom() - (y + 1) / 2 * paper.height())

    def _point(self, place: QPointF) -> Point | None:
        paper = self.paper()
        x = (place.x() - paper.left()) / paper.width() * 2 - 1
        y = (paper.bottom() - place.y()) / paper.height() * 2 - 1
        return (round(x, 3), round(y, 3), self.place) if abs(x) <= 1 and abs(y) <= 1 else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            self._take_away(event.position())
        elif event.button() == Qt.MouseButton.LeftButton:
            self._fresh, self._last = [], None
            self._add(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._last is not None:
            away = event.position() - self._last
            if away.manhattanLength() >= scale.px(APART):
                self._add(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._fresh:
            fresh, self._fresh, self._last = self._fresh, [], None
            self.points += fresh
            self.painted.emit(tuple(self.points))

    def _add(self, place: QPointF) -> None:
        point = self._point(place)
        if point is not None:
            self._fresh.append(point)
            self._last = place
            self.update()

    def _take_away(self, place: QPointF) -> None:
        def distance(point: Point) -> float:
            away = self.at(point[0], point[1]) - place
            return float(away.x() ** 2 + away.y() ** 2)

        nearest = min(self.points, key=distance, default=None)
        if nearest is not None and distance(nearest) <= scale.px(NEAR) ** 2:
            self.points.remove(nearest)
            self.painted.emit(tuple(self.points))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.points:
            self.points.pop()
            self.painted.emit(tuple(self.points))
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paper = self.paper()
            painter.fillRect(paper, theme.color("plot.background"))
            painter.setPen(theme.color("plot.grid"))
            painter.drawLine(self.at(0, -1), self.at(0, 1))
            painter.drawLine(self.at(-1, 0), self.at(1, 0))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for x, y, place in (*self.points, *self._fresh):
                _paint_mark(painter, self.at(x, y), place)
            painter.setPen(QPen(theme.color("focus" if self.hasFocus() else "border"), scale.px(1)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(paper)


def class_colour(place: int) -> QColor:
    """The colour of a class; the shape of its mark differs, too."""
    roles = ("plot.train", "plot.validation", "plot.third", "plot.fourth", "error", "warning", "ok", "info")
    return theme.color(roles[place % len(roles)])


def _paint_mark(painter: QPainter, at: QPointF, place: int) -> None:
    side = scale.px(4)
    painter.setPen(QPen(class_colour(place), scale.px(2)))
    painter.setBrush(class_colour(place))
    kind = place % _SHAPES
    if kind == 0:
        painter.drawEllipse(at, side - 1, side - 1)
    elif kind == 1:
        painter.drawRect(QRectF(at.x() - side + 1, at.y() - side + 1, 2 * side - 2, 2 * side - 2))
    elif kind == 2:
        painter.drawLine(at + QPointF(-side, -side), at + QPointF(side, side))
        painter.drawLine(at + QPointF(-side, side), at + QPointF(side, -side))
    else:
        painter.drawLine(at + QPointF(-side, 0), at + QPointF(side, 0))
        painter.drawLine(at + QPointF(0, -side), at + QPointF(0, side))
