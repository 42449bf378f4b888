"""The picture of a dream as it grows, with the curve of its score."""

from __future__ import annotations

import re
from math import ceil, isfinite, sqrt
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.insight.numbers import NumberFormat
from app.ui import theme
from app.ui.insight.slow_views import SlowViewState

if TYPE_CHECKING:
    import numpy as np

_OCTAVE = re.compile(r"Octave (\d+) of (\d+)\.")


def side_by_side(maps: np.ndarray) -> np.ndarray:
    """Several pictures ``(n, h, w)`` or ``(n, h, w, 3)`` as one, in rows, with a thin line of grey between them; one
    stays as it is."""
    import numpy as np

    count, height, width = maps.shape[:3]
    if count == 1:
        first: np.ndarray = maps[0]
        return first
    columns = max(1, min(count, ceil(sqrt(count * 2.2))))
    rows = -(-count // columns)
    gap = max(1, width // 24)
    whole = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, *maps.shape[3:]), 0.5, np.float32)
    for index, one in enumerate(maps):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        whole[top : top + height, left : left + width] = one
    return whole


class DreamPicture(QWidget):
    """The picture with crisp dots, or several of them, the curve of the score beside it, and lines of words."""

    def __init__(self) -> None:
        super().__init__()
        self.dreamt: SlowViewState | None = None
        self.sentence = ""
        self._image: QImage | None = None
        self._title = ""
        self._note = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.notifier.changed.connect(self.update)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 80)

    def say(self, sentence: str) -> None:
        """Show a sentence and no picture."""
        self.dreamt = self._image = None
        self.sentence = sentence
        self.setAccessibleName(sentence)
        self.update()

    def note(self, text: str) -> None:
        """Say something about the picture that is shown."""
        self._note = text
        self.update()

    def show_dream(self, dreamt: SlowViewState, title: str) -> None:
        """Show the picture as it is now."""
        from app.ui.insight.maps import to_bytes, to_image

        self.dreamt, self._title, self._note = dreamt, title, ""
        self._image = to_image(to_bytes(side_by_side(dreamt.shown.tiles.maps)))
        of = f", {dreamt.caption}" if dreamt.caption else ""
        self.setAccessibleName(f"Dream of {title}, step {dreamt.step} of {dreamt.steps}{of}")
        self.setToolTip(dreamt.caption)  # beside a small picture there may be no room for all of it
        self.update()

    def show_kept(self, image: QImage, sentence: str) -> None:
        """Show a picture that was made before."""
        self.dreamt, self._image, self.sentence = None, image, sentence
        self.setToolTip("")
        self.setAccessibleName(sentence)
        self.update()

    @property
    def thumbnail(self) -> QImage:
        """What is seen, as a picture."""
        return self._image if self._image is not None else QImage()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.color("window"))
            area = self.rect().adjusted(10, 4, -12, -4)
            if self._image is None:
                painter.setPen(theme.color("text.soft"))
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.sentence)
                return
            line = painter.fontMetrics().height()
            width, height = self._image.width(), self._image.height()
            zoom = min(area.height() / height, area.width() * 0.5 / width)
            zoom = float(int(zoom)) if zoom >= 1 else zoom
            box = QRectF(area.left(), area.top(), width * zoom, height * zoom)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, zoom < 1)
            painter.drawImage(box, self._image)
            painter.setPen(theme.color("border"))
            painter.drawRect(box.adjusted(-1, -1, 0, 0))
            wide = area.width() - box.width() - 18
            right = QRectF(box.right() + 18, area.top(), min(area.right() - box.right() - 18, 460.0), area.height())
            if self.dreamt is None:
                painter.setPen(theme.color("text.soft"))
                painter.drawText(right, Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, self.sentence)
                return
            if wide < 8 * line:
                return
            self._paint_words(painter, right, line)
            self._paint_curve(painter, right.adjusted(0, 2 * line + 8, 0, -(line + 4)), line)

    def _paint_words(self, painter: QPainter, area: QRectF, line: int) -> None:
        dreamt = self.dreamt
        assert dreamt is not None
        metrics = painter.fontMetrics()
        bold = painter.font()
        plain = painter.font()
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(theme.color("text"))
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, f"Dream of {self._title}")
        painter.setFont(plain)
        painter.setPen(theme.color("text.soft"))
        text = f"step {dreamt.step:,} of {dreamt.steps:,}"
        if dreamt.scores:
            text += f" · answer {NumberFormat(dreamt.scores)(dreamt.scores[-1])}"
        octave = _OCTAVE.search(dreamt.shown.tiles.note)
        text += f" · octave {octave[1]} of {octave[2]}" if octave else ""
        text += f" · {dreamt.caption}" if dreamt.caption else ""
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(area.width()))
        painter.drawText(area.adjusted(0, line + 2, 0, 0), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, text)
        more = dreamt.shown.tiles.note.split(" steps.")[-1]
        more = _OCTAVE.sub("", more).strip()
        foot = self._note or more or "The line is the answer of the unit to the picture, step by step."
        foot = metrics.elidedText(foot, Qt.TextElideMode.ElideRight, int(area.width()))
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, foot)

    def _paint_curve(self, painter: QPainter, area: QRectF, line: int) -> None:
        """The answer of the unit at each step, with the numbers at both ends of the scale."""
        dreamt = self.dreamt
        assert dreamt is not None
        scores = [score for score in dreamt.scores if isfinite(score)]
        if len(scores) < 2 or area.height() < 2 * line:
            return
        low, high = min(*scores, 0.0), max(scores)
        high = high if high > low else low + 1
        number = NumberFormat(dreamt.scores)
        said = {value: number(value) for value in (low, high)}
        margin = max(painter.fontMetrics().horizontalAdvance(text) for text in said.values()) + 10
        plot = area.adjusted(margin, line / 2, -4, -line / 2)

        def point(index: int, score: float) -> QPointF:
            x = plot.left() + plot.width() * index / max(dreamt.steps, 1)
            return QPointF(x, plot.bottom() - (score - low) / (high - low) * plot.height())

        painter.setPen(theme.color("plot.text"))
        for value, text in said.items():
            box = QRectF(area.left(), point(0, value).y() - line / 2, margin - 6, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        painter.setPen(theme.color("plot.grid"))
        for value in {low, min(0.0, high), high}:  # 0 is not in the picture where every answer is below it
            painter.drawLine(QPointF(plot.left(), point(0, value).y()), QPointF(plot.right(), point(0, value).y()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("plot.train"), 2))
        painter.drawPolyline(QPolygonF([point(index, score) for index, score in enumerate(scores)]))
