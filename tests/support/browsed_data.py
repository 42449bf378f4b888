"""Sources of each kind that samples are shown as, for tests of looking at them, with a list of what was read."""

from __future__ import annotations

from typing import Any

from nodes.api import Choice, Each, Feed, Field, Int, Layer, Mapped, Schema, Unreadable, source

READ: list[int] = []  # samples of Browsed that were read, in order
BAD = 5  # the sample of the kind "pictures" that cannot be read
WORDS = ("cat", "dog", "eel")
LETTERS = (*"abcdefghijklmnopqrstuvwxyz ", "<unknown>")
TEXTS = ("the cat sat", "a dog ran", "an eel swam")


def describe(*, count: int, kind: str) -> Schema:
    """Made for a test."""
    label = Field((), "int", WORDS, tuple(len(range(place, count, 3)) for place in range(3)))
    fields = {
        "pictures": Field((1, 6, 8)),
        "negative": Field((3, 4, 4)),
        "curves": Field((400, 1)),
        "texts": Field((11,), "int", LETTERS),
        "rows": Field((3,), names=("long", "wide", "high")),
        "wide": Field((200,)),
    }
    return Schema({"x": fields[kind], "label": label}, count, noun=("thing", "things"), remarks=("They are made up",))


def load(*, count: int, kind: str) -> Feed:
    """The values of a sample follow from its number."""
    import numpy as np
    import torch

    def picture(number: int) -> Any:
        READ.append(number)
        if number == BAD:
            raise Unreadable(f"thing {number} is cut off.")
        made = np.zeros((1, 6, 8), dtype=np.float32)
        made[0, number % 6, number % 8] = 1
        return made

    def negative(number: int) -> Any:
        return np.full((3, 4, 4), -1 if number % 2 == 0 else 1, dtype=np.float32)

    def curve(number: int) -> Any:
        made = np.zeros((400, 1), dtype=np.float32)
        made[123] = 7  # a peak of one step
        made[300] = np.nan if number == 1 else 0
        return made

    def text(number: int) -> Any:
        written = TEXTS[number % 3].ljust(11)
        return np.array([LETTERS.index(letter) for letter in written], dtype=np.int64)

    def row(number: int) -> Any:
        return np.array([number, float("nan") if number == 2 else 0.5, float("inf")], dtype=np.float32)

    def wide(number: int) -> Any:
        return np.arange(200, dtype=np.float32)

    reads = {"pictures": picture, "negative": negative, "curves": curve, "texts": text, "rows": row, "wide": wide}
    labels = Mapped(np.arange(count) % 3, lambda values: values.long())
    return Feed(
        {"x": Each(count, reads[kind], threads=1), "label": labels},
        {"test": torch.arange(count - 4, count)},
        name_of=lambda number: f"thing {number}",
    )


def browsed_data() -> Layer:
    """``Browsed`` in the palette, with ``among_ours``."""
    kinds = ("pictures", "negative", "curves", "texts", "rows", "wide")
    return source(
        id="Browsed",
        name="Browsed",
        params=[Int("count", 60, low=10), Choice("kind", "pictures", options=kinds)],
        fields=["x", "label"],
        describe=describe,
        load=load,
    )
