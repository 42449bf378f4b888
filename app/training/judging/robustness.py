"""How the answers of a net become worse as its samples become harder: with noise, and turned."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from app.core.compile.decision import decision_of, estimate_of
from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.training.judging.answers import PredictionCollector
from app.training.judging.intervals import Interval, of_mean, wilson
from app.training.judging.parts import DataParts

NOISE = (0.0, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)  # deviations of what enters
TURNS = (0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 135.0, 180.0)  # degrees to the left
MOST_SAMPLES = 2_000

Kind = Literal["noise", "rotation"]


@dataclass(frozen=True)
class RobustnessPoint:
    """How good the answers are at one amount: of noise in deviations of what enters, of rotation in degrees. ``result``
    is the share of right answers, or the mean absolute error where numbers are told."""

    kind: Kind
    amount: float
    result: Interval


def kinds_of(net: CompiledNet) -> tuple[Kind, ...]:
    """What can be done to the samples of this net; nothing where no answers are measured."""
    if decision_of(net.plan) is None and estimate_of(net.plan) is None:
        return ()
    entries = [entry for entry in net.plan.inputs if entry.shape.dtype == "float"]
    noise: tuple[Kind, ...] = ("noise",) if entries else ()
    turned: tuple[Kind, ...] = ("rotation",) if any(entry.shape.rank == 3 for entry in entries) else ()
    return noise + turned


def harder(net: CompiledNet, model: nn.Module, parts: DataParts, part: str) -> Iterator[RobustnessPoint]:
    """Every amount in turn, on the same samples of a part. The model should rest in the main memory or on a device.

    Raises:
        CannotTrain: if there is no such part.
        NoData: if it cannot be read.
    """
    index = parts.mixed(part)[:MOST_SAMPLES]
    spread = _spread(net, parts, index)
    for kind in kinds_of(net):
        for amount in NOISE if kind == "noise" else TURNS:
            yield RobustnessPoint(kind, amount, _measured(net, model, parts, index, kind, amount, spread))


def _spread(net: CompiledNet, parts: DataParts, index: Tensor) -> dict[str, float]:
    """The deviation of what enters, by field."""
    _, batch = next(iter(parts.read(index)))
    keys = [f"{entry.node}.{entry.port}" for entry in net.plan.inputs if entry.shape.dtype == "float"]
    found = {key: float(batch[key].double().nan_to_num().std(unbiased=False)) for key in keys}
    return {key: value if value > 0 else 1.0 for key, value in found.items()}


def _measured(
    net: CompiledNet,
    model: nn.Module,
    parts: DataParts,
    index: Tensor,
    kind: Kind,
    amount: float,
    spread: dict[str, float],
) -> Interval:
    device = next((value.device for value in model.parameters()), torch.device("cpu"))
    generator = torch.Generator().manual_seed(0)
    collector = PredictionCollector(net, None)
    shapes = {f"{entry.node}.{entry.port}": entry.shape for entry in net.plan.inputs}
    with evaluating(model), torch.no_grad():
        for numbers, batch in parts.read(index):
            changed = dict(batch)
            for key, deviation in spread.items():
                if kind == "noise" and amount:
                    noise = torch.randn(batch[key].shape, generator=generator)
                    changed[key] = batch[key] + amount * deviation * noise
                elif kind == "rotation" and amount and shapes[key].rank == 3:
                    changed[key] = turned(batch[key], amount)
            arrived = {key: value.to(device) for key, value in changed.items()}
            returned = model(*net.inputs_from(arrived))
            collector.add(numbers, {key: value.to(device) for key, value in batch.items()}, returned, len(index))
    found = collector.answers(kind, len(index))
    if found.kind == "classes" and found.single:
        known = found.right[np.isfinite(found.right)]
        return wilson(int(known.sum()), len(known)) if len(known) else Interval(math.nan, math.nan, math.nan, "Wilson")
    values = found.right if found.kind == "classes" else found.distance
    mean = float(np.nanmean(values)) if len(values) else math.nan
    return of_mean(values) or Interval(mean, mean, mean, "t")


def turned(images: Tensor, degrees: float) -> Tensor:
    """Pictures (n, channels, height, width) turned to the left around their middle, with 0 in the corners."""
    height, width = images.shape[-2:]
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    # Where each pixel of the result comes from, in parts of height and width.
    turn = torch.tensor([[cos, -sin * height / width, 0.0], [sin * width / height, cos, 0.0]], dtype=images.dtype)
    grid = functional.affine_grid(turn.expand(len(images), 2, 3), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)
