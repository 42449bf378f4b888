"""From ``Tiles`` to pixels: a grid of crisp maps with title, labels and scale, readable from the last row.

Values are enlarged by whole factors and never blurred, so that each square on the wall is one number of the net.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from app.core.storage.files import write_atomic
from app.insight.arithmetic.notation import lines
from app.insight.breaking import MOST_LINES, MOST_READ, narrowest, unbroken
from app.insight.colours import coloured, tile_colours
from app.insight.labelled_tiles import draw_points, draw_table
from app.insight.numbers import NumberFormat
from app.insight.plot_picture import draw_plot
from app.insight.plots import draw_lines, places
from app.insight.strips import LIGHT, Paper, bar_y, blank, draw_bars, enlarged, whole
from app.insight.text import (
    draw_text,
    draw_upward,
    line_height,
    shortened,
    text_width,
    wrapped,
)
from app.insight.tiles import Tiles

MOST_LABELLED_BARS = 24
MOST_TOLD = 60  # lines of text below a picture


def render(tiles: Tiles, *, width: int = 960, max_height: int | None = None, paper: Paper = LIGHT) -> np.ndarray:
    """A picture ``(height, width, 3)`` uint8 of all maps with their title, labels, scale and note.

    Args:
        width: of the picture in pixels; everything else, text too, follows from it.
        max_height: about how high it may become; three quarters of the width if not given, or twice as much for a
            table that is much higher than wide. Many maps become small rather than high.
    """
    width = max(int(width), 160)
    text = int(np.clip(round(width / 46), 12, 30))
    margin = text
    inner = width - 2 * margin
    title_size = round(text * 1.2)
    title = wrapped(tiles.title, title_size, inner)
    note = wrapped(tiles.note, text, inner)
    told = lines(tiles.number) if tiles.number is not None else tiles.text[:MOST_TOLD]
    note = [*(part for line in told for part in wrapped(line, text, inner)), *note]
    above = len(title) * line_height(title_size) + (text // 2 if title else 0)
    scaled = tiles.layout == "grid" or (tiles.plot is not None and tiles.plot.ground and tiles.colormap != "rgb")
    bar = round(3.3 * text) if scaled else 0
    below = bar + len(note) * line_height(text) + (text // 2 if note else 0)

    def room_in(height: int) -> int:
        return max(height - above - below - 2 * margin, round(width * 0.2))

    usual, high = round(width * 0.75), round(width * 1.5)
    room = room_in(max_height or (high if _is_tall(tiles) else usual))
    if not max_height and tiles.layout == "grid" and tiles.columns and not _placed(tiles, inner, room, text).in_line:
        room = room_in(high)  # words below maps that are small take more room than the maps

    beside = _beside(tiles, inner, room, text, paper)
    left = beside.width + margin if beside else 0
    body = _BODIES[tiles.layout](tiles, inner - left, room, text, paper)
    body_height = max(body.height, beside.height if beside else 0)

    picture = Image.new("RGB", (width, margin + above + body_height + below + margin), paper.back)
    y = margin
    for line in title:
        draw_text(picture, margin, y, line, title_size, paper.ink)
        y += line_height(title_size)
    y = margin + above
    if beside:
        picture.paste(beside, (margin, y))
    # A narrow grid stands in the middle of the room it has.
    picture.paste(body, (margin + left + (inner - left - body.width) // 2, y))
    y += body_height
    if bar:
        _scale_bar(picture, tiles, width // 2, y + round(0.9 * text), min(round(inner * 0.6), 26 * text), text, paper)
        y += bar
    y += text // 2
    for line in note:
        draw_text(picture, margin, y, line, text, paper.ink)
        y += line_height(text)
    return np.asarray(picture).copy()


def _is_tall(tiles: Tiles) -> bool:
    if tiles.layout != "grid" or not tiles.columns:
        return False
    rows, columns = tiles.size
    return ceil(tiles.count / tiles.columns) * rows > 1.4 * tiles.columns * columns


def below_each_other(pictures: Sequence[np.ndarray], paper: Paper = LIGHT) -> np.ndarray:
    """Several pictures ``(h, w, 3)`` of one view as one, on paper as wide as the widest."""
    if len(pictures) == 1:
        return pictures[0]
    whole_paper = blank(max(each.shape[1] for each in pictures), sum(each.shape[0] for each in pictures), paper)
    top = 0
    for each in pictures:
        left = (whole_paper.shape[1] - each.shape[1]) // 2
        whole_paper[top : top + each.shape[0], left : left + each.shape[1]] = each
        top += each.shape[0]
    return whole_paper


def save_png(path: Path | str, pixels: np.ndarray) -> Path:
    """Write ``(h, w, 3)`` or ``(h, w)`` uint8 pixels as a PNG file, in one step: no reader ever sees half of it.

    Raises:
        OSError: if the file cannot be written there.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(target, png(pixels))
    return target


