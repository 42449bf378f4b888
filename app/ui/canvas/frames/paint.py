"""Paints frames and notes: the ground behind the wires, and over everything the titles that are read from afar."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QPainter, QPainterPath, QPen

from app.core.graph.frames import TITLE
from app.ui import theme
from app.ui.canvas.camera import Camera
from app.ui.canvas.frames.figures import HANDLE, INSET, LEAST_LETTERS, FrameFigure, FrameFigures
from app.ui.canvas.ink import TITLE_PIXELS, Ink, font

_WORDS_FROM = 0.38  # from this zoom on, a note shows its words; before, its first line
_CORNER = 8.0
_SEEN_CORNER = 2.0  # pixels
_WIDEST_LABEL = 190.0  # pixels: so much room a title may take beside a frame that is narrower than it
_LEAST_LABEL = 26.0


@lru_cache(maxsize=64)
def _title_font(pixels: int, family: str) -> tuple[QFont, QFontMetricsF]:
    """The letters of a title; ``family`` only keeps fonts of different themes and scales apart."""
    made = font(pixels, QFont.Weight.DemiBold)
    return made, QFontMetricsF(made)


def title_font(pixels: int) -> tuple[QFont, QFontMetricsF]:
    """The letters of titles at this size; see ``FrameFigures.letters``."""
    return _title_font(pixels, QGuiApplication.font().family())


def ground_of(color: str) -> QColor:
    """The ground of a note of this colour."""
    if theme.current().name == "high_contrast":
        return theme.color("canvas")
    return theme.mixed(theme.color("node.body"), theme.color(f"frame.{color}"), 0.14)


@lru_cache(maxsize=64)
def _letters_on(ground: int) -> QColor:
    """The colour of a title on a ground."""
    return theme.text_on(QColor.fromRgb(ground))


def _draw_box(painter: QPainter, box: QRectF, corner: float) -> None:
    """A rectangle, with round corners where they can be seen: they cost ten times as much."""
    if corner >= _SEEN_CORNER:
        painter.drawRoundedRect(box, corner, corner)
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.drawRect(box)


def _write(painter: QPainter, room: QRectF, text: str, metrics: QFontMetricsF, ink: QColor) -> None:
    """One line in the letters of the painter, cut at the end where there is no room for all of it."""
    painter.setPen(ink)
    words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)


def _round_above(box: QRectF, corner: float) -> QPainterPath:
    """A box that is round above and straight below."""
    corner = min(corner, box.height(), box.width() / 2)
    path = QPainterPath(box.bottomLeft())
    path.lineTo(box.left(), box.top() + corner)
    path.arcTo(box.left(), box.top(), 2 * corner, 2 * corner, 180, -90)
    path.lineTo(box.right() - corner, box.top())
    path.arcTo(box.right() - 2 * corner, box.top(), 2 * corner, 2 * corner, 90, -90)
    path.lineTo(box.bottomRight())
    path.closeSubpath()
    return path


class FramePainter:
    """Draws the frames of one scene through one camera."""

    def __init__(self, figures: FrameFigures, camera: Camera) -> None:
        self._figures = figures
        self._camera = camera

    def _place(self, figure: FrameFigure, rect: QRectF, offset: QPointF) -> QRectF:
        if figure.name in self._figures.lifted:
            rect = rect.translated(offset)
        return self._camera.rect_to_view(rect)

    @property
    def _afar(self) -> bool:
        """Whether titles no longer have room inside their frames."""
        return TITLE * self._camera.scale < self._figures.least_bar

    # -- behind the wires ------------------------------------------------------------------------------------------

    def ground(self, painter: QPainter, area: QRectF, offset: QPointF, ink: Ink) -> None:
        """Draw what stands behind wires and nodes. ``area`` is what has to be painted, in pixels."""
        for figure in self._figures:
            box = self._place(figure, figure.rect, offset)
            if not box.adjusted(-2, -self._figures.least_bar, 2, 2).intersects(area):
                continue
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if figure.frame.is_note:
                self._note(painter, figure, box, ink)
            else:
                self._frame(painter, figure, box, offset, ink)
            painter.restore()

    def _frame(self, painter: QPainter, figure: FrameFigure, box: QRectF, offset: QPointF, ink: Ink) -> None:
        tint = theme.color(f"frame.{figure.frame.color}")
        corner = min(_CORNER * self._camera.scale, box.height() / 4)
        painter.setBrush(Qt.BrushStyle.NoBrush if ink.plain else theme.faded(f"frame.{figure.frame.color}", 0.11))
        painter.setPen(QPen(tint, 2.0 if ink.plain else 1.3))
        _draw_box(painter, box, corner)

    # -- between wires and nodes -----------------------------------------------------------------------------------

    def titles(self, painter: QPainter, area: QRectF, offset: QPointF) -> None:
        """Titles inside their frames: wires run below them, or they could not be read."""
        if self._afar:
            return
        for figure in self._figures:
            bar = self._place(figure, figure.bar(self._camera.scale), offset)
            if not figure.frame.is_note and bar.adjusted(-2, -2, 2, 2).intersects(area):
                painter.save()
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                box = self._place(figure, figure.rect, offset)
                self._title(painter, figure, bar, min(_CORNER * self._camera.scale, box.height() / 4))
                painter.restore()

    def _title(self, painter: QPainter, figure: FrameFigure, bar: QRectF, corner: float) -> None:
        tint = theme.color(f"frame.{figure.frame.color}")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        painter.drawPath(_round_above(bar, corner))
        letters, metrics = title_font(self._figures.letters(self._camera.scale))
        inset = min(INSET * self._camera.scale, 10.0)
        room = bar.adjusted(inset, 0, -inset, 0)
        if room.width() > _LEAST_LABEL / 2 and figure.frame.text:
            painter.setFont(letters)
            _write(painter, room, figure.frame.text, metrics, _letters_on(tint.rgb()))

    def _note(self, painter: QPainter, figure: FrameFigure, box: QRectF, ink: Ink) -> None:
        scale, tint = self._camera.scale, theme.color(f"frame.{figure.frame.color}")
        corner = min(5.0 * scale, box.height() / 4)
        painter.setBrush(ground_of(figure.frame.color))
        painter.setPen(QPen(tint, 2.0 if ink.plain else 1.3))
        _draw_box(painter, box, corner)
        inside = box.adjusted(INSET * scale, INSET * scale * 0.8, -INSET * scale, -INSET * scale * 0.6)
        if inside.isEmpty():
            return
        if scale >= _WORDS_FROM:
            self._words(painter, figure, inside)
        else:
            self._first_line(painter, figure, box)

    def _words(self, painter: QPainter, figure: FrameFigure, inside: QRectF) -> None:
        scale = self._camera.scale
        words = figure.words(theme.current().name)
        painter.save()
        painter.setClipRect(inside, Qt.ClipOperation.IntersectClip)
        painter.translate(inside.topLeft())
        painter.scale(scale, scale)
        if figure.frame.text.strip():
            words.paint(painter)
        else:
            painter.setFont(font(TITLE_PIXELS))
            painter.setPen(theme.color("node.text.soft"))
            room = QRectF(0, 0, inside.width() / scale, inside.height() / scale)
            painter.drawText(room, Qt.TextFlag.TextWordWrap, "An empty note. Double-click to write.")
        painter.restore()
        if words.size().height() * scale > inside.height() + 1:
            self._more(painter, figure, inside)

    def _more(self, painter: QPainter, figure: FrameFigure, inside: QRectF) -> None:
        """Three dots: the note holds more words than it has room for."""
        painter.setPen(Qt.PenStyle.NoPen)
        side = 4.0
        ground = QRectF(inside.right() - 7 * side, inside.bottom() - 2.5 * side, 7 * side, 2.5 * side)
        painter.setBrush(ground_of(figure.frame.color))
        painter.drawRect(ground)
        painter.setBrush(theme.color("node.text.soft"))
        for place in range(3):
            painter.drawEllipse(QPointF(ground.left() + (1.5 + 2 * place) * side, ground.center().y()), 1.8, 1.8)

    def _first_line(self, painter: QPainter, figure: FrameFigure, box: QRectF) -> None:
        letters, metrics = title_font(self._figures.letters(self._camera.scale))
        room = box.adjusted(4, 0, -4, 0)
        if room.height() < metrics.height() or room.width() < _LEAST_LABEL or not figure.frame.text.strip():
            return
        painter.setFont(letters)
        line = figure.words(theme.current().name).first_line()
        _write(painter, room, line, metrics, theme.color("node.text"))

    # -- over everything -------------------------------------------------------------------------------------------

    def labels(self, painter: QPainter, area: QRectF, offset: QPointF) -> None:
        """Titles from afar, like names on a map: as wide as they have to be, unless they would cover another."""
        if not self._afar or not len(self._figures):
            return
        letters, metrics = title_font(self._figures.letters(self._camera.scale))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(letters)
        taken: list[QRectF] = []
        widest = _WIDEST_LABEL * self._figures.least / LEAST_LETTERS
        for figure in self._figures:
            if figure.frame.is_note or not figure.frame.text:
                continue
            bar = self._place(figure, figure.bar(self._camera.scale), offset)
            wanted = min(metrics.horizontalAdvance(figure.frame.text) + 14, widest)
            for width in dict.fromkeys((max(bar.width(), wanted), max(bar.width(), _LEAST_LABEL))):
                label = QRectF(bar.left(), bar.top(), width, bar.height())
                if not any(label.intersects(other) for other in taken):
                    break
            else:
                continue
            taken.append(label)
            if label.intersects(area):
                tint = theme.color(f"frame.{figure.frame.color}")
                painter.fillRect(label, tint)
                _write(painter, label.adjusted(5, 0, -3, 0), figure.frame.text, metrics, _letters_on(tint.rgb()))

    # -- what stands out -------------------------------------------------------------------------------------------

    def outlines(
        self, painter: QPainter, selected: Collection[str], hovered: str | None, offset: QPointF, ink: Ink
    ) -> None:
        """Lines round frames that are selected, with their handles, and round one that is under the mouse."""
        if hovered is not None and hovered not in selected:
            self._outline(painter, hovered, offset, ink.hover, 1.5)
        for name in selected:
            self._outline(painter, name, offset, ink.selected, ink.outline)
            self._grips(painter, name, ink.selected)

    def _outline(self, painter: QPainter, name: str, offset: QPointF, tint: QColor, width: float) -> None:
        if name not in self._figures:
            return
        box = self._place(self._figures[name], self._figures[name].whole(self._camera.scale), offset)
        painter.setPen(QPen(tint, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        corner = _CORNER * self._camera.scale
        painter.drawRoundedRect(box.adjusted(-1, -1, 1, 1), corner, corner)

    def _grips(self, painter: QPainter, name: str, tint: QColor) -> None:
        if name not in self._figures or name in self._figures.lifted:
            return
        figure = self._figures[name]
        painter.setPen(QPen(theme.color("canvas"), 1.0))
        painter.setBrush(tint)
        for _, place in figure.handles(self._camera.scale):
            at = self._camera.to_view(place)
            painter.drawRect(QRectF(at.x() - HANDLE / 2, at.y() - HANDLE / 2, HANDLE, HANDLE))
        painter.setBrush(Qt.BrushStyle.NoBrush)
