"""Edits of frames and notes. None of them changes what the network is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from app.core.commands.base import Command, Refused
from app.core.graph.frames import (
    COLORS,
    LARGEST,
    LONGEST_TEXT,
    MOST_FRAMES,
    SMALLEST,
    Frame,
    Rect,
    is_finite,
)
from app.core.graph.model import Graph, Project
from app.core.graph.names import why_illegal


def existing_frame(graph: Graph, name: str) -> Frame:
    """The frame or note of that name.

    Raises:
        Refused: if there is none.
    """
    frame = graph.frames.get(name)
    if frame is None:
        raise Refused(f"There is no frame {name} here. It may just have been removed.")
    return frame


def called(frames: tuple[Frame, ...]) -> str:
    """A few frames for a title: ``a note``, ``a frame``, ``3 frames``."""
    if len(frames) != 1:
        return f"{len(frames)} {'notes' if all(each.is_note for each in frames) else 'frames'}"
    return "a note" if frames[0].is_note else "a frame"


def counted(names: Collection[str]) -> str:
    """Frames for a title, of which only the names are known: ``a frame``, ``3 frames``."""
    return "a frame" if len(names) == 1 else f"{len(names)} frames"


def checked(rect: Rect) -> Rect:
    """A rectangle that a frame can have.

    Raises:
        Refused: if it cannot be drawn.
    """
    if not is_finite(rect):
        raise Refused("A frame cannot stand so far away. Put it nearer to the layers.")
    left, top, width, height = (float(side) for side in rect)
    return left, top, min(max(width, SMALLEST[0]), LARGEST), min(max(height, SMALLEST[1]), LARGEST)


def check_color(color: str) -> None:
    """Nothing if a frame can have this colour.

    Raises:
        Refused: if there is no such colour.
    """
    if color not in COLORS:
        raise Refused(f"There is no colour {color}. Choose one of {', '.join(COLORS)}.")


@dataclass(frozen=True)
class AddFrames(Command):
    """Put new frames or notes on the canvas (also: paste and duplicate)."""

    frames: tuple[Frame, ...] = ()
    verb: str = "Add"

    @property
    def step_title(self) -> str:
        return f"{self.verb} {called(self.frames)}"

    def edit(self, graph: Graph, project: Project) -> Graph:
        fresh: list[Frame] = []
        for frame in self.frames:
            if why := why_illegal(frame.name):
                raise Refused(why)
            if frame.name in graph.frames or any(frame.name == other.name for other in fresh):
                raise Refused(f"There is already a frame {frame.name} here.")
            check_color(frame.color)
            fresh.append(frame.saying(frame.text).at(checked(frame.rect)))
        if len(graph.frames) + len(fresh) > MOST_FRAMES:
            raise Refused(f"A drawing holds {MOST_FRAMES:,} frames and notes at most. Remove some first.")
        return graph.with_frames(*fresh)


@dataclass(frozen=True)
class RemoveFrames(Command):
    """Remove frames or notes; the layers that stand in them stay."""

    names: tuple[str, ...] = ()

    @property
    def step_title(self) -> str:
        return f"Remove {counted(self.names)}"

    def edit(self, graph: Graph, project: Project) -> Graph:
        for name in self.names:
            existing_frame(graph, name)
        return graph.without_frames(self.names)


@dataclass(frozen=True)
class PlaceFrames(Command):
    """Give frames another place and size (left, top, width, height); resizing the same ones merges."""

    rects: Mapping[str, Rect] = field(default_factory=dict)
    verb: str = "Resize"

    @property
    def step_title(self) -> str:
        return f"{self.verb} {counted(self.rects)}"

    @property
    def merge_key(self) -> object:
        return ("frames", self.where, frozenset(self.rects)) if self.verb == "Resize" else None

    def edit(self, graph: Graph, project: Project) -> Graph:
        placed = (existing_frame(graph, name).at(checked(rect)) for name, rect in self.rects.items())
        return graph.with_frames(*placed)


@dataclass(frozen=True)
class SetFrameText(Command):
    """Give a frame another title, or a note other words; a note may grow with them."""

    name: str = ""
    text: str = ""
    size: tuple[float, float] | None = None
    title = "Change the words"

    def edit(self, graph: Graph, project: Project) -> Graph:
        frame = existing_frame(graph, self.name)
        if frame.is_note and len(self.text) > LONGEST_TEXT:
            raise Refused(f"A note holds {LONGEST_TEXT:,} characters at most, this has {len(self.text):,}. Shorten it.")
        rect = checked((*frame.position, *(self.size or frame.size)))
        return graph.with_frames(frame.saying(self.text).at(rect))


@dataclass(frozen=True)
class SetFrameColor(Command):
    """Give frames another colour, one of ``COLORS``."""

    names: tuple[str, ...] = ()
    color: str = COLORS[0]

    @property
    def step_title(self) -> str:
        return f"Colour {counted(self.names)} {self.color}"

    def edit(self, graph: Graph, project: Project) -> Graph:
        check_color(self.color)
        return graph.with_frames(*(replace(existing_frame(graph, name), color=self.color) for name in self.names))
