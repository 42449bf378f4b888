"""Frames and notes as they stand on the canvas: where they are, and what of them is under a point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import ceil
from typing import Literal

from PySide6.QtCore import QPointF, QRectF

from app.core.graph.frames import SMALLEST, TITLE, Frame, area
from app.ui.canvas.frames.words import NoteText

# Sides that a handle moves: "n", "se", ...; "" is the title, the border or a note itself.
Sides = Literal["", "n", "s", "w", "e", "nw", "ne", "sw", "se"]
HANDLES: tuple[Sides, ...] = ("nw", "n", "ne", "e", "se", "s", "sw", "w")
HANDLE = 9.0  # pixels that a handle is wide
BORDER = 5.0  # pixels from a border on which it is still grasped
INSET = 12.0  # between the edge of a note and its words
BAR = 20.0  # pixels: the title is not lower than this, however far away it is
LETTERS = 16.0  # size of a title's letters at 100 %
LEAST_LETTERS = 12.0
_AROUND_LETTERS = 1.4  # how much higher a title is than its letters
_ROOM_FOR_HANDLES = 46.0  # pixels; smaller frames can only be made larger at their corner


class FrameFigure:
    """One frame or note. ``shown`` is where it is drawn while its edge is being dragged.

    ``overhang`` is how far it reaches down beyond what the document says, for living pictures of nodes in it.
    """

    __slots__ = ("_words", "_words_for", "frame", "least_bar", "name", "overhang", "shown")

    def __init__(self, frame: Frame, least_bar: float = BAR) -> None:
        self.least_bar = least_bar  # pixels
        self.name = frame.name
        self.frame = frame
        self.shown: QRectF | None = None
        self.overhang = 0.0
        self._words: NoteText | None = None
        self._words_for: object = None

    @property
    def rect(self) -> QRectF:
        """The rectangle, where it is seen now."""
        return self.shown if self.shown is not None else QRectF(*self.frame.rect).adjusted(0, 0, 0, self.overhang)

    def words(self, theme_name: str) -> NoteText:
        """A note's text, laid out for its present width; made once for each text, width and theme."""
        width = max(self.rect.width() - 2 * INSET, 20.0)
        wanted = (self.frame.text, width, theme_name)
        if self._words is None or wanted != self._words_for:
            self._words, self._words_for = NoteText(self.frame.text, width), wanted
        return self._words

    def link_at(self, point: QPointF, theme_name: str) -> str:
        """The address of the link under a point of the drawing; empty if there is none."""
        if not self.frame.is_note:
            return ""
        inside = point - self.rect.topLeft() - QPointF(INSET, 0.8 * INSET)
        return self.words(theme_name).documentLayout().anchorAt(inside)

    def bar(self, scale: float) -> QRectF:
        """Where the title is drawn: seen from afar it stands above the frame, or it would be too small to be read."""
        rect = self.rect
        height = max(TITLE, self.least_bar / scale)
        return QRectF(rect.left(), rect.top() + TITLE - height, rect.width(), height)

    def whole(self, scale: float) -> QRectF:
        """What is seen of it: the rectangle, with its title if that stands above it."""
        return self.rect if self.frame.is_note else self.rect.united(self.bar(scale))

    def over_wires(self, point: QPointF, scale: float, selected: bool) -> bool:
        """Whether a press at ``point`` takes this frame also where a wire passes: at its title, and at its handles."""
        titled = not self.frame.is_note and self.bar(scale).contains(point)
        return titled or (selected and bool(self.grasped(point, scale, selected)))

    def handles(self, scale: float) -> Iterator[tuple[Sides, QPointF]]:
        """Where it can be grasped to make it larger or smaller: above a title, or they would cover letters of it."""
        rect = self.whole(scale)
        above = 0.0 if self.frame.is_note else HANDLE / 2 / scale
        small = min(self.rect.width(), self.rect.height()) * scale < _ROOM_FOR_HANDLES
        for sides in ("se",) if small else HANDLES:
            x = rect.left() if "w" in sides else rect.right() if "e" in sides else rect.center().x()
            y = rect.top() - above if "n" in sides else rect.bottom() if "s" in sides else rect.center().y()
            yield sides, QPointF(x, y)

    def grasped(self, point: QPointF, scale: float, selected: bool) -> Sides | None:
        """What a press at ``point`` would take hold of; None if it would not take this frame at all."""
        rect, reach = self.rect, HANDLE / scale
        if not self.whole(scale).adjusted(-reach, -reach, reach, reach).contains(point):
            return None
        for sides, place in self.handles(scale):
            if (selected or sides == "se") and (point - place).manhattanLength() <= 1.5 * reach:
                return sides
        if self.frame.is_note:
            return "" if rect.contains(point) else None
        border = BORDER / scale
        if self.bar(scale).contains(point):
            return ""
        on_border = rect.adjusted(-border, -border, border, border).contains(point) and not rect.adjusted(
            border, border, -border, -border
        ).contains(point)
        return "" if on_border else None


