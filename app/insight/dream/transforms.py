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


def usual(height: int, width: int, shift: int | None = None, degrees: float = 8.0, scale: float = 0.08) -> Transform:
    """Shakes that fit a picture of this size and leave its size as it is: a shift by up to so many pixels (a sixteenth
    of the shorter side if None), a turn by up to so many degrees, and so much larger or smaller."""
    side = min(height, width)
    if side < 4:
        return in_turn(())
    if shift is None:
        shift = max(1, round(side / 16))
    shift = min(shift, side // 2)
    shakes: list[Transform] = []
    if shift:
        shakes.append(pad(shift))
    if degrees or scale:
        shakes.append(turn_and_scale(degrees, scale))
    if shift:
        shakes.append(jitter(2 * shift))
    return in_turn(shakes)


def blurred(pictures: Tensor, pixels: float) -> Tensor:
    """Pictures ``(n, c, h, w)`` with each value spread over its neighbours, as a Gauss curve that is ``pixels`` wide
    (its standard deviation); edges are repeated."""
    if pixels <= 0 or pictures.dim() != 4:
        return pictures
    reach = max(1, min(round(3 * pixels), min(pictures.shape[-2:]) - 1))
    curve = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, device=pictures.device) / pixels) ** 2)
    curve = (curve / curve.sum()).to(pictures)
    channels = pictures.shape[1]
    down = curve.reshape(1, 1, -1, 1).expand(channels, 1, -1, 1)
    across = curve.reshape(1, 1, 1, -1).expand(channels, 1, 1, -1)
    spread = F.conv2d(F.pad(pictures, (0, 0, reach, reach), mode="replicate"), down, groups=channels)
    return F.conv2d(F.pad(spread, (reach, reach, 0, 0), mode="replicate"), across, groups=channels)


def resized(pictures: Tensor, height: int, width: int) -> Tensor:
    """Pictures ``(n, c, h, w)`` made larger or smaller, smoothly."""
    if tuple(pictures.shape[-2:]) == (height, width):
        return pictures
    smaller = height < pictures.shape[-2]
    return F.interpolate(pictures, (height, width), mode="bilinear", align_corners=False, antialias=smaller)
