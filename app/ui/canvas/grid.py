"""A uniform grid that answers which figures are near a place, without asking all of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import product
from math import floor
from typing import Generic, TypeVar

from PySide6.QtCore import QRectF

Key = TypeVar("Key", bound=Hashable)
Cells = tuple[int, int, int, int]  # first column, first row, last column, last row
CELL = 512.0
_WIDE = 64  # what covers more cells than this is kept in one list that every question looks at


def cells_of(rect: QRectF, cell: float = CELL) -> Cells:
    """The cells that ``rect`` touches."""
    left, top, right, bottom = rect.left(), rect.top(), rect.right(), rect.bottom()
    return floor(left / cell), floor(top / cell), floor(right / cell), floor(bottom / cell)


def _count(cells: Cells) -> int:
    left, top, right, bottom = cells
    return (right - left + 1) * (bottom - top + 1)


def _each(cells: Cells) -> Iterator[tuple[int, int]]:
    left, top, right, bottom = cells
    return product(range(left, right + 1), range(top, bottom + 1))


class SpatialIndex(Generic[Key]):
    """Things by the rectangles they cover. ``near`` may name too many, never too few."""

    def __init__(self, cell: float = CELL) -> None:
        self._cell = cell
        self._cells: dict[tuple[int, int], dict[Key, None]] = {}
        self._wide: dict[Key, None] = {}
        self._places: dict[Key, Cells] = {}

    def __len__(self) -> int:
        return len(self._places)

    def put(self, key: Key, rect: QRectF) -> None:
        """Remember where ``key`` is now."""
        place = cells_of(rect, self._cell)
        if self._places.get(key) == place:
            return
        self.remove(key)
        self._places[key] = place
        if _count(place) > _WIDE:
            self._wide[key] = None
            return
        for cell in _each(place):
            self._cells.setdefault(cell, {})[key] = None

    def remove(self, key: Key) -> None:
        """Forget ``key``; nothing happens if it is not known."""
        place = self._places.pop(key, None)
        if place is None:
            return
        if key in self._wide:
            del self._wide[key]
            return
        for cell in _each(place):
            inside = self._cells[cell]
            del inside[key]
            if not inside:
                del self._cells[cell]

    def clear(self) -> None:
        """Forget everything."""
        self._cells.clear()
        self._wide.clear()
        self._places.clear()

    def near(self, rect: QRectF) -> list[Key]:
        """What may touch ``rect``, each once."""
        place = cells_of(rect, self._cell)
        if _count(place) >= len(self._cells):
            return list(self._places)  # more cells are asked for than there are
        found: dict[Key, None] = dict(self._wide)
        for cell in _each(place):
            if inside := self._cells.get(cell):
                found.update(inside)
        return list(found)
