"""Draws ``Tiles``: how maps are arranged, their picture, the scale beside them, and bars."""

from __future__ import annotations

from math import ceil

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QFontMetricsF, QImage, QLinearGradient, QPainter, QPen

from app.insight.colours import colormap, coloured, tile_colours
from app.insight.numbers import NumberFormat
from app.insight.tiles import Tiles
from app.ui import theme
from app.ui.insight.map_grid import MapGrid, arranged

__all__ = [
    "MapGrid",
    "arranged",
    "bars_plot",
    "grid_image",
    "note",
    "paint_bars",
    "paint_scale",
    "paint_source",
    "scale_width",
    "source_width",
    "tile_colours",
    "to_bytes",
    "to_image",
    "words",
]

SCALE_WIDTH = 12


def to_image(pixels: np.ndarray) -> QImage:
    """An image that owns its memory, from ``(h, w, 3)`` or ``(h, w)`` uint8."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    kind = QImage.Format.Format_RGB888 if pixels.ndim == 3 else QImage.Format.Format_Grayscale8
    return QImage(pixels.data, width, height, pixels.strides[0], kind).copy()


def to_bytes(values: np.ndarray) -> np.ndarray:
    """Values in 0..1 as uint8."""
    return np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)


_COUNTED = ("step", "unit", "question", "feature")  # words that a number can stand behind


def words(tiles: Tiles, index: int, row: int, column: int) -> str:
    """One value of a map in words: ``filter 3, row 2, column 1: −0.213``."""
    row, column = min(row, tiles.size[0] - 1), min(column, tiles.size[1] - 1)
    given = np.atleast_1d(tiles.maps[index, row, column]).astype(float)
    if tiles.colormap == "rgb":  # colours stand for values of the scale
        given = tiles.low + given * (tiles.high - tiles.low)
    number = NumberFormat((tiles.low, tiles.high), percent=tiles.percent)
    said = ", ".join(number.exact(part) for part in given.tolist())
    name = tiles.labels[index] if index < len(tiles.labels) else f"map {index}"
    if tiles.columns and tiles.x_label and tiles.y_label:
        down, across = divmod(index, tiles.columns)
        name = f"{tiles.x_label} {across}, {tiles.y_label} {down}"
    elif tiles.x_label in _COUNTED and tiles.y_label in _COUNTED:
        return f"{name}, {tiles.y_label} {row}, {tiles.x_label} {column}: {said}"
    return f"{name}, row {row}, column {column}: {said}"


def scale_width(tiles: Tiles, metrics: QFontMetrics) -> int:
    """How wide the scale beside the maps is, its numbers included. A picture in its own colours needs none."""
    if _as_they_are(tiles):
        return 0
    number = NumberFormat((tiles.low, tiles.high), percent=tiles.percent)
    words = ("−0.000", number(tiles.low), number(tiles.high))  # the first keeps the place while numbers change
    return max(metrics.horizontalAdvance(word) for word in words) + SCALE_WIDTH + 8


def _as_they_are(tiles: Tiles) -> bool:
    """Whether the maps are pictures whose values are the colours that are seen."""
    return tiles.colormap == "rgb" and (tiles.low, tiles.high) == (0.0, 1.0)


def note(tiles: Tiles, shown: int | None = None, groups: int = 1) -> str:
    """What is to be said below: how the maps stand if that means something, and how many of them are left out."""
    parts, rest = [], tiles.note
    fewer = shown is not None and shown < tiles.count
    names = (tiles.x_label, tiles.y_label)
    if tiles.columns and any(names):
        counts = (tiles.columns, ceil((shown or tiles.count) / tiles.columns))
        whole = tiles.whole or (tiles.columns, ceil(tiles.count / tiles.columns))
        on = ("", ", going on at the right" if groups > 1 else "")
        for way, name, count, all_of_them, more in zip(("Across", "Down"), names, counts, whole, on, strict=True):
            if name:
                reach = f"0 to {count - 1}" if count > 1 else "0"
                of = f" of {all_of_them}" if count < all_of_them else ""
                parts.append(f"{way}: {name} {reach}{of}{more}.")
        rest = _without(rest, tiles.left_out) if all(names) else rest
    elif groups > 1:
        rest = f"{rest} The rows go on at the right; a higher panel shows them all below each other.".strip()
    elif all(names) and tiles.layout == "grid":
        parts.append(f"Across: {tiles.x_label}. Down: {tiles.y_label}.")
    if fewer and tiles.columns and all(names):
        parts.append("A larger panel shows more.")  # how many, the ranges have said
    elif fewer:
        parts.append(
            f"{shown} of {tiles.whole[0] if tiles.whole else tiles.count} fit here; a larger panel shows more."
        )
        rest = _without(rest, tiles.left_out)
    return " ".join((*parts, rest)).strip()


def _without(text: str, part: str) -> str:
    return " ".join(text.replace(part, "").split()) if part else text


def _source_zoom(tiles: Tiles, body: QRect, metrics: QFontMetrics) -> float:
    assert tiles.source is not None
    height, width = tiles.source.shape[:2]
    zoom = min((body.height() - metrics.height() - 4) / height, body.width() * 0.22 / width)
    return float(int(zoom)) if zoom > 1 else max(zoom, 1 / max(height, width))


def source_width(tiles: Tiles, body: QRect, metrics: QFontMetrics) -> int:
    """The room that the picture shown to the net takes at the left, with the gap after it; 0 if there is none."""
    if tiles.source is None:
        return 0
    width = round(tiles.source.shape[1] * _source_zoom(tiles, body, metrics))
    return max(width, metrics.horizontalAdvance(tiles.source_label)) + 18


def paint_source(painter: QPainter, body: QRect, tiles: Tiles, metrics: QFontMetrics) -> None:
    """The picture that was shown to the net, at the left with its word below."""
    assert tiles.source is not None
    pixels = to_bytes(tiles.source)
    height, width = pixels.shape[:2]
    zoom = _source_zoom(tiles, body, metrics)
    target = QRect(body.left(), body.top(), max(1, round(width * zoom)), max(1, round(height * zoom)))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, zoom < 1)
    painter.drawImage(target, to_image(pixels))
    painter.setPen(theme.color("border"))
    painter.drawRect(target.adjusted(-1, -1, 0, 0))
    painter.setPen(theme.color("text.soft"))
    across = max(target.width(), metrics.horizontalAdvance(tiles.source_label))
    room = QRectF(body.left(), target.bottom() + 4, across, metrics.height())
    painter.drawText(room, Qt.TextFlag.TextSingleLine, tiles.source_label)


def grid_image(colours: np.ndarray, grid: MapGrid, back: QColor, frame: QColor) -> QImage:
    """All maps in one picture, made in a few whole-array steps however many there are."""
    count, rows, columns = colours.shape[:3]
    count = min(count, grid.shown)
    colours = colours[:count]
    if grid.zoom >= 1:
        factor = int(grid.zoom)
        big = colours.repeat(factor, axis=1).repeat(factor, axis=2)
    else:
        # Averaged by Qt, one under the other in a single picture.
        tall = to_image(colours.reshape(count * rows, columns, 3))
        small = tall.scaled(
            grid.tile[1],
            count * grid.tile[0],
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        ).convertToFormat(QImage.Format.Format_RGB888)
        lines = np.frombuffer(small.constBits(), np.uint8).reshape(small.height(), small.bytesPerLine())
        big = lines[:, : grid.tile[1] * 3].reshape(count, grid.tile[0], grid.tile[1], 3)
    step_down, step_across = grid.step
    line = [frame.red(), frame.green(), frame.blue()]
    height, width = grid.tile
    group = grid.rows * grid.columns
    sheet = np.empty((grid.groups * group, step_down, step_across, 3), np.uint8)
    sheet[:] = ground = [back.red(), back.green(), back.blue()]
    # A thin frame at the right and the lower side keeps a map that is white at zero apart from white paper.
    sheet[:count, : height + 1, : width + 1] = line
    sheet[:count, :height, :width] = big
    sheet = sheet.reshape(grid.groups, grid.rows, grid.columns, step_down, step_across, 3).transpose(0, 1, 3, 2, 4, 5)
    pages = sheet.reshape(grid.groups, grid.rows * step_down, grid.columns * step_across, 3)
    if grid.groups == 1:
        return to_image(pages[0])
    whole = np.empty((pages.shape[1], (grid.groups - 1) * grid.group_step + pages.shape[2], 3), np.uint8)
    whole[:] = ground
    for index, page in enumerate(pages):
        whole[:, index * grid.group_step : index * grid.group_step + pages.shape[2]] = page
    return to_image(whole)


def paint_scale(painter: QPainter, area: QRect, tiles: Tiles, metrics: QFontMetrics) -> None:
    """The colours from low (below) to high (above) with the numbers they stand for."""
    if _as_they_are(tiles):
        return
    half = metrics.height() // 2
    height = min(area.height() - 2 * half, 220)
    bar = QRect(area.left(), area.top() + half, SCALE_WIDTH, max(height, 10))
    if tiles.colormap == "rgb":
        third = bar.width() / 3
        for column, colour in enumerate((QColor(255, 0, 0), QColor(0, 255, 0), QColor(0, 0, 255))):
            ramp = QLinearGradient(bar.topLeft(), bar.bottomLeft())
            ramp.setColorAt(0, colour)
            ramp.setColorAt(1, QColor(0, 0, 0))
            painter.fillRect(QRectF(bar.left() + column * third, bar.top(), third, bar.height()), ramp)
    else:
        table = np.ascontiguousarray(colormap(tiles.colormap)[::-1][:, None])
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(bar, to_image(table))
    painter.setPen(theme.color("border"))
    painter.drawRect(bar.adjusted(-1, -1, 0, 0))
    marks = [(tiles.high, 0.0), (tiles.low, 1.0)]
    zero = tiles.high / (tiles.high - tiles.low)
    if 0.2 < zero < 0.8:
        marks.append((0.0, zero))
    number = NumberFormat((value for value, _ in marks), percent=tiles.percent)
    painter.setPen(theme.color("text.soft"))
    for value, place in marks:
        y = bar.top() + place * bar.height()
        painter.drawLine(QPointF(bar.right() + 1, y), QPointF(bar.right() + 4, y))
        painter.drawText(QPointF(bar.right() + 7, y + metrics.ascent() / 2 - 1), number(value))


def bars_plot(area: QRect, tiles: Tiles, metrics: QFontMetrics) -> QRectF:
    """Where the bars themselves stand: without the numbers beside and the words below. Each takes an equal slot."""
    values = tiles.maps.reshape(-1)
    low, high = min(tiles.low, 0.0), max(tiles.high, 0.0)
    number = NumberFormat((low, high, *values.tolist()), percent=tiles.percent)
    beside = ["−0.000", number(low), number(high), tiles.shares_from if len(tiles.shares_from) < 12 else ""]
    margin = max(metrics.horizontalAdvance(word) for word in beside) + 8
    line = metrics.height()
    named = max((metrics.horizontalAdvance(word) for word in tiles.labels), default=0) + 8
    wide = min(area.width() - margin, max(64.0, min(named, 160)) * len(values))
    below = line * (2 if _shares_fit(tiles, metrics, wide / len(values)) else 1)
    return QRectF(area.left() + margin, area.top() + line, wide, area.height() - line - below - 4)


def _shares_fit(tiles: Tiles, metrics: QFontMetrics, slot: float) -> bool:
    """Whether any share can be written below its bar; a row that says of what they are shares and no share is noise."""
    share = NumberFormat(tiles.shares, percent=True)
    return any(metrics.horizontalAdvance(share(value)) + 2 <= slot for value in tiles.shares)


def paint_bars(painter: QPainter, area: QRect, tiles: Tiles, metrics: QFontMetrics) -> None:
    """A list of numbers as bars from zero: the name below each, the number at its end, where there is room."""
    values = tiles.maps.reshape(-1)
    name = "viridis" if tiles.colormap == "rgb" else tiles.colormap
    colours = coloured(values, tiles.low, tiles.high, name)
    low, high = min(tiles.low, 0.0), max(tiles.high, 0.0)
    number = NumberFormat((low, high, *values.tolist()), percent=tiles.percent)
    share = NumberFormat(tiles.shares, percent=True)
    plot = bars_plot(area, tiles, metrics)
    margin, line = plot.left() - area.left(), metrics.height()
    slot = plot.width() / len(values)
    pad = slot * 0.14 if slot >= 4 else 0.0

    def height_of(value: float) -> float:
        return plot.bottom() - (min(max(value, low), high) - low) / (high - low) * plot.height()

    painter.setPen(theme.color("text.soft"))
    for mark in {low, high, 0.0}:
        if mark == 0 or abs(mark) > 0.12 * (high - low):
            box = QRectF(area.left(), height_of(mark) - line / 2, margin - 6, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number(mark))
    words = tiles.labels or tuple(str(index) for index in range(len(values)))
    precise = QFontMetricsF(painter.font())
    roomy = max((precise.horizontalAdvance(word) for word in words), default=0) + 2 <= slot
    every = 1 if roomy else max(1, ceil(40 / slot))
    best = int(np.argmax(values))
    if _shares_fit(tiles, metrics, slot):
        painter.setPen(theme.color("text.soft"))
        box = QRectF(area.left(), plot.bottom() + 3 + line, margin - 6, line)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, tiles.shares_from)
    for index, value in enumerate(values):
        x, end = plot.left() + index * slot, height_of(float(value))
        top, bottom = sorted((height_of(0.0), end))
        bar = QRectF(x + pad, top, max(slot - 2 * pad, 1.0), max(bottom - top, 1.0))
        painter.fillRect(bar, QColor(*(int(part) for part in colours[index])))
        if slot >= 8:
            painter.setPen(theme.color("border"))
            painter.drawRect(bar)
        painter.setPen(theme.color("text" if index == best else "text.soft"))
        if index % every == 0:
            box = QRectF(x, plot.bottom() + 3, slot * every, line)
            # In the middle: names of one kind, such as sigmoid_1 and sigmoid_2, differ at their end.
            text = metrics.elidedText(words[index], Qt.TextElideMode.ElideMiddle, int(slot * every))
            centre = Qt.AlignmentFlag.AlignHCenter if every == 1 else Qt.AlignmentFlag.AlignLeft
            painter.drawText(box, centre | Qt.AlignmentFlag.AlignTop, text)
        if index < len(tiles.shares):
            said = share(tiles.shares[index])
            if precise.horizontalAdvance(said) + 2 <= slot:
                box = QRectF(x, plot.bottom() + 3 + line, slot, line)
                painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, said)
        said = number(float(value))
        if precise.horizontalAdvance(said) + 2 <= slot:
            painter.drawText(QRectF(x, top - line, slot, line), Qt.AlignmentFlag.AlignHCenter, said)
    painter.setPen(QPen(theme.color("text.soft"), 1))
    painter.drawLine(QPointF(plot.left(), height_of(0.0)), QPointF(plot.right(), height_of(0.0)))
