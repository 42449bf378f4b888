"""A plot as elements of an SVG file: its ground stays the pixels it is, lines, points and words stay sharp."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from html import escape

import numpy as np

from app.insight.chart import ticks
from app.insight.numbers import NumberFormat
from app.insight.pictures import png
from app.insight.plot import Plot, ground_colours
from app.insight.plot_picture import levelled
from app.insight.strips import Colour, Paper
from app.insight.tiles import Tiles

Width = Callable[[str], float]


def plot_elements(tiles: Tiles, wide: float, high: float, text: float, paper: Paper, width: Width) -> Iterator[str]:
    """The elements of the plot of ``tiles`` in an area of this size, with letters of the height ``text``."""
    plot = tiles.plot
    assert plot is not None, "tiles of a plot have one"
    line = 1.3 * text
    entries = [(each.name, each.ink, True) for each in plot.lines if each.name]
    entries += [(word, ink, False) for word, ink in plot.legend]
    head = line * (1.2 if entries else 0.4)
    foot = line * (2.4 if plot.x_label else 1.3)
    marks = ticks(*plot.y, max(3, int((high - head - foot) / (2.5 * line))))
    number = NumberFormat(marks, step=abs(marks[1] - marks[0]) if len(marks) > 1 else 0.0)
    left = max((width(number(mark)) for mark in marks), default=0.0) + text + (line if plot.y_label else 0)
    across, down = wide - left - text, high - head - foot
    if plot.ground:
        across = min(across, down)
    (x0, x1), (y0, y1) = levelled(plot, round(across), round(down))

    def place(x: float, y: float) -> tuple[float, float]:
        return left + (x - x0) / (x1 - x0) * across, head + (y1 - y) / (y1 - y0) * down

    def words(x: float, y: float, said: str, anchor: str, more: str = "") -> str:
        return (
            f'<text x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}" fill="{_hex(paper.ink)}"{more}>{escape(said)}</text>'
        )

    yield from _inside(tiles, plot, place, text, paper)
    yield (
        f'<rect x="{left:.2f}" y="{head:.2f}" width="{across:.2f}" height="{down:.2f}" fill="none" '
        f'stroke="{_hex(paper.faint)}"/>'
    )
    for value in ticks(y0, y1, max(3, int(down / (2.5 * line)))):
        yield words(left - 0.4 * text, place(x0, value)[1] + 0.35 * text, number(value), "end")
    marks = ticks(x0, x1, max(3, int(across / (6 * text))))
    number_x = NumberFormat(marks, step=abs(marks[1] - marks[0]) if len(marks) > 1 else 0.0)
    for value in marks:
        yield words(place(value, y0)[0], head + down + line, number_x(value), "middle")
    if plot.x_label:
        yield words(left + across / 2, head + down + 2.1 * line, plot.x_label, "middle")
    if plot.y_label:
        middle = head + down / 2
        yield words(
            0.8 * text, middle, plot.y_label, "middle", f' transform="rotate(-90 {0.8 * text:.2f} {middle:.2f})"'
        )
    if plot.ground and tiles.colormap != "rgb":
        ends = NumberFormat((tiles.low, tiles.high))
        yield words(left + across + text, head + text, f"{ends(tiles.high)}: brightest", "start")
        yield words(left + across + text, head + down, f"{ends(tiles.low)}: darkest", "start")
    x = left
    for said, ink, is_line in entries:
        if x + width(said) + 2 * text > wide and x > left:
            break
        level = 0.55 * text
        yield (
            f'<path d="M{x:.2f} {level:.2f}h{text:.2f}" stroke="{_hex(ink)}" stroke-width="3"/>'
            if is_line
            else f'<circle cx="{x + text / 2:.2f}" cy="{level:.2f}" r="{0.32 * text:.2f}" fill="{_hex(ink)}"/>'
        )
        yield words(x + 1.4 * text, 0.9 * text, said, "start")
        x += width(said) + 2.6 * text


def _inside(
    tiles: Tiles, plot: Plot, place: Callable[[float, float], tuple[float, float]], text: float, paper: Paper
) -> Iterator[str]:
    """What is between the axes."""
    colours = ground_colours(tiles)
    if colours is not None:
        (left, top), (right, bottom) = place(plot.x[0], plot.y[1]), place(plot.x[1], plot.y[0])
        packed = base64.b64encode(png(colours)).decode()
        yield (
            f'<image x="{left:.2f}" y="{top:.2f}" width="{right - left:.2f}" height="{bottom - top:.2f}" '
            f'preserveAspectRatio="none" image-rendering="pixelated" href="data:image/png;base64,{packed}"/>'
        )
    for line in plot.lines:
        corners = [place(float(x), float(y)) for x, y in line.points]
        said = " ".join(f"{x:.2f},{y:.2f}" for x, y in corners)
        dash = ' stroke-dasharray="6 3"' if line.dashed else ""
        yield (
            f'<polyline points="{said}" fill="none" stroke="{_hex(line.ink)}" stroke-width="2.5" '
            f'stroke-linejoin="round"{dash}/>'
        )
        if line.dots:
            for x, y in corners:
                yield f'<circle cx="{x:.2f}" cy="{y:.2f}" r="4" fill="{_hex(line.ink)}" stroke="{_hex(paper.ink)}"/>'
    for at, (x, y) in enumerate(plot.points.tolist()):
        across, down = place(x, y)
        red, green, blue = (int(part) for part in np.asarray(plot.inks[at]))
        ring = bool(len(plot.marked) and plot.marked[at])
        edge = f'stroke="{_hex(paper.ink)}" stroke-width="2"' if ring else f'stroke="{_hex(paper.back)}"'
        size, ink = 5 if ring else 3.4, _hex((red, green, blue))
        yield f'<circle cx="{across:.2f}" cy="{down:.2f}" r="{size}" fill="{ink}" {edge}/>'


def _hex(colour: Colour) -> str:
    red, green, blue = colour
    return f"#{red:02x}{green:02x}{blue:02x}"
