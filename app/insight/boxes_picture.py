"""Where a net says that something is, and where it is: boxes over pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.core.compile.decision import decision_of
from app.core.compile.net import CompiledNet
from app.core.compile.plan import Operand
from app.insight.anatomy import compared_with_data, picture_input
from app.insight.capture import array
from app.insight.dull_pictures import dull_pictures
from app.insight.judgement_pictures import word
from app.insight.part_predictions import parts_for
from app.insight.plot import class_inks
from app.insight.tiles import NoPicture, Tiles
from app.insight.unit_responses import answers_over, counted
from app.insight.view import Subject

FORMS = ("middle and size", "corner and size", "corners")


@dataclass(frozen=True, eq=False)
class BoxSamples:
    """Boxes of some samples: what the net says and what is right, ``(n, 4)`` left, top, right and bottom as shares of
    the picture; the numbers of the samples in the data; the class that the net chooses and the right one, both ``(n,)``
    and None where it chooses none. ``whole`` is how many samples the part has."""

    answer: np.ndarray
    right: np.ndarray
    numbers: np.ndarray
    chosen: np.ndarray | None
    classes: np.ndarray | None
    whole: int

    @property
    def overlaps(self) -> np.ndarray:
        """Intersection over union of each answer with what is right, ``(n,)``."""
        return overlaps(self.answer, self.right)


def overlaps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of boxes (n, 4) of left, top, right and bottom; 0 for a box whose sides are turned round,
    or of no size."""
    shared = np.clip(np.minimum(first[:, 2:], second[:, 2:]) - np.maximum(first[:, :2], second[:, :2]), 0, None).prod(1)
    areas = [np.clip(each[:, 2:] - each[:, :2], 0, None).prod(1) for each in (first, second)]
    union = areas[0] + areas[1] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def edges_of(numbers: np.ndarray, form: str) -> np.ndarray:
    """Boxes (n, 4) in one of FORMS as left, top, right and bottom."""
    first, second = numbers[:, :2].astype(np.float64), numbers[:, 2:].astype(np.float64)
    if form == "corners":
        return np.concatenate([first, second], 1)
    if form == "corner and size":
        return np.concatenate([first, first + second], 1)
    return np.concatenate([first - second / 2, first + second / 2], 1)


def _compared(net: CompiledNet) -> tuple[Operand, Operand]:
    for each in compared_with_data(net):
        numbers = "int" not in (each.given.dtype, each.wanted.dtype)
        if numbers and each.given.sizes == each.wanted.sizes == (4,) and picture_input(net).shape.kind == "image":
            return each.answer, each.truth
    raise NoPicture(
        "No loss here compares four numbers, the sides of a box in a picture, with those of the data. The template "
        "Localisation has one."
    )


def boxes_of(subject: Subject, part: str, form: str) -> BoxSamples:
    """Answers and truth of a part; where a training waits, of as many samples as there is time for.

    Raises:
        NoPicture: if the net gives no box, there is no such part, or values are no numbers.
    """
    net = subject.net
    answer, truth = _compared(net)
    decision = decision_of(net.plan)
    decides = decision is not None and not decision.channels and decision.threshold is None and not decision.soft
    answers, rights, numbers, chosen, classes, whole = [], [], [], [], [], 0
    for some, values, count in answers_over(subject, part):
        whole = count
        answers.append(array(values[answer.key], "The box"))
        rights.append(array(values[truth.key], "The box of the data"))
        numbers.append(some)
        if decides and decision is not None:
            scores = values[net.plan.outputs[decision.output].key]
            if scores.dim() == 2:
                chosen.append(scores.argmax(1).cpu().numpy())
                classes.append(values[decision.target].cpu().numpy())
    said, right = np.concatenate(answers), np.concatenate(rights)
    rows, columns = picture_input(net).shape.sizes[1:]
    if float(np.abs(right).max()) > 2:  # dots, not shares
        said, right = (each / np.array([columns, rows, columns, rows], np.float32) for each in (said, right))
    return BoxSamples(
        edges_of(said, form),
        edges_of(right, form),
        np.concatenate(numbers),
        np.concatenate(chosen) if chosen else None,
        np.concatenate(classes) if classes else None,
        whole,
    )


def boxes_picture(subject: Subject, part: str, count: int, order: str, form: str) -> Tiles:
    """``count`` pictures with both boxes, the first of the part or those with the least IoU.

    Raises:
        NoPicture: as ``boxes_of``.
    """
    found = boxes_of(subject, part, form)
    shares = found.overlaps
    places = (np.argsort(shares, kind="stable") if order == "worst first" else np.arange(len(shares)))[:count]
    entry = picture_input(subject.net)
    maps = dull_pictures(subject, f"{entry.node}.{entry.port}", found.numbers[places])
    blue, orange = class_inks(2) / 255
    for place, picture in zip(places.tolist(), maps):
        outline(picture, found.right[place], blue, 3)
        outline(picture, found.answer[place], orange, 1)
    words = parts_for(subject.net).words
    labels = tuple(f"{_class(found, words, place)}IoU {shares[place]:.2f}" for place in places.tolist())
    said = f"IoU {shares.mean():.3f} in the mean over pictures, above 0.5 in {100 * (shares > 0.5).mean():.1f} %."
    if found.chosen is not None:
        said += f" {100 * (found.chosen == found.classes).mean():.1f} % of the classes are right."
    some = counted(len(shares), found.whole, part)
    note = f"{said} Thick and blue: what is right; thin and orange: the answer."
    return Tiles(maps, 0.0, 1.0, "rgb", f"Boxes: {len(places)} of {some}", labels, note=note)


def _class(found: BoxSamples, words: tuple[str, ...], place: int) -> str:
    """``circle `` where the net is right, ``circle → square `` (right class, chosen one) where not."""
    if found.chosen is None or found.classes is None:
        return ""
    right, chosen = int(found.classes[place]), int(found.chosen[place])
    return f"{word(words, right)}{f' → {word(words, chosen)}' if chosen != right else ''} "


def outline(picture: np.ndarray, box: np.ndarray, ink: np.ndarray, thick: int) -> None:
    """Draw the sides of a box (left, top, right, bottom as shares) into a picture (height, width, 3), ``thick`` dots
    wide around the line; what is outside is cut off."""
    height, width = picture.shape[:2]
    left, top, right, bottom = np.round(np.clip(box, -2, 3) * np.array([width, height, width, height])).astype(int)
    x, y = np.arange(width)[None, :], np.arange(height)[:, None]
    reach = thick // 2
    outside = (x >= left - reach) & (x < right + reach) & (y >= top - reach) & (y < bottom + reach)
    inner = (thick + 1) // 2
    inside = (x >= left + inner) & (x < right - inner) & (y >= top + inner) & (y < bottom - inner)
    picture[outside & ~inside] = ink
