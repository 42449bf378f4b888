"""The small pictures inside nodes: maps and bars without words, drawn with numpy alone.

They are what a window shows that has just been opened, and numpy is there already; pillow and its fonts wait until a
picture with words is wanted (``pictures.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from app.insight.colours import coloured, tile_colours
from app.insight.tiles import Tiles

Colour = tuple[int, int, int]
Area = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class Paper:
    """What a picture is drawn on: background, text, and thin lines."""

    back: Colour
    ink: Colour
    faint: Colour


LIGHT = Paper((255, 255, 255), (28, 30, 36), (176, 180, 188))
DARK = Paper((32, 35, 41), (232, 234, 238), (94, 99, 110))


def blank(width: int, height: int, paper: Paper) -> np.ndarray:
    """Empty paper ``(height, width, 3)`` uint8."""
    line = np.full((width, 3), paper.back, np.uint8)
    return np.repeat(line[None], height, axis=0)  # whole lines: a picture of single pixels takes ten times as long


def strip(tiles: Tiles, width: int, height: int, paper: Paper = DARK) -> np.ndarray:
    """The maps alone, as many as fit into ``(height, width)`` pixels: for the strip inside a node on the canvas."""
    picture = blank(max(width, 1), max(height, 1), paper)
    if tiles.layout == "bars":
        values = tiles.maps.reshape(-1)
        most = max(width // 3, 1)
        if len(values) > most:  # of those that share a bar, the one that is furthest from zero
            some = np.array_split(values, most)
            values = np.array([each[np.abs(each).argmax()] for each in some], values.dtype)
        draw_bars(picture, tiles, values, (0, 0, width, height), paper)
        return picture
    if tiles.layout != "grid":  # a row for each line or point, dark where it is low; the map below a plot
        maps = tiles.maps.reshape(1, -1, tiles.maps.shape[-1]) if tiles.layout != "plot" else tiles.maps
        tiles = replace(tiles, maps=maps, layout="grid", labels=())
    rows, columns = tiles.size
    gap = 2
    # One row of maps as high as the strip; more rows only if that shows more of them at no less than four pixels.
    zoom = whole(min(height / rows, width / columns))
    across = max(1, int((width + gap) // (columns * zoom + gap)))
    shown = tiles.count
    while across * _down(height, rows, zoom, gap) < shown and min(rows, columns) * _smaller(zoom) >= 8:
        zoom = _smaller(zoom)
        across = max(1, int((width + gap) // (columns * zoom + gap)))
    down = _down(height, rows, zoom, gap)
    colours = tile_colours(tiles)[: across * down]
    tile_height, tile_width = round(rows * zoom), round(columns * zoom)
    across = min(across, len(colours))
    used = ceil(len(colours) / across)
    x0 = max(0, (width - across * (tile_width + gap) + gap) // 2)
    y0 = max(0, (height - used * (tile_height + gap) + gap) // 2)
    for index, pixels in enumerate(colours):
        x, y = x0 + index % across * (tile_width + gap), y0 + index // across * (tile_height + gap)
        room = picture[y : y + max(1, tile_height), x : x + max(1, tile_width)]
        room[:] = enlarged(pixels, zoom)[: room.shape[0], : room.shape[1]]
    return picture


def enlarged(pixels: np.ndarray, zoom: float) -> np.ndarray:
    """``pixels`` with each one made a square of ``zoom``; below 1 several are averaged."""
    if zoom >= 1:
        factor = int(zoom)
        return np.repeat(np.repeat(pixels, factor, axis=0), factor, axis=1)
    from PIL import Image

    height, width = pixels.shape[:2]
    size = (max(1, round(width * zoom)), max(1, round(height * zoom)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


def whole(zoom: float) -> float:
    """A whole factor if things are to grow, else the factor itself."""
    return float(int(zoom)) if zoom >= 1 else zoom


def _smaller(zoom: float) -> float:
    return zoom - 1 if zoom >= 2 else zoom * 0.8


def _down(height: int, rows: int, zoom: float, gap: int) -> int:
    return max(1, int((height + gap) // (rows * zoom + gap)))


def bar_y(tiles: Tiles, area: Area, value: float) -> float:
    """How high a value stands in ``area``."""
    return float(_heights(tiles, area, np.array([value]))[0])


def _heights(tiles: Tiles, area: Area, values: np.ndarray) -> np.ndarray:
    low, high = min(tiles.low, 0.0), max(tiles.high, 0.0)
    known = np.clip(np.nan_to_num(values.astype(float), nan=0.0), low, high)
    heights: np.ndarray = area[3] - (known - low) / (high - low) * (area[3] - area[1])
    return heights


def draw_bars(
    pixels: np.ndarray, tiles: Tiles, values: np.ndarray, area: Area, paper: Paper
) -> list[tuple[float, float]]:
    """Bars from zero in ``area`` of a picture ``(height, width, 3)``; middle and upper end of each."""
    # All bars at once, because a training waits while they are computed.
    slot = (area[2] - area[0]) / len(values)
    pad = slot * 0.12 if slot >= 4 else 0
    zero, ends = bar_y(tiles, area, 0.0), _heights(tiles, area, values)
    starts = area[0] + np.arange(len(values)) * slot
    lefts, uppers = _rounded(starts + pad), np.minimum(zero, ends)
    rights = np.maximum(lefts, _rounded(starts + slot - pad) - 1) + 1
    tops, bottoms = _rounded(uppers), _rounded(np.maximum(zero, ends)) + 1
    colours = coloured(values, tiles.low, tiles.high, "viridis" if tiles.colormap == "rgb" else tiles.colormap)
    edges = zip(tops.tolist(), bottoms.tolist(), lefts.tolist(), rights.tolist())
    for (top, bottom, left, right), colour in zip(edges, colours):
        pixels[top:bottom, left:right] = colour
    pixels[round(zero) : round(zero) + 1, area[0] : area[2] + 1] = paper.faint
    return list(zip((starts + slot / 2).tolist(), uppers.tolist()))


def _rounded(places: np.ndarray) -> np.ndarray:
    return np.rint(places).astype(int)
