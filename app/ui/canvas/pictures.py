"""The pictures of nodes, drawn once for each zoom and kept while they are good."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap

from app.ui.canvas import geometry as g
from app.ui.canvas.figures import NodeFigure
from app.ui.canvas.ink import Detail, Ink
from app.ui.canvas.node_picture import NodePainter

_LEAST_KEPT = 4_000_000  # pixels of all kept pictures together; 16 MB
_MOST_FRAMES = 200
Wanted = tuple[float, float, Detail]  # zoom, pixels of the screen for each of ours, detail


def margin_pixels(level: Detail, scale: float) -> int:
    """How many pixels a node's picture has around the node itself."""
    return ceil(g.MARGIN * scale) if level == Detail.FULL else 6


class Pictures:
    """Pixmaps with what they were drawn for; the least recently used are dropped first."""

    def __init__(self, ink: Ink) -> None:
        self.painter = NodePainter(ink)
        self.limit = _LEAST_KEPT
        self._kept: OrderedDict[NodeFigure, tuple[Wanted, int, QPixmap]] = OrderedDict()
        self._pixels = 0
        self._frames: dict[tuple[str, bool, bool, bool, float], QPixmap] = {}
        self._frames_for: Wanted | None = None

    def fit(self, width: int, height: int, ratio: float) -> None:
        """Keep as many pictures as a widget of this size can show, and a few screens more."""
        self.limit = max(_LEAST_KEPT, round(width * height * ratio * ratio * 4))

    def get(self, figure: NodeFigure, wanted: Wanted, may_draw: bool = True) -> tuple[QPixmap | None, Wanted | None]:
        """The picture of a node and what it was drawn for.

        Without ``may_draw`` an old one of another zoom may come back, to be stretched, or none.
        """
        kept = self._kept.get(figure)
        if kept is not None and kept[1] == figure.version:
            if kept[0] == wanted:
                self._kept.move_to_end(figure)
                return kept[2], wanted
            if not may_draw:
                return kept[2], kept[0]
        if not may_draw:
            return None, None
        picture = self._draw(figure, wanted)
        if kept is not None:
            self._pixels -= kept[2].width() * kept[2].height()
        self._kept[figure] = (wanted, figure.version, picture)
        self._kept.move_to_end(figure)
        self._pixels += picture.width() * picture.height()
        while self._pixels > self.limit and len(self._kept) > 1:
            _, (_, _, dropped) = self._kept.popitem(last=False)
            self._pixels -= dropped.width() * dropped.height()
        return picture, wanted

    def _draw(self, figure: NodeFigure, wanted: Wanted) -> QPixmap:
        # A copy of the frame is a blit; drawing it anew would cost more than all the text.
        picture, scale = QPixmap(self._frame(figure, wanted)), wanted[0]
        with self._on(picture, wanted) as painter:
            draw = self.painter.full if wanted[2] == Detail.FULL else self.painter.short
            draw(painter, figure, scale)
        return picture

    def _frame(self, figure: NodeFigure, wanted: Wanted) -> QPixmap:
        if self._frames_for != wanted or len(self._frames) > _MOST_FRAMES:
            self._frames.clear()
            self._frames_for = wanted
        key = (figure.look.category, figure.look.bypassed, figure.look.pale, figure.look.expandable, figure.height)
        found = self._frames.get(key)
        if found is None:
            found = self._frames[key] = self._empty(figure, wanted)
        return found

    def _empty(self, figure: NodeFigure, wanted: Wanted) -> QPixmap:
        scale, ratio, level = wanted
        edge = margin_pixels(level, scale)
        width, height = ceil(g.NODE_WIDTH * scale) + 2 * edge, ceil(figure.height * scale) + 2 * edge
        picture = QPixmap(ceil(width * ratio), ceil(height * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)

        with self._on(picture, wanted) as painter:
            if level == Detail.FULL:
                self.painter.frame(painter, figure)
            else:
                self.painter.short_frame(painter, figure, scale)
        return picture

    @contextmanager
    def _on(self, picture: QPixmap, wanted: Wanted) -> Iterator[QPainter]:
        """Paints with the corner of the node as origin; where all is drawn, in units of the drawing, else in pixels."""
        scale, _, level = wanted
        edge = margin_pixels(level, scale)
        with QPainter(picture) as painter:
            painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
            painter.translate(QPointF(edge, edge))
            if level == Detail.FULL:
                painter.scale(scale, scale)
            yield painter

    def body_in(self, figure: NodeFigure, wanted: Wanted) -> QRectF:
        """Where the node itself lies in a picture that was drawn for ``wanted``, in pixels of the picture."""
        scale, ratio, level = wanted
        edge = margin_pixels(level, scale) * ratio
        return QRectF(edge, edge, g.NODE_WIDTH * scale * ratio, figure.height * scale * ratio)
