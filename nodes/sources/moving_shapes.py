"""Clips of shapes, each of a class that is its motion."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nodes.api import Field, Float, Int, Schema, Script, source
from nodes.reading.drawn_shapes import drawn_shape, moving_shapes
from nodes.reading.made_up import printed

if TYPE_CHECKING:
    from torch import Tensor

KINDS = ("left", "right", "up", "down", "grow", "shrink", "turn left", "turn right")


def describe(*, clips: int, frames: int, side: int, noise: float, seed: int) -> Schema:
    """Clips of one shape each that moves, grows, shrinks or turns, made up with a seed. The class is the motion, and no
    single frame tells it: places, sizes and angles are alike in all classes, what leaves at one edge comes in at the
    opposite one. A sample is (1, frames, side, side), as Conv3d reads it and as Videos gives it."""
    counts = tuple(clips // len(KINDS) + (at < clips % len(KINDS)) for at in range(len(KINDS)))
    return Schema(
        {"video": Field((1, frames, side, side)), "label": Field((), "int", KINDS, counts)},
        samples=clips,
        noun=("clip", "clips"),
    )


def load(*, clips: int, frames: int, side: int, noise: float, seed: int) -> dict[str, Tensor]:
    """All of them, in memory."""
    import torch

    made, kinds = _made(clips, frames, side, noise, seed)
    return {"video": torch.from_numpy(made), "label": torch.from_numpy(kinds)}


def script(*, clips: int, frames: int, side: int, noise: float, seed: int) -> Script:
    """The same clips."""
    lines = printed(drawn_shape, moving_shapes)
    lines.append(f"clips, kinds = moving_shapes({clips}, {frames}, {side}, {noise}, {seed})")
    fields = {"video": "torch.from_numpy(clips)", "label": "torch.from_numpy(kinds)"}
    return Script(tuple(lines), fields, ("from typing import Any",))


@lru_cache(maxsize=2)
def _made(clips: int, frames: int, side: int, noise: float, seed: int) -> tuple[Any, Any]:
    return moving_shapes(clips, frames, side, noise, seed)


MOVING_SHAPES = source(
    id="MovingShapes",
    name="Moving shapes",
    params=[
        Int("clips", 2400, low=16, high=50_000, card=True, help="How many clips there are."),
        Int("frames", 12, low=2, high=128, card=True, help="How many frames each has."),
        Int("side", 24, low=12, high=128, card=True, help="Rows and columns of each frame."),
        Float("noise", 0.03, low=0.0, high=1.0, step=0.01, help="Deviation of the noise on every dot."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same clips."),
    ],
    fields=["video", "label"],
    describe=describe,
    load=load,
    script=script,
    examples=[{"clips": 24, "frames": 5, "side": 16, "noise": 0.1, "seed": 3}],
    words=["video", "action", "motion", "frames", "clips", "conv3d", "toy", "data"],
)
