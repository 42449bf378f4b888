"""Points in a plane that belong to classes: the drawings by which books explain what a network can learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Choice, Field, Float, Int, Schema, source

if TYPE_CHECKING:
    from torch import Tensor

SHAPES = {
    "blobs": ("left", "right", "top"),
    "moons": ("upper", "lower"),
    "circles": ("inner", "outer"),
    "XOR": ("alike", "different"),
    "spiral": ("first arm", "second arm"),
}


def describe(*, shape: str, noise: float, samples: int, seed: int) -> Schema:
    """Points in a plane, each with the class that it belongs to: blobs that a line parts, moons, circles, XOR and
    spirals, which need hidden layers. All lie about between -1 and 1."""
    return Schema({"point": Field((2,)), "label": Field((), "int", SHAPES[shape])}, samples=samples)


def load(*, shape: str, noise: float, samples: int, seed: int) -> dict[str, Tensor]:
    """Points (n, 2) and the class of each; every class has the same number of points, give or take one."""
    import math

    import torch

    generator = torch.Generator().manual_seed(seed)
    classes = 3 if shape == "blobs" else 2
    label = torch.arange(samples) % classes
    way = torch.rand(samples, generator=generator)  # how far along a curve, from 0 to 1
    if shape == "blobs":
        middle = torch.tensor([[-0.6, -0.4], [0.6, -0.4], [0.0, 0.6]])
        point = middle[label]
    elif shape == "moons":
        angle = math.pi * way
        upper = torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], 1)
        point = torch.where(label[:, None] == 0, upper, -upper) / 1.5
    elif shape == "circles":
        angle = 2 * math.pi * way
        radius = torch.where(label == 0, 0.4, 0.9)
        point = torch.stack([angle.cos() * radius, angle.sin() * radius], 1)
    elif shape == "XOR":
        point = torch.rand(samples, 2, generator=generator) * 0.9 + 0.1
        point[:, 0] *= torch.where(way < 0.5, -1.0, 1.0)
        point[:, 1] *= torch.where((way < 0.5) == (label == 0), -1.0, 1.0)
    else:
        angle = 2.5 * math.pi * way.sqrt() + math.pi * label
        radius = 0.1 + 0.85 * way.sqrt()
        point = torch.stack([angle.cos() * radius, angle.sin() * radius], 1)
    point = point + noise * torch.randn(samples, 2, generator=generator)
    return {"point": point, "label": label}


TEACHING_POINTS = source(
    id="TeachingPoints",
    name="Teaching points",
    offered=2,
    params=[
        Choice("shape", "moons", options=tuple(SHAPES), card=True, help="How the classes lie in the plane."),
        Float("noise", 0.05, low=0.0, high=1.0, step=0.05, help="How far the points are scattered around their place."),
        Int("samples", 400, low=10, high=1_000_000, card=True, help="How many points there are."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same points."),
    ],
    describe=describe,
    load=load,
    examples=[{"shape": shape} for shape in SHAPES],
    words=["moons", "two moons", "two classes", "circles", "spiral", "xor", "blobs", "2d", "plane", "toy", "data"],
)
