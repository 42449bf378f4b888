"""Pictures of wires and of the words on them: many are alike, and a copy costs a tenth of drawing them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor
from typing import Any

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen, QPixmap, QTransform

from app.ui.canvas import geometry as g
from app.ui.canvas.camera import Camera
from app.ui.canvas.figures import WireFigure

# Pixels of the screen. A larger curve is copied in strips: to copy a picture that is nearly empty costs more than to
# draw the curve.
_ONE_PIECE = 20_000
_ALL_STRIPS = 60_000
_LARGEST = 600_000  # of the box around a curve: it is drawn once to be cut into strips
_STRIP = 32
_MOST_KEPT = 2_000_000  # pixels of pictures that were made or used lately; as many may be older ones
_ENTRY = 250  # pixels take as much memory as an entry does by itself
_Pieces = list[tuple[QPixmap, int, int]]  # each with where its corner lies from a whole pixel, in pixels of the widget
Said = tuple[str, int]  # a text and the size of its letters
DrawLabel = Callable[[QPainter, QRectF, Said], None]


@dataclass(frozen=True, slots=True)
class _KeptPieces:
    """What is copied; None for what is better drawn."""

    pieces: _Pieces | None


def _on_pixel(place: float, ratio: float) -> tuple[float, float]:
    """A place in pixels of the widget, as a whole pixel of the screen at or before it and the rest."""
    exact = round(place * ratio, 3)  # camera and drawing are sums of many steps: 2.9999999 is 3
    whole = floor(exact)
    return whole / ratio, round(exact - whole, 3) / ratio


class WirePictures:
    """Pixmaps of curves and labels at one zoom.

    While the zoom changes from frame to frame nothing is kept and all is drawn. Where many wires are alike to the pixel
    but for their place, one picture serves all; what was not used for long is dropped. Of what lies on another part of
    a pixel than in the frame before, such as in a drawing that is pushed by 3.7 pixels again and again, none is made.
    """

    def __init__(self) -> None:
        # A number stands for what is not made yet: the frame in which it was asked for.
        self._young: dict[Hashable, _KeptPieces | int] = {}
        self._old: dict[Hashable, _KeptPieces | int] = {}
        self._frame = 0
        self._pixels = 0  # of the young ones
        self._most = _MOST_KEPT
        self._made_for = (0.0, 0.0)  # zoom, pixels of the screen for each of ours
        self._steady = self._exact = False

    def clear(self) -> None:
        """Forget all, for other colours."""
        self._young.clear()
        self._old.clear()
        self._pixels = 0
        self._made_for = (0.0, 0.0)

    def fit(self, width: int, height: int, ratio: float) -> None:
        """Keep as many pictures as a widget of this size can show."""
        self._most = max(_MOST_KEPT, round(2 * width * height * ratio * ratio))

    def begin(self, painter: QPainter, scale: float) -> None:
        """A frame is painted at this zoom: pictures are used in it if the frame before was at the same."""
        self._frame += 1
        wanted = (scale, painter.device().devicePixelRatioF())
        self._steady = wanted == self._made_for
        # Labels and strips of curves must fit to the pixel: there must be whole pixels of the screen in each of ours.
        self._exact = self._steady and wanted[1].is_integer()
        if not self._steady:
            self.clear()
            self._made_for = wanted

    def paint(self, painter: QPainter, figures: Iterable[WireFigure], pen: QPen, camera: Camera) -> list[WireFigure]:
        """Copy those of these wires, all drawn with ``pen``, that have a picture; the others come back.

        ``painter`` counts in units of the drawing; nothing about it is changed.
        """
        if not self._steady:
            return list(figures)
        scale, ratio = self._made_for
        left: list[WireFigure] = []
        into = painter.transform()
        painter.resetTransform()
        left_edge, top_edge, young = camera.x, camera.y, self._young
        for figure in figures:
            if figure.is_straight:
                left.append(figure)  # a line is drawn more quickly than it is looked for
                continue
            key: Hashable = (figure.kind, figure.fits, figure.form)
            kept = young.get(key)
            found = kept.pieces if isinstance(kept, _KeptPieces) else self._get(key, _whole, figure, pen)
            x, y = (figure.start.x() - left_edge) * scale, (figure.start.y() - top_edge) * scale
            if found is not None:
                x, y = round(x * ratio) / ratio, round(y * ratio) / ratio
            else:
                (x, rest_x), (y, rest_y) = _on_pixel(x, ratio), _on_pixel(y, ratio)
                if self._exact:
                    rest = QPointF(rest_x, rest_y)
                    found = self._get((key, rest_x, rest_y), _strips, figure, pen, rest, at_once=False)
                if found is None:
                    left.append(figure)
                    continue
            self._copy(painter, found, x, y)
        painter.setTransform(into)
        return left

    def _copy(self, painter: QPainter, pieces: _Pieces, x: float, y: float) -> None:
        for picture, right, down in pieces:
            if self._made_for[1] == 1.0:
                painter.drawPixmap(int(x) + right, int(y) + down, picture)  # whole numbers are taken more quickly
            else:
                painter.drawPixmap(QPointF(x + right, y + down), picture)

    def label(self, painter: QPainter, box: QRectF, said: Said, camera: Camera, draw: DrawLabel) -> bool:
        """Copy what ``draw`` would put into ``box``, in units of the drawing; False if it has to be drawn.

        It depends on text and size alone, but for its place and the zoom.
        """
        if not self._exact or painter.opacity() < 1.0:  # each part of a faded label is faded by itself
            return False
        scale, ratio = self._made_for
        x, rest_x = _on_pixel((box.x() - camera.x) * scale, ratio)
        y, rest_y = _on_pixel((box.y() - camera.y) * scale, ratio)
        key = (said, rest_x, rest_y)
        kept = self._young.get(key)
        if isinstance(kept, _KeptPieces):
            found = kept.pieces
        else:
            found = self._get(key, _label, box, said, draw, QPointF(rest_x, rest_y), at_once=False)
        if found is None:
            return False
        into = painter.transform()
        painter.resetTransform()
        self._copy(painter, found, x, y)
        painter.setTransform(into)
        return True

    def _get(
        self, key: Hashable, make: Callable[..., _Pieces | None], *given: Any, at_once: bool = True
    ) -> _Pieces | None:
        """The pieces of ``key``, made of ``given`` at the zoom and for the device of now if they are not there; if not
        ``at_once``, when they are asked for in another frame. None where there is no picture."""
        found = self._young[key] if key in self._young else self._old.get(key)
        if isinstance(found, _KeptPieces) and key in self._young:
            return found.pieces
        if self._pixels > self._most:  # two generations: what is still used of the older one becomes young again
            self._old, self._young, self._pixels = self._young, {}, 0
        if found is None and not at_once:
            found = self._frame
        elif not isinstance(found, _KeptPieces) and (at_once or found != self._frame):
            found = _KeptPieces(make(*given, *self._made_for))
        self._young[key] = found
        pieces = found.pieces if isinstance(found, _KeptPieces) else None
        self._pixels += sum((picture.width() * picture.height() for picture, _, _ in pieces or ()), _ENTRY)
        return pieces


def _box(figure: WireFigure, pen: QPen, scale: float) -> QRect:
    """The pixels around a curve, counted from its start."""
    edge = pen.widthF() * scale / 2 + 1
    box = figure.path.boundingRect().translated(-figure.start)
    left, top = floor(box.left() * scale - edge), floor(box.top() * scale - edge)
    return QRect(left, top, ceil(box.right() * scale + edge) - left, ceil(box.bottom() * scale + edge) - top)


def _stroked(figure: WireFigure, pen: QPen, scale: float, rest: QPointF) -> Callable[[QPainter], None]:
    def draw(painter: QPainter) -> None:
        painter.translate(rest)
        painter.scale(scale, scale)
        painter.translate(-figure.start)
        painter.setPen(pen)
        painter.drawPath(figure.path)

    return draw


def _whole(figure: WireFigure, pen: QPen, scale: float, ratio: float) -> _Pieces | None:
    """A curve that is small enough for one picture, to be moved to the nearest pixel."""
    box = _box(figure, pen, scale)
    if box.width() * box.height() * ratio * ratio > _ONE_PIECE:
        return None
    page = _page(box, ratio, _stroked(figure, pen, scale, QPointF()))
    return [(QPixmap.fromImage(page), box.left(), box.top())]


def _strips(figure: WireFigure, pen: QPen, rest: QPointF, scale: float, ratio: float) -> _Pieces | None:
    """A curve in strips beside each other, each as high as it needs, where it starts ``rest`` after a pixel."""
    box = _box(figure, pen, scale).adjusted(0, 0, 1, 1)
    if box.width() * box.height() * ratio * ratio > _LARGEST:
        return None
    edge = ceil(pen.widthF() * scale / 2) + 2
    place = QTransform(scale, 0, 0, scale, rest.x(), rest.y())
    points = g.points_along(place.map(figure.path.translated(-figure.start)))
    areas = []
    for left in range(box.left(), box.right() + 1, _STRIP):
        right = min(left + _STRIP, box.right() + 1)
        heights = list(_heights(points, left - edge, right + edge))
        if heights:
            top, bottom = floor(min(heights)) - edge, ceil(max(heights)) + edge
            areas.append(QRect(left, top, right - left, bottom - top) & box)
    areas = _joined(areas)
    if sum(area.width() * area.height() for area in areas) * ratio * ratio > _ALL_STRIPS:
        return None
    draw = _stroked(figure, pen, scale, rest)
    if len(areas) == 1:
        return [(QPixmap.fromImage(_page(areas[0], ratio, draw)), areas[0].left(), areas[0].top())]
    page = _page(box, ratio, draw)
    pieces = []
    for area in areas:
        inside = area.translated(-box.topLeft())
        part = page.copy(QRect(inside.topLeft() * ratio, inside.size() * ratio))
        pieces.append((QPixmap.fromImage(part), area.left(), area.top()))
    return pieces


def _heights(points: Sequence[QPointF], left: float, right: float) -> Iterator[float]:
    """Heights between which a line through ``points`` stays from ``left`` to ``right``."""
    for first, second in pairwise(points):
        if min(first.x(), second.x()) <= right and max(first.x(), second.x()) >= left:
            for end in (first, second):
                beyond = end.x() - min(max(end.x(), left), right)
                slope = (second.y() - first.y()) / (second.x() - first.x()) if beyond else 0.0
                yield end.y() - beyond * slope


def _joined(areas: Iterable[QRect]) -> list[QRect]:
    """These strips, neighbours of the same height as one."""
    done: list[QRect] = []
    for area in areas:
        last = done[-1] if done else None
        if last is not None and (last.top(), last.bottom()) == (area.top(), area.bottom()):
            done[-1] = last | area
        else:
            done.append(area)
    return done


def _label(box: QRectF, said: Said, draw: DrawLabel, rest: QPointF, scale: float, ratio: float) -> _Pieces:
    """What ``draw`` puts into a box whose corner is ``rest`` after a pixel."""

    def place(painter: QPainter) -> None:
        painter.translate(rest)
        painter.scale(scale, scale)
        draw(painter, QRectF(0.0, 0.0, box.width(), box.height()), said)

    area = QRectF(rest.x() - 1, rest.y() - 1, box.width() * scale + 2, box.height() * scale + 2).toAlignedRect()
    return [(QPixmap.fromImage(_page(area, ratio, place)), area.left(), area.top())]


def _page(area: QRect, ratio: float, draw: Callable[[QPainter], None]) -> QImage:
    """What ``draw`` puts into ``area``, both in pixels of the widget."""
    page = QImage(ceil(area.width() * ratio), ceil(area.height() * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    page.setDevicePixelRatio(ratio)
    page.fill(Qt.GlobalColor.transparent)
    with QPainter(page) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(-area.left(), -area.top())
        draw(painter)
    return page
