"""Lines and bars over a pair of axes as a list of marks, which pillow, Qt and an SVG file paint each in their way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw

from app.insight.chart import dashes, ticks
from app.insight.colours import coloured
from app.insight.numbers import NumberFormat
from app.insight.strips import Colour, Paper
from app.insight.text import draw_text, text_width
from app.insight.tiles import Tiles

# Of Okabe and Ito (2008), which stay apart for colour-blind eyes, on white paper and on dark; dashed from the second
# turn on.
COLOURS: tuple[Colour, ...] = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (86, 180, 233),
    (230, 159, 0),
)
MOST_NAMED = 12  # lines in a legend
_FINE = 3

Ink = Colour | Literal["ink", "soft", "faint"]
WidthOf = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through points, in pixels from the upper left corner."""

    points: tuple[tuple[float, float], ...]
    ink: Ink
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    ink: Ink


@dataclass(frozen=True, slots=True)
class PlotText:
    """One line of text whose top is at ``y``. ``align``: 0 begins at ``x``, 0.5 centres on it, 1 ends there."""

    x: float
    y: float
    text: str
    align: float = 0.0
    ink: Ink = "ink"


Mark = Stroke | Box | PlotText


def places(tiles: Tiles) -> np.ndarray:
    """Where the points of lines lie on the axis below: ``(points,)``."""
    return np.arange(tiles.size[1], dtype=np.float32) if tiles.at is None else np.asarray(tiles.at, np.float32)


def rows_of(tiles: Tiles) -> np.ndarray:
    """The values of each line: ``(lines, points)``."""
    return tiles.maps.reshape(-1, tiles.size[1]).astype(float)


def colour_of(index: int) -> tuple[Colour, bool]:
    """The colour of a line, and whether it is dashed."""
    return COLOURS[index % len(COLOURS)], index // len(COLOURS) % 2 == 1


def line_marks(tiles: Tiles, width: float, height: float, line: float, width_of: WidthOf) -> list[Mark]:
    """The marks of ``tiles`` of the layout ``lines`` in a picture of this size. ``line`` is the height of a line of
    text, and ``width_of`` says how wide words are."""
    if height < 8 * line:  # what the axes are has no room; the title or the note says it
        tiles = replace(tiles, x_label="", y_label="")
    marks, top = _legend(tiles, width, line, width_of)
    values = rows_of(tiles)
    at = places(tiles).astype(float)
    low, high = tiles.low, tiles.high
    across = _ends(at)
    y_ticks = ticks(low, high, max(2, int((height - top) / (3 * line))))
    number = NumberFormat(y_ticks, step=_step(y_ticks), percent=tiles.percent)
    left = max((width_of(number(mark)) for mark in y_ticks), default=0.0) + 0.6 * line
    right = width - 0.8 * line
    bottom = height - (2.5 if tiles.x_label else 1.3) * line
    top += (1.9 if tiles.y_label else 0.6) * line + (0.9 * line if tiles.peaks else 0)
    if bottom - top < line or right - left < 2 * line:
        return [PlotText(0, 0, "A larger panel shows the lines.", ink="soft")]

    def place(x: float, y: float) -> tuple[float, float]:
        y = min(max(y, low), high)
        return (
            left + (x - across[0]) / (across[1] - across[0]) * (right - left),
            bottom - (y - low) / (high - low) * (bottom - top),
        )

    for mark in y_ticks:
        y = place(across[0], mark)[1]
        marks.append(Stroke(((left, y), (right, y)), "faint", 0.5))
        marks.append(PlotText(left - 0.4 * line, y - 0.55 * line, number(mark), 1, "soft"))
    if tiles.y_label:
        marks.append(PlotText(0, top - (2.8 if tiles.peaks else 1.9) * line, tiles.y_label, 0, "soft"))
    marks += _below(tiles, at, across, place, (left, right, bottom, line), width_of)
    marks.append(Stroke(((left, bottom), (right, bottom)), "ink"))
    if low < 0 < high:
        zero = place(across[0], 0.0)[1]
        marks.append(Stroke(((left, zero), (right, zero)), "soft"))
    for index, row in enumerate(values):
        colour, dashed = colour_of(index)
        for known in _stretches(row):
            points = tuple(place(float(at[step]), float(row[step])) for step in known)
            if len(points) == 1:
                points = ((points[0][0] - 3, points[0][1]), (points[0][0] + 3, points[0][1]))
            marks.append(Stroke(points, colour, 3.0 if index in tiles.strong else 2.0, dashed))
    for x, value, word in tiles.peaks:
        above = place(x, value)
        marks.append(PlotText(above[0], above[1] - 1.15 * line, word, 0.5))
    return marks


