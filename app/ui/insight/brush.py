"""Painting on a shown sample with the mouse: which pixels somebody went over."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent

from app.ui.insight.tilesview import TilesView

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
Place = tuple[int, int]


class Brush(QObject):
    """Listens to one view. ``painted`` carries the rows and columns that were gone over since the last time, and
    whether they are to be taken away, as by the right button."""

    painted = Signal(object, bool)

    def __init__(self, view: TilesView) -> None:
        super().__init__(view)
        self._view = view
        self._last: Place | None = None
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        tiles = self._view.tiles
        if not isinstance(event, QMouseEvent) or tiles is None or not tiles.brush:
            return False
        kinds = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease)
        if event.type() not in kinds:
            return False
        if event.type() == kinds[2]:
            self._last = None
            return True
        down = event.button() if event.type() == kinds[0] else None
        held = [each for each in (LEFT, RIGHT) if down == each or (down is None and event.buttons() & each)]
        if not held:
            return False
        at = self._view.map_cell_at(round(event.position().x()), round(event.position().y()))
        if at is None:  # beside the sample, or on one that has come but is not drawn yet: the stroke goes on
            return True
        here = at[1] // tiles.square, at[2] // tiles.square
        if here != self._last or down is not None:
            places = way(self._last, here) if self._last is not None and down is None else [here]
            self._last = here
            self.painted.emit(places, held[0] == RIGHT)
        return True


def way(start: Place, end: Place) -> list[Place]:
    """The pixels on the straight way from one to the other, without the first: the mouse jumps over some."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    return [
        (
            start[0] + round((end[0] - start[0]) * step / steps),
            start[1] + round((end[1] - start[1]) * step / steps),
        )
        for step in range(1, steps + 1)
    ]


def with_pixels(text: str, places: list[Place], away: bool) -> str:
    """The pixels ``12,14 12,15`` of a text with these ones, or without them."""
    old = dict.fromkeys(text.replace(";", " ").split())
    words = dict.fromkeys(f"{row},{column}" for row, column in places)
    return " ".join(word for word in old if word not in words) if away else " ".join(old | words)
