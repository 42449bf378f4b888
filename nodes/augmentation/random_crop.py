"""Pictures that are padded and cut to their size again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Choice, Example, Pair, Settings, Sheet, augmentation, image
from nodes.augmentation._pictures import MARK

if TYPE_CHECKING:
    from torch import Generator, Tensor


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(85, 15, 5, 5, 14, dict(MARK))
    sheet.frame(71, 1, 98, 98, "line", 1.2)
    sheet.frame(99, 29, 70, 70)
    return "The picture gets a rim, and a part of its old size is cut out somewhere."


@augmentation(
    id="RandomCrop",
    name="Random crop with padding",
    reads=image,
    picture=_drawn,
    params=[
        Pair(
            "padding",
            2,
            low=0,
            high=1024,
            card=True,
            help="How many rows are put above and below, and how many columns at the right and left, before a part of "
            "the old size is cut out.",
        ),
        Choice(
            "outside",
            "zeros",
            options=("zeros", "border", "reflection"),
            help="What the rim holds: 0, the edge of the picture drawn out, or the picture mirrored.",
        ),
    ],
    examples=[
        Example(inputs=[(1, 8, 8)], output=(1, 8, 8)),
        Example(inputs=[(3, 6, 9)], params={"outside": "reflection"}, output=(3, 6, 9)),
        Example(inputs=[(3, 6, 9)], params={"padding": (0, 30), "outside": "border"}, output=(3, 6, 9)),
    ],
    words=["augment", "pad", "cut", "window"],
)
def random_crop(images: Tensor, generator: Generator, *, padding: tuple[int, int], outside: str) -> Tensor:
    """Puts a rim around each picture and cuts a part of the old size out of it, another one each time, while training.
    The usual augmentation of small photos. The check, the pictures and the exported model see the pictures as they
    are."""
    import torch

    count, channels, height, width = images.shape
    places, inside = [], []
    for most, side in zip(padding, (height, width), strict=True):
        place = torch.arange(side) + torch.randint(-most, most + 1, (count, 1), generator=generator)
        inside.append((place >= 0) & (place < side))
        if outside == "reflection":  # there and back again, as often as the rim is wide
            place = torch.minimum(place % (2 * side), -(place + 1) % (2 * side))
        places.append(place.clamp(0, side - 1))
    place = places[0][:, :, None] * width + places[1][:, None, :]
    place = place.flatten(1)[:, None].expand(-1, channels, -1).to(images.device)
    cropped = images.flatten(2).gather(2, place).view_as(images)
    if outside != "zeros":
        return cropped
    seen = (inside[0][:, :, None] & inside[1][:, None, :])[:, None].to(images.device)
    return torch.where(seen, cropped, torch.zeros_like(cropped))
