"""Classes of dots as colours over a picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from torch import Tensor

from app.core.compile.plan import Operand
from app.insight.anatomy import compared_with_data, picture_input
from app.insight.capture import arguments
from app.insight.generative import as_pictures, value_of
from app.insight.plot import class_inks
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look


def masks_picture(look: Look, count: int, strength: float) -> Tiles:
    """A row for each of ``count`` samples: the picture, what the net says and what is right, each class in its colour
    but for the first, which is what nothing covers.

    Raises:
        NoPicture: if the net gives no class for each dot, or reads no picture.
    """
    scores, truth = _compared(look)
    held = look.subject.samples.several()
    batch = {name: values[:count] for name, values in held.items()}
    every = batch if look.subject.seconds is not None else held  # a training does not wait for more than is shown
    all_answers, all_right = _classes(look, every, scores, truth)
    answer, right = all_answers[:count], all_right[:count]
    entry = picture_input(look.net)
    if entry.shape.rank != 3 or entry.shape.sizes[0] not in (1, 3) or entry.shape.sizes[1:] != answer.shape[1:]:
        raise NoPicture(
            "The net reads no picture of the size of its answer, so there is nothing to lay the classes over."
        )
    shown = as_pictures(batch[f"{entry.node}.{entry.port}"])
    shown = np.repeat(shown[..., None], 3, -1) if shown.ndim == 3 else shown
    low, high = float(shown.min()), float(shown.max())
    shown = (shown - low) / (high - low) if high > low and (low < 0 or high > 1) else np.clip(shown, 0, 1)
    words = _words(look, truth, int(max(answer.max(), right.max())) + 1)
    inks = class_inks(len(words)) / 255
    maps, labels = [], []
    for at in range(len(answer)):
        for name, classes in (("picture", None), ("answer", answer[at]), ("right", right[at])):
            maps.append(shown[at] if classes is None else laid(shown[at], classes, inks, strength))
            labels.append(f"{name}, {_overlap(answer[at], right[at])}" if name == "answer" else name)
    seen = sorted(set(np.unique(right).tolist()) | set(np.unique(answer).tolist()))
    colours = ", ".join(f"{words[one]} {_colour_word(one)}" for one in seen if 0 < one < len(words))
    note = f"Colours: {colours}. Below an answer the mean IoU of its classes." if colours else ""
    shares = shares_of(all_answers, all_right)
    said = ", ".join(f"{words[one] if one < len(words) else one} {share:.2f}" for one, share in shares.items())
    note = f"{note} IoU by class, over all dots of {len(all_right):,} pictures together: {said}.".strip()
    title = f"{scores.node}: the class of each dot"
    return Tiles(np.stack(maps).astype(np.float32), 0.0, 1.0, "rgb", title, tuple(labels), columns=3, note=note)


def _compared(look: Look) -> tuple[Operand, Operand]:
    for each in compared_with_data(look.net):
        if each.given.rank == 3 and each.wanted.rank == 2:
            return each.answer, each.truth
    raise NoPicture(
        "No loss here compares a class for each dot of a picture. The template Segmentation does: its last layer gives "
        "a map of scores for each class, and its data a mask."
    )


def _words(look: Look, truth: Operand, count: int) -> tuple[str, ...]:
    """What the classes are called."""
    source = next(each for each in look.net.plan.sources if each.node == truth.node)
    from app.data.source_looks import schema_of
    from nodes.api.registry import find

    layer = find(source.type)
    schema = source.seen or (schema_of(layer, source.settings) if layer is not None else None)
    words = schema.fields[truth.port].words if schema is not None and truth.port in schema.fields else ()
    return tuple(words) if words and len(words) >= count else tuple(map(str, range(max(count, 2))))


def laid(picture: np.ndarray, classes: np.ndarray, inks: np.ndarray, strength: float) -> np.ndarray:
    """A picture (height, width, 3) with the class of each dot over it in its ink, but for class 0."""
    covered = (classes > 0)[..., None] * strength
    grey = picture.mean(-1, keepdims=True)  # else its colours would mix with those of the classes
    return grey * (1 - covered) + inks[classes.clip(0)] * covered


def _classes(look: Look, batch: Mapping[str, Tensor], scores: Operand, truth: Operand) -> tuple[np.ndarray, np.ndarray]:
    """The class that the net says for each dot, and the right one: (n, height, width)."""
    given = arguments(look.net, look.model, batch)
    answer = value_of(look.net, look.model, given, batch, scores).argmax(1).cpu().numpy()
    return answer, value_of(look.net, look.model, given, batch, truth).cpu().numpy()


def shares_of(answer: np.ndarray, right: np.ndarray) -> dict[int, float]:
    """The intersection over union of each class that answer or truth has; dots without a class count for nothing."""
    answer, right = answer[right >= 0], right[right >= 0]
    return {
        one: float(((answer == one) & (right == one)).sum() / ((answer == one) | (right == one)).sum())
        for one in sorted(set(np.unique(answer).tolist()) | set(np.unique(right).tolist()))
    }


def _overlap(answer: np.ndarray, right: np.ndarray) -> str:
    """The mean over the classes above 0 that one of both has."""
    shares = [share for one, share in shares_of(answer, right).items() if one > 0]
    return f"IoU {sum(shares) / len(shares):.2f}" if shares else "nothing there"


def _colour_word(one: int) -> str:
    names = ("blue", "orange", "green", "purple", "sky blue", "red", "yellow", "wine", "olive", "indigo")
    return names[one] if one < len(names) else f"colour {one}"
