"""Curves drawn with pillow alone: what the demo and the command line write where no window is there to plot.

Lines are drawn three times as large and reduced, which makes them smooth; words are written at their final size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

import numpy as np
from PIL import Image, ImageDraw

from app.insight.numbers import NumberFormat
from app.insight.strips import LIGHT, Colour, Paper
from app.insight.text import draw_text, line_height, text_width

# Blue and orange of Okabe and Ito (2008), which stay apart for colour-blind eyes; dashes help on grey projectors.
BLUE: Colour = (0, 114, 178)
ORANGE: Colour = (213, 94, 0)
PALE_BLUE: Colour = (178, 210, 232)
_FINE = 3


@dataclass(frozen=True, slots=True)
class ChartLine:
    """One line of a chart. Points whose value is not a number are left out."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: Colour
    width: float = 2.5
    dashed: bool = False
    points: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Curves with one pair of axes. ``percent`` shows 0.97 as 97 %; ``floor`` is a value the axis should reach;
    ``whole`` marks whole numbers only, as for epochs."""

    title: str
    x_label: str
    curves: tuple[ChartLine, ...]
    percent: bool = False
    floor: float | None = 0.0
    ceiling: float | None = None
    whole: bool = True


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) from ``low`` to ``high``, about so many."""
    if not high > low:
        return [low]
    rough = (high - low) / max(about, 1)
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def draw(charts: Sequence[Chart], *, width: int = 1280, height: int = 560, paper: Paper = LIGHT) -> np.ndarray:
    """The charts side by side as ``(height, width, 3)`` uint8."""
    if not charts:
        raise ValueError("There is no chart to draw.")
    picture = Image.new("RGB", (width, height), paper.back)
    each = width // len(charts)
    for index, chart in enumerate(charts):
        _draw_chart(picture, chart, (index * each, 0, (index + 1) * each, height), paper)
    return np.asarray(picture).copy()


