"""What a layer gives for many samples of the data, with what is known of these."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.insight.anatomy import classes, probe_name
from app.insight.capture import array, device_of
from app.insight.part_predictions import parts_for
from app.insight.tiles import NoPicture
from app.insight.view import Subject
from app.training.judging.answers import PredictionCollector, Predictions
from app.training.judging.parts import DataParts
from app.training.refusal import CannotTrain
from nodes.api import NoData
from nodes.api.corrections import class_words

SIDE = 28  # pixels of a thumbnail, at most
MOST_BYTES = 800_000_000  # of the values of all samples


@dataclass(frozen=True, eq=False)
class LayerValues:
    """``values`` (n, features) of ``node``; ``answers`` of the net to the same samples, whose ``numbers`` are those in
    the data and ``names`` what they are called there; ``thumbnails`` (n, h, w) or (n, h, w, 3) uint8 where the net
    reads a picture; ``inputs`` (n, numbers) what enters, where that is numbers and little; ``source`` the node of
    the data. ``labels`` are the classes (n,) that the data tells though the net does not, and the words for them.
    """

    node: str
    values: np.ndarray
    answers: Predictions
    names: tuple[str, ...]
    source: str
    thumbnails: np.ndarray | None = None
    inputs: np.ndarray | None = None
    labels: tuple[np.ndarray, tuple[str, ...]] | None = None


def node_of(subject: Subject, node: str) -> str:
    """The layer that is asked about, or the class scores, or else the first output.

    Raises:
        NoPicture: if there is none of this name.
    """
    if node:
        probe_name(subject.net, node)
        return node
    found = classes(subject.net)
    if found is not None:
        return found.node
    output = next(iter(subject.net.plan.outputs), None)
    if output is None:
        raise NoPicture("Nothing comes out of this net. Name the layer to look at.")
    return output.node


def values_of_layer(
    subject: Subject, node: str, part: str, most: int, go_on: Callable[[], bool] = lambda: True
) -> LayerValues:
    """At most so many samples of a part, always the same ones of it; fewer where a training waits, or where all do not
    fit into the memory.

    Raises:
        NoPicture: if there is no data, or the layer gives no numbers.
    """
    net, model = subject.net, subject.model
    node = node_of(subject, node)
    name = probe_name(net, node)
    parts = parts_for(net)
    device = device_of(model)
    losses = net.losses()
    collector = PredictionCollector(net, losses.to(device) if losses is not None else None)
    values: list[np.ndarray] = []
    pictures: list[np.ndarray] = []
    inputs: list[np.ndarray] = []
    picture = picture_field(subject)
    keys = [f"{entry.node}.{entry.port}" for entry in net.plan.inputs]
    start, held = time.perf_counter(), 0
    try:
        index = parts.mixed(part)[:most]
        for numbers, batch in parts.read(index):
            arrived = {key: value.to(device) for key, value in batch.items()}
            given = net.inputs_from(arrived)
            found = _captured(net, model, given, name)
            if not found.is_floating_point():
                raise NoPicture(f"{node} gives whole numbers, such as classes, so nothing lies near to anything there.")
            values.append(array(found.reshape(len(numbers), -1), f"What {node} gives"))
            with evaluating(model), torch.no_grad():
                collector.add(numbers, arrived, model(*given), len(index))
            if picture is not None:
                pictures.append(thumbnails(batch[picture]))
            if all(key in batch and batch[key].is_floating_point() for key in keys):
                flat = torch.cat([batch[key].flatten(1) for key in keys], 1)
                if flat.shape[1] <= 4096:
                    inputs.append(flat.float().numpy())
            held += values[-1].nbytes
            if held > MOST_BYTES or not go_on():
                break
            if subject.seconds is not None and time.perf_counter() - start > subject.seconds:
                break
    except (CannotTrain, NoData) as reason:
        raise NoPicture(str(reason)) from None
    except KeyError as missing:
        raise NoPicture(str(missing.args[0])) from None
    if not values:
        raise NoPicture(f"No sample of the {part} part can be read.")
    answers = collector.answers(part, len(index), parts.words)
    names = tuple(parts.name_of(number) for number in answers.numbers.tolist())
    source = net.plan.sources[0].node if net.plan.sources else ""
    return LayerValues(
        node, np.concatenate(values), answers, names, source,
        np.concatenate(pictures) if pictures else None,
        np.concatenate(inputs) if len(inputs) == len(values) else None,
        _labels(parts, answers) if answers.kind != "classes" else None,
    )  # fmt: skip


def _labels(parts: DataParts, answers: Predictions) -> tuple[np.ndarray, tuple[str, ...]] | None:
    """What the first source that knows classes says of these samples; None where none does."""
    for feed in parts.data.feeds.values():
        if feed.length is None or feed.schema is None:
            continue
        for name, field in feed.schema.fields.items():
            words = class_words(field) if field.shape.kind == "label" else ()
            if words:
                try:
                    return feed.at(torch.from_numpy(answers.numbers), None, [name])[name].numpy(), words
                except NoData:  # a file that is gone since
                    return None
    return None


def _captured(net: CompiledNet, model: nn.Module, given: Sequence[Tensor], name: str) -> Tensor:
    """The value of a node. Torch's random numbers are left alone, of which there is one stream for all threads: a look
    that takes its time goes on beside a training, and to set them back would have it draw the same ones twice."""
    try:
        with evaluating(model), torch.no_grad():
            return net.capture(model, given, (name,))[name]
    except RuntimeError as error:
        place, sentence = net.explain(error)
        raise NoPicture(f"{place}: {sentence}" if place else sentence) from error


def picture_field(subject: Subject) -> str | None:
    """The field of the data that is a picture, of one channel or three, which the net reads."""
    for entry in subject.net.plan.inputs:
        if entry.shape.kind == "image" and entry.shape.rank == 3 and entry.shape.sizes[0] in (1, 3):
            return f"{entry.node}.{entry.port}"
    return None


def thumbnails(values: Tensor, side: int = SIDE) -> np.ndarray:
    """Pictures (n, channels, h, w) as small ones (n, h, w) or (n, h, w, 3) uint8."""
    small = values.float().clamp(0, 1)
    if max(small.shape[-2:]) > side:
        scale = side / max(small.shape[-2:])
        high, wide = (max(1, round(scale * each)) for each in small.shape[-2:])
        small = adaptive_avg_pool2d(small, (high, wide))
    dots = small.mul(255).round().byte().numpy()
    return dots[:, 0] if dots.shape[1] == 1 else np.ascontiguousarray(dots.transpose(0, 2, 3, 1))


def distances(rows: np.ndarray, others: np.ndarray, metric: str = "euclidean") -> Iterator[tuple[int, np.ndarray]]:
    """The distance of each of ``rows`` from all of ``others``, in pieces: where a piece begins, and (piece, others)."""
    rows, others = rows.astype(np.float64), others.astype(np.float64)
    if metric == "cosine":
        rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-300)
        others = others / np.maximum(np.linalg.norm(others, axis=1, keepdims=True), 1e-300)
    square = (others**2).sum(1)
    size = max(1, 20_000_000 // max(1, len(others)))
    for start in range(0, len(rows), size):
        piece = rows[start : start + size]
        if metric == "cosine":
            yield start, np.maximum(1 - piece @ others.T, 0)
        else:
            found = (piece**2).sum(1)[:, None] + square - 2 * piece @ others.T
            yield start, np.sqrt(np.maximum(found, 0))
