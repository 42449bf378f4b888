"""What somebody draws, writes or types, as the net of a training reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, interpolate

from app.data.centring import BOX, SIDE, centred

if TYPE_CHECKING:
    from app.training.net_inputs import NetInputs

SMALL = 64  # pixels of a side: drawings for larger pictures are taken as they stand
DARK, BRIGHT = 0.35, 0.65  # what a border counts as
_INK = 0.3  # of the brightest: what counts as drawn in a picture of the data
_FEWEST = 8  # dots of a side that a digit can be told from
_SAME = 0.25  # of the deviation of the dots: a picture that differs less from another is the same one


def border(pictures: Tensor) -> float:
    """The mean brightness along the borders of pictures (n, channels, height, width)."""
    edges = [pictures[..., 0, :], pictures[..., -1, :], pictures[..., 1:-1, 0], pictures[..., 1:-1, -1]]
    return float(torch.cat([edge.flatten() for edge in edges]).float().mean())


def differs(training: float | None, picture: float) -> bool:
    """Whether one of two borders is dark and the other bright."""
    return training is not None and ((training < DARK and picture > BRIGHT) or (training > BRIGHT and picture < DARK))


def drawn_picture(ink: np.ndarray, sizes: Sequence[int], known: Tensor | None) -> tuple[Tensor, str]:
    """A drawing, ink (h, w) from 0 to 1, as a picture (channels, height, width) of these ``sizes``, in the way of the
    pictures of the data ``known`` (n, channels, height, width); and how it was made, in a sentence.

    Small grey pictures are centred as digits of MNIST are; where those of the data fill more or less of their side,
    a drawing does so, too. Where pictures of the data are bright at their borders, ink is dark.
    """
    channels, height, width = sizes
    bright = known is not None and border(known) > 0.5
    if channels == 1 and max(height, width) <= SMALL:
        small, said = _centred(ink, height, width, known, bright)
    else:
        small = resized(torch.from_numpy(np.ascontiguousarray(ink, dtype=np.float32)), height, width)
        said = f"The whole pad is the picture, scaled to {height} × {width}."
    if bright:
        small = 1 - small
        said += " Dark on light, as the training pictures are."
    return small.expand(channels, height, width).contiguous(), said


def _centred(ink: np.ndarray, height: int, width: int, known: Tensor | None, bright: bool) -> tuple[Tensor, str]:
    share = _share(1 - known if bright else known) if known is not None else BOX / SIDE
    usual = abs(share - BOX / SIDE) < 0.12
    inner = min(height, width)
    side = SIDE if usual else 4 * inner
    box = BOX if usual else max(1, round(share * side))
    digit = torch.from_numpy(centred(ink, box, side))
    made = torch.zeros(height, width)
    top, left = (height - inner) // 2, (width - inner) // 2
    coarse = _coarseness(known, inner) if known is not None else 1
    small = resized(digit, inner // coarse, inner // coarse)
    made[top : top + inner, left : left + inner] = resized(small, inner, inner)
    if usual:
        then = "" if inner == SIDE else f", then scaled to {height} × {width}"
        return made, f"Centred and scaled as MNIST is: a box of 20 × 20 in 28 × 28{then}."
    dots = f", from {inner // coarse} × {inner // coarse} dots" if coarse > 1 else ""
    return made, f"Centred and scaled as the training pictures are: it fills {100 * share:.0f} % of the side{dots}."


def _share(pictures: Tensor) -> float:
    """How much of a side the longer side of what is drawn fills, in the median of pictures with dark borders."""
    found = []
    for picture in pictures.float().mean(1):
        top = float(picture.max())
        drawn = picture > _INK * top
        if top <= 0 or not bool(drawn.any()):
            continue
        rows, columns = drawn.any(1).nonzero(), drawn.any(0).nonzero()
        longer = max(int(rows[-1] - rows[0]), int(columns[-1] - columns[0])) + 1
        found.append(longer / min(picture.shape))
    return min(1.0, float(np.median(found))) if found else BOX / SIDE


def _coarseness(pictures: Tensor, side: int) -> int:
    """By how much pictures of the data were enlarged from fewer dots, as far as that can be seen: a drawing with finer
    lines than any of them would be strange to the net."""
    grey = pictures.float().mean(1)
    spread = float(grey.std())
    if not spread or grey.shape[1] != side or grey.shape[2] != side:
        return 1
    for factor in (8, 4, 2):
        if side % factor == 0 and side // factor >= _FEWEST:
            again = torch.stack([resized(resized(each, side // factor, side // factor), side, side) for each in grey])
            if float((again - grey).pow(2).mean().sqrt()) < _SAME * spread:
                return factor
    return 1


def resized(picture: Tensor, height: int, width: int) -> Tensor:
    """A picture (h, w) with another size: averaged where it becomes smaller, smooth where it becomes larger."""
    if picture.shape == (height, width):
        return picture
    if picture.shape[0] >= height and picture.shape[1] >= width:
        return adaptive_avg_pool2d(picture[None, None], (height, width))[0, 0]
    return interpolate(picture[None, None], size=(height, width), mode="bilinear", align_corners=False)[0, 0]


def typed_row(values: Mapping[str, float], reads: NetInputs) -> Tensor:
    """Numbers by name as the row (features,) that the net reads; what is not named is 0."""
    return torch.tensor([float(values.get(name, 0.0)) for name in row_names(reads)])


def row_names(reads: NetInputs) -> tuple[str, ...]:
    """What the numbers of a row are called."""
    (name,) = reads.fields
    field = reads.trained.fields.get(name) if reads.trained is not None else None
    count = reads.shape.sizes[0]
    return field.names if field is not None and field.names else tuple(f"{name} {at}" for at in range(1, count + 1))
