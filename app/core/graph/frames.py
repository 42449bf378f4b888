"""Frames and notes: coloured rectangles behind the nodes. They say something to people and nothing to the network."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count

from app.core.graph.names import writable

Rect = tuple[float, float, float, float]  # left, top, width, height, in units of the drawing
Size = tuple[float, float]

COLORS = ("blue", "green", "yellow", "orange", "purple", "red", "grey")
MOST_FRAMES = 2000  # in a graph
LONGEST_TITLE = 200
LONGEST_TEXT = 20_000
SMALLEST = (80.0, 48.0)
LARGEST = 200_000.0  # a side of a frame
NOTE_SIZE = (260.0, 140.0)
TITLE = 34.0  # height that the title of a frame takes, inside of it
PADDING = 24.0  # between a frame and what it is put round
PADDING_TOP = 38.0  # between its title and that: wires that go around nodes pass here
CLEAR = 12.0  # between a frame and what stands above or below it, where room is short
NODE_SIZE = (184.0, 90.0)  # of a node of which the size on the canvas is not known


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle round some nodes, or a note: a card with words. Both are the same to files, copies and undo.

    A frame's ``text`` is its title in one line, a note's is Markdown. ``color`` is one of ``COLORS``. ``name`` is
    unique among the frames of a graph and is seen by nobody. ``size`` is width and height.
    """

    name: str
    text: str = ""
    is_note: bool = False
    color: str = COLORS[0]
    position: tuple[float, float] = (0.0, 0.0)
    size: tuple[float, float] = NOTE_SIZE

    @property
    def rect(self) -> Rect:
        """Left, top, width and height."""
        return (*self.position, *self.size)

    @property
    def title(self) -> str:
        """What it is called in a sentence: its title, or the first words of a note."""
        lines = (line.strip(" #>*-_`\t") for line in self.text.splitlines())
        words = next((line for line in lines if line), "")
        words = words if len(words) <= 40 else words[:39].rstrip() + "…"
        return words or ("note" if self.is_note else "frame")

    def saying(self, text: str) -> Frame:
        """The frame with other words, as far as they fit."""
        return replace(self, text=clean_text(text) if self.is_note else clean_title(text))

    def at(self, rect: Rect) -> Frame:
        """The frame at another place."""
        return replace(self, position=(rect[0], rect[1]), size=(rect[2], rect[3]))


def clean_title(text: str) -> str:
    """A title that fits: one line, not too long, of letters that can be written to a file."""
    return writable(" ".join(text[: 4 * LONGEST_TITLE].split()))[:LONGEST_TITLE]


def clean_text(text: str) -> str:
    """A note that fits: not too long, of letters that can be written to a file."""
    text = text[:LONGEST_TEXT].replace("\r\n", "\n").replace("\r", "\n")
    return writable("".join(c for c in text if c in "\n\t" or c >= " "))


def free_frame_name(is_note: bool, *taken: Container[str]) -> str:
    """A name that is in none of ``taken``: ``frame1``, ``note2``."""
    names = (f"{'note' if is_note else 'frame'}{number}" for number in count(1))
    return next(name for name in names if not any(name in each for each in taken))


def renamed_frames(
    frames: Iterable[Frame], taken: Container[str], shift: tuple[float, float] = (0.0, 0.0)
) -> tuple[Frame, ...]:
    """The same frames with names that are free, moved by ``shift``."""
    fresh: dict[str, Frame] = {}
    for frame in frames:
        name = frame.name
        if name in taken or name in fresh:
            name = free_frame_name(frame.is_note, taken, fresh)
        x, y = frame.position
        fresh[name] = replace(frame, name=name, position=(x + shift[0], y + shift[1]))
    return tuple(fresh.values())


# -- what stands where -------------------------------------------------------------------------------------------------


def is_finite(rect: Iterable[float]) -> bool:
    """Whether a rectangle can be drawn at all."""
    return all(math.isfinite(side) and abs(side) < 1e9 for side in rect)


def inside(rect: Rect, outer: Rect) -> bool:
    """Whether ``rect`` lies wholly in ``outer``."""
    return (
        rect[0] >= outer[0]
        and rect[1] >= outer[1]
        and rect[0] + rect[2] <= outer[0] + outer[2]
        and rect[1] + rect[3] <= outer[1] + outer[3]
    )


def overlap(one: Rect, other: Rect) -> bool:
    """Whether two rectangles have an area in common."""
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def around(rects: Iterable[Rect]) -> Rect | None:
    """The smallest rectangle round these; None if there are none."""
    found = list(rects)
    if not found:
        return None
    left, top = min(r[0] for r in found), min(r[1] for r in found)
    right, bottom = max(r[0] + r[2] for r in found), max(r[1] + r[3] for r in found)
    return left, top, right - left, bottom - top


