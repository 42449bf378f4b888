"""Numbers that follow a curve or a plane, by which books explain regression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Choice, Field, Float, Int, Schema, source

if TYPE_CHECKING:
    from torch import Tensor

SHAPES = ("line", "parabola", "cubic", "sine", "step", "hill", "plane", "saddle")


def describe(*, shape: str, noise: float, samples: int, seed: int) -> Schema:
    """One number that depends on another as a line, parabola, cubic, sine, step or hill does; or on two, as a plane or
    saddle. All lie about between -1 and 1, with noise around."""
    return Schema({"x": Field((2 if shape in ("plane", "saddle") else 1,)), "y": Field((1,))}, samples=samples)


def load(*, shape: str, noise: float, samples: int, seed: int) -> dict[str, Tensor]:
    """Points x (n, 1 or 2) from -1 to 1, drawn evenly, and y (n, 1)."""
    import math

    import torch

    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(samples, 2 if shape in ("plane", "saddle") else 1, generator=generator) * 2 - 1
    first = x[:, :1]
    if shape == "line":
        y = 0.7 * first + 0.2
    elif shape == "parabola":
        y = 1.6 * first**2 - 0.8
    elif shape == "cubic":
        y = 2.4 * first**3 - 1.4 * first
    elif shape == "sine":
        y = 0.8 * torch.sin(2 * math.pi * first)
    elif shape == "step":
        y = torch.where(first < 0, -0.6, 0.6)
    elif shape == "hill":
        y = 1.6 * torch.exp(-8 * first**2) - 0.8
    elif shape == "plane":
        y = 0.5 * x[:, :1] - 0.3 * x[:, 1:] + 0.1
    else:
        y = x[:, :1] ** 2 - x[:, 1:] ** 2
    return {"x": x, "y": y + noise * torch.randn(samples, 1, generator=generator)}


TEACHING_CURVE = source(
    id="TeachingCurve",
    name="Teaching curve",
    offered=3,
    params=[
        Choice("shape", "sine", options=SHAPES, card=True, help="How y depends on x."),
        Float("noise", 0.05, low=0.0, high=1.0, step=0.05, help="How far y is scattered around the curve."),
        Int("samples", 200, low=10, high=1_000_000, card=True, help="How many points there are."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same points."),
    ],
    describe=describe,
    load=load,
    examples=[{"shape": shape} for shape in SHAPES],
    words=["regression", "line", "plane", "function", "fit", "toy", "data"],
)
