"""Draws ``Tiles`` that are no maps in the window: named points in a plane and small tables; and says what is
under the pointer."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, hypot, isfinite

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QFontMetricsF, QPainter

from app.insight.chart import BLUE, ORANGE
from app.insight.colours import coloured
from app.insight.labelled_tiles import cells, placed, readable, spread, table_words
from app.insight.numbers import DIGITS, NumberFormat
from app.insight.tiles import Tiles
from app.ui import theme

MOST_ROWS = 20  # for which a panel that scrolls makes room
PLANE_LINES = 9  # of text: how high words in a plane and curves have to be
SMALLEST = 0.75  # of the size of the letters: so small they become in narrow columns
_LESS = "…"  # where a number has no room at all; the pointer asks for it
NEAR = 12.0  # pixels from the pointer to the point that it asks about


def paint(painter: QPainter, area: QRect, tiles: Tiles, metrics: QFontMetrics) -> None:
    """Points or a table."""
    precise = QFontMetricsF(painter.font())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    (_paint_points if tiles.layout == "points" else _paint_table)(painter, QRectF(area), tiles, precise)
    painter.restore()


def words_at(tiles: Tiles, area: QRect, x: int, y: int, metrics: QFontMetrics) -> str:
    """What is drawn at a place, in words; empty where nothing is."""
    return words_of_labelled(QRectF(area), tiles, QFontMetricsF(metrics), QPointF(x, y))


def words_of_labelled(area: QRectF, tiles: Tiles, metrics: QFontMetricsF, at: QPointF) -> str:
    """What is drawn at a place, in words; empty where nothing is."""
    if tiles.layout == "points":
        points = _points(area, tiles, metrics)
        near = min(range(len(points)), key=lambda index: hypot(points[index][0] - at.x(), points[index][1] - at.y()))
        x, y = points[near]
        if hypot(x - at.x(), y - at.y()) > NEAR:
            return ""
        number = NumberFormat(tiles.maps.ravel().tolist())
        here = ", ".join(number.exact(value) for value in tiles.maps[0, near].tolist())
        return f"{tiles.labels[near] if tiles.labels else near}: {here}"
    return _cell_at(area, tiles, metrics, at)


# Points


def _points(area: QRectF, tiles: Tiles, metrics: QFontMetricsF) -> list[tuple[float, float]]:
    side, line = 4 * metrics.averageCharWidth(), metrics.height()
    return spread(tiles, (area.left() + side, area.top() + line, area.right() - side, area.bottom() - line))


def _paint_points(painter: QPainter, area: QRectF, tiles: Tiles, metrics: QFontMetricsF) -> None:
    painter.setPen(theme.color("border"))
    painter.drawRect(area)
    points = _points(area, tiles, metrics)
    words = tiles.labels or ("",) * len(points)
    line = metrics.height()
    sizes = [(metrics.horizontalAdvance(word) + 2, line) for word in words]
    strong = set(tiles.strong)
    painter.setPen(Qt.PenStyle.NoPen)
    for index, (x, y) in enumerate(points):
        painter.setBrush(QColor(*(ORANGE if index in strong else BLUE)))
        painter.drawEllipse(QPointF(x, y), *((5.0, 5.0) if index in strong else (3.0, 3.0)))
    painter.setPen(theme.color("text"))
    room = (area.left(), area.top(), area.right(), area.bottom())
    for word, size, place in zip(words, sizes, placed(points, sizes, room, tiles.strong), strict=True):
        if place is not None:
            painter.drawText(QRectF(*place, *size), Qt.TextFlag.TextDontClip, word)


# Tables


def _columns(area: QRectF, tiles: Tiles, metrics: QFontMetricsF) -> tuple[float, float, float, float]:
    """How wide the words of the rows are and each column is, how high a row and the words of the columns above them:
    a line, or as much as they take when they stand upright, where they do not fit side by side and there is room. Long
    words of rows, such as sentences, leave the columns room for their numbers."""
    rows, columns = table_words(tiles)
    said = [word for row in cells(tiles) for word in row]
    wanted = max(metrics.horizontalAdvance(word) for word in (*columns, *said)) + 12
    side = max(metrics.horizontalAdvance(word) for word in rows) + 10
    side = min(side, max(area.width() - wanted * len(columns), area.width() / 2))
    wide = min(wanted, max((area.width() - side) / len(columns), 4.0))
    head, longest = metrics.height() + 2, max(metrics.horizontalAdvance(word) for word in columns) + 8
    if metrics.height() <= wide < longest - 8 and area.height() >= longest + 1.5 * len(rows) * metrics.height():
        head = longest
    return side, wide, min(metrics.height() * 1.5, max((area.height() - head) / len(rows), 2.0)), head


def readable_height(tiles: Tiles, line: float) -> float:
    """How high a table has to be for its numbers to be read, with a line of so many pixels; at most MOST_ROWS rows."""
    return line * (1 + min(len(table_words(tiles)[0]), MOST_ROWS)) + 2


def _paint_table(painter: QPainter, area: QRectF, tiles: Tiles, metrics: QFontMetricsF) -> None:
    rows, columns = table_words(tiles)
    side, wide, high, head = _columns(area, tiles, metrics)
    upright = head > 1.5 * metrics.height()
    shades = coloured(tiles.maps[0], tiles.low, tiles.high, tiles.colormap)
    said = fitting(tiles, wide, metrics)
    usual, letters = painter.font(), fitting_font(painter.font(), said, wide)
    narrow = QFontMetricsF(letters)
    legible = high >= metrics.height() * 0.85
    if legible:
        said = [[word if narrow.horizontalAdvance(word) + 2 <= wide else _LESS for word in row] for row in said]
    centre, middle = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignVCenter
    every = max(1, ceil(metrics.horizontalAdvance("nn") / wide)), max(1, ceil(metrics.height() * 0.85 / high))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(theme.color("text.soft"))
    for place, word in enumerate(columns):
        if upright:
            painter.save()
            painter.translate(area.left() + side + place * wide, area.top() + head - 4)
            painter.rotate(-90)
            painter.drawText(QRectF(0, 0, head, wide), Qt.AlignmentFlag.AlignLeft | middle, word)
            painter.restore()
        elif place % every[0] == 0:
            text = metrics.elidedText(word, Qt.TextElideMode.ElideRight, wide * every[0])
            box = QRectF(area.left() + side + place * wide, area.top(), wide * every[0], metrics.height())
            painter.drawText(box, centre, text)
    for row, name in enumerate(rows):
        top = area.top() + head + row * high
        painter.setPen(theme.color("text.soft"))
        if row % every[1] == 0:
            box = QRectF(area.left(), top, side - 6, max(high, metrics.height()))
            name = metrics.elidedText(name, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | middle, name)
        for place, word in enumerate(said[row]):
            back = [int(part) for part in shades[row, place]]
            box = QRectF(area.left() + side + place * wide, top, wide, high)
            painter.fillRect(box, QColor(*back))
            if high > 6:
                painter.setPen(theme.color("border"))
                painter.drawRect(box)
            if legible and word and narrow.horizontalAdvance(word) <= wide:
                painter.setFont(letters)
                painter.setPen(QColor(*readable(back)))
                painter.drawText(box, centre | middle, word)
                painter.setFont(usual)


def fitting(tiles: Tiles, wide: float, metrics: QFontMetricsF) -> Sequence[Sequence[str]]:
    """What stands in the cells: shares in whole per cent where columns are too narrow for more, there without the blank
    and at last without the sign; other numbers with a digit less where smaller letters alone do not help. Numbers in
    some cells and none in others would look as if these had none."""
    said = cells(tiles)
    if not tiles.percent:
        tables = (said, cells(tiles, DIGITS - 1))
        return next((table for table in tables if _widest(table, metrics) * SMALLEST + 4 <= wide), tables[-1])
    if _widest(said, metrics) + 4 <= wide:
        return said
    whole = [
        [_whole(value) if isfinite(value) else word for value, word in zip(values, row, strict=True)]
        for values, row in zip(tiles.maps[0].tolist(), said, strict=True)
    ]
    shorter = ([[word.replace(" %", unit) for word in row] for row in whole] for unit in (" %", "%"))
    bare = [[word.replace(" %", "") for word in row] for row in whole]
    return next((table for table in shorter if _widest(table, metrics) + 4 <= wide), bare)


def _widest(table: Sequence[Sequence[str]], metrics: QFontMetricsF) -> float:
    return max(metrics.horizontalAdvance(word) for row in table for word in row)


def fitting_font(font: QFont, said: Sequence[Sequence[str]], wide: float) -> QFont:
    """The font in which all of these fit into columns of this width, or the smallest one."""
    widest = _widest(said, QFontMetricsF(font))
    smaller = QFont(font)
    share = max(SMALLEST, min(1.0, (wide - 4) / widest)) if widest > 0 else 1.0
    if font.pixelSize() > 0:
        smaller.setPixelSize(floor(font.pixelSize() * share))
    else:
        smaller.setPointSizeF(font.pointSizeF() * share)
    return smaller


def _whole(share: float) -> str:
    """In whole per cent; what is nearly nothing, or nearly all, is not rounded to that."""
    nearly = "<1 %" if 0 < share < 0.005 else ">99 %" if 0.995 <= share < 1 else ""
    return nearly or f"{100 * share:.0f} %"


def _cell_at(area: QRectF, tiles: Tiles, metrics: QFontMetricsF, at: QPointF) -> str:
    rows, columns = table_words(tiles)
    side, wide, high, head = _columns(area, tiles, metrics)
    column, row = (at.x() - area.left() - side) / wide, (at.y() - area.top() - head) / high
    if not (at.x() >= area.left() and column < len(columns) and 0 <= row < len(rows)):
        return ""
    if column < 0:
        name = rows[int(row)]
        return name if metrics.horizontalAdvance(name) > side - 6 else ""  # what was too long is told whole
    value = float(tiles.maps[0, int(row), int(column)])
    number = NumberFormat(tiles.maps.ravel().tolist(), percent=tiles.percent)
    return f"{rows[int(row)]}, {columns[int(column)]}: {number.exact(value)}"