class FrameFigures:
    """All frames and notes of one graph, the largest first: that is the order in which they are painted."""

    def __init__(self) -> None:
        self.least = LEAST_LETTERS  # pixels of the letters of titles
        self.by_name: dict[str, FrameFigure] = {}
        self.lifted: frozenset[str] = frozenset()

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def __len__(self) -> int:
        return len(self.by_name)

    def __iter__(self) -> Iterator[FrameFigure]:
        return iter(self.by_name.values())

    def __getitem__(self, name: str) -> FrameFigure:
        return self.by_name[name]

    @property
    def least_bar(self) -> float:
        """How many pixels high a title is at least."""
        return max(BAR, _AROUND_LETTERS * self.least)

    def enlarge(self, least: float) -> None:
        """Write titles in letters of at least so many pixels; 0 for as many as usual."""
        self.least = max(LEAST_LETTERS, least)
        for figure in self:
            figure.least_bar = self.least_bar

    def letters(self, scale: float) -> int:
        """How many pixels the letters of titles have at this zoom."""
        return ceil(self.least) if LETTERS * scale < self.least else round(LETTERS * scale)

    @property
    def frames(self) -> dict[str, Frame]:
        """The frames as the document has them."""
        return {name: figure.frame for name, figure in self.by_name.items()}

    def load(self, frames: Mapping[str, Frame]) -> None:
        """Show these from the beginning."""
        self.by_name = {name: FrameFigure(frame, self.least_bar) for name, frame in frames.items()}
        self.lifted = frozenset()
        self._sort()

    def follow(self, names: Iterable[str], frames: Mapping[str, Frame]) -> list[QRectF]:
        """Take up what has changed of these; gives the areas to paint again."""
        touched: list[QRectF] = []
        for name in names:
            old, frame = self.by_name.get(name), frames.get(name)
            if old is not None:
                touched.append(old.rect)
            if frame is None:
                self.by_name.pop(name, None)
                continue
            if old is None:
                old = self.by_name[name] = FrameFigure(frame, self.least_bar)
            old.frame, old.shown = frame, None
            touched.append(old.rect)
        if touched:
            self._sort()
        return touched

    def _sort(self) -> None:
        """Large frames first, notes last: what is small is never hidden by what is large."""
        order = sorted(self.by_name.values(), key=lambda f: (f.frame.is_note, -area(f.frame), f.name))
        self.by_name = {figure.name: figure for figure in order}

    def lift(self, names: Iterable[str]) -> None:
        """Begin to drag frames."""
        self.lifted = frozenset(names)

    def let_go(self) -> None:
        """End a drag; everything is where the document says."""
        self.lifted = frozenset()
        for figure in self:
            figure.shown = None

    # -- questions -------------------------------------------------------------------------------------------------

    def at(self, point: QPointF, scale: float, selected: Iterable[str] = ()) -> tuple[FrameFigure, Sides] | None:
        """The uppermost frame that a press at ``point`` would take hold of, and at what."""
        chosen = set(selected)
        for figure in reversed(self.by_name.values()):
            sides = figure.grasped(point, scale, figure.name in chosen)
            if sides is not None:
                return figure, sides
        return None

    def over_wires(self, point: QPointF, scale: float, selected: Iterable[str] = ()) -> bool:
        """Whether a press at ``point`` takes hold of a frame even if a wire passes there."""
        found = self.at(point, scale, selected)
        return found is not None and found[0].over_wires(point, scale, found[0].name in selected)

    def around(self, point: QPointF) -> FrameFigure | None:
        """The smallest frame that ``point`` lies in."""
        found = (figure for figure in reversed(self.by_name.values()) if not figure.frame.is_note)
        return next((figure for figure in found if figure.rect.contains(point)), None)

    def wholly_in(self, rect: QRectF) -> list[str]:
        """The frames of which nothing stands out of ``rect``."""
        return [figure.name for figure in self if rect.contains(figure.rect)]

    def bounds(self, names: Iterable[str] | None = None) -> QRectF:
        """The rectangle round these, or round all; empty if there are none."""
        result = QRectF()
        for name in self.by_name if names is None else names:
            if name in self.by_name:
                result = result.united(self.by_name[name].rect)
        return result


def dragged(rect: QRectF, sides: Sides, dx: float, dy: float) -> QRectF:
    """``rect`` with some of its sides moved; it stays as large as a frame has to be."""
    left, top, right, bottom = rect.left(), rect.top(), rect.right(), rect.bottom()
    if "w" in sides:
        left = min(left + dx, right - SMALLEST[0])
    if "e" in sides:
        right = max(right + dx, left + SMALLEST[0])
    if "n" in sides:
        top = min(top + dy, bottom - SMALLEST[1])
    if "s" in sides:
        bottom = max(bottom + dy, top + SMALLEST[1])
    return QRectF(left, top, right - left, bottom - top)
