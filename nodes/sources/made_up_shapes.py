"""Pictures of shapes, with what stands where."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nodes.api import Field, Float, Int, Schema, Script, source
from nodes.reading.made_up import printed
from nodes.reading.shape_pictures import shape_pictures

if TYPE_CHECKING:
    from torch import Tensor

KINDS = ("circle", "square", "triangle")
NAMES = ("image", "mask", "label", "box")


def describe(*, pictures: int, side: int, shapes: int, noise: float, seed: int) -> Schema:
    """Coloured circles, squares and triangles, made up with a seed. The mask says of each dot what covers it; label and
    box are those of the shape in front: the middle of its box from the left and the top, its width and its height, as
    shares of the picture."""
    return Schema(
        {
            "image": Field((3, side, side)),
            "mask": Field((side, side), "int", ("nothing", *KINDS)),
            "label": Field((), "int", KINDS),
            "box": Field((4,), names=("x", "y", "width", "height")),
        },
        samples=pictures,
        noun=("picture", "pictures"),
    )


def load(*, pictures: int, side: int, shapes: int, noise: float, seed: int) -> dict[str, Tensor]:
    """All of them, in memory."""
    import torch

    made = _made(pictures, side, shapes, noise, seed)
    return dict(zip(NAMES, map(torch.from_numpy, made)))


def script(*, pictures: int, side: int, shapes: int, noise: float, seed: int) -> Script:
    """The same drawing."""
    lines = printed(shape_pictures)
    lines.append(f"made = shape_pictures({pictures}, {side}, {shapes}, {noise}, {seed})")
    return Script(tuple(lines), {name: f"torch.from_numpy(made[{at}])" for at, name in enumerate(NAMES)})


@lru_cache(maxsize=2)
def _made(pictures: int, side: int, shapes: int, noise: float, seed: int) -> tuple[Any, Any, Any, Any]:
    return shape_pictures(pictures, side, shapes, noise, seed)


MADE_UP_SHAPES = source(
    id="MadeUpShapes",
    name="Made-up shapes",
    params=[
        Int("pictures", 1500, low=10, high=50_000, card=True, help="How many pictures there are."),
        Int("side", 32, low=12, high=256, card=True, help="Rows and columns of each."),
        Int(
            "shapes",
            3,
            low=1,
            high=12,
            card=True,
            help="How many shapes a picture has at most; later ones cover others.",
        ),
        Float("noise", 0.05, low=0.0, high=1.0, step=0.05, help="Deviation of the noise on every dot."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same pictures."),
    ],
    describe=describe,
    load=load,
    script=script,
    examples=[{"pictures": 20, "side": 16, "shapes": 2, "noise": 0.1, "seed": 3}],
    words=["segmentation", "mask", "detection", "box", "localisation", "circle", "square", "triangle", "toy", "data"],
)
