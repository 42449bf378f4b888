"""Pictures with a rectangle erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Choice, Example, Float, Settings, Sheet, augmentation, image
from nodes.augmentation._pictures import MARK, before_and_after

if TYPE_CHECKING:
    from torch import Generator, Tensor


def _drawn(sheet: Sheet, settings: Settings) -> str:
    erased = {(row, col): "soft" for row in (1, 2) for col in (1, 2, 3)}
    before_and_after(sheet, dict(MARK) | erased)
    return "A rectangle of some of the pictures is erased, so that no single spot decides."


@augmentation(
    id="RandomErase",
    name="Random erasing",
    reads=image,
    picture=_drawn,
    params=[
        Float(
            "p",
            0.5,
            low=0.0,
            high=1.0,
            step=0.1,
            label="probability",
            help="The share of pictures of which something is erased.",
        ),
        Float(
            "area",
            0.2,
            low=0.0,
            high=1.0,
            step=0.05,
            open_low=True,
            card=True,
            label="largest part",
            help="The largest share of a picture's area that is erased; at least one pixel is.",
        ),
        Choice(
            "fill",
            "zeros",
            options=("zeros", "mean", "noise"),
            help="What stands there then: 0, the mean of the picture, or noise in its range.",
        ),
    ],
    examples=[
        Example(inputs=[(1, 8, 8)], output=(1, 8, 8)),
        Example(inputs=[(3, 6, 9)], params={"p": 1.0, "area": 1.0, "fill": "noise"}, output=(3, 6, 9)),
        Example(inputs=[(3, 6, 9)], params={"fill": "mean"}, output=(3, 6, 9)),
    ],
    words=["augment", "cutout", "hide", "occlude", "rectangle"],
)
def random_erase(images: Tensor, generator: Generator, *, p: float, area: float, fill: str) -> Tensor:
    """Erases a rectangle of some of the pictures, another one each time, while training, so that the net does not rely
    on one spot. The check, the pictures and the exported model see the pictures as they are."""
    import torch

    _, _, height, width = images.shape
    drawn = torch.rand(5, len(images), 1, generator=generator)
    part, form = area * drawn[1], 3 ** (drawn[2] * 2 - 1)  # up to three times as high as wide, or the other way
    chosen = (drawn[0] < p)[:, :, None, None]
    for side, share, place, axis in ((height, part * form, drawn[3], 2), (width, part / form, drawn[4], 3)):
        long = (side * share.sqrt()).floor().clamp(1, side)
        first = (place * (side - long + 1)).floor().clamp(max=side - 1)
        cells = torch.arange(side)
        inside = (cells >= first) & (cells < first + long)
        chosen = chosen & (inside[:, None, :, None] if axis == 2 else inside[:, None, None, :])
    filling = torch.zeros_like(images)
    if fill == "mean":
        filling = images.mean((1, 2, 3), keepdim=True).expand_as(images)
    elif fill == "noise":
        low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
        filling = low + (high - low) * torch.rand(images.shape, generator=generator).to(images)
    return torch.where(chosen.to(images.device), filling, images)
