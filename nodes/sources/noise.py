"""Random numbers, such as those that a generator makes pictures of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Choice, Field, Schema, Sizes, source

if TYPE_CHECKING:
    from torch import Generator, Tensor


def describe(*, shape: tuple[int, ...], distribution: str) -> Schema:
    """Random numbers, drawn anew for each batch. Beside a source of samples it gives as many; a generator makes its
    pictures of them. The same seed gives the same numbers."""
    return Schema({"noise": Field(shape)})


def draw(count: int, generator: Generator, *, shape: tuple[int, ...], distribution: str) -> dict[str, Tensor]:
    """Fresh noise (count, *shape)."""
    import torch

    if distribution == "normal":
        return {"noise": torch.randn(count, *shape, generator=generator)}
    return {"noise": torch.rand(count, *shape, generator=generator)}


NOISE = source(
    id="Noise",
    name="Noise",
    offered=4,
    params=[
        Sizes("shape", (16,), most=4, card=True, help="The sizes of one sample, such as 16, or 1, 8, 8 for a picture."),
        Choice(
            "distribution",
            "normal",
            options=("normal", "uniform"),
            help="Normal: around 0 with deviation 1. Uniform: from 0 to 1.",
        ),
    ],
    describe=describe,
    draw=draw,
    examples=[{"shape": (1, 8, 8), "distribution": "uniform"}],
    words=["random", "latent", "gan", "generator", "data"],
)
