"""A plot as pixels, with axes and legend: what the command line writes, and the window saves."""

from __future__ import annotations

from math import ceil

import numpy as np
from PIL import Image, ImageDraw

from app.insight.chart import ticks
from app.insight.numbers import NumberFormat
from app.insight.plot import Plot, ground_colours
from app.insight.strips import Paper
from app.insight.text import draw_text, draw_upward, line_height, shortened, text_width
from app.insight.tiles import Tiles

_FINE = 2  # times as large as it becomes, which makes edges smooth
Span = tuple[float, float]


def levelled(plot: Plot, width: int, height: int, stretch: float = 1.0) -> tuple[Span, Span]:
    """What the axes of an area in pixels span: where units must be equal, the one that has room to spare spans more.
    With ``stretch`` a unit may be so many times as long on one axis, as in an area that is very wide."""
    (x0, x1), (y0, y1) = plot.x, plot.y
    if plot.equal and width > 0 and height > 0:
        across, up = (x1 - x0) / width, (y1 - y0) / height
        across, up = max(across, up / stretch), max(up, across / stretch)
        more_x, more_y = (across * width - (x1 - x0)) / 2, (up * height - (y1 - y0)) / 2
        return (x0 - more_x, x1 + more_x), (y0 - more_y, y1 + more_y)
    return plot.x, plot.y