def png(pixels: np.ndarray) -> bytes:
    """What a PNG file of ``(h, w, 3)`` or ``(h, w)`` uint8 pixels holds."""
    content = io.BytesIO()
    # Not packed as small as can be: that takes five times as long, for one part in fifty.
    Image.fromarray(np.ascontiguousarray(pixels)).save(content, format="PNG")
    return content.getvalue()


def npz(pictures: Sequence[Tiles]) -> bytes:
    """What an NPZ file of their numbers holds: ``maps``, ``scale`` (its two ends), ``labels``, ``title`` and ``note``
    of the first, of lines ``at`` (where their points lie), and ``maps_1`` and so on of those behind it; of a plot also
    its ``points``, the ``numbers`` of their samples in the data, and its lines."""
    arrays: dict[str, np.ndarray] = {}
    for place, tiles in enumerate(pictures):
        behind = f"_{place}" if place else ""
        arrays[f"maps{behind}"] = tiles.maps
        arrays[f"scale{behind}"] = np.array([tiles.low, tiles.high], np.float32)
        arrays[f"labels{behind}"] = np.array(tiles.labels, np.str_)
        arrays[f"title{behind}"] = np.array(tiles.title, np.str_)
        arrays[f"note{behind}"] = np.array(tiles.note, np.str_)
        if tiles.layout == "lines":
            arrays[f"at{behind}"] = places(tiles)
        if tiles.plot is not None:
            arrays[f"points{behind}"] = tiles.plot.points
            arrays[f"numbers{behind}"] = tiles.plot.numbers
            for at, line in enumerate(tiles.plot.lines):
                arrays[f"line{at}{behind}"] = line.points
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


@dataclass(frozen=True, slots=True)
class _Cells:
    """How the maps are arranged: so many columns and rows, each value so many pixels wide. ``label`` pixels below each
    map are for its word, which may need a column that is ``least`` pixels wide; ``in_line`` says whether it is whole in
    one line."""

    columns: int
    rows: int
    zoom: float
    label: int = 0
    least: int = 0
    in_line: bool = False


def _arrange(tiles: Tiles, width: float, height: float, gap: int, label: int, least: int = 0) -> _Cells | None:
    """The arrangement with the largest maps that fits; of nearly equal ones, the one with the fewest empty places. None
    if no column can be ``least`` pixels wide."""
    rows, columns = tiles.size

    def fitting(across: int) -> _Cells | None:
        down = ceil(tiles.count / across)
        wide = (width - gap * (across - 1)) / across
        if wide < least:
            return None
        high = ((height - gap * (down - 1)) / down - label) / rows
        zoom = max(min(wide / columns, high), 1 / max(rows, columns))
        return _Cells(across, down, whole(zoom), label, least)

    if tiles.columns:
        return fitting(tiles.columns)
    choices = [cells for across in range(1, min(tiles.count, 256) + 1) if (cells := fitting(across))]
    largest = max((cells.zoom for cells in choices), default=0.0)
    good = [cells for cells in choices if cells.zoom >= 0.82 * largest]
    return min(
        good, key=lambda cells: (cells.columns * cells.rows - tiles.count, -cells.zoom, cells.rows), default=None
    )


def _placed(tiles: Tiles, width: int, room: int, text: int) -> _Cells:
    """Where the maps stand in this room, with their words whole: in one line or in several, or not at all."""
    gap, small = _gap(tiles, text), _small(text)
    line = line_height(small)
    label = line + 2 if tiles.labels and not ((tiles.x_label or tiles.y_label) and tiles.columns) else 0
    cells = _arrange(tiles, width, room, gap, label)
    assert cells is not None, "no column is too narrow for nothing"
    tile = max(1, round(tiles.size[1] * cells.zoom))
    if not label or tile >= max(text_width(word, small) for word in tiles.labels):
        return replace(cells, in_line=True)
    told = []
    for lines_ in range(1, MOST_LINES + 1 if tiles.count <= MOST_READ else 1):
        least = ceil(narrowest(tiles.labels, lines_, lambda word: text_width(word, small))) + 1
        found = _arrange(tiles, width, room, gap, lines_ * line + 2, least)
        if found is not None and found.zoom * max(tiles.size) >= min(4 * small, cells.zoom * max(tiles.size)):
            told.append(replace(found, in_line=lines_ == 1))
    if told:
        return max(told, key=lambda each: (each.zoom, -each.label))
    if tile >= 3 * small:
        return cells  # cut off, but told apart
    bare = _arrange(tiles, width, room, gap, 0)  # cut-off numbers would mislead, so there are none
    assert bare is not None
    return bare


def _gap(tiles: Tiles, text: int) -> int:
    return max(3, round(text / (2 if tiles.count <= 36 else 4)))


