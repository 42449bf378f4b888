"""Gestures that two sensors see: a camera and an accelerometer."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nodes.api import Field, Float, Int, Schema, Script, source
from nodes.reading.gesture_pairs import gesture_pairs
from nodes.reading.made_up import printed

if TYPE_CHECKING:
    from torch import Tensor

GESTURES = ("stop", "hello", "wipe", "there", "no", "again", "punch", "knock", "stir")
NAMES = ("image", "motion", "gesture")


def describe(*, samples: int, side: int, steps: int, missing: float, noise: float, seed: int) -> Schema:
    """Nine gestures, made up with a seed: an open hand, a finger or a fist that is pushed, waved or turned in a circle.
    The picture shows the hand, the motion is how it is accelerated in three directions; each alone leaves three
    gestures open. At times one of both sensors fails and gives zeros."""
    return Schema(
        {
            "image": Field((1, side, side)),
            "motion": Field((steps, 3), names=("x", "y", "z")),
            "gesture": Field((), "int", GESTURES),
        },
        samples=samples,
        noun=("gesture", "gestures"),
    )


def load(*, samples: int, side: int, steps: int, missing: float, noise: float, seed: int) -> dict[str, Tensor]:
    """All of them, in memory."""
    import torch

    return dict(zip(NAMES, map(torch.from_numpy, _made(samples, side, steps, missing, noise, seed))))


def script(*, samples: int, side: int, steps: int, missing: float, noise: float, seed: int) -> Script:
    """The same drawing."""
    lines = printed(gesture_pairs)
    lines.append(f"made = gesture_pairs({samples}, {side}, {steps}, {missing}, {noise}, {seed})")
    return Script(tuple(lines), {name: f"torch.from_numpy(made[{at}])" for at, name in enumerate(NAMES)})


@lru_cache(maxsize=2)
def _made(samples: int, side: int, steps: int, missing: float, noise: float, seed: int) -> tuple[Any, Any, Any]:
    return gesture_pairs(samples, side, steps, missing, noise, seed)


MADE_UP_GESTURES = source(
    id="MadeUpGestures",
    name="Made-up gestures",
    params=[
        Int("samples", 1500, low=10, high=50_000, card=True, help="How many gestures there are."),
        Int("side", 24, low=12, high=256, help="Rows and columns of each picture."),
        Int("steps", 32, low=8, high=1000, help="How long each motion is."),
        Float(
            "missing", 0.1, low=0.0, high=1.0, step=0.05, card=True, help="Share of samples in which one sensor fails."
        ),
        Float("noise", 0.05, low=0.0, high=1.0, step=0.05, help="How much chance there is in both."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same gestures."),
    ],
    describe=describe,
    load=load,
    script=script,
    examples=[{"samples": 60, "side": 16, "steps": 12, "missing": 0.5, "noise": 0.1, "seed": 3}],
    words=["fusion", "multimodal", "sensors", "hand", "accelerometer", "toy", "data"],
)
