"""Mirrored pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Choice, Example, Float, Settings, Sheet, augmentation, image
from nodes.augmentation._pictures import before_and_after, moved

if TYPE_CHECKING:
    from torch import Generator, Tensor


def _drawn(sheet: Sheet, settings: Settings) -> str:
    if settings.get("direction") == "up and down":
        before_and_after(sheet, moved(lambda row, col: (4 - row, col)))
        return "Some of the pictures are turned upside down."
    before_and_after(sheet, moved(lambda row, col: (row, 4 - col)))
    return "Some of the pictures are seen as in a mirror."


@augmentation(
    id="RandomFlip",
    name="Random flip",
    reads=image,
    picture=_drawn,
    params=[
        Choice(
            "direction",
            "left and right",
            options=("left and right", "up and down", "both"),
            card=True,
            help="What changes places. With both, each of the two happens or not on its own.",
        ),
        Float(
            "p",
            0.5,
            low=0.0,
            high=1.0,
            step=0.1,
            label="probability",
            help="The share of pictures that are flipped.",
        ),
    ],
    examples=[
        Example(inputs=[(1, 8, 8)], output=(1, 8, 8)),
        Example(inputs=[(3, 6, 9)], params={"direction": "up and down", "p": 1.0}, output=(3, 6, 9)),
        Example(inputs=[(3, 6, 9)], params={"direction": "both"}, output=(3, 6, 9)),
    ],
    words=["augment", "mirror", "horizontal", "vertical", "hflip", "vflip"],
)
def random_flip(images: Tensor, generator: Generator, *, direction: str, p: float) -> Tensor:
    """Mirrors some of the pictures, others each time, while training. Useful for photos, in which left and right mean
    nothing; not for letters and digits. The check, the pictures and the exported model see the pictures as they are."""
    import torch

    chosen = (torch.rand(len(images), 2, 1, 1, 1, generator=generator) < p).to(images.device)
    if direction != "up and down":
        images = torch.where(chosen[:, 0], images.flip(-1), images)
    if direction != "left and right":
        images = torch.where(chosen[:, 1], images.flip(-2), images)
    return images
