"""Faces that are drawn, and how old each is."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nodes.api import Field, Float, Int, Schema, Script, source
from nodes.reading.face_pictures import face_pictures
from nodes.reading.made_up import printed

if TYPE_CHECKING:
    from torch import Tensor

NAMES = ("image", "age")


def describe(*, pictures: int, side: int, noise: float, seed: int) -> Schema:
    """Drawn faces with their ages in years, from 1 to 90, made up with a seed: there are no people behind them. With
    age a face grows longer, hair turns grey and recedes, wrinkles and spots come, in some early and in others late.
    Photos of your own with a table of ages (Pictures of your own) can take their place."""
    return Schema(
        {"image": Field((3, side, side)), "age": Field((1,), names=("age",))},
        samples=pictures,
        noun=("face", "faces"),
    )


def load(*, pictures: int, side: int, noise: float, seed: int) -> dict[str, Tensor]:
    """All of them, in memory."""
    import torch

    return dict(zip(NAMES, map(torch.from_numpy, _made(pictures, side, noise, seed))))


def script(*, pictures: int, side: int, noise: float, seed: int) -> Script:
    """The same drawing."""
    lines = [*printed(face_pictures), f"made = face_pictures({pictures}, {side}, {noise}, {seed})"]
    return Script(tuple(lines), {name: f"torch.from_numpy(made[{at}])" for at, name in enumerate(NAMES)})


@lru_cache(maxsize=2)
def _made(pictures: int, side: int, noise: float, seed: int) -> tuple[Any, Any]:
    return face_pictures(pictures, side, noise, seed)


MADE_UP_FACES = source(
    id="MadeUpFaces",
    name="Made-up faces",
    params=[
        Int("pictures", 2000, low=10, high=50_000, card=True, help="How many faces there are."),
        Int("side", 40, low=16, high=256, card=True, help="Rows and columns of each."),
        Float("noise", 0.03, low=0.0, high=1.0, step=0.01, help="Deviation of the noise on every dot."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same faces."),
    ],
    describe=describe,
    load=load,
    script=script,
    examples=[{"pictures": 20, "side": 16, "noise": 0.1, "seed": 3}],
    words=["age", "regression", "portraits", "years", "number from a picture", "toy", "data"],
)
