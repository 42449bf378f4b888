"""Settings of sources that read pictures, or the frames of videos: how all are made alike, and which part one is in."""

from __future__ import annotations

from nodes.api.params import Choice, Pair
from nodes.reading.classes import SPELLINGS, SPLITS
from nodes.reading.pictures import BACKGROUNDS

BACKGROUND = Choice(
    "background", "white", options=BACKGROUNDS, help="What is seen through transparent dots, and beside pad."
)
SPLIT = Choice(
    "split",
    "auto",
    options=SPLITS,
    label="train, val, test",
    help="Whether folders with such names are parts of the data, classes, or have no meaning.",
)


def size(noun: str, largest: int) -> Pair:
    """The size that all ``noun`` are made, at most ``largest`` dots a side."""
    return Pair(
        "size",
        "auto",
        words=("auto",),
        low=1,
        high=largest,
        label="size (height × width)",
        help=f"All {noun} are made this large. auto keeps small {noun} of one size, and makes others 64×64.",
    )


def colour(noun: str) -> Choice:
    """Whether all ``noun`` are grey or coloured."""
    return Choice("colour", "auto", options=("auto", "grey", "RGB"), help=f"auto is grey if all {noun} are.")


def spelling(one: str) -> Choice:
    """Whether classes that differ in capitals alone, such as ``one`` and ``One``, are the same."""
    return Choice(
        "spelling", "auto", options=SPELLINGS, help=f"Whether classes like {one} and {one.capitalize()} are one."
    )
