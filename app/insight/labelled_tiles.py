"""Tiles that are no maps: named points in a plane and small tables; drawn with pillow, and how they are laid out."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np
from PIL import Image, ImageDraw

from app.insight.chart import BLUE, ORANGE
from app.insight.colours import coloured
from app.insight.numbers import DIGITS, NumberFormat
from app.insight.strips import Colour, Paper
from app.insight.text import draw_text, line_height, shortened, text_width
from app.insight.tiles import Tiles

MOST_STRETCHED = 3.0
MOST_TABLE = 40  # rows or columns that can be read as a table
_LEAST_TEXT = 12  # dots high; smaller letters are read by nobody

Box = tuple[float, float, float, float]  # left, top, right, bottom


def spread(tiles: Tiles, area: Box) -> list[tuple[float, float]]:
    """Where the points of a plane lie in an area, upwards is more. One axis is drawn at most MOST_STRETCHED times as
    long as the other: in a low panel, words on one scale would hide each other."""
    points = tiles.maps[0].astype(float)
    low, high = points.min(0), points.max(0)
    reach = np.where(high > low, high - low, 1.0)
    wide, tall = max(area[2] - area[0], 1.0), max(area[3] - area[1], 1.0)
    scale = np.array([wide, tall]) / reach
    scale = np.minimum(scale, MOST_STRETCHED * scale.min())
    middle = (low + high) / 2
    at = (points - middle) * scale
    centre = (area[0] + wide / 2, area[1] + tall / 2)
    return [(centre[0] + float(x), centre[1] - float(y)) for x, y in at]


def placed(
    points: Sequence[tuple[float, float]], sizes: Sequence[tuple[float, float]], area: Box, first: Sequence[int] = ()
) -> list[tuple[float, float] | None]:
    """The left top corner of the label of each point: beside, above or below it, where it hides no other; None where
    there is no room. Those of ``first`` choose first, and may hide points that are not among them."""
    dots = [(x - 3, y - 3, x + 3, y + 3) for x, y in points]
    others: list[Box] = dots if len(points) <= 300 else []
    labels: list[Box] = []
    strong = [dots[index] for index in first]
    found: list[tuple[float, float] | None] = [None] * len(points)
    for index in [*first, *(each for each in range(len(points)) if each not in set(first))]:
        for hidden in (others, strong) if index in first else (others,):
            place = _free(points[index], sizes[index], area, [*labels, *hidden])
            if place is not None:
                labels.append((*place, place[0] + sizes[index][0], place[1] + sizes[index][1]))
                found[index] = place
                break
    return found


def _free(
    point: tuple[float, float], size: tuple[float, float], area: Box, taken: Sequence[Box]
) -> tuple[float, float] | None:
    """The left top corner of a label around a point that meets nothing of what is taken."""
    (x, y), (wide, tall) = point, size
    sides = (
        (x + 6, y - tall / 2),
        (x - 6 - wide, y - tall / 2),
        (x - wide / 2, y - tall - 4),
        (x - wide / 2, y + 4),
        (x + 4, y - tall - 2),
        (x + 4, y + 2),
        (x - 4 - wide, y - tall - 2),
        (x - 4 - wide, y + 2),
    )
    for left, top in sides:
        box = (left, top, left + wide, top + tall)
        inside = box[0] >= area[0] and box[1] >= area[1] and box[2] <= area[2] and box[3] <= area[3]
        if inside and not any(_meet(box, other) for other in taken):
            return left, top
    return None


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def table_words(tiles: Tiles) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of the rows and of the columns of a table; numbers where it has none."""
    rows, columns = tiles.size
    words = tiles.labels or (*map(str, range(rows)), *map(str, range(columns)))
    return words[:rows], words[rows : rows + columns]


def cells(tiles: Tiles, digits: int = DIGITS) -> list[list[str]]:
    """The numbers of a table as they are written: all in one way, but for those that would then read as 0. The largest
    has so many digits."""
    number = NumberFormat(tiles.maps[0].ravel().tolist(), percent=tiles.percent, digits=digits)
    return [[_cell(value, number) if isfinite(value) else "" for value in row] for row in tiles.maps[0].tolist()]


