"""Finds a learning rate that suits a drawing: trains a little with rates that grow, and looks where the loss falls
fastest (Smith 2017)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import torch
from torch import nn

from app.core.compile.net import CompiledNet
from app.core.graph.recipe import LR, Recipe
from app.training.loop import begun
from app.training.numbers import plain_rate
from app.training.refusal import CannotTrain
from app.training.sample_reader import count_of

LOWEST, HIGHEST = 1e-6, 10.0
STEPS = 120
SMOOTHING = 0.9  # how much of the mean loss so far each step keeps
BLOWN_UP = 3.0  # times the fall so far above the lowest loss: larger rates only make it worse
_LEAST_FALL = 0.03  # of the loss at the start; less is noise
_SIDES = 4  # steps on either side over which a slope is taken


@dataclass(frozen=True, slots=True)
class RateTrial:
    """One step: its rate, its loss, and the mean of the last losses."""

    step: int
    steps: int
    lr: float
    loss: float
    smoothed: float


@dataclass(frozen=True, slots=True)
class FoundRate:
    """The last event. ``lr`` is the rate that is suggested, None where the loss fell nowhere; ``sentence`` says why."""

    lr: float | None
    sentence: str
    points: tuple[tuple[float, float], ...]


def find_lr(
    net: CompiledNet,
    recipe: Recipe,
    *,
    model: nn.Module | None = None,
    lowest: float = LOWEST,
    highest: float = HIGHEST,
    steps: int = STEPS,
) -> Iterator[RateTrial | FoundRate]:
    """Take up to ``steps`` steps of a training, whose rates grow by the same factor from ``lowest`` to ``highest``; end
    as soon as the loss blows up. The weights of ``model`` (default: fresh ones), its mode and torch's random state are
    afterwards what they were, also where nobody asks for the last event.

    Raises:
        CannotTrain: if the drawing cannot be trained, or has several objectives, of which no loss tells how fast it
            learns.
        NoData: if a data set cannot be had.
    """
    plain = replace(recipe, lr=lowest, schedule="constant", warmup=0, stopping="never", average=0.0, metrics=())
    random = torch.get_rng_state()
    made = model if model is not None else net.model(recipe.seed)
    before = {name: value.clone() for name, value in made.state_dict().items()}
    mode = made.training
    try:
        run = begun(net, plain, made)
        if len(run.trainer.objectives) > 1:
            raise CannotTrain(
                "A learning rate can be found where one sum of losses is made small; here losses work against each "
                "other, and a lower one need not be better. Set the learning rate by hand."
            )
        points: list[tuple[float, float]] = []
        mean = least = 0.0
        epoch = 0
        run.model.train()
        while len(points) < steps:
            reached = len(points)
            with closing(run.readings.read(run.pieces(epoch))) as batches:
                for batch in batches:
                    count = count_of(batch)
                    if not count or (count == 1 and run.compares):
                        continue
                    place = len(points)
                    lr = lowest * (highest / lowest) ** (place / (steps - 1))
                    run.trainer.set_lr(lr)
                    values, _ = run.trainer.step(batch)
                    loss = sum(value.item() for value in values.values())
                    mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
                    smoothed = mean / (1 - SMOOTHING ** (place + 1))
                    points.append((lr, smoothed))
                    least = smoothed if place == 0 else min(least, smoothed)
                    yield RateTrial(place + 1, steps, lr, loss, smoothed)
                    if _blown_up(points, least) or len(points) == steps:
                        yield _found(points)
                        return
            if len(points) == reached:
                raise CannotTrain(run.samples.none_left(run.learn, "training"))
            epoch += 1
    finally:
        made.load_state_dict(before)
        made.train(mode)
        torch.set_rng_state(random)


def _blown_up(points: Sequence[tuple[float, float]], least: float) -> bool:
    now, start = points[-1][1], points[0][1]
    if not math.isfinite(now):
        return True
    fall = max(start - least, _LEAST_FALL * abs(start))
    return len(points) > 10 and now > max(start, least) + BLOWN_UP * fall


def _found(points: Sequence[tuple[float, float]]) -> FoundRate:
    """The rate at which the mean loss falls fastest, before it is lowest."""
    shown = tuple(point for point in points if math.isfinite(point[1]))
    losses = [loss for _, loss in shown]
    if not losses:
        return FoundRate(None, "The loss was no number from the first step on. Look at the data and the loss.", shown)
    lowest = min(range(len(losses)), key=lambda place: losses[place])
    if losses[0] - losses[lowest] < _LEAST_FALL * abs(losses[0]):
        return FoundRate(
            None,
            "With no learning rate did the loss fall clearly within these few steps. Keep the one that is set, or look "
            "at the drawing first.",
            shown,
        )
    slopes = {
        place: losses[min(place + _SIDES, lowest)] - losses[max(place - _SIDES, 0)] for place in range(lowest + 1)
    }
    steepest = min(slopes, key=lambda place: slopes[place])
    # The mean follows the loss by as many steps as it looks back, in which the rate has grown.
    lag = round(SMOOTHING / (1 - SMOOTHING))
    lr = LR.check(plain_rate(shown[max(steepest - lag, 0)][0]))
    return FoundRate(lr, f"The loss falls fastest at a learning rate of about {lr:g}.", shown)
