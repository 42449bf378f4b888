"""Where the maps of a picture stand: as large as they can be, with the words below them whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from math import ceil

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics

from app.insight.breaking import MOST_LINES, MOST_READ, narrowest
from app.insight.tiles import Tiles

GAP = 3
APART = 14  # between the groups of a table that goes on at the right
SMALLEST_TILE = 18  # pixels; below this a map says nothing from any distance
_MOST_GROUPS = 6
_SMALLER = 0.6  # so much smaller maps may become for their words
_WORTH = 1.3  # how much larger maps must become for rows to stand beside each other


@dataclass(frozen=True, slots=True)
class MapGrid:
    """Where the maps stand, in pixels of the device. ``shown`` may be fewer than there are.

    A table whose rows do not all fit below one another goes on at the right: after ``rows`` rows, in the next of its
    ``groups``. ``wider`` are the pixels that a column takes beside its maps for their labels.
    """

    columns: int
    zoom: float
    tile: tuple[int, int]
    label: int
    shown: int
    gap: int
    rows: int
    groups: int = 1
    apart: int = 0
    wider: int = 0

    @property
    def step(self) -> tuple[int, int]:
        return self.tile[0] + self.gap + self.label, self.tile[1] + self.wider + self.gap

    @property
    def group_step(self) -> int:
        return self.columns * self.step[1] - self.gap + self.apart

    @property
    def size(self) -> tuple[int, int]:
        return self.rows * self.step[0] - self.gap, self.groups * self.group_step - self.apart

    def corner(self, index: int) -> tuple[int, int]:
        """Where a map begins: from above, from the left."""
        row, column = divmod(index, self.columns)
        group, row = divmod(row, self.rows)
        return row * self.step[0], group * self.group_step + column * self.step[1]

    def under(self, down: float, right: float) -> tuple[int, float, float] | None:
        """The map at a place, and how far the place is from its corner; None between and beside the maps."""
        group, right = divmod(right, self.group_step)
        column, across = divmod(right, self.step[1])
        row, below = divmod(down, self.step[0])
        if column >= self.columns or row >= self.rows or across >= self.tile[1] or below >= self.tile[0]:
            return None
        index = int((group * self.rows + row) * self.columns + column)
        return (index, below, across) if index < self.shown else None


@dataclass(frozen=True, slots=True)
class _Room:
    """Maps of one size in a room, all in pixels of the device."""

    tiles: Tiles
    width: int
    height: int
    gap: int
    apart: int
    count: int  # of maps that are shown

    def zoom(self, wide: float, high: float) -> float:
        """How large maps are in a place of this size: whole factors, where they are enlarged."""
        rows, columns = self.tiles.size
        zoom = max(min(wide / columns, high / rows), 1 / max(rows, columns))
        return float(int(zoom)) if zoom >= 1 else zoom

    def tile(self, zoom: float) -> tuple[int, int]:
        rows, columns = self.tiles.size
        return max(1, round(rows * zoom)), max(1, round(columns * zoom))

    def grid(self, across: int, word: int, groups: int = 1, least: int = 0) -> MapGrid | None:
        """The maps, ``across`` in a row; ``word`` pixels below each are for its label, and each column is at least
        ``least`` wide. None if that is not to be had."""
        down = ceil(ceil(self.count / across) / groups)
        wide = ((self.width - self.apart * (groups - 1)) / groups - self.gap * (across - 1)) / across
        if wide < least:
            return None
        zoom = self.zoom(wide, (self.height - self.gap * (down - 1)) / down - word)
        tile = self.tile(zoom)
        wider = max(0, least - tile[1])
        return MapGrid(across, zoom, tile, word, self.count, self.gap, down, groups, self.apart, wider)

    def best(self, word: int, least: int = 0) -> MapGrid | None:
        """The arrangement of all maps in which they are largest."""
        tiles = self.tiles
        if not tiles.columns:
            choices = (self.grid(across, word, least=least) for across in range(1, min(self.count, 256) + 1))
            return max((grid for grid in choices if grid), key=lambda grid: (grid.zoom, grid.columns), default=None)
        grid = self.grid(tiles.columns, word, least=least)
        if grid is None or (tiles.x_label and tiles.y_label):
            return grid  # places in a table mean something
        for groups in range(2, min(ceil(self.count / tiles.columns), _MOST_GROUPS) + 1):
            other = self.grid(tiles.columns, word, groups, least)
            if other is not None and other.zoom >= _WORTH * grid.zoom:
                grid = other
        return grid


def arranged(tiles: Tiles, width: int, height: int, metrics: QFontMetrics, ratio: float) -> MapGrid:
    """The arrangement with the largest maps; fewer than all if they would become too small to be seen."""
    rows, columns = tiles.size
    room = _Room(
        tiles, max(width - 2, 1), max(height - 2, 1), max(1, round(GAP * ratio)), round(APART * ratio), tiles.count
    )
    widest = max((metrics.horizontalAdvance(word) for word in tiles.labels), default=0) * ratio
    label = round((metrics.height() + 1) * ratio) if tiles.labels else 0
    smallest = min(SMALLEST_TILE, 6.0 * max(rows, columns)) * ratio
    grid = room.best(label)
    assert grid is not None, "no column is too narrow for nothing"
    if label and grid.tile[1] + room.gap < widest:
        # Numbers that are cut off would mislead: they are broken into lines, or there are none.
        bare = room.best(0)
        assert bare is not None
        grid = _labelled(room, bare, smallest, metrics, ratio) or bare
    if max(grid.tile) < smallest:
        wanted = smallest / max(rows, columns)
        zoom = float(ceil(wanted)) if wanted >= 1 else wanted
        tile = room.tile(zoom)
        across = max(1, (room.width + room.gap) // (tile[1] + room.gap))
        down = max(1, (room.height + room.gap) // (tile[0] + room.gap))
        if tiles.columns:
            if across < tiles.columns:
                return grid  # whole rows or nothing: a row that is cut off would be taken for the whole
            return _table(room, zoom)
        shown = min(tiles.count, across * down)
        grid = MapGrid(across, zoom, tile, 0, shown, room.gap, ceil(shown / across))
    return grid


def _labelled(room: _Room, bare: MapGrid, smallest: float, metrics: QFontMetrics, ratio: float) -> MapGrid | None:
    """The largest maps with whole labels, in one line or in several, in columns that are wide enough for them. Of a
    table fewer rows, where maps would become much smaller than without words (``bare``)."""
    tiles = room.tiles
    if tiles.count > MOST_READ:
        return None
    space = round(metrics.averageCharWidth() * ratio)  # between the words of two columns
    needs = []
    for lines in range(1, MOST_LINES + 1):
        high = metrics.boundingRect(0, 0, 999, 999, Qt.TextFlag.TextWordWrap, "\n".join("x" * lines)).height()
        least = ceil(narrowest(tiles.labels, lines, partial(_advance, metrics)) * ratio) + space
        needs.append((round((high + 1) * ratio), least))
    rows = ceil(tiles.count / tiles.columns) if tiles.columns else 1
    for left in range(rows, 0, -1):
        some = replace(room, count=min(tiles.count, left * tiles.columns) if tiles.columns else tiles.count)
        found = [grid for word, least in needs if (grid := some.best(word, least)) is not None]
        best = max(found, key=lambda grid: (grid.zoom, -grid.label), default=None)
        if best is not None and max(best.tile) >= max(min(smallest, max(bare.tile)), _SMALLER * max(bare.tile)):
            return best
    return None


def _advance(metrics: QFontMetrics, word: str) -> float:
    return float(metrics.horizontalAdvance(word))


def _table(room: _Room, zoom: float) -> MapGrid:
    """A table of maps of at least this size: as many rows as fit, and the next ones beside them."""
    tiles, gap, apart = room.tiles, room.gap, room.apart
    assert tiles.columns
    across, every = tiles.columns, ceil(tiles.count / tiles.columns)

    def made(zoom: float) -> MapGrid:
        tile = room.tile(zoom)
        most_rows = max(1, (room.height + gap) // (tile[0] + gap))
        beside = max(1, (room.width + apart) // (across * (tile[1] + gap) - gap + apart))
        groups = min(beside, ceil(every / most_rows))
        rows = min(most_rows, ceil(every / groups))
        return MapGrid(across, zoom, tile, 0, min(tiles.count, across * rows * groups), gap, rows, groups, apart)

    grid = made(zoom)
    while grid.zoom >= 1:
        larger = made(grid.zoom + 1)
        fits = larger.size[0] <= room.height and larger.size[1] <= room.width
        if larger.shown < tiles.count or not fits:
            break
        grid = larger
    return grid
