"""What data says of the dots of its pictures, drawn over them: masks in the colours of their classes, boxes as frames,
points as crosses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from app.insight.plot import class_inks
from nodes.api import Schema

_STRENGTH = 0.5  # of the colour of a class, so that what it covers can still be made out
_BOX = ("x", "y", "width", "height")


def fields_over(schema: Schema, main: str) -> tuple[str, ...]:
    """The fields that say where something is in the pictures ``main``; none where nothing is said."""
    picture = schema.fields[main].sizes
    found = schema.fields.get("mask")
    if found is not None and found.dtype == "int" and len(picture) == 3 and found.sizes == picture[1:]:
        return ("mask",)
    found, kinds = schema.fields.get("boxes"), schema.fields.get("kinds")
    if found is not None and kinds is not None and found.names == _BOX and len(picture) == 3:
        return ("boxes", "kinds")
    found = schema.fields.get("heat")
    if found is not None and len(picture) == 3 and found.sizes[1:] == picture[1:] and found.dtype == "float":
        return ("heat",)
    return ()


def drawn_over(
    pictures: Sequence[np.ndarray], values: Mapping[str, Tensor], counts: Mapping[str, int]
) -> list[np.ndarray]:
    """Pictures, each (h, w) or (h, w, 3) uint8, with what ``fields_over`` found over them: (h, w, 3) uint8. ``counts``
    are the numbers of classes by field."""
    made = []
    for at, picture in enumerate(pictures):
        dots = np.repeat(picture[:, :, None], 3, 2) if picture.ndim == 2 else picture.copy()
        if "mask" in values:
            dots = _covered(dots, values["mask"][at].numpy(), counts["mask"])
        elif "boxes" in values:
            _framed(dots, values["boxes"][at].numpy(), values["kinds"][at].numpy(), counts["kinds"])
        elif "heat" in values:
            _crossed(dots, values["heat"][at].numpy())
        made.append(dots)
    return made


def _covered(dots: np.ndarray, classes: np.ndarray, count: int) -> np.ndarray:
    rows = (np.arange(dots.shape[0]) * classes.shape[0]) // dots.shape[0]
    columns = (np.arange(dots.shape[1]) * classes.shape[1]) // dots.shape[1]
    told = classes[rows][:, columns]
    share = (told > 0)[..., None] * _STRENGTH
    over = dots * (1 - share) + class_inks(max(count, 2))[told.clip(0, max(count, 2) - 1)] * share
    return np.ascontiguousarray(over.round().clip(0, 255).astype(np.uint8))


def _framed(dots: np.ndarray, boxes: np.ndarray, kinds: np.ndarray, count: int) -> None:
    high, wide = dots.shape[:2]
    inks = class_inks(max(count, 2))
    for (x, y, width, height), kind in zip(boxes, kinds):
        if kind <= 0:
            continue
        left, right = (int(np.clip(side * wide, 0, wide - 1)) for side in (x - width / 2, x + width / 2))
        top, bottom = (int(np.clip(side * high, 0, high - 1)) for side in (y - height / 2, y + height / 2))
        ink = inks[int(kind)]
        dots[[top, bottom], left : right + 1] = ink
        dots[top : bottom + 1, [left, right]] = ink


def _crossed(dots: np.ndarray, maps: np.ndarray) -> None:
    """Draw a cross at each peak, with a dark edge that parts it from the picture below."""
    high, wide = dots.shape[:2]
    half, reach = max(high, wide) // 96, max(3, max(high, wide) // 20)
    inks = class_inks(max(len(maps), 2))
    for number, each in enumerate(maps):
        if each.max() < 0.5:
            continue  # nobody sees it
        row, column = divmod(int(each.argmax()), each.shape[1])
        row = (2 * row + 1) * high // (2 * each.shape[0])
        column = (2 * column + 1) * wide // (2 * each.shape[1])
        for ink, more in ((np.zeros(3), 1), (inks[number], 0)):
            thick, long = half + more, reach + more
            for tall, broad in ((thick, long), (long, thick)):
                rows = slice(max(0, row - tall), row + tall + 1)
                dots[rows, max(0, column - broad) : column + broad + 1] = ink
