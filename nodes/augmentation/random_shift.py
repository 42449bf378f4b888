"""Pictures moved by a few pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Example, Pair, augmentation, image

if TYPE_CHECKING:
    from torch import Generator, Tensor


@augmentation(
    id="RandomShift",
    name="Random shift",
    reads=image,
    params=[
        Pair(
            "pixels",
            1,
            low=0,
            high=1024,
            card=True,
            help="By how many pixels a picture is moved at most, down or up, and to the right or left.",
        )
    ],
    examples=[Example(inputs=[(1, 8, 8)], output=(1, 8, 8))],
    words=["augment", "translate", "move", "jitter"],
)
def random_shift(images: Tensor, generator: Generator, *, pixels: tuple[int, int]) -> Tensor:
    """Moves each picture by some pixels, another way each time, while training. What moves in is 0. The check, the
    pictures and the exported model see the pictures as they are."""
    import torch

    count, channels, height, width = images.shape
    down, right = pixels
    moved = [torch.randint(-most, most + 1, (count, 1), generator=generator) for most in (down, right)]
    rows = torch.arange(height) - moved[0]  # where each row of the result comes from
    columns = torch.arange(width) - moved[1]
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :]
    place = rows.clamp(0, height - 1)[:, :, None] * width + columns.clamp(0, width - 1)[:, None, :]
    place = place.flatten(1)[:, None].expand(-1, channels, -1).to(images.device)
    shifted = images.flatten(2).gather(2, place).view_as(images)
    return shifted * inside[:, None].to(images.device)
