"""The JSON form of frames and notes. Reading repairs what can be repaired and says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.core.graph.frames import (
    COLORS,
    LARGEST,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_FRAMES,
    NOTE_SIZE,
    SMALLEST,
    Frame,
    clean_text,
    clean_title,
    free_frame_name,
    is_finite,
)
from app.core.graph.names import why_illegal
from nodes.api import quoted

KINDS = ("frame", "note")
_KEYS = ("name", "kind", "text", "color", "at", "size")


def frame_to_dict(frame: Frame) -> dict[str, Any]:
    """One frame or note as JSON."""
    return {
        "name": frame.name,
        "kind": "note" if frame.is_note else "frame",
        "text": frame.text,
        "color": frame.color,
        "at": [plain_number(side) for side in frame.position],
        "size": [plain_number(side) for side in frame.size],
    }


def plain_number(side: float) -> float:
    """A coordinate as people write it."""
    return int(side) if float(side).is_integer() else side


def read_frames(entries: list[Any], place: str, say: Callable[[str], None]) -> dict[str, Frame]:
    """The frames of a graph; ``say`` hears a sentence for everything that was left out or changed."""
    frames: dict[str, Frame] = {}
    if len(entries) > MOST_FRAMES:
        say(f"{place}There are {len(entries):,} frames, more than {MOST_FRAMES:,}; those after that were left out.")
        entries = entries[:MOST_FRAMES]
    written = {name for e in entries if isinstance(e, dict) and isinstance(name := e.get("name"), str)}
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or entry.get("kind", "frame") not in KINDS:
            say(f"{place}Frame {number} was left out; its kind must be frame or note.")
            continue
        is_note = entry.get("kind") == "note"
        name = entry.get("name")
        if why_illegal(name) is not None or name in frames:
            name = free_frame_name(is_note, frames, written)
            say(f"{place}Frame {number} has no name of its own. It is now named {name}.")
        frames[str(name)] = _frame(str(name), is_note, entry, place, say)
    return frames


def _frame(name: str, is_note: bool, entry: Mapping[str, Any], place: str, say: Callable[[str], None]) -> Frame:
    place = f"{place}{'Note' if is_note else 'Frame'} {name}: "
    for key in entry:
        if key not in _KEYS:
            say(f"{place}The entry {quoted(key)} is not known and was left out.")
    color = entry.get("color", COLORS[0])
    if not isinstance(color, str) or color not in COLORS:
        say(f"{place}There is no colour {quoted(color)}; {COLORS[0]} is used.")
        color = COLORS[0]
    return Frame(
        name,
        _text(entry.get("text", ""), is_note, place, say),
        is_note,
        color,
        read_position(entry.get("at", [0, 0]), place, say),
        _size(entry.get("size", list(NOTE_SIZE)), place, say),
    )


def _text(value: Any, is_note: bool, place: str, say: Callable[[str], None]) -> str:
    if not isinstance(value, str):
        say(f"{place}The text is not text and was left out.")
        return ""
    clean = clean_text(value) if is_note else clean_title(value)
    if clean != value:
        most = LONGEST_TEXT if is_note else LONGEST_TITLE
        why = f"is longer than {most:,} characters" if len(value) > most else "holds what cannot be shown"
        say(f"{place}The text {why}; it was shortened.")
    return clean


def read_position(value: Any, place: str, say: Callable[[str], None]) -> tuple[float, float]:
    """Where a frame or a node stands."""
    if _two_numbers(value):
        return float(value[0]), float(value[1])
    say(f"{place}The place on the canvas is not two numbers; 0, 0 is used.")
    return 0.0, 0.0


def _size(value: Any, place: str, say: Callable[[str], None]) -> tuple[float, float]:
    if not _two_numbers(value):
        say(f"{place}The size is not two numbers; {NOTE_SIZE[0]:g}, {NOTE_SIZE[1]:g} is used.")
        return NOTE_SIZE
    width, height = (min(max(float(side), least), LARGEST) for side, least in zip(value, SMALLEST, strict=True))
    if [width, height] != value:
        say(f"{place}The size {quoted(value)} is too small or too large; {width:g}, {height:g} is used.")
    return width, height


def _two_numbers(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != 2:
        return False
    return all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in value) and _finite(value)


def _finite(value: list[Any]) -> bool:
    try:
        return is_finite(value)
    except OverflowError:  # a whole number with hundreds of digits
        return False