def _draw_chart(picture: Image.Image, chart: Chart, box: tuple[int, int, int, int], paper: Paper) -> None:
    text = int(np.clip(round(min((box[2] - box[0]) / 36, box[3] / 28)), 11, 26))
    line = line_height(text)
    title_size = round(text * 1.2)
    curves = [_clean(curve) for curve in chart.curves]
    curves = [curve for curve in curves if len(curve.x)]
    x_low, x_high, y_low, y_high = _limits(chart, curves)
    y_ticks = ticks(y_low, y_high, max(3, (box[3] - box[1]) // 90))
    words = [_amount(value, y_ticks, chart.percent) for value in y_ticks]
    left = box[0] + round(1.4 * text + max(text_width(word, text) for word in words) + 0.6 * text)
    right, top = box[2] - round(1.6 * text), box[1] + text + line_height(title_size) + round(1.9 * line)
    bottom = box[3] - round(3.0 * line)
    area = (left, top, right, bottom)

    def at(x: float, y: float) -> tuple[float, float]:
        across, up = (x - x_low) / (x_high - x_low), (y - y_low) / (y_high - y_low)
        return left + across * (right - left), bottom - up * (bottom - top)

    draw_text(picture, left, box[1] + text, chart.title, title_size, paper.ink)
    pen = ImageDraw.Draw(picture)
    grid = tuple((2 * back + faint) // 3 for back, faint in zip(paper.back, paper.faint))
    for value, word in zip(y_ticks, words):
        y = round(at(x_low, value)[1])
        pen.line([(left, y), (right, y)], grid, 1)
        draw_text(picture, left - 0.6 * text, y - 0.55 * line, word, text, paper.ink, 1)
    x_ticks = ticks(x_low, x_high, 8)
    if chart.whole:
        x_ticks = [
            value for value in ticks(x_low, x_high, min(8, max(1, floor(x_high - x_low)))) if value == round(value)
        ]
    for value in x_ticks:
        x = round(at(value, y_low)[0])
        pen.line([(x, bottom), (x, bottom + 5)], paper.ink, 1)
        draw_text(picture, x, bottom + 8, _amount(value, x_ticks, False), text, paper.ink, 0.5)
    pen.line([(left, bottom), (right, bottom)], paper.ink, 1)
    pen.line([(left, top), (left, bottom)], paper.ink, 1)
    draw_text(picture, (left + right) / 2, bottom + 8 + round(1.15 * line), chart.x_label, text, paper.ink, 0.5)
    _draw_curves(picture, curves, at, area)
    _draw_legend(picture, curves, left, box[1] + text + line_height(title_size) + round(0.3 * line), text, paper)
    if not curves:
        draw_text(picture, (left + right) / 2, (top + bottom) / 2, "nothing measured yet", text, paper.ink, 0.5)


def _clean(curve: ChartLine) -> ChartLine:
    kept = [(x, y) for x, y in zip(curve.x, curve.y) if isfinite(x) and isfinite(y)]
    return ChartLine(
        curve.name, [x for x, _ in kept], [y for _, y in kept], curve.colour, curve.width, curve.dashed, curve.points
    )


def _limits(chart: Chart, curves: Sequence[ChartLine]) -> tuple[float, float, float, float]:
    """What the axes span; a chart without width or height gets one, so that a single point can be drawn."""
    xs = [x for curve in curves for x in curve.x] or [0.0, 1.0]
    ys = [y for curve in curves for y in curve.y] or [0.0, 1.0]
    y_low, y_high = min(ys), max(ys)
    if chart.floor is not None:
        y_low = min(y_low, chart.floor) if chart.ceiling is None else chart.floor
    y_high = chart.ceiling if chart.ceiling is not None else y_high + 0.04 * (y_high - y_low)
    x_low, x_high = min(xs), max(xs)
    if x_high <= x_low:
        x_low, x_high = x_low - 0.5, x_high + 0.5
    if y_high <= y_low:
        y_low, y_high = y_low - 0.5, y_low + 0.5
    return x_low, x_high, y_low, y_high


def _amount(value: float, marks: Sequence[float], percent: bool) -> str:
    step = abs(marks[1] - marks[0]) if len(marks) > 1 else 0.0
    return NumberFormat(marks, step=step, percent=percent)(value)


def _draw_curves(picture: Image.Image, curves: Sequence[ChartLine], at, area) -> None:  # type: ignore[no-untyped-def]
    left, top, right, bottom = area
    size = (right - left, bottom - top)
    for curve in curves:
        mask = Image.new("L", (size[0] * _FINE, size[1] * _FINE), 0)
        pen = ImageDraw.Draw(mask)
        places = [at(x, y) for x, y in zip(curve.x, curve.y)]
        fine = [((x - left) * _FINE, (y - top) * _FINE) for x, y in places]
        thick = max(1, round(curve.width * _FINE))
        for part in dashes(fine, 9 * _FINE) if curve.dashed else [fine]:
            if len(part) > 1:
                pen.line(part, 255, thick, joint="curve")
        if curve.points or len(fine) == 1:
            for x, y in fine:
                reach = 1.7 * thick
                pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=255)
        picture.paste(curve.colour, (left, top), mask.resize(size, Image.Resampling.LANCZOS))


def dashes(points: Sequence[tuple[float, float]], length: float) -> list[list[tuple[float, float]]]:
    """The line through the points cut into dashes of that length, with gaps of half of it."""
    given = np.array(points, float)
    if len(given) < 2:
        return []
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(given, axis=0).T))])
    parts = []
    for start in np.arange(0.0, along[-1], 1.5 * length):
        end = min(start + length, along[-1])
        stops = np.concatenate([[start], along[(along > start) & (along < end)], [end]])
        parts.append(
            [(float(x), float(y)) for x, y in zip(*(np.interp(stops, along, given[:, axis]) for axis in (0, 1)))]
        )
    return parts


def _draw_legend(
    picture: Image.Image, curves: Sequence[ChartLine], x: float, y: float, text: int, paper: Paper
) -> None:
    """Name and line of each curve in one row above the axes, where no curve can run through it."""
    pen = ImageDraw.Draw(picture)
    for curve in curves:
        middle, long = round(y + 0.62 * text), 2.2 * text
        thick = max(2, round(curve.width))
        if curve.dashed:
            pen.line([(x, middle), (x + 0.4 * long, middle)], curve.colour, thick)
            pen.line([(x + 0.6 * long, middle), (x + long, middle)], curve.colour, thick)
        else:
            pen.line([(x, middle), (x + long, middle)], curve.colour, thick)
        draw_text(picture, x + long + 0.5 * text, y, curve.name, text, paper.ink)
        x += long + 0.5 * text + text_width(curve.name, text) + 1.5 * text
