"""What the help picture of a layer is drawn with: plain numbers and the roles of colours.

A sheet has 240 × 100 units. The window turns them into strokes; no layer knows how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

from nodes.api.curves import Settings

# A role: family (of the layer's category), pale (a little of it), accent, ink, soft (grey ink), line, paper or error.
# Or, as a number, how much of the family's colour there is on the paper: 0 is none, 1 is all.
Colour = str | float
Point = tuple[float, float]
Fills = Mapping[tuple[int, int], Colour] | Callable[[int, int], Colour | None] | Colour | None
Side = Literal["middle", "left", "right"]


class Sheet(Protocol):
    """Paints in units of the sheet, from the left top corner. A fill of None is the usual one of the piece."""

    def segment(self, start: Point, end: Point, color: Colour = "soft", width: float = 1.0) -> None:
        """A straight line."""

    def arrow(self, start: Point, end: Point, color: Colour = "soft", width: float = 1.3) -> None:
        """A line with a head at its end."""

    def arc(self, start: Point, end: Point, bow: float, color: Colour = "soft") -> None:
        """A bowed line with a head; ``bow`` is how far its middle is lifted."""

    def box(
        self, x: float, y: float, width: float, height: float, fill: Colour | None = None, edge: Colour = "line"
    ) -> None:
        """A rectangle with slightly round corners."""

    def cell(
        self, x: float, y: float, width: float, height: float, fill: Colour | None = None, thick: float = 0.8
    ) -> None:
        """A rectangle with a thin edge, one of many."""

    def frame(
        self, x: float, y: float, width: float, height: float, color: Colour = "accent", thick: float = 2.0
    ) -> None:
        """An outline around a part, such as a window that slides."""

    def disc(
        self, x: float, y: float, radius: float, fill: Colour | None = None, text: str = "", edge: Colour = "line"
    ) -> None:
        """A unit, or a sign in a circle."""

    def cross(self, x: float, y: float, size: float) -> None:
        """Struck out."""

    def text(
        self,
        x: float,
        y: float,
        words: str,
        color: Colour = "soft",
        *,
        on: Colour | None = None,
        bold: bool = False,
        side: Side = "middle",
    ) -> None:
        """Words at a point: around it, or to its ``left`` or ``right``. ``on`` is the fill that they must stand out
        from."""

    def grid(
        self,
        x: float,
        y: float,
        rows: int,
        columns: int,
        cell: float,
        fills: Fills = None,
        texts: Sequence[Sequence[str]] = (),
    ) -> None:
        """Cells in rows; ``fills`` is the colour of all, or says that of those that are not empty."""

    def stack(self, x: float, y: float, sheets: int, rows: int, columns: int, cell: float, fills: Fills = None) -> None:
        """Several grids behind each other; ``fills`` is for the one in front."""

    def bars(self, x: float, base: float, values: Sequence[float], width: float, height: float, step: float) -> None:
        """Upright bars; ``height`` is that of a value of 1."""


Draw = Callable[[Sheet, Settings], str]  # draws a layer with these settings; gives the sentence that says what is seen


def side(settings: Settings, name: str, usual: int, most: int) -> int:
    """The first number of a setting, small enough to be drawn."""
    value: Any = settings.get(name, usual)
    if isinstance(value, (tuple, list)) and value:
        value = value[0]
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        return usual if not isinstance(value, int) else max(0, value)
    return min(value, most)


def words_of(settings: Settings, name: str, usual: int = 1) -> str:
    """A setting as it stands in a sentence: ``5×5``."""
    value: Any = settings.get(name, usual)
    if isinstance(value, (tuple, list)):
        return "×".join(str(each) for each in value)
    return str(value)
