"""Notes below pictures: whole where there is room, one line where there is none."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QFontMetricsF, QImage, QPainter

from app.ui.insight.picture_note import GAP, MOST_LINES, foot_height, paint_foot
from tests.support.patience import settle

LONG = "No value moved by more than 0.1: grey in the middle is none, white is more and black is less. " * 2


def test_a_note_wraps_only_where_there_is_room(qapp: object) -> None:
    """Fails if a note is cut in a high panel, takes a low panel's picture away, or moves a picture when it is short."""
    settle()
    metrics = QFontMetrics(QFont())
    line = metrics.height()
    one = line + GAP
    assert foot_height(LONG, 300, 7 * line, metrics) == one
    assert foot_height("short", 300, 60 * line, metrics) == foot_height("", 300, 60 * line, metrics) == one
    assert one < foot_height(LONG, 300, 60 * line, metrics) <= MOST_LINES * metrics.lineSpacing() + GAP
    assert foot_height(LONG, metrics.horizontalAdvance(LONG) + 9, 60 * line, metrics) == one


def test_a_note_that_may_take_its_lines_is_whole(qapp: object) -> None:
    """Fails if the room for a note of several lines is a part of a point too low for each, and the last one is lost."""
    settle()
    for size in range(10, 26):
        font = QFont()
        font.setPixelSize(size)
        metrics = QFontMetrics(font)
        for width in range(240, 700, 20):
            wanted = metrics.boundingRect(0, 0, width, 9999, Qt.TextFlag.TextWordWrap, LONG).height()
            if wanted <= MOST_LINES * metrics.lineSpacing():
                assert foot_height(LONG, width, 60 * metrics.height(), metrics) >= wanted + GAP


def test_what_does_not_fit_is_within_its_room(qapp: object) -> None:
    """Fails if a note that is too long is painted over what stands below it, or not painted at all."""
    settle()
    metrics = QFontMetrics(QFont())
    for lines in (1, 2, 3):
        image = QImage(320, 400, QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        with QPainter(image) as painter:
            painter.setFont(QFont())
            paint_foot(painter, QRectF(0, 0, 300, lines * metrics.lineSpacing()), LONG * 3, metrics)
        inked = [y for y in range(400) if any(image.pixelColor(x, y).value() < 128 for x in range(0, 320, 2))]
        assert inked
        assert max(inked) <= lines * metrics.lineSpacing() + 1
        assert max(inked) > (lines - 1) * metrics.lineSpacing()


def test_one_line_keeps_its_dots_at_every_width_and_size(qapp: object) -> None:
    """Fails if the last word, with the dots behind it, goes into a second line that nobody sees: what Qt shortens to
    whole points is at some widths a part of a point too long, and then wrapped."""
    settle()
    for size in range(10, 30):
        font = QFont()
        font.setPixelSize(size)
        metrics = QFontMetrics(font)
        for width in range(150, 1000):
            told = metrics.elidedText(LONG, Qt.TextElideMode.ElideRight, width)
            if QFontMetricsF(font).horizontalAdvance(told) <= width:
                continue
            image = QImage(width, metrics.height(), QImage.Format.Format_RGB32)
            image.fill(QColor("white"))
            with QPainter(image) as painter:
                painter.setFont(font)
                paint_foot(painter, QRectF(image.rect()), LONG, metrics)
            last = range(width - 2 * metrics.averageCharWidth(), width)
            assert any(image.pixelColor(x, y).value() < 128 for x in last for y in range(image.height())), (size, width)
