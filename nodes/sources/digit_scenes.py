"""Pictures of several digits, with what stands where."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nodes.api import Field, Float, Int, Schema, Script, source
from nodes.reading.digit_scenes import digit_scenes
from nodes.reading.made_up import printed
from nodes.sources import digits as handwritten

if TYPE_CHECKING:
    from torch import Tensor

KINDS = ("nothing", *map(str, range(10)))
NAMES = ("image", "boxes", "digits")


def describe(*, pictures: int, side: int, digits: int, noise: float, seed: int) -> Schema:
    """Real handwritten digits (Alpaydin and Kaynak 1998) of several sizes, put together to pictures with a seed: where
    they stand is made up. For each digit there is the box around its ink, its middle from the left and the top, width
    and height as shares of the picture, and which it is; both are 0 where there are fewer digits. Pictures for
    validation and test are of digits that training does not see."""
    counts = _counts(pictures)
    return Schema(
        {
            "image": Field((1, side, side)),
            "boxes": Field((digits, 4), names=("x", "y", "width", "height")),
            "digits": Field((digits,), "int", KINDS),
        },
        samples=sum(counts.values()),
        parts=counts,
        noun=("picture", "pictures"),
    )


def load(
    *, pictures: int, side: int, digits: int, noise: float, seed: int
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """All of them in memory, and the numbers of those of each part.

    Raises:
        NoData: if scikit-learn is not installed.
    """
    import torch

    counts = _counts(pictures)
    made = _made(tuple(counts.values()), side, digits, noise, seed)
    numbers = torch.arange(sum(counts.values())).split(list(counts.values()))
    return dict(zip(NAMES, map(torch.from_numpy, made))), dict(zip(counts, numbers))


def script(*, pictures: int, side: int, digits: int, noise: float, seed: int) -> Script:
    """The same pictures of the same digits."""
    plain = handwritten.script(size="8×8")
    lines = [
        *printed(digit_scenes),
        *plain.lines,
        f"counts = {_counts(pictures)}",
        f"made = digit_scenes(images[:, 0].numpy(), labels, counts, {side}, {digits}, {noise}, {seed})",
        "numbers = torch.arange(sum(counts.values())).split(list(counts.values()))",
    ]
    fields = {name: f"torch.from_numpy(made[{at}])" for at, name in enumerate(NAMES)}
    return Script(tuple(lines), fields, plain.imports, package=plain.package, parts="dict(zip(counts, numbers))")


def _counts(pictures: int) -> dict[str, int]:
    return {"train": pictures, "validation": max(pictures // 6, 2), "test": max(pictures // 6, 2)}


@lru_cache(maxsize=2)
def _made(counts: tuple[int, ...], side: int, most: int, noise: float, seed: int) -> tuple[Any, Any, Any]:
    known = handwritten.load(size="8×8")
    named = dict(zip(("train", "validation", "test"), counts))
    return digit_scenes(known["image"][:, 0].numpy(), known["label"].numpy(), named, side, most, noise, seed)


DIGIT_SCENES = source(
    id="DigitScenes",
    name="Digits in a picture",
    params=[
        Int(
            "pictures",
            1000,
            low=12,
            high=50_000,
            card=True,
            help="How many pictures there are to learn from; validation and test have a sixth of it each.",
        ),
        Int("side", 48, low=16, high=256, card=True, help="Rows and columns of each."),
        Int("digits", 4, low=1, high=12, card=True, help="How many digits a picture has at most; at least it has one."),
        Float("noise", 0.05, low=0.0, high=1.0, step=0.05, help="Deviation of the noise on every dot."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same pictures."),
    ],
    describe=describe,
    load=load,
    script=script,
    examples=[{"pictures": 18, "side": 24, "digits": 2, "noise": 0.1, "seed": 3}],
    needs=["sklearn"],
    words=["detection", "boxes", "objects", "yolo", "localisation", "toy", "data"],
)