def _small(text: int) -> int:
    return max(11, round(text * 0.85))


def _grid(tiles: Tiles, width: int, room: int, text: int, paper: Paper) -> Image.Image:
    """The maps, with one label under each, or numbers along the sides where the arrangement has a meaning."""
    gap, small = _gap(tiles, text), _small(text)
    line = line_height(small)
    axes = bool(tiles.x_label or tiles.y_label)
    ends = _axis_ends(tiles)
    side = round(max(text_width(word, small) for word in ends[1])) + round(1.6 * line) if axes else 0
    foot = round(2.2 * line) if axes else 0
    cells = _placed(tiles, width - side, room - foot, text)
    tile_height, tile_width = max(1, round(tiles.size[0] * cells.zoom)), max(1, round(tiles.size[1] * cells.zoom))
    column = max(tile_width, cells.least)
    step_x, step_y = column + gap, tile_height + cells.label + gap
    grid_width, grid_height = cells.columns * step_x - gap, cells.rows * step_y - gap
    picture = Image.new("RGB", (grid_width + 2 + side, grid_height + 2 + foot), paper.back)
    pen = ImageDraw.Draw(picture)
    for index, pixels in enumerate(tile_colours(tiles)):
        x, y = side + 1 + index % cells.columns * step_x, 1 + index // cells.columns * step_y
        x += (column - tile_width) // 2
        # A thin frame keeps a map that is white at zero apart from white paper.
        pen.rectangle((x - 1, y - 1, x + tile_width, y + tile_height), outline=paper.faint)
        picture.paste(Image.fromarray(enlarged(pixels, cells.zoom)), (x, y))
        if cells.label and index < len(tiles.labels):
            word = tiles.labels[index]
            for at, part in enumerate(wrapped(unbroken(word), small, cells.least) if cells.least else [word]):
                part = shortened(part, small, step_x)
                draw_text(picture, x + tile_width / 2, y + tile_height + 2 + at * line, part, small, paper.ink, 0.5)
    if axes:
        _draw_axes(picture, tiles, ends, (side + 1, 1, side + 1 + grid_width, 1 + grid_height), small, paper)
    return picture


def _axis_ends(tiles: Tiles) -> tuple[tuple[str, str], tuple[str, str]]:
    """First and last number along the columns and along the rows."""
    if tiles.columns:
        across, down = tiles.columns, ceil(tiles.count / tiles.columns)
    else:
        down, across = tiles.size
    return ("0", str(across - 1)), ("0", str(down - 1))


def _draw_axes(
    picture: Image.Image,
    tiles: Tiles,
    ends: tuple[tuple[str, str], tuple[str, str]],
    box: tuple[int, int, int, int],
    size: int,
    paper: Paper,
) -> None:
    """What columns and rows are, with the first and the last number at their ends."""
    left, top, right, bottom = box
    line = line_height(size)
    if tiles.x_label:
        draw_text(picture, left, bottom + 3, ends[0][0], size, paper.ink)
        if ends[0][1] != ends[0][0]:
            draw_text(picture, right, bottom + 3, ends[0][1], size, paper.ink, 1)
        # A label wider than the numbers leave room for takes the next line.
        free = right - left - text_width("".join(ends[0]), size) - 2 * size
        y = bottom + 3 if text_width(tiles.x_label, size) <= free else bottom + 3 + line
        width = text_width(tiles.x_label, size)
        middle = min(max((left + right) / 2, width / 2), picture.width - width / 2)
        draw_text(picture, middle, y, tiles.x_label, size, paper.ink, 0.5)
    if tiles.y_label:
        draw_text(picture, left - size * 0.5, top, ends[1][0], size, paper.ink, 1)
        if ends[1][1] != ends[1][0] and bottom - top > 2 * line:
            draw_text(picture, left - size * 0.5, bottom - line, ends[1][1], size, paper.ink, 1)
        if text_width(tiles.y_label, size) <= bottom - top + 2 * line:
            draw_upward(picture, 0, (top + bottom) / 2, tiles.y_label, size, paper.ink, paper.back)


def _beside(tiles: Tiles, width: int, room: int, text: int, paper: Paper) -> Image.Image | None:
    """The picture that was shown to the net, with its word below."""
    if tiles.source is None:
        return None
    pixels = np.round(np.clip(tiles.source, 0, 1) * 255).astype(np.uint8)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    small = max(11, round(text * 0.85))
    zoom = whole(min(width * 0.24 / pixels.shape[1], (room - line_height(small)) / pixels.shape[0]))
    big = enlarged(pixels, zoom)
    height, across = big.shape[:2]
    across = max(across, ceil(text_width(tiles.source_label, small)))
    picture = Image.new("RGB", (across + 2, height + 4 + line_height(small)), paper.back)
    ImageDraw.Draw(picture).rectangle((0, 0, big.shape[1] + 1, height + 1), outline=paper.faint)
    picture.paste(Image.fromarray(big), (1, 1))
    draw_text(picture, 1 + big.shape[1] / 2, height + 3, tiles.source_label, small, paper.ink, 0.5)
    return picture