def _cell(value: float, number: NumberFormat) -> str:
    said = number(value)
    if value and not set(said) & set("123456789"):
        figure, power = f"{value:.0e}".split("e")
        return f"{figure}e{int(power)}".replace("-", "−")
    return said


def draw_points(tiles: Tiles, width: int, room: int, text: int, paper: Paper) -> Image.Image:
    """Points as a picture that is at most so large."""
    height = max(room, round(width * 0.4))
    picture = Image.new("RGB", (width, height), paper.back)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, width - 1, height - 1), outline=paper.faint)
    small = max(11, round(text * 0.8))
    points = spread(tiles, (4 * small, 1.5 * small, width - 4 * small, height - 1.5 * small))
    words = tiles.labels or ("",) * len(points)
    sizes = [(text_width(word, small), line_height(small)) for word in words]
    strong = set(tiles.strong)
    for index, (x, y) in enumerate(points):
        colour, reach = (ORANGE, 5) if index in strong else (BLUE, 3)
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=colour)
    for word, place in zip(words, placed(points, sizes, (0, 0, width, height), tiles.strong), strict=True):
        if place is not None:
            draw_text(picture, *place, word, small, paper.ink)
    return picture


def draw_table(tiles: Tiles, width: int, room: int, text: int, paper: Paper) -> Image.Image:
    """A table as a picture, as high as it has to be. Columns that find no room beside the others stand below them, with
    the words of the rows once more."""
    rows, columns = table_words(tiles)
    said = cells(tiles)
    small = max(11, round(text * 0.8))
    while small > _LEAST_TEXT and sum(_widths(said, rows, columns, small)[1]) > width - _side(rows, small):
        small -= 1
    side, wide = _widths(said, rows, columns, small)
    high = round(1.6 * small)
    bands = in_bands(wide, width - side)
    band_high = high * (len(rows) + 1) + 1
    most = max(sum(wide[place] for place in band) for band in bands)
    size = (round(side + most) + 1, band_high * len(bands) + high // 2 * (len(bands) - 1))
    picture = Image.new("RGB", size, paper.back)
    pen = ImageDraw.Draw(picture)
    shades = coloured(tiles.maps[0], tiles.low, tiles.high, tiles.colormap)
    for number, band in enumerate(bands):
        top = number * (band_high + high // 2)
        x = side
        for place in band:
            word = shortened(columns[place], small, wide[place])
            draw_text(picture, x + wide[place] / 2, top + 0.15 * high, word, small, paper.ink, 0.5)
            x += wide[place]
        for row, name in enumerate(rows):
            y = top + high * (row + 1)
            draw_text(picture, side - 0.5 * small, y + 0.15 * high, name, small, paper.ink, 1)
            x = side
            for place in band:
                back = tuple(int(part) for part in shades[row, place])
                pen.rectangle((x, y, x + wide[place], y + high), fill=back, outline=paper.faint)
                middle = x + wide[place] / 2
                draw_text(picture, middle, y + 0.15 * high, said[row][place], small, readable(back), 0.5)
                x += wide[place]
    return picture


def in_bands(wide: Sequence[float], room: float) -> list[list[int]]:
    """The columns of such widths in bands that are at most so wide, at least one column in each."""
    bands: list[list[int]] = [[]]
    used = 0.0
    for place, each in enumerate(wide):
        if bands[-1] and used + each > room:
            bands.append([])
            used = 0.0
        bands[-1].append(place)
        used += each
    return bands


def _side(rows: Sequence[str], size: int) -> float:
    return max(text_width(word, size) for word in rows) + size


def _widths(
    said: Sequence[Sequence[str]], rows: Sequence[str], columns: Sequence[str], size: int
) -> tuple[float, list[float]]:
    side = _side(rows, size)
    wide = [
        max(text_width(word, size) for word in (columns[place], *(row[place] for row in said))) + size
        for place in range(len(columns))
    ]
    return side, wide


def readable(back: Sequence[int]) -> Colour:
    """Black or white, whichever can be read on this colour."""
    red, green, blue = back[:3]
    return (0, 0, 0) if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else (255, 255, 255)
