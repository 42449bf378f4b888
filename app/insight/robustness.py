"""How many samples a net still knows when each is changed a little against it: accuracy by epsilon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.insight.anatomy import ClassScores, classes, picture_input
from app.insight.capture import device_of, undisturbed
from app.insight.numbers import percent
from app.insight.part_predictions import parts_for
from app.insight.perturbing import Method, perturbed
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import PART_WORDS, Subject

if TYPE_CHECKING:
    from app.training.checkpoints import LoadedRun

_BATCH = 64


@dataclass(frozen=True, eq=False)
class AccuracyPoint:
    """``accuracy`` is the share of samples that are still known with a change of ``epsilon``; ``other`` that of the
    other net, which is attacked itself, and ``transferred`` of the other net shown what was made against the first."""

    epsilon: float
    accuracy: float
    other: float | None = None
    transferred: float | None = None


class _Attacked:
    """One net, with where its scores come out."""

    def __init__(self, net: CompiledNet, model: nn.Module) -> None:
        scores = classes(net)
        if scores is None:
            raise NoPicture("This net gives no class scores, so there is no answer that could be turned.")
        self.net, self.model, self.scores = net, model, scores
        self.entry = picture_input(net)
        if len(net.plan.inputs) > 1:
            raise NoPicture(
                "Only nets that read nothing but pictures, or one list of numbers, can be attacked as a whole."
            )

    def forward(self, pictures: Tensor) -> Tensor:
        return self.net.outputs(self.model(pictures))[self.scores.key]


def other_run(path: str) -> LoadedRun:
    """The run in that folder, or that one of its files belongs to.

    Raises:
        NoPicture: if it cannot be used.
    """
    from app.training.checkpoints import BadRun, load_run

    place = Path(path)
    folder = place if place.is_dir() or not place.exists() else place.parent
    try:
        return load_run(folder)
    except BadRun as reason:
        raise NoPicture(str(reason)) from None


def beside(net: CompiledNet, path: str) -> LoadedRun:
    """Another run that can be shown the same pictures.

    Raises:
        NoPicture: if it reads something else, or has other classes.
    """
    run = other_run(path)
    mine, its = picture_input(net).shape.sizes, picture_input(run.net).shape.sizes
    if mine != its:
        raise NoPicture(f"The other run reads {its}, this one {mine}, so they cannot be shown the same pictures.")
    scores, others = classes(net), classes(run.net)
    if others is None or (scores is not None and others.count != scores.count):
        raise NoPicture("The other run does not choose between the same classes.")
    return run


def curve(
    subject: Subject,
    epsilon: float,
    points: int,
    method: Method,
    part: str,
    count: int,
    other: LoadedRun | None = None,
) -> Iterator[tuple[AccuracyPoint, ...]]:
    """The points found so far, from epsilon 0 up to ``epsilon``, over the first ``count`` samples of a part.

    Raises:
        NoPicture: if the net chooses between no classes, or has no such part.
    """
    attacked = _Attacked(subject.net, subject.model)
    second = _Attacked(other.net, other.model) if other is not None else None
    pictures, labels = _samples(subject.net, attacked.scores, part, count)
    device = device_of(subject.model)
    found: list[AccuracyPoint] = []
    for size in np.linspace(0, epsilon, points).tolist():
        right, own, moved = 0, 0, 0
        for first in range(0, len(pictures), _BATCH):
            batch = pictures[first : first + _BATCH].to(device)
            wanted = labels[first : first + _BATCH].to(device)
            made = _against(attacked, batch, wanted, size, method)
            right += _known(attacked, made, wanted)
            if second is not None:
                moved += _known(second, made, wanted)
                own += _known(second, _against(second, batch, wanted, size, method), wanted)
        whole = len(pictures)
        if second is None:
            found.append(AccuracyPoint(size, right / whole))
        else:
            found.append(AccuracyPoint(size, right / whole, own / whole, moved / whole))
        yield tuple(found)


def _against(attacked: _Attacked, batch: Tensor, wanted: Tensor, size: float, method: Method) -> Tensor:
    if not size:
        return batch
    with undisturbed(attacked.model, gradients=True), torch.enable_grad():
        return perturbed(attacked.forward, batch, wanted, size, method, towards=False).detach()


def _known(attacked: _Attacked, pictures: Tensor, wanted: Tensor) -> int:
    with undisturbed(attacked.model), torch.no_grad():
        scores = attacked.forward(pictures)
    if not bool(torch.isfinite(scores).all()):
        raise NoPicture("The answers are no numbers any more: training has run away. Use a smaller learning rate.")
    return int((scores.argmax(1) == wanted).sum())


def _samples(net: CompiledNet, scores: ClassScores, part: str, count: int) -> tuple[Tensor, Tensor]:
    parts = parts_for(net)
    index = parts.index(part)[:count]
    entry = picture_input(net)
    loss = next((each for each in net.plan.losses if "prediction" in each.operands and "target" in each.operands), None)
    if loss is None:
        raise NoPicture("This drawing has no loss, so nothing says which answers are right. Add a loss.")
    pictures, labels = [], []
    for _, batch in parts.read(index):
        pictures.append(batch[f"{entry.node}.{entry.port}"].float())
        labels.append(batch[loss.operands["target"].key].long())
    if not pictures:
        raise NoPicture(f"No sample of the {PART_WORDS[part]} part can be read.")
    return torch.cat(pictures)[:count], torch.cat(labels)[:count]


def bars(
    points: tuple[AccuracyPoint, ...], epsilon: float, wanted: int, method: str, samples: int, name: str
) -> tuple[Tiles, ...]:
    """The accuracy by epsilon as bars, of each net that was attacked, on one scale; places to come are empty."""

    def one(title: str, values: list[float]) -> Tiles:
        sizes = np.linspace(0, epsilon, wanted)
        shown = np.zeros((1, 1, wanted), np.float32)
        shown[0, 0, : len(values)] = values
        half = next((point.epsilon for point, value in zip(points, values) if value < 0.5 * values[0]), None)
        said = f" Half of it is gone at {half:.3g}." if half is not None else ""
        note = f"{method.upper()} on {samples:,} samples. {percent(values[0])} without a change, "
        note += f"{percent(values[-1])} with {points[-1].epsilon:.3g}.{said}"
        return Tiles(
            shown,
            0.0,
            1.0,
            "viridis",
            title,
            tuple(f"{size:.3g}" for size in sizes),
            layout="bars",
            x_label="how far each value may move (epsilon)",
            note=note,
            percent=True,
        )

    made = [one("Accuracy under attack", [point.accuracy for point in points])]
    if points[0].other is not None:
        made.append(one(f"{name}, attacked itself", [point.other or 0.0 for point in points]))
        made.append(one(f"{name}, shown what fools this net", [point.transferred or 0.0 for point in points]))
    return tuple(made)
