"""Pictures of other brightness, contrast and saturation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Example, Float, Settings, Sheet, augmentation, image
from nodes.augmentation._pictures import MARK, before_and_after

if TYPE_CHECKING:
    from torch import Generator, Tensor


def _drawn(sheet: Sheet, settings: Settings) -> str:
    pale = {(row, col): 0.0 if (row, col) in MARK else 0.15 for row in range(5) for col in range(5)}
    before_and_after(sheet, pale | dict.fromkeys(MARK, 0.5))
    return "Each picture becomes a little brighter or darker, paler or stronger."


@augmentation(
    id="ColorJitter",
    name="Random colour",
    reads=image,
    picture=_drawn,
    params=[
        Float(
            "brightness",
            0.2,
            low=0.0,
            high=1.0,
            step=0.1,
            card=True,
            help="All values are multiplied by a number from 1 minus this to 1 plus this.",
        ),
        Float(
            "contrast",
            0.2,
            low=0.0,
            high=1.0,
            step=0.1,
            card=True,
            help="Distances to the mean grey are multiplied by a number from 1 minus this to 1 plus this.",
        ),
        Float(
            "saturation",
            0.2,
            low=0.0,
            high=1.0,
            step=0.1,
            help="Distances of the three colours to their grey are multiplied likewise. A picture without three "
            "channels has no saturation.",
        ),
    ],
    examples=[
        Example(inputs=[(1, 8, 8)], output=(1, 8, 8)),
        Example(inputs=[(3, 6, 9)], output=(3, 6, 9)),
        Example(inputs=[(3, 6, 9)], params={"brightness": 1.0, "contrast": 1.0, "saturation": 1.0}, output=(3, 6, 9)),
    ],
    words=["augment", "brightness", "contrast", "saturation", "color", "light"],
)
def color_jitter(
    images: Tensor, generator: Generator, *, brightness: float, contrast: float, saturation: float
) -> Tensor:
    """Changes brightness, contrast and saturation of each picture, another way each time, while training. No value
    leaves the range from 0 to 1, or that of its own picture where that is wider. The check, the pictures and the
    exported model see the pictures as they are."""
    import torch

    drawn = torch.rand(3, len(images), 1, 1, 1, generator=generator) * 2 - 1
    light, strength, colour = (
        (1 + most * each).to(images) for most, each in zip((brightness, contrast, saturation), drawn, strict=True)
    )
    lowest = images.amin((1, 2, 3), keepdim=True).clamp(max=0)
    highest = images.amax((1, 2, 3), keepdim=True).clamp(min=1)
    three = images.shape[1] == 3
    shares = torch.tensor([0.299, 0.587, 0.114] if three else [1 / images.shape[1]] * images.shape[1])
    shares = shares.to(images)[:, None, None]  # of the channels in the grey that an eye sees
    changed = images * light
    grey = (changed * shares).sum(1, keepdim=True).mean((2, 3), keepdim=True)
    changed = grey + (changed - grey) * strength
    if three:
        grey = (changed * shares).sum(1, keepdim=True)
        changed = grey + (changed - grey) * colour
    return torch.minimum(torch.maximum(changed, lowest), highest)
