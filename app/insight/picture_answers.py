"""What a net says of one picture where that is something to be seen: boxes or classes over it, or another picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.insight.boxes_picture import outline
from app.insight.detections_picture import named
from app.insight.keypoints_picture import cross
from app.insight.masks_picture import laid
from app.insight.plot import class_inks

if TYPE_CHECKING:
    from torch import Tensor

    from app.training.prediction import Prediction

SIDE = 192  # dots of the longer side, at least: small pictures are enlarged before anything is written on them
STRENGTH = 0.6  # how strongly the colours of classes cover the picture


def answered_picture(said: Prediction, given: Tensor) -> np.ndarray | None:
    """The answer as a picture (height, width, 3) uint8; None where it is none. ``given`` (channels, height, width) is
    what the net got."""
    if said.things is not None:
        boxes = np.array([[*each.box, each.score, place] for place, each in enumerate(said.things)])
        picture = _enlarged(_in_colour(given))
        orange = class_inks(2)[1] / 255
        for box in boxes:
            outline(picture, box[:4], orange, 2)
        return _as_bytes(named(picture, boxes, tuple(each.word for each in said.things)) if len(boxes) else picture)
    if said.points:
        picture = _enlarged(_in_colour(given))
        factor = picture.shape[0] / given.shape[1]
        for (_, x, y, _), ink in zip(said.points, class_inks(len(said.points)) / 255):
            place = np.array([x, y]) * factor
            cross(picture, place, np.zeros(3), 2.5)  # seen on any colour
            cross(picture, place, ink, 1.5)
        return _as_bytes(picture)
    if said.dots is None:
        return None
    if said.dots.dim() == 3:
        return _as_bytes(_enlarged(_in_colour(said.dots)))
    classes = said.dots.numpy()
    picture = _in_colour(given)
    if picture.shape[:2] != classes.shape:
        picture = np.zeros((*classes.shape, 3))
    return _as_bytes(_enlarged(laid(picture, classes, class_inks(max(2, len(said.numbers))) / 255, STRENGTH)))


def _in_colour(values: Tensor) -> np.ndarray:
    """Values as a picture (height, width, 3) from 0 to 1; others are brought there from their lowest to highest."""
    dots = values.float().numpy().transpose(1, 2, 0).copy()
    low, high = float(dots.min()), float(dots.max())
    if high > low and (low < -0.05 or high > 1.05):
        dots = (dots - low) / (high - low)
    dots = np.clip(dots, 0, 1)
    return np.repeat(dots, 3, -1) if dots.shape[-1] == 1 else dots


def _enlarged(picture: np.ndarray) -> np.ndarray:
    times = -(-SIDE // max(picture.shape[:2])) if max(picture.shape[:2]) < SIDE else 1
    return picture.repeat(times, 0).repeat(times, 1)


def _as_bytes(picture: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.round(picture.clip(0, 1) * 255).astype(np.uint8))
