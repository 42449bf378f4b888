"""What the pictures of augmentations share: a small picture, an arrow, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from nodes.api import Sheet
from nodes.api.pictures import Colour

Cells = Mapping[tuple[int, int], Colour]
MARK: Cells = {(0, 1): "family", (1, 1): "family", (2, 1): "family", (3, 1): "family", (3, 2): "family"}
SIDE = 5  # cells of the small picture in a row
_CELL, _TOP = 14, 15


def before_and_after(sheet: Sheet, after: Cells, before: Cells = MARK) -> None:
    """Two small pictures and the way from one to the other."""
    sheet.grid(28, _TOP, SIDE, SIDE, _CELL, dict(before))
    sheet.arrow((106, 50), (134, 50), "accent")
    sheet.grid(142, _TOP, SIDE, SIDE, _CELL, dict(after))


def moved(place: Callable[[int, int], tuple[int, int]], cells: Cells = MARK) -> Cells:
    """Each cell at another place; what leaves the picture is gone."""
    found = {place(*where): colour for where, colour in cells.items()}
    return {(row, col): colour for (row, col), colour in found.items() if 0 <= row < SIDE and 0 <= col < SIDE}


def curve(sheet: Sheet, heights: Sequence[float], left: float = 28, top: float = 50) -> None:
    """A curve of numbers from -1 to 1, in half of the sheet."""
    step = 76 / max(1, len(heights) - 1)
    points = [(left + step * place, top - 26 * height) for place, height in enumerate(heights)]
    for start, end in pairwise(points):
        sheet.segment(start, end, "family", 1.8)


WAVE = (0.0, 0.5, 0.9, 0.6, -0.2, -0.8, -0.6, 0.1, 0.6, 0.4, 0.0)


def curves(sheet: Sheet, after: Sequence[float]) -> None:
    """A wave, and what becomes of it."""
    curve(sheet, WAVE)
    sheet.arrow((110, 50), (134, 50), "accent")
    curve(sheet, after, 142)


def masked_sound(sheet: Sheet, hidden: Callable[[int, int], bool]) -> None:
    """A spectrogram, and the same with a part hidden."""
    cells: dict[tuple[int, int], Colour] = {
        (row, col): 0.15 + 0.8 * ((row * 3 + col * col) % 5) / 5 for row in range(SIDE) for col in range(SIDE)
    }
    before_and_after(sheet, {where: colour for where, colour in cells.items() if not hidden(*where)}, cells)
