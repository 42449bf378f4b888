"""Pictures made larger or smaller within their frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Choice, Example, Float, Settings, Sheet, augmentation, image
from nodes.augmentation._pictures import before_and_after

if TYPE_CHECKING:
    from torch import Generator, Tensor


def _drawn(sheet: Sheet, settings: Settings) -> str:
    before_and_after(sheet, {(1, 2): "family", (2, 2): "family", (2, 3): "family"})
    return "Each picture grows or shrinks around its middle; its sizes in pixels stay."


@augmentation(
    id="RandomScale",
    name="Random scale",
    reads=image,
    picture=_drawn,
    params=[
        Float(
            "factor",
            1.2,
            low=1.0,
            high=10.0,
            step=0.1,
            card=True,
            help="How many times as large, or as small, things become at most.",
        ),
        Choice(
            "direction",
            "both",
            options=("both", "larger", "smaller"),
            help="Whether things are made larger, smaller, or the one as often as the other.",
        ),
        Choice(
            "outside",
            "zeros",
            options=("zeros", "border", "reflection"),
            help="What stands around a smaller picture: 0, its edge drawn out, or the picture mirrored.",
        ),
    ],
    examples=[
        Example(inputs=[(1, 8, 8)], output=(1, 8, 8)),
        Example(inputs=[(3, 6, 9)], params={"factor": 2.0, "direction": "larger"}, output=(3, 6, 9)),
        Example(inputs=[(3, 6, 9)], params={"direction": "smaller", "outside": "border"}, output=(3, 6, 9)),
        Example(inputs=[(2, 5, 5)], params={"factor": 10.0, "outside": "reflection"}, output=(2, 5, 5)),
    ],
    words=["augment", "zoom", "size", "larger", "smaller", "resize"],
)
def random_scale(images: Tensor, generator: Generator, *, factor: float, direction: str, outside: str) -> Tensor:
    """Makes what a picture shows larger or smaller, another way each time, while training. The sizes in pixels stay:
    of a larger one the middle is seen, around a smaller one there is room. The check, the pictures and the exported
    model see the pictures as they are."""
    import torch
    from torch.nn import functional

    drawn = torch.rand(len(images), generator=generator)
    if direction == "both":
        drawn = drawn * 2 - 1
    elif direction == "smaller":
        drawn = -drawn
    steps = factor**-drawn  # how far apart in the picture neighbours of the result lie
    theta = torch.zeros(len(images), 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = steps
    grid = functional.affine_grid(theta.to(images), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode=outside, align_corners=False)
