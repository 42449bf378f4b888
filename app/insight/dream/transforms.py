"""Small shakes of the picture before the net sees it.

What excites a unit only at one exact position and angle is an accident of this net; what survives being shifted, turned
and scaled is what the unit is about (Olah et al. 2017, "Transformation robustness"). The usual shakes are for pictures
of 224 pixels; here they follow from the size, so that an 8×8 digit is moved by a pixel and not out of the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import pi

import torch
from torch import Tensor
from torch.nn import functional as F

# Pictures (n, c, h, w) of any size -> pictures. Randomness comes from the generator alone.
Transform = Callable[[Tensor, torch.Generator], Tensor]


def pad(pixels: int) -> Transform:
    """Add a border that repeats the edge, so that what is shifted in is no hard black line."""
    return lambda pictures, _: F.pad(pictures, (pixels,) * 4, mode="replicate")


def jitter(pixels: int) -> Transform:
    """Cut off so many pixels in all along each side, at random more on one side or the other: a shift."""

    def shift(pictures: Tensor, generator: torch.Generator) -> Tensor:
        height, width = (side - pixels for side in pictures.shape[-2:])
        offsets = torch.randint(0, pixels + 1, (len(pictures), 2), generator=generator).tolist()
        cut = [one[:, y : y + height, x : x + width] for one, (y, x) in zip(pictures, offsets)]
        return torch.stack(cut)

    return shift


def turn_and_scale(degrees: float, scale: float) -> Transform:
    """Turn by up to so many degrees either way and scale by up to so much (0.1: from 90 % to 110 %), in one go,
    because each resampling blurs."""

    def turn(pictures: Tensor, generator: torch.Generator) -> Tensor:
        count, _, height, width = pictures.shape
        draws = 2 * torch.rand(count, 2, generator=generator) - 1
        angle, size = draws[:, 0] * degrees * pi / 180, 1 + draws[:, 1] * scale
        cos, sin = angle.cos() / size, angle.sin() / size
        # grid_sample measures both axes from -1 to 1, so turning a picture that is not square needs the ratio.
        ratio, zero = height / width, torch.zeros(count)
        matrix = torch.stack([cos, -sin * ratio, zero, sin / ratio, cos, zero], dim=1).reshape(count, 2, 3)
        grid = F.affine_grid(matrix.to(pictures), list(pictures.shape), align_corners=False)
        return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)

    return turn


def in_turn(transforms: Sequence[Transform]) -> Transform:
    """One after the other."""

    def apply(pictures: Tensor, generator: torch.Generator) -> Tensor:
        for transform in transforms:
            pictures = transform(pictures, generator)
        return pictures

    return apply


def usual(height: int, width: int) -> Transform:
    """Shakes that fit a picture of this size and leave its size as it is."""
    side = min(height, width)
    if side < 4:
        return in_turn(())
    shift = max(1, round(side / 16))
    return in_turn((pad(shift), turn_and_scale(degrees=8.0, scale=0.08), jitter(2 * shift)))
