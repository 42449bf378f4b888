"""The begins of a few files of a set, which decide how all of them are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TypeVar

from nodes.api.schema import NoData, Unreadable
from nodes.reading.classes import LabelsAndParts
from nodes.reading.listing import Listing, shown

MOST = 48  # files that decide: few, and always the same ones of the same set

Head = TypeVar("Head")


def head_of(
    found: Listing, number: int, head: Callable[[IO[bytes], str], Head], why_not: Callable[[Exception], str]
) -> Head | str:
    """What the begin of a file says, by ``head``; or why it cannot be read, as a sentence with its name."""
    name = shown(found.path(number))
    try:
        with found.open(number) as file:
            return head(file, name)
    except Unreadable as reason:
        return str(reason)
    except (OSError, ValueError) as error:
        return f"{name} {why_not(error)}"


def probed(
    found: Listing, made: LabelsAndParts, read: Callable[[int], Head | str], noun: tuple[str, str]
) -> list[Head]:
    """What the begins of the first MOST readable files say, of those that are in a part; ``read`` reads one.

    Raises:
        NoData: if none can be read.
    """
    heads: list[Head] = []
    trouble = ""
    tried = 0
    for number in found.asked:
        if made.part_of[number] <= -2:
            continue
        tried += 1
        said = read(number)
        if isinstance(said, str):
            trouble = trouble or said
        else:
            heads.append(said)
        if len(heads) == MOST or (tried >= 4 * MOST and heads):
            break
    if not heads:
        several = f"None of {tried:,} {noun[1]} can be read. {trouble}"
        raise NoData(several if tried > 1 else trouble or f"No {noun[0]} is left.")
    return heads
