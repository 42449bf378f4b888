"""Where a net sees the points that it looks for: the peaks of its heat maps over pictures, beside the right ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.core.compile.net import CompiledNet
from app.core.compile.plan import Operand
from app.insight.anatomy import compared_with_data, picture_input
from app.insight.capture import array
from app.insight.dull_pictures import dull_pictures
from app.insight.plot import class_inks
from app.insight.tiles import NoPicture, Tiles
from app.insight.unit_responses import answers_over, counted
from app.insight.view import Subject
from app.training.heat_maps import PEAKED, peaks

NEAR = 2.0  # dots: an answer that is no further away counts as a hit
MOST_MAPS = 64


@dataclass(frozen=True, eq=False)
class Keypoints:
    """Some samples: the peaks of the answers and of the right maps, (n, points, 2) from the left and the top in dots of
    the picture; the heat maps of the first of them, (few, points, height, width); the numbers of the samples in the
    data. ``whole`` is how many samples the part has."""

    answer: np.ndarray
    right: np.ndarray
    maps: np.ndarray
    numbers: np.ndarray
    whole: int

    @property
    def errors(self) -> np.ndarray:
        """How far each peak is from the right one, (n, points)."""
        return np.asarray(np.sqrt(np.square(self.answer - self.right).sum(-1)))


def _compared(net: CompiledNet) -> tuple[Operand, Operand]:
    for each in compared_with_data(net):
        if "int" in (each.given.dtype, each.wanted.dtype):
            continue
        entry = picture_input(net)
        if entry.shape.kind == "image" and each.given.sizes == each.wanted.sizes and each.wanted.rank == 3:
            if each.wanted.sizes[0] <= MOST_MAPS and f"{entry.node}.{entry.port}" != each.truth.key:
                return each.answer, each.truth
    raise NoPicture(
        "No loss here compares heat maps, one for each point in a picture, with those of the data. The template "
        "Keypoints has one."
    )


def keypoints_of(subject: Subject, part: str, few: int) -> Keypoints:
    """The points in the pictures of a part, and the heat maps of the ``few`` first ones.

    Raises:
        NoPicture: if the net gives no heat maps, there is no such part, or values are no numbers.
    """
    answer, truth = _compared(subject.net)
    size = np.array(picture_input(subject.net).shape.sizes[:0:-1], float)  # columns, rows
    answers, rights, whole = [], [], 0
    maps: list[np.ndarray] = []
    numbers: list[np.ndarray] = []
    for some, values, count in answers_over(subject, part):
        whole = count
        said, right = array(values[answer.key], "A heat map"), array(values[truth.key], "A heat map of the data")
        if not numbers and float((right > PEAKED * right.max()).mean()) > 0.5:
            raise NoPicture(
                "What the loss compares here are pictures without a single peak, so there are no points in them. The "
                "template Keypoints has heat maps; Copies shows pictures."
            )
        scale = size / said.shape[:1:-1]
        answers.append(peaks(said) * scale)
        rights.append(peaks(right) * scale)
        if sum(map(len, maps)) < few:
            maps.append(said)
        numbers.append(some)
    shown = np.concatenate(maps)[:few]
    return Keypoints(np.concatenate(answers), np.concatenate(rights), shown, np.concatenate(numbers), whole)


def keypoints_picture(subject: Subject, part: str, count: int, show: str) -> Tiles:
    """``count`` pictures with the points that the net finds and the right ones, or with its heat maps.

    Raises:
        NoPicture: as ``keypoints_of``.
    """
    found = keypoints_of(subject, part, count)
    entry = picture_input(subject.net)
    pictures = dull_pictures(subject, f"{entry.node}.{entry.port}", found.numbers[:count])
    inks = class_inks(found.answer.shape[1]) / 255
    factor = pictures.shape[1] / entry.shape.sizes[1]
    for at, picture in enumerate(pictures):
        if show == "heat maps":
            _glow(picture, found.maps[at], inks)
            continue
        for point, ink in enumerate(inks):
            _ring(picture, found.right[at, point] * factor, ink)
            cross(picture, found.answer[at, point] * factor, ink)
    errors = found.errors
    said = (
        f"{errors.mean():.2f} dots from the right place in the mean over points and pictures; "
        f"{100 * (errors <= NEAR).mean():.1f} % of the points are at most {NEAR:g} dots away."
    )
    meant = "Each colour is a map." if show == "heat maps" else "Rings: what is right; crosses: the answer."
    title = f"Points in {len(pictures)} of {counted(len(errors), found.whole, part)}"
    labels = tuple(f"{each:.2f} dots" for each in errors[: len(pictures)].mean(1))
    return Tiles(pictures, 0.0, 1.0, "rgb", title, labels, note=f"{said} {meant}")


def _away(picture: np.ndarray, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.abs(np.arange(picture.shape[1]) + 0.5 - place[0])[None], np.abs(
        np.arange(picture.shape[0]) + 0.5 - place[1]
    )[:, None]


def _ring(picture: np.ndarray, place: np.ndarray, ink: np.ndarray) -> None:
    x, y = _away(picture, place)
    reach = max(picture.shape[:2]) / 20
    picture[np.abs(np.sqrt(x * x + y * y) - reach) <= 1] = ink


def cross(picture: np.ndarray, place: np.ndarray, ink: np.ndarray, half: float = 0.5) -> None:
    """Draw a cross at a place (from the left, from the top) with lines of twice ``half``."""
    x, y = _away(picture, place)
    reach = max(picture.shape[:2]) / 30
    picture[(np.minimum(x, y) <= half) & (np.maximum(x, y) <= reach + half)] = ink


def _glow(picture: np.ndarray, maps: np.ndarray, inks: np.ndarray) -> None:
    """Lay heat maps (points, height, width), cut to 0 to 1, over a picture."""
    rows = np.arange(picture.shape[0]) * maps.shape[1] // picture.shape[0]
    columns = np.arange(picture.shape[1]) * maps.shape[2] // picture.shape[1]
    for values, ink in zip(maps, inks):
        strength = values[rows][:, columns, None].clip(0, 1)
        picture[:] = picture * (1 - strength) + ink * strength
