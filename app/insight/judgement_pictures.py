"""What judges a net, as pictures: its confusion matrix and its hardest samples."""

from __future__ import annotations

import numpy as np
import torch

from app.core.compile.net import CompiledNet
from app.insight.part_predictions import history_of, judged, parts_for
from app.insight.tiles import NoPicture, Tiles, rising_scale
from app.insight.view import PART_WORDS, Subject
from app.training.judging.judgement import Judgement
from nodes.api import cut

_MISTAKES = 5
_LETTERS = 24


def confusion_map(subject: Subject, part: str, shares: bool) -> Tiles:
    """Counts, or shares of each row, as one map (1, classes, classes).

    Raises:
        NoPicture: if the net does not choose between classes, or there is no such part.
    """
    found = judged(subject, part)
    matrix = found.answers.confusion
    if matrix is None:
        raise NoPicture("Only nets that choose between classes, not too many of them, have a confusion matrix.")
    values = matrix.astype(np.float32)
    if shares:
        values = values / np.maximum(values.sum(1, keepdims=True), 1)
    worst = [
        f"{count:,} × {cut(right, _LETTERS)} taken for {cut(chosen, _LETTERS)}"
        for count, right, chosen in found.mistakes(_MISTAKES)
    ]
    said = "; ".join(worst) if worst else "No sample was taken for another class"
    accuracy = f"{100 * found.answers.accuracy:.1f} % right. {said}."
    return Tiles(
        values[None],
        0.0,
        max(1.0, float(values.max())) if not shares else 1.0,
        "viridis",
        f"{_where(found)} by right and chosen class",
        x_label="chosen class",
        y_label="right class",
        note=accuracy,
        percent=shares,
    )


def hardest_samples(subject: Subject, part: str, count: int) -> Tiles:
    """The samples with the largest loss, each as its picture with its right and its chosen class; without pictures, the
    losses as bars.

    Raises:
        NoPicture: if there is no such part.
    """
    found = judged(subject, part)
    answers, parts = found.answers, parts_for(subject.net)
    history = history_of(subject, part)
    places = found.hardest(count, history.of(answers.numbers) if history is not None else None)
    if not len(places):
        raise NoPicture("No sample has a loss of its own here, so none is harder than another.")
    labels = tuple(_label(found, int(place)) for place in places)
    over = " over the epochs" if history is not None else ""
    title = f"{_where(found)}: the {len(places)} with the largest loss{over}"
    pictures = _pictures(subject.net, subject, answers.numbers[places])
    if pictures is not None:
        colour = pictures.ndim == 4
        low, high = (0.0, 1.0) if colour else rising_scale(pictures)
        return Tiles(pictures, low, high, "rgb" if colour else "gray", title, labels, note=_legend(found))
    losses = answers.losses[places].astype(np.float32)
    names = tuple(cut(parts.name_of(int(answers.numbers[place])).removeprefix("sample "), _LETTERS) for place in places)
    values = np.nan_to_num(losses)[None, None]
    return Tiles(
        values,
        *rising_scale(values),
        "viridis",
        title,
        names,
        layout="bars",
        x_label="sample",
        note="; ".join(label for label in labels[:8] if label),
    )


def _where(found: Judgement) -> str:
    answers = found.answers
    some = f" of {answers.whole:,}" if answers.count < answers.whole else ""
    return f"{answers.count:,}{some} {PART_WORDS[answers.part]} samples"


def _legend(found: Judgement) -> str:
    return "right class → chosen class" if found.answers.kind == "classes" else "truth → answer"


def _label(found: Judgement, place: int) -> str:
    """``3 → 8``: what is right, and what the net says."""
    answers = found.answers
    if not answers.single or not len(answers.truth):
        return ""
    if answers.kind == "classes":
        truth = word(answers.words, int(answers.truth[place]))
        return f"{cut(truth, 12)} → {cut(word(answers.words, int(answers.predicted[place])), 12)}"
    return f"{answers.truth[place]:.3g} → {answers.predicted[place]:.3g}".replace("-", "−")


def word(words: tuple[str, ...], place: int) -> str:
    """What a class is called; a dash for none."""
    return words[place] if 0 <= place < len(words) else "–" if place < 0 else str(place)


def _pictures(net: CompiledNet, subject: Subject, numbers: np.ndarray) -> np.ndarray | None:
    """These samples as pictures (n, height, width) or (n, height, width, 3); None where they are no pictures."""
    keys = [
        f"{entry.node}.{entry.port}"
        for entry in net.plan.inputs
        if entry.shape.kind == "image" and entry.shape.sizes[0] in (1, 3)
    ]
    if not keys:
        return None
    pieces = [batch[keys[0]].float() for _, batch in parts_for(net).read(torch.from_numpy(numbers))]
    values = torch.cat(pieces).nan_to_num()
    if values.shape[1] == 1:
        return np.asarray(values[:, 0].numpy(), np.float32)
    low, high = float(values.min()), float(values.max())
    values = (values - low) / ((high - low) or 1.0) if low < 0 or high > 1 else values
    return np.asarray(values.permute(0, 2, 3, 1).numpy(), np.float32)
