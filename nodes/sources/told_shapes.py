"""Pictures of shapes, each with a sentence that tells what is to be seen."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nodes.api import Field, Float, Int, Schema, Script, source
from nodes.reading.drawn_shapes import COLOUR_LINES, COLOURS, FORMS, drawn_scenes, drawn_shape, told_scenes
from nodes.reading.made_up import listed_words, padded, printed
from nodes.reading.texts import END, PADDING, START

if TYPE_CHECKING:
    from torch import Tensor

PLACES = ("left", "right", "top", "bottom", "middle")
WORDS = tuple(sorted({"a", "at", "in", "the", "of", "above", "below", "large", "small", *PLACES, *COLOURS, *FORMS}))
LONGEST = {1: 7, 2: 10}  # words of a sentence about so many shapes


def describe(*, pictures: int, side: int, shapes: int, noise: float, seed: int) -> Schema:
    """Pictures of a coloured shape or two with the sentence that tells of them, such as: a large red circle left of a
    small blue square. All of it is made up with a seed. previous is the sentence one word back, behind a start mark:
    what a decoder reads. The target ends with an end mark; 0 pads short sentences."""
    long = LONGEST[shapes] + 1
    return Schema(
        {
            "image": Field((3, side, side)),
            "previous": Field((long,), "int", (PADDING, START, *WORDS)),
            "target": Field((long,), "int", (PADDING, END, *WORDS)),
        },
        samples=pictures,
        noun=("picture", "pictures"),
        settled={"unit": "words"},
    )


def load(*, pictures: int, side: int, shapes: int, noise: float, seed: int) -> dict[str, Tensor]:
    """The pictures (n, 3, side, side) from 0 to 1, and the numbers of the words one step back and as they are."""
    import torch

    images, told = _made(pictures, side, shapes, noise, seed)
    long, words = LONGEST[shapes] + 1, list(WORDS)
    return {
        "image": torch.from_numpy(images),
        "previous": torch.tensor(padded([[START, *row] for row in told], [PADDING, START, *words], long, False)),
        "target": torch.tensor(padded([[*row, END] for row in told], [PADDING, END, *words], long, False)),
    }


def script(*, pictures: int, side: int, shapes: int, noise: float, seed: int) -> Script:
    """The same pictures and sentences."""
    long = LONGEST[shapes] + 1
    lines = printed(drawn_shape, drawn_scenes, told_scenes, padded) + listed_words("words", WORDS)
    lines += [
        *COLOUR_LINES,
        f"images, told = told_scenes({pictures}, {shapes}, colours, {list(FORMS)}, {side}, {noise}, {seed})",
        f"before = [[{START!r}, *row] for row in told]",
        f"after = [[*row, {END!r}] for row in told]",
    ]
    fields = {
        "image": "torch.from_numpy(images)",
        "previous": f"torch.tensor(padded(before, [{PADDING!r}, {START!r}, *words], {long}, False))",
        "target": f"torch.tensor(padded(after, [{PADDING!r}, {END!r}, *words], {long}, False))",
    }
    return Script(tuple(lines), fields, ("from typing import Any",))


@lru_cache(maxsize=2)
def _made(pictures: int, side: int, shapes: int, noise: float, seed: int) -> tuple[Any, list[list[str]]]:
    return told_scenes(pictures, shapes, COLOURS, list(FORMS), side, noise, seed)


TOLD_SHAPES = source(
    id="ToldShapes",
    name="Shapes with sentences",
    params=[
        Int("pictures", 4000, low=20, high=50_000, card=True, help="How many pictures there are."),
        Int("side", 32, low=16, high=128, card=True, help="Rows and columns of each."),
        Int("shapes", 2, low=1, high=2, card=True, help="How many shapes a picture has at most."),
        Float("noise", 0.03, low=0.0, high=1.0, step=0.01, help="Deviation of the noise on every dot."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same pictures."),
    ],
    fields=["image", "previous", "target"],
    describe=describe,
    load=load,
    script=script,
    examples=[{"pictures": 30, "side": 20, "shapes": 1, "noise": 0.1, "seed": 3}, {"pictures": 30, "side": 24}],
    words=["caption", "description", "image to text", "sentence", "decoder", "toy", "data"],
)
