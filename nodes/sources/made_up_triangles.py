"""Pictures of a triangle, with a map for each of its corners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Field, Float, Int, Schema, Script, source
from nodes.reading.made_up import printed
from nodes.reading.triangle_pictures import triangle_pictures

if TYPE_CHECKING:
    from torch import Tensor


def describe(*, pictures: int, side: int, turn: float, spread: float, noise: float, seed: int) -> Schema:
    """A coloured triangle in each picture, made up with a seed and turned a little. The heat maps say of each dot how
    near it is to the top, the left and the right corner: 1 at the corner, falling off like a bell."""
    return Schema(
        {"image": Field((3, side, side)), "heat": Field((3, side, side))},
        samples=pictures,
        noun=("picture", "pictures"),
    )


def load(*, pictures: int, side: int, turn: float, spread: float, noise: float, seed: int) -> dict[str, Tensor]:
    """All of them, in memory."""
    import torch

    images, heat = triangle_pictures(pictures, side, turn, spread, noise, seed)
    return {"image": torch.from_numpy(images), "heat": torch.from_numpy(heat)}


def script(*, pictures: int, side: int, turn: float, spread: float, noise: float, seed: int) -> Script:
    """The same drawing."""
    lines = printed(triangle_pictures)
    lines.append(f"images, heat = triangle_pictures({pictures}, {side}, {turn}, {spread}, {noise}, {seed})")
    return Script(tuple(lines), {"image": "torch.from_numpy(images)", "heat": "torch.from_numpy(heat)"})


MADE_UP_TRIANGLES = source(
    id="MadeUpTriangles",
    name="Made-up triangles",
    params=[
        Int("pictures", 1000, low=10, high=20_000, card=True, help="How many pictures there are."),
        Int("side", 32, low=12, high=128, card=True, help="Rows and columns of each."),
        Float("turn", 50.0, low=0.0, high=180.0, step=5.0, help="By how many degrees triangles are turned at most."),
        Float("spread", 1.5, low=0.3, high=20.0, step=0.5, help="Deviation of the bells of the heat maps, in dots."),
        Float("noise", 0.05, low=0.0, high=1.0, step=0.05, help="Deviation of the noise on every dot."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same pictures."),
    ],
    describe=describe,
    load=load,
    script=script,
    examples=[{"pictures": 20, "side": 16, "turn": 180.0, "spread": 1.0, "noise": 0.1, "seed": 3}],
    words=["keypoints", "pose", "joints", "landmarks", "heat maps", "corners", "toy", "data"],
)