def _bars(tiles: Tiles, width: int, room: int, text: int, paper: Paper) -> Image.Image:
    """A list of numbers as bars from zero, with the value over each where there are few."""
    values = tiles.maps.reshape(-1)
    small = max(11, round(text * 0.85))
    line = line_height(small)
    few = len(values) <= MOST_LABELLED_BARS
    marks = _bar_marks(tiles)
    number = NumberFormat((*marks, *values.tolist()), percent=tiles.percent)
    share = NumberFormat(tiles.shares, percent=True)
    shares = tiles.shares if few else ()
    left = ceil(max(text_width(number(mark), small) for mark in marks)) + small
    foot = round(line * 1.3) + (line if tiles.x_label else 0) + (line if shares else 0)
    head = line if few else small // 2
    height = min(room, round(width * 0.5))
    pixels = blank(width, height, paper)
    area = (left, head, width - 2, height - foot)
    slots = draw_bars(pixels, tiles, values, area, paper)
    picture = Image.fromarray(pixels)
    for mark in marks:
        y = bar_y(tiles, area, mark)
        draw_text(picture, left - small * 0.5, y - line * 0.5, number(mark), small, paper.ink, 1)
    every = 1 if few else ceil(len(values) / 8)
    slot = (area[2] - area[0]) / len(values)
    words = tiles.labels or tuple(str(index) for index in range(len(values)))
    for index, (middle, top) in enumerate(slots):
        if index % every:
            continue
        word = shortened(words[index], small, slot * every - 2)
        draw_text(picture, middle, area[3] + small * 0.3, word, small, paper.ink, 0.5)
        if shares and text_width(share(shares[index]), small) <= slot:
            draw_text(picture, middle, area[3] + small * 0.3 + line, share(shares[index]), small, paper.ink, 0.5)
        amount = number(float(values[index]))
        if few and text_width(amount, small) <= slot:
            draw_text(picture, middle, max(0, top - line), amount, small, paper.ink, 0.5)
    if tiles.x_label:
        draw_text(picture, (area[0] + area[2]) / 2, height - line, tiles.x_label, small, paper.ink, 0.5)
    return picture


_BODIES = {
    "grid": _grid,
    "bars": _bars,
    "lines": draw_lines,
    "points": draw_points,
    "table": draw_table,
    "plot": draw_plot,
}


def _bar_marks(tiles: Tiles) -> tuple[float, ...]:
    """The numbers beside the bars: both ends, and zero where it is well between them."""
    low, high = min(tiles.low, 0.0), max(tiles.high, 0.0)
    marks = {low, high, 0.0}
    return tuple(sorted(mark for mark in marks if mark == 0 or abs(mark) > 0.08 * (high - low)))


def _scale_bar(picture: Image.Image, tiles: Tiles, middle: int, y: int, width: int, text: int, paper: Paper) -> None:
    """The colours from low to high with the numbers they stand for."""
    height = round(text * 0.8)
    left = middle - width // 2
    ramp = np.linspace(0, 1, width)
    if tiles.colormap == "rgb":
        # Three ramps, because each of the three colours is a scale of its own.
        bands = np.zeros((height, width, 3))
        for channel in range(3):
            bands[channel * height // 3 : (channel + 1) * height // 3, :, channel] = ramp
        pixels = np.round(bands * 255).astype(np.uint8)
    else:
        pixels = np.repeat(coloured(ramp, 0.0, 1.0, tiles.colormap)[None], height, axis=0)
    ImageDraw.Draw(picture).rectangle((left - 1, y - 1, left + width, y + height), outline=paper.faint)
    picture.paste(Image.fromarray(pixels), (left, y))
    size = max(11, round(text * 0.85))
    # Zero itself may lie anywhere on the scale, and is the number a reader looks for first.
    marks = [(tiles.low, 0.0), (tiles.high, 1.0)]
    share = -tiles.low / (tiles.high - tiles.low)
    if 0.15 < share < 0.85:
        marks.append((0.0, share))
    elif tiles.low * tiles.high >= 0 or share < 0.15 or share > 0.85:
        marks.append(((tiles.low + tiles.high) / 2, 0.5))
    number = NumberFormat((value for value, _ in marks), percent=tiles.percent)
    for value, place in marks:
        x = left + place * (width - 1)
        ImageDraw.Draw(picture).line([(round(x), y + height), (round(x), y + height + 3)], paper.ink, 1)
        draw_text(picture, x, y + height + 4, number(value), size, paper.ink, 0.5)
