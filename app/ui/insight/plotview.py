"""Points and lines over two axes, to be zoomed, moved, pointed at and lassoed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QScrollArea, QToolTip, QWidget

from app.ui import scale, theme
from app.ui.insight import plot_words

if TYPE_CHECKING:
    import numpy as np

    from app.insight.plot import Plot
    from app.insight.tiles import Tiles

NEAR = 7.0  # pixels at 100 % from a point that is pointed at
ZOOM = 1.25  # of one notch of the wheel
MOST_ZOOM = 1e4  # times as large as all of it
FURTHEST = 4.0  # times as much as all of it
SIDE = 18  # pixels at 100 % of a thumbnail, at least
LARGEST = 56  # and at most
WIDEST = 1.8  # times as wide as it is high is a ground at most: one that is drawn out says little
STRETCH = 3.0  # times as long may a unit be on one axis as on the other: panels are wide and low
BESIDE = 190  # pixels at 100 % that words beside it take
WAYS = "The wheel zooms, the middle button moves, a double click shows all."
HOW = f"Drag round points to see their samples under Data; click one to look at it everywhere. {WAYS}"
Span = tuple[float, float]


class PlotView(QWidget):
    """Shows the plot of ``Tiles``. ``lassoed`` carries the places of the points inside of a line that was drawn round
    them, ``pointed`` that of a point that was clicked."""

    lassoed = Signal(object)
    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles: Tiles | None = None
        self._ground: QImage | None = None
        self._pictures: dict[int, QImage] = {}
        self._x: Span = (0.0, 1.0)
        self._y: Span = (0.0, 1.0)
        self._zoomed = False
        self._lasso: list[QPointF] = []
        self._from: QPointF | None = None  # where the middle button was pressed
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.notifier.changed.connect(self.update)

    @property
    def plot(self) -> Plot | None:
        """What is shown."""
        return self._tiles.plot if self._tiles is not None else None

    @property
    def spans(self) -> tuple[Span, Span]:
        """What the axes span now."""
        return self._x, self._y

    def show_tiles(self, tiles: Tiles) -> None:
        """Show this plot. One over the same axes as before, as a cloud that moves, stays zoomed as it is."""
        before = self.plot
        self._tiles, self._ground = tiles, None
        self._pictures.clear()
        plot = tiles.plot
        assert plot is not None, "tiles of a plot have one"
        same = before is not None and (before.x_label, before.y_label, len(before.points)) == (
            plot.x_label,
            plot.y_label,
            len(plot.points),
        )
        if not (self._zoomed and same):
            self.show_all()
        self.setAccessibleName(f"{tiles.title}. {len(plot.points):,} points.")
        self.setAccessibleDescription(HOW)
        self.update()

    def show_all(self) -> None:
        """Show all of it."""
        plot = self.plot
        if plot is None:
            return
        from app.insight.plot_picture import levelled

        box = self._box()
        self._x, self._y = levelled(plot, round(box.width()), round(box.height()), STRETCH)
        self._zoomed = False
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._zoomed:
            self.show_all()

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 70)

    def widest(self, high: int) -> int:
        """The width beyond which a ground, with its words beside it, of this height has no use for more."""
        return (
            round(WIDEST * high) + scale.letters_px(BESIDE) + QFontMetrics(self.font()).horizontalAdvance("−0.0000" * 2)
        )

    # Where things are

    def _box(self) -> QRectF:
        """The area between the axes."""
        metrics = QFontMetrics(self.font())
        left, foot = metrics.horizontalAdvance("−0.0000") + 8, metrics.height() + 4
        plot, head = self.plot, 5
        if plot is not None and not self._beside:
            foot += metrics.height() * len(plot_words.axis_words(plot, self.size(), metrics))
            head += metrics.height() * len(plot_words.legend_rows(plot, self.size(), left, metrics))
        area = QRectF(left, head, max(20, self.width() - left - 8), max(20, self.height() - head - foot))
        if plot is not None and plot.ground and area.width() > WIDEST * area.height():
            area.setWidth(WIDEST * area.height())
        return area

    @property
    def _beside(self) -> bool:
        """Whether the words stand at the right, where a ground that is not drawn out leaves room for them."""
        free = self.width() - WIDEST * self.height()
        return self.plot is not None and self.plot.ground and free > scale.letters_px(BESIDE)

    def _at(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 2) of the plot in pixels."""
        import numpy as np

        box = self._box()
        across = np.array([box.width() / (self._x[1] - self._x[0]), -box.height() / (self._y[1] - self._y[0])])
        return (points - np.array([self._x[0], self._y[1]])) * across + np.array([box.left(), box.top()])

    def _value(self, place: QPointF) -> tuple[float, float]:
        box = self._box()
        return (
            self._x[0] + (place.x() - box.left()) / box.width() * (self._x[1] - self._x[0]),
            self._y[1] - (place.y() - box.top()) / box.height() * (self._y[1] - self._y[0]),
        )

    def place_of(self, index: int) -> QPointF:
        """Where a point stands."""
        assert self.plot is not None, "a plot is shown"
        across, down = self._at(self.plot.points[index : index + 1])[0].tolist()
        return QPointF(across, down)

    def under(self, place: QPointF) -> int:
        """The point at this place; −1 where there is none."""
        import numpy as np

        plot = self.plot
        if plot is None or not len(plot.points):
            return -1
        away = np.hypot(*(self._at(plot.points) - np.array([place.x(), place.y()])).T)
        nearest = int(away.argmin())
        reach = self._picture_side() * 0.6 if self._with_pictures() else scale.px(NEAR)
        return nearest if away[nearest] <= reach else -1

    def inside(self, line: list[QPointF]) -> np.ndarray:
        """Which points (n,) are inside of a closed line, by the even-odd rule."""
        import numpy as np

        assert self.plot is not None, "a plot is shown"
        places = self._at(self.plot.points)
        found = np.zeros(len(places), dtype=bool)
        corners = np.array([(each.x(), each.y()) for each in line])
        for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, 0)):
            if y0 == y1:
                continue
            crosses = (places[:, 1] < y0) != (places[:, 1] < y1)
            found ^= crosses & (places[:, 0] < x0 + (places[:, 1] - y0) / (y1 - y0) * (x1 - x0))
        return found

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        plot = self.plot
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.color("window"))
            if plot is None:
                return
            box = self._box()
            self._paint_axes(painter, box, plot)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.save()
            painter.setClipRect(box)
            self._paint_ground(painter, plot)
            self._paint_lines(painter, plot)
            self._paint_points(painter, box, plot)
            if self._lasso:
                painter.setPen(QPen(theme.color("focus"), scale.px(2), Qt.PenStyle.DashLine))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawPolygon(QPolygonF(self._lasso))
            painter.restore()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("focus" if self.hasFocus() else "border"), 1))
            painter.drawRect(box)
            self._paint_legend(painter, box, plot)

    def _paint_axes(self, painter: QPainter, box: QRectF, plot: Plot) -> None:
        from app.insight.chart import ticks
        from app.insight.numbers import NumberFormat

        metrics = QFontMetrics(self.font())
        line = metrics.height()
        painter.setPen(theme.color("text.soft"))
        marks = ticks(*self._y, max(4, int(box.height() // (2.2 * line))))
        number = NumberFormat(marks, step=abs(marks[1] - marks[0]) if len(marks) > 1 else 0.0)
        for value in marks:
            level = box.bottom() - (value - self._y[0]) / (self._y[1] - self._y[0]) * box.height()
            place = QRectF(0, level - line / 2, box.left() - 5, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number(value))
        marks = ticks(*self._x, max(4, int(box.width() // (7 * line))))
        number = NumberFormat(marks, step=abs(marks[1] - marks[0]) if len(marks) > 1 else 0.0)
        for value in marks:
            across = box.left() + (value - self._x[0]) / (self._x[1] - self._x[0]) * box.width()
            place = QRectF(across - 50, box.bottom() + 2, 100, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, number(value))
        if plot.x_label and not self._beside:
            for at, words in enumerate(plot_words.axis_words(plot, self.size(), metrics), 1):
                words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, self.width() - 4)
                place = QRectF(0, box.bottom() + 2 + at * line, self.width(), line)
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_ground(self, painter: QPainter, plot: Plot) -> None:
        if self._tiles is None or not plot.ground:
            return
        from app.insight.plot import ground_colours
        from app.ui.insight.maps import to_image

        if self._ground is None:
            colours = ground_colours(self._tiles)
            self._ground = to_image(colours) if colours is not None else None
        if self._ground is not None:
            import numpy as np

            (left, top), (right, bottom) = self._at(np.array([[plot.x[0], plot.y[1]], [plot.x[1], plot.y[0]]])).tolist()
            painter.drawImage(QRectF(left, top, right - left, bottom - top), self._ground)

    def _paint_lines(self, painter: QPainter, plot: Plot) -> None:
        for line in plot.lines:
            style = Qt.PenStyle.DashLine if line.dashed else Qt.PenStyle.SolidLine
            painter.setPen(QPen(QColor(*line.ink), scale.px(2), style))
            painter.setBrush(QColor(*line.ink))
            places = [QPointF(across, down) for across, down in self._at(line.points).tolist()]
            painter.drawPolyline(QPolygonF(places))
            if line.dots:
                painter.setPen(QPen(theme.color("window"), 1))
                for place in places:
                    painter.drawEllipse(place, scale.px(4), scale.px(4))

    def _shown(self, plot: Plot) -> np.ndarray:
        """Which points are in view."""
        import numpy as np

        x, y = plot.points[:, 0], plot.points[:, 1]
        return np.flatnonzero((x >= self._x[0]) & (x <= self._x[1]) & (y >= self._y[0]) & (y <= self._y[1]))

    def _picture_side(self) -> float:
        plot, box = self.plot, self._box()
        count = max(1, len(self._shown(plot))) if plot is not None else 1
        room = (0.6 * box.width() * box.height() / count) ** 0.5
        return min(scale.px(LARGEST), max(scale.px(SIDE), room))

    def _with_pictures(self) -> bool:
        """Whether there is room for the pictures of the samples in the place of dots."""
        plot, box = self.plot, self._box()
        if plot is None or plot.thumbnails is None:
            return False
        room = 0.6 * box.width() * box.height() / max(1, len(self._shown(plot)))
        return plot.pictured or room >= scale.px(SIDE) ** 2

    def _paint_points(self, painter: QPainter, box: QRectF, plot: Plot) -> None:
        if not len(plot.points):
            return
        shown = self._shown(plot)
        places = self._at(plot.points[shown]).tolist()
        rings = plot.marked if len(plot.marked) else None
        if self._with_pictures():
            self._paint_pictures(painter, plot, shown.tolist(), places)
            return
        radius = scale.px(3.4) if len(shown) <= 1500 else scale.px(2.4)
        edge, ring = QPen(theme.color("window"), 1), QPen(theme.color("text"), scale.px(2))
        brushes = {ink: QColor(*ink) for ink in {tuple(each) for each in plot.inks[shown].tolist()}}
        for at, (across, down) in zip(shown.tolist(), places):
            marked = rings is not None and bool(rings[at])
            painter.setPen(ring if marked else edge)
            painter.setBrush(brushes[tuple(plot.inks[at].tolist())])
            reach = radius * 1.5 if marked else radius
            painter.drawEllipse(QPointF(across, down), reach, reach)

    def _paint_pictures(self, painter: QPainter, plot: Plot, shown: list[int], places: list[list[float]]) -> None:
        from app.ui.insight.maps import to_image

        assert plot.thumbnails is not None, "there are pictures"
        side = self._picture_side()
        for at, (across, down) in zip(shown, places):
            if at not in self._pictures:
                self._pictures[at] = to_image(plot.thumbnails[at])
            place = QRectF(across - side / 2, down - side / 2, side, side)
            painter.drawImage(place, self._pictures[at])
            marked = bool(len(plot.marked) and plot.marked[at])
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(*plot.inks[at].tolist()), scale.px(2)))
            painter.drawRect(place)
            if marked:
                painter.setPen(QPen(theme.color("text"), scale.px(1)))
                painter.drawRect(place.adjusted(-2, -2, 2, 2))

    def _paint_legend(self, painter: QPainter, box: QRectF, plot: Plot) -> None:
        metrics = QFontMetrics(self.font())
        line, x, y = metrics.height(), box.left(), 1.0
        beside = self._beside
        if beside:
            x, y = box.right() + line, box.top()
            painter.setPen(theme.color("text.soft"))
            for at, words in enumerate((f"→ {plot.x_label}", f"↑ {plot.y_label}")):
                if plot.x_label:
                    place = QRectF(x, box.bottom() - (2 - at) * line, self.width() - x, line)
                    words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(place.width()))
                    painter.drawText(place, Qt.AlignmentFlag.AlignLeft, words)
        entries = plot_words.entries(plot)
        rows = 0 if beside else len(plot_words.legend_rows(plot, self.size(), box.left(), metrics))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        right = self.width() - 4
        for at, (word, ink, is_line) in enumerate(entries):
            wide = plot_words.entry_width(word, metrics)
            if x + wide > right and at and rows > 1:
                x, y, rows = box.left(), y + line, rows - 1
            if (x + wide > right and at) if not beside else y + line > box.bottom() - 2 * line:
                painter.setPen(theme.color("text.soft"))
                painter.drawText(QPointF(x, y + metrics.ascent()), "…")
                return
            painter.setBrush(QColor(*ink))
            painter.setPen(QPen(QColor(*ink), scale.px(2) if is_line else 1))
            middle = y + line / 2
            if is_line:
                painter.drawLine(QPointF(x, middle), QPointF(x + line * 0.8, middle))
            else:
                painter.drawEllipse(QPointF(x + line * 0.4, middle), line * 0.28, line * 0.28)
            painter.setPen(theme.color("text"))
            painter.drawText(QPointF(x + line, y + metrics.ascent()), word)
            x, y = (x, y + line) if beside else (x + wide, y)
        if plot.mark and len(plot.marked) and bool(plot.marked.any()):
            if x + metrics.horizontalAdvance(plot.mark) + line < right:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(theme.color("text"), scale.px(2)))
                painter.drawEllipse(QPointF(x + line * 0.4, y + line / 2), line * 0.28, line * 0.28)
                painter.drawText(QPointF(x + line, y + metrics.ascent()), plot.mark)

    # Hands

    def zoom(self, factor: float, place: QPointF | None = None) -> None:
        """Show so many times as much, or less, about this place."""
        if self.plot is None:
            return
        whole, wide = self.plot.x[1] - self.plot.x[0], (self._x[1] - self._x[0]) * factor
        if wide < whole / MOST_ZOOM or (factor > 1 and wide > FURTHEST * whole):
            return
        x, y = self._value(place if place is not None else self._box().center())
        self._x = (x + (self._x[0] - x) * factor, x + (self._x[1] - x) * factor)
        self._y = (y + (self._y[0] - y) * factor, y + (self._y[1] - y) * factor)
        self._zoomed = True
        self.update()

    def move_by(self, across: float, down: float) -> None:
        """Move what is shown by shares of what the axes span."""
        wide, high = self._x[1] - self._x[0], self._y[1] - self._y[0]
        self._x = (self._x[0] + across * wide, self._x[1] + across * wide)
        self._y = (self._y[0] + down * high, self._y[1] + down * high)
        self._zoomed = True
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        ctrl = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if self._scrolls() and not (ctrl or self.hasFocus()):
            event.ignore()  # whoever scrolls the panel past it does not mean to zoom
            return
        self.zoom(ZOOM ** (-event.angleDelta().y() / 120), event.position())
        event.accept()

    def _scrolls(self) -> bool:
        """Whether it stands in something that can be scrolled."""
        around = self.parentWidget()
        while around is not None:
            if isinstance(around, QScrollArea) and around.verticalScrollBar().maximum() > 0:
                return True
            around = around.parentWidget()
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.plot is not None and len(self.plot.points):
            self._lasso = [event.position()]
        elif event.button() == Qt.MouseButton.MiddleButton:
            self._from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._lasso and event.buttons() & Qt.MouseButton.LeftButton:
            self._lasso.append(event.position())
            self.update()
        elif self._from is not None and event.buttons() & Qt.MouseButton.MiddleButton:
            box, moved = self._box(), event.position() - self._from
            self._from = event.position()
            self.move_by(-moved.x() / box.width(), moved.y() / box.height())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        line, self._lasso, self._from = self._lasso, [], None
        self.update()
        if not line or event.button() != Qt.MouseButton.LeftButton:
            return
        far = max((each - line[0]).manhattanLength() for each in line)
        if far < scale.px(NEAR):
            at = self.under(event.position())
            if at >= 0:
                self.pointed.emit(at)
            return
        found = self.inside(line).nonzero()[0]
        if len(found):
            self.lassoed.emit(found)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.under(event.position()) < 0:
            self.show_all()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (-0.1, 0.0),
            Qt.Key.Key_Right: (0.1, 0.0),
            Qt.Key.Key_Up: (0.0, 0.1),
            Qt.Key.Key_Down: (0.0, -0.1),
        }
        key = Qt.Key(event.key())
        if key in moves:
            self.move_by(*moves[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1 / ZOOM)
        elif key == Qt.Key.Key_Minus:
            self.zoom(ZOOM)
        elif key == Qt.Key.Key_Home:
            self.show_all()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.plot is not None and len(self.plot.points):
            found = self._shown(self.plot)
            if len(found):
                self.lassoed.emit(found)
        elif key == Qt.Key.Key_Escape and self._lasso:
            self._lasso = []
            self.update()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.words_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def words_at(self, place: QPointF) -> str:
        """What is said of this place."""
        plot = self.plot
        if plot is None:
            return ""
        at = self.under(place)
        if 0 <= at < len(plot.names):
            return " · ".join(filter(None, (plot.names[at], plot.said[at] if plot.said else "")))
        if self._box().contains(place):
            if len(plot.points) and len(plot.numbers):
                return HOW
            return WAYS
        return ""