def _stretches(row: np.ndarray) -> list[range]:
    """The steps of a line, in pieces where it has gaps."""
    edges = np.flatnonzero(np.diff(np.isfinite(row).astype(int), prepend=0, append=0))
    return [range(start, end) for start, end in zip(edges[::2].tolist(), edges[1::2].tolist())]


def _ends(at: np.ndarray) -> tuple[float, float]:
    low, high = float(at.min()), float(at.max())
    return (low, high) if low < high else (low - 0.5, low + 0.5)


def _step(marks: Sequence[float]) -> float:
    return min((abs(b - a) for a, b in pairwise(marks)), default=0.0)


def _below(
    tiles: Tiles,
    at: np.ndarray,
    across: tuple[float, float],
    place: Callable[[float, float], tuple[float, float]],
    room: tuple[float, float, float, float],
    width_of: WidthOf,
) -> list[Mark]:
    """The numbers of the axis below, and what they are; whole ones where every point is at one."""
    left, right, bottom, line = room
    about = max(3, int((right - left) / (5 * line)))
    x_ticks = ticks(*across, about)
    if np.array_equal(at, np.round(at)):
        x_ticks = [mark for mark in x_ticks if mark == round(mark)] or [float(at[0])]
    number = NumberFormat(x_ticks, step=_step(x_ticks))
    marks: list[Mark] = []
    for mark in x_ticks:
        x = place(mark, tiles.low)[0]
        marks.append(Stroke(((x, bottom), (x, bottom + 0.25 * line)), "ink"))
        half = width_of(number(mark)) / 2
        marks.append(
            PlotText(min(max(x, half), right + 0.8 * line - half), bottom + 0.3 * line, number(mark), 0.5, "soft")
        )
    if tiles.x_label:
        marks.append(PlotText((left + right) / 2, bottom + 1.4 * line, tiles.x_label, 0.5, "soft"))
    return marks


def _legend(tiles: Tiles, width: float, line: float, width_of: WidthOf) -> tuple[list[Mark], float]:
    """Name and colour of each line in rows above the axes, and how high these are."""
    if not tiles.labels:
        return [], 0.0
    marks: list[Mark] = []
    x, y = 0.0, 0.0
    words = list(tiles.labels[:MOST_NAMED])
    if len(tiles.labels) > MOST_NAMED:
        words.append(f"and {len(tiles.labels) - MOST_NAMED} more")
    for index, word in enumerate(words):
        swatch = 1.6 * line if index < MOST_NAMED else 0.0
        wide = swatch + 0.4 * line + width_of(word) + line
        if x and x + wide > width:
            x, y = 0.0, y + 1.15 * line
        if swatch:
            colour, dashed = colour_of(index)
            marks.append(Stroke(((x, y + 0.55 * line), (x + swatch, y + 0.55 * line)), colour, 2.5, dashed))
        marks.append(PlotText(x + swatch + 0.4 * line, y, word, 0))
        x += wide
    return marks, y + 1.3 * line


def legend_height(tiles: Tiles, width: float, line: float, width_of: WidthOf) -> float:
    """How high the names of the lines stand above the axes, in a picture of this width."""
    return _legend(tiles, width, line, width_of)[1]