def framing(content: Rect, others: Iterable[Rect] = ()) -> Rect:
    """The rectangle of a frame that is put round something, with room for its title.

    It keeps clear of ``others`` above and below, as far as there is room for the title at all.
    """
    left, top, width, height = content
    above, below = PADDING_TOP + TITLE, PADDING
    for other in others:
        if other[0] < left + width + PADDING and left - PADDING < other[0] + other[2]:
            if (gap := top - other[1] - other[3]) >= 0:
                above = min(above, max(gap - CLEAR, TITLE + CLEAR))
            elif (gap := other[1] - top - height) >= 0:
                below = min(below, max(gap - CLEAR, CLEAR))
    return left - PADDING, top - above, width + 2 * PADDING, height + below + above


def holds(frame: Frame, node: Rect) -> bool:
    """Whether a node stands in a frame: its middle does. In a note nothing stands."""
    if frame.is_note:
        return False
    x, y = node[0] + node[2] / 2, node[1] + node[3] / 2
    (left, top), (width, height) = frame.position, frame.size
    return left <= x <= left + width and top <= y <= top + height


def encloses(outer: Frame, inner: Frame) -> bool:
    """Whether a frame or note stands wholly in another frame. Of two at the same place the later one is inside none."""
    return (
        not outer.is_note and outer.name != inner.name and outer.rect != inner.rect and inside(inner.rect, outer.rect)
    )


def contents(
    names: Iterable[str], frames: Mapping[str, Frame], nodes: Mapping[str, Rect]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What moves with these frames: the nodes in them, and they themselves with the frames and notes in them."""
    chosen = [frames[name] for name in names if name in frames]
    carried = tuple(name for name, rect in nodes.items() if any(holds(frame, rect) for frame in chosen))
    inner = [name for name, each in frames.items() if any(each is f or encloses(f, each) for f in chosen)]
    return carried, tuple(inner)


def home_of_nodes(frames: Mapping[str, Frame], nodes: Mapping[str, Rect]) -> dict[str, str | None]:
    """For each node the smallest frame that it stands in, or None."""
    by_size = sorted((each for each in frames.values() if not each.is_note), key=area)
    return {name: next((f.name for f in by_size if holds(f, rect)), None) for name, rect in nodes.items()}


def home_of_frames(frames: Mapping[str, Frame]) -> dict[str, str | None]:
    """For each frame or note the smallest frame that it stands wholly in, or None."""
    by_size = sorted((each for each in frames.values() if not each.is_note), key=area)
    return {name: next((f.name for f in by_size if encloses(f, each)), None) for name, each in frames.items()}


def area(frame: Frame) -> float:
    """What it covers."""
    return frame.size[0] * frame.size[1]


def widened(
    frames: Mapping[str, Frame], nodes: Mapping[str, Rect], movers: Container[str], width: float
) -> list[Frame]:
    """The frames that have to follow when the nodes ``movers`` go ``width`` to the right.

    One of which all nodes go goes with them, and so do the notes in it; one of which some go becomes wider.
    """
    found: dict[str, Frame] = {}
    homes = home_of_frames(frames)
    for name, frame in frames.items():
        mine = [node for node, rect in nodes.items() if holds(frame, rect)]
        going = [node for node in mine if node in movers]
        if not going:
            continue
        if len(going) == len(mine):
            found[name] = replace(frame, position=(frame.position[0] + width, frame.position[1]))
        else:
            found[name] = replace(frame, size=(min(frame.size[0] + width, LARGEST), frame.size[1]))
    for name, frame in frames.items():
        home = homes[name]
        if name not in found and home in found and found[home].size == frames[home].size:
            found[name] = replace(frame, position=(frame.position[0] + width, frame.position[1]))
    return list(found.values())


def frames_among(frames: Mapping[str, Frame], nodes: Mapping[str, Rect], names: Iterable[str]) -> tuple[str, ...]:
    """The frames in which only these nodes stand, and the notes and empty frames among the nodes."""
    chosen = set(names)
    held = {name: {node for node, rect in nodes.items() if holds(frame, rect)} for name, frame in frames.items()}
    going = {name for name, inner in held.items() if inner and inner <= chosen}
    place = around([*(nodes[name] for name in nodes if name in chosen), *(frames[name].rect for name in going)])
    if place is not None:
        going |= {name for name, inner in held.items() if not inner and inside(frames[name].rect, place)}
    return tuple(name for name in frames if name in going)


def grown(frames: Mapping[str, Frame], spot: Rect, content: Iterable[Rect]) -> list[Frame]:
    """The frames round ``spot``, made large enough for what stands there now."""
    new = around(content)
    if new is None:
        return []
    result: list[Frame] = []
    for frame in sorted((each for each in frames.values() if holds(each, spot)), key=area):
        new = around([frame.rect, framing(new)]) or new
        result.append(frame.at(new))
    return result
