"""Which samples of the data a layer takes for nearest to one."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from app.insight.activations import shown_picture
from app.insight.anatomy import probe_name
from app.insight.capture import arguments, array, values_of
from app.insight.numbers import NumberFormat
from app.insight.space.values import LayerValues, distances, node_of, values_of_layer
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import PART_WORDS, Subject

_kept: weakref.WeakKeyDictionary[nn.Module, dict[tuple[str, str, int], LayerValues]] = weakref.WeakKeyDictionary()


def values_to_compare(subject: Subject, node: str, part: str, samples: int) -> LayerValues:
    """What a layer gives for these samples; held while the net rests, so that another sample is answered at once."""
    if subject.seconds is not None:
        return values_of_layer(subject, node, part, samples)
    held = _kept.setdefault(subject.model, {})
    key = node, part, samples
    if key not in held:
        held.clear()  # of one layer alone: all of them may be larger than the memory
        held[key] = values_of_layer(subject, node, part, samples)
    return held[key]


def neighbours_of(
    subject: Subject, batch: Mapping[str, Tensor], node: str, part: str, samples: int, count: int, metric: str
) -> Tiles:
    """The samples that lie next to that of ``batch`` at a layer, the nearest first; the sample itself is left out.

    Raises:
        NoPicture: if there is no data, or the layer gives no numbers.
    """
    net, model = subject.net, subject.model
    node = node_of(subject, node)
    name = probe_name(net, node)
    given = arguments(net, model, batch, 0)
    value = values_of(net, model, given, (name,))[name]
    if not value.is_floating_point():
        raise NoPicture(f"{node} gives whole numbers, such as classes, so nothing lies near to anything there.")
    own = array(value.reshape(1, -1), f"What {node} gives")
    found = values_to_compare(subject, node, part, samples)
    if found.values.shape[1] != own.shape[1]:
        raise NoPicture(f"{node} gives another number of values for other samples, so they cannot be compared.")
    (_, away), = distances(own, found.values, metric)  # fmt: skip
    away = away[0]
    itself = _itself(found, given)
    away[itself] = np.inf
    order = np.argsort(away, kind="stable")[: min(count, int(np.isfinite(away).sum()))]
    if not len(order):
        raise NoPicture(f"There is no other sample in the {part} part.")
    shown = shown_picture(net, given)
    labels = _labels(found, order, away)
    answers = found.answers
    note = f"The nearest of {len(away):,} {PART_WORDS[part]} samples by {'angle' if metric == 'cosine' else 'distance'}"
    note += f" at {node}, {own.shape[1]:,} numbers."
    if answers.kind == "classes" and answers.single and answers.words:
        note += f" {_classes(found, order)}"
    if found.thumbnails is not None:
        pictures = found.thumbnails[order].astype(np.float32) / 255
        colours = "rgb" if pictures.ndim == 4 else "gray"
        made = Tiles(pictures, 0.0, 1.0, colours, f"Nearest to it at {node}", labels, note=note)  # type: ignore[arg-type]
    else:
        bars = away[order].astype(np.float32).reshape(1, 1, -1)
        high = float(bars.max()) or 1.0
        made = Tiles(bars, 0.0, high, "viridis", f"Nearest to it at {node}", labels, layout="bars",
                     x_label="sample", note=f"{note} The bars are distances.")  # fmt: skip
    if shown is None:
        return made
    return replace(made, source=shown, source_label="sample")


def _itself(found: LayerValues, given: tuple[Tensor, ...]) -> np.ndarray:
    """Which samples are the one that is asked about: those with the very same inputs."""
    if found.inputs is None:
        return np.zeros(len(found.values), dtype=bool)
    own = torch.cat([value.flatten(1) for value in given], 1).float().cpu().numpy()
    return (found.inputs == own).all(1) if own.shape[1] == found.inputs.shape[1] else np.zeros(len(found.values), bool)


def _labels(found: LayerValues, order: np.ndarray, away: np.ndarray) -> tuple[str, ...]:
    answers = found.answers
    number = NumberFormat(away[order].tolist())
    words = answers.words if answers.kind == "classes" and answers.single else ()
    said = []
    for at in order.tolist():
        place = int(answers.truth[at]) if words else -1
        word = words[place] if 0 <= place < len(words) else found.names[at]
        said.append(f"{word} · {number(float(away[at]))}" if found.thumbnails is not None else word)
    return tuple(said)


def _classes(found: LayerValues, order: np.ndarray) -> str:
    """How many of them are of which class."""
    words = found.answers.words
    counts = np.bincount(found.answers.truth[order].astype(int).clip(0), minlength=len(words))
    parts = [f"{counts[at]} × {words[at]}" for at in counts.argsort(kind="stable")[::-1].tolist() if counts[at]]
    return f"Among them {', '.join(parts[:5])}."