def draw_plot(tiles: Tiles, width: int, room: int, text: int, paper: Paper) -> Image.Image:
    """The plot of ``tiles`` in a picture of this width and about this height."""
    plot = tiles.plot
    assert plot is not None, "tiles of a plot have one"
    small = max(11, round(text * 0.85))
    line = line_height(small)
    legend = _legend_rows(plot, width, small)
    head = len(legend) * line + (small // 2 if legend else 0)
    foot = round(line * 1.3) + (line if plot.x_label else 0)
    height = max(room, head + foot + 6 * line)
    upright = line if plot.y_label else 0
    marks_y = ticks(*plot.y, max(3, (height - head - foot) // 60))
    number_y = NumberFormat(marks_y, step=_step(marks_y))
    left = ceil(max((text_width(number_y(mark), small) for mark in marks_y), default=0)) + small + upright
    wide, high = width - left - small, height - head - foot
    if plot.ground or plot.equal:  # a square where both axes are alike
        wide = min(wide, max(high, 1) * (2 if not plot.ground else 1))
    at_left = left + (width - left - small - wide) // 2 if wide < width - left - small else left
    picture = Image.new("RGB", (width, height), paper.back)
    x, y = levelled(plot, wide, high)
    picture.paste(_area(tiles, plot, x, y, wide, high, paper, small), (at_left, head))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((at_left - 1, head - 1, at_left + wide, head + high), outline=paper.faint)
    for value in ticks(*y, max(3, high // 60)):
        level = head + (y[1] - value) / (y[1] - y[0]) * high
        draw_text(picture, at_left - small * 0.5, level - line * 0.5, number_y(value), small, paper.ink, 1)
    marks_x = ticks(*x, max(3, wide // 90))
    number_x = NumberFormat(marks_x, step=_step(marks_x))
    for value in marks_x:
        place = at_left + (value - x[0]) / (x[1] - x[0]) * wide
        draw_text(picture, place, head + high + small * 0.3, number_x(value), small, paper.ink, 0.5)
    if plot.x_label:
        draw_text(picture, at_left + wide / 2, height - line, plot.x_label, small, paper.ink, 0.5)
    if plot.y_label and text_width(plot.y_label, small) <= high:
        draw_upward(picture, at_left - left, head + high / 2, plot.y_label, small, paper.ink, paper.back)
    _draw_legend(picture, legend, at_left, small, paper)
    return picture


def _step(marks: list[float]) -> float:
    return abs(marks[1] - marks[0]) if len(marks) > 1 else 0.0


Entry = tuple[str, tuple[int, int, int], str]  # words, colour, and what stands before them


def _legend_rows(plot: Plot, width: int, size: int) -> list[list[Entry]]:
    entries: list[Entry] = [(line.name, line.ink, "line") for line in plot.lines if line.name]
    entries += [(word, ink, "dot") for word, ink in plot.legend]
    if plot.mark and len(plot.marked) and bool(plot.marked.any()):
        entries.append((plot.mark, (0, 0, 0), "ring"))
    rows: list[list[Entry]] = []
    used = float(width)
    for entry in entries[:40]:
        entry = (shortened(entry[0], size, width / 2), *entry[1:])
        long = text_width(entry[0], size) + 2.6 * size
        if used + long > width:
            rows.append([])
            used = 3 * size
        rows[-1].append(entry)
        used += long
    return rows


def _draw_legend(picture: Image.Image, rows: list[list[Entry]], left: int, size: int, paper: Paper) -> None:
    pen = ImageDraw.Draw(picture)
    line = line_height(size)
    for at, row in enumerate(rows):
        x, y = float(left), at * line
        middle = y + line * 0.5
        for word, ink, kind in row:
            if kind == "line":
                pen.line([(x, middle), (x + 1.1 * size, middle)], ink, max(2, size // 6))
            else:
                radius = size * 0.32
                box = (x + size * 0.5 - radius, middle - radius, x + size * 0.5 + radius, middle + radius)
                pen.ellipse(box, None if kind == "ring" else ink, paper.ink if kind == "ring" else ink, 2)
            draw_text(picture, x + 1.4 * size, y, word, size, paper.ink)
            x += text_width(word, size) + 2.6 * size


def _area(tiles: Tiles, plot: Plot, x: Span, y: Span, wide: int, high: int, paper: Paper, size: int) -> Image.Image:
    """What is between the axes."""
    area = Image.new("RGB", (wide * _FINE, high * _FINE), paper.back)
    colours = ground_colours(tiles)
    if colours is not None:
        area.paste(Image.fromarray(colours).resize(area.size, Image.Resampling.NEAREST), (0, 0))
    pen = ImageDraw.Draw(area)
    scale = np.array([wide * _FINE / (x[1] - x[0]), -high * _FINE / (y[1] - y[0])])
    origin = np.array([x[0], y[1]])
    for line in plot.lines:
        places = [tuple(place) for place in ((line.points - origin) * scale).tolist()]
        thick = max(2, round(size / 5)) * _FINE
        if len(places) > 1:
            pen.line(places, line.ink, thick // 2 if line.dashed else thick, joint="curve")
        if line.dots or len(places) == 1:
            for across, down in places:
                pen.ellipse((across - thick, down - thick, across + thick, down + thick), line.ink, paper.ink, _FINE)
    places_of = (plot.points - origin) * scale
    radius = (3.2 if len(plot.points) <= 1500 else 2.2) * _FINE * max(1.0, size / 16)
    if plot.pictured and plot.thumbnails is not None:
        _paste_pictures(area, plot, places_of.tolist(), round(1.5 * size) * _FINE)
        return area.resize((wide, high), Image.Resampling.LANCZOS)
    for at, (across, down) in enumerate(places_of.tolist()):
        ink = tuple(int(part) for part in plot.inks[at])
        ring = bool(len(plot.marked) and plot.marked[at])
        reach = radius * 1.5 if ring else radius
        edge = paper.ink if ring else paper.back
        pen.ellipse((across - reach, down - reach, across + reach, down + reach), ink, edge, (2 if ring else 1) * _FINE)
    return area.resize((wide, high), Image.Resampling.LANCZOS)


def _paste_pictures(area: Image.Image, plot: Plot, places: list[list[float]], side: int) -> None:
    """The small pictures in the place of dots, each in a frame of its colour."""
    pen = ImageDraw.Draw(area)
    assert plot.thumbnails is not None, "there are pictures"
    for at, (across, down) in enumerate(places):
        picture = Image.fromarray(plot.thumbnails[at]).convert("RGB").resize((side, side), Image.Resampling.NEAREST)
        left, top = round(across - side / 2), round(down - side / 2)
        area.paste(picture, (left, top))
        ink = tuple(int(part) for part in plot.inks[at])
        pen.rectangle((left - 2, top - 2, left + side + 1, top + side + 1), outline=ink, width=2 * _FINE)
