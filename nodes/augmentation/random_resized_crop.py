"""Parts of pictures, brought to the size of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Example, Float, Settings, Sheet, augmentation, image
from nodes.augmentation._pictures import MARK

if TYPE_CHECKING:
    from torch import Generator, Tensor


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(28, 15, 5, 5, 14, dict(MARK))
    sheet.frame(42, 43, 42, 42)
    sheet.arrow((106, 50), (134, 50), "accent")
    fills = {(0, 0): "family", (1, 0): "family", (1, 1): "family"}
    sheet.grid(142, 15, 3, 3, 70 / 3, fills)
    return "Some part of each picture is shown as large as the whole."


@augmentation(
    id="RandomResizedCrop",
    name="Random resized crop",
    reads=image,
    picture=_drawn,
    params=[
        Float(
            "area",
            0.5,
            low=0.0,
            high=1.0,
            step=0.1,
            open_low=True,
            card=True,
            label="smallest part",
            help="The smallest share of a picture's area that is shown; between that and all of it, any part may be.",
        ),
        Float(
            "ratio",
            1.33,
            low=1.0,
            high=10.0,
            step=0.1,
            label="stretch",
            help="How many times as wide or as high things become at most; 1 keeps their form.",
        ),
    ],
    examples=[
        Example(inputs=[(1, 8, 8)], output=(1, 8, 8)),
        Example(inputs=[(3, 6, 9)], params={"area": 0.1, "ratio": 1.0}, output=(3, 6, 9)),
    ],
    words=["augment", "zoom", "cut", "part", "crop", "inception"],
)
def random_resized_crop(images: Tensor, generator: Generator, *, area: float, ratio: float) -> Tensor:
    """Shows a part of each picture as large as the whole, another one each time, while training. The usual
    augmentation of large photos. The check, the pictures and the exported model see the pictures as they are."""
    import torch
    from torch.nn import functional

    drawn = torch.rand(len(images), 4, generator=generator)
    part = area + (1 - area) * drawn[:, 0]
    stretch = ratio ** (drawn[:, 1] * 2 - 1)
    wide, high = (part * stretch).sqrt().clamp(max=1), (part / stretch).sqrt().clamp(max=1)
    theta = torch.zeros(len(images), 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = wide, high
    theta[:, 0, 2], theta[:, 1, 2] = (1 - wide) * (drawn[:, 2] * 2 - 1), (1 - high) * (drawn[:, 3] * 2 - 1)
    grid = functional.affine_grid(theta.to(images), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)