def bar_marks(tiles: Tiles, width: float, height: float, line: float, width_of: WidthOf) -> list[Mark]:
    """The marks of ``tiles`` of the layout ``bars``, as ``line_marks``."""
    values = tiles.maps.reshape(-1).astype(float)
    low, high = min(tiles.low, 0.0), max(tiles.high, 0.0)
    number = NumberFormat((low, high, *values.tolist()), percent=tiles.percent)
    ends = [mark for mark in sorted({low, high, 0.0}) if mark == 0 or abs(mark) > 0.08 * (high - low)]
    left = max(width_of(number(mark)) for mark in ends) + 0.6 * line
    top, bottom = 1.2 * line, height - (2.6 if tiles.x_label else 1.4) * line
    slot = (width - left) / len(values)

    def place(value: float) -> float:
        return bottom - (min(max(value, low), high) - low) / (high - low) * (bottom - top)

    marks: list[Mark] = [PlotText(left - 0.4 * line, place(m) - 0.55 * line, number(m), 1, "soft") for m in ends]
    words = tiles.labels or tuple(str(index) for index in range(len(values)))
    widest = max(width_of(word) for word in words)
    every = max(1, ceil((widest + 4) / slot)) if slot < widest + 4 else 1
    colours = coloured(values, tiles.low, tiles.high, "viridis" if tiles.colormap == "rgb" else tiles.colormap)
    pad = slot * 0.12 if slot >= 4 else 0.0
    for index, value in enumerate(values):
        x, end, zero = left + index * slot, place(value), place(0.0)
        red, green, blue = (int(part) for part in colours[index])
        marks.append(
            Box(x + pad, min(end, zero), max(slot - 2 * pad, 0.5), max(abs(end - zero), 0.5), (red, green, blue))
        )
        if index % every == 0:
            marks.append(PlotText(x + slot / 2, bottom + 0.2 * line, words[index], 0.5, "soft"))
        if width_of(number(value)) <= slot:
            marks.append(PlotText(x + slot / 2, min(end, zero) - 1.1 * line, number(value), 0.5))
    marks.append(Stroke(((left, place(0.0)), (width, place(0.0))), "soft"))
    if tiles.x_label:
        marks.append(PlotText((left + width) / 2, height - 1.2 * line, tiles.x_label, 0.5, "soft"))
    return marks


def draw_lines(tiles: Tiles, width: int, room: int, text: int, paper: Paper) -> Image.Image:
    """The lines as a picture, painted three times as large and reduced, which makes them smooth."""
    height = max(min(room, round(width * 0.5)), 8 * text)
    size = max(11, round(text * 0.85))
    marks = line_marks(tiles, width, height, 1.3 * size, lambda word: text_width(word, size))
    fine = Image.new("RGB", (width * _FINE, height * _FINE), paper.back)
    pen = ImageDraw.Draw(fine)
    for mark in marks:
        if isinstance(mark, Stroke):
            points = [(x * _FINE, y * _FINE) for x, y in mark.points]
            for part in dashes(points, 6.0 * _FINE) if mark.dashed else [points]:
                pen.line(part, ink_on(mark.ink, paper), max(1, round(mark.width * _FINE)), joint="curve")
        elif isinstance(mark, Box):
            corner = (mark.x + mark.width, mark.y + mark.height)
            box = (mark.x * _FINE, mark.y * _FINE, corner[0] * _FINE, corner[1] * _FINE)
            pen.rectangle(box, fill=ink_on(mark.ink, paper))
    picture = fine.resize((width, height), Image.Resampling.LANCZOS)
    for mark in marks:
        if isinstance(mark, PlotText):
            draw_text(picture, mark.x, mark.y, mark.text, size, ink_on(mark.ink, paper), mark.align)
    return picture


def ink_on(ink: Ink, paper: Paper) -> Colour:
    """The colour of an ink on this paper."""
    if ink == "ink":
        return paper.ink
    if ink == "soft":
        red, green, blue = ((2 * one + other) // 3 for one, other in zip(paper.ink, paper.back))
        return red, green, blue
    return paper.faint if ink == "faint" else ink
