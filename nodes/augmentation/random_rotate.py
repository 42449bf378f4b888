"""Pictures turned by a few degrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Choice, Example, Float, Settings, Sheet, augmentation, image
from nodes.augmentation._pictures import before_and_after, moved

if TYPE_CHECKING:
    from torch import Generator, Tensor


def _drawn(sheet: Sheet, settings: Settings) -> str:
    before_and_after(sheet, moved(lambda row, col: (4 - col, row)))
    return "Each picture is turned around its middle, by another angle each time."


@augmentation(
    id="RandomRotate",
    name="Random rotation",
    reads=image,
    picture=_drawn,
    params=[
        Float(
            "degrees",
            15.0,
            low=0.0,
            high=180.0,
            step=5.0,
            card=True,
            help="By how many degrees a picture is turned at most, to the left or to the right.",
        ),
        Float(
            "step",
            0.0,
            low=0.0,
            high=180.0,
            step=15.0,
            label="in steps of",
            help="Only multiples of so many degrees, such as 90 for quarter turns; 0 takes any angle.",
        ),
        Choice(
            "outside",
            "zeros",
            options=("zeros", "border", "reflection"),
            help="What stands in the corners: 0, the edge of the picture drawn out, or the picture mirrored.",
        ),
    ],
    examples=[
        Example(inputs=[(1, 8, 8)], output=(1, 8, 8)),
        Example(inputs=[(3, 6, 9)], params={"degrees": 180.0, "step": 90.0}, output=(3, 6, 9)),
        Example(inputs=[(3, 6, 9)], params={"outside": "border"}, output=(3, 6, 9)),
        Example(inputs=[(2, 5, 5)], params={"outside": "reflection"}, output=(2, 5, 5)),
    ],
    words=["augment", "turn", "angle", "rotate", "degrees"],
)
def random_rotate(images: Tensor, generator: Generator, *, degrees: float, step: float, outside: str) -> Tensor:
    """Turns each picture around its middle, by another angle each time, while training. The sizes stay. Useful where
    things may stand askew; not for digits that become others upside down, such as 6 and 9. The check, the pictures and
    the exported model see the pictures as they are."""
    import torch
    from torch.nn import functional

    count, _, height, width = images.shape
    if step > 0:
        most = int(degrees / step + 1e-9)
        angles = torch.randint(-most, most + 1, (count,), generator=generator).double() * step
    else:
        angles = (torch.rand(count, generator=generator).double() * 2 - 1) * degrees
    cos, sin = torch.cos(torch.deg2rad(angles)), torch.sin(torch.deg2rad(angles))
    # Where each pixel of the result comes from, in parts of height and width; a positive angle turns to the left.
    turn = torch.stack([cos, -sin * height / width, 0 * cos, sin * width / height, cos, 0 * cos], 1).view(count, 2, 3)
    grid = functional.affine_grid(turn.to(images), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode=outside, align_corners=False)
