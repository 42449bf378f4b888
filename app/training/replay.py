"""Computes the last steps of a training once more, from where it was kept last, up to the step that ruined it.

A step whose loss or gradient is not finite leaves weights that say nothing about it. So a training looks at nothing
while all is well, and what came before is computed again: with the weights that were kept, the same batches, and the
same random numbers.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.core.compile.objectives import Objective
from app.core.graph.recipe import VALIDATION_BATCHES, Recipe
from app.training.checkpoints import BadRun, Position
from app.training.origin import Origin, finite, largest, origin, refuses
from app.training.reach import Some
from app.training.trainer import Trainer

log = logging.getLogger(__name__)

SWOLLEN = 100.0  # times the largest weight at the start
SECONDS = 20.0  # so long a student waits for the reason; steps take about as long as they did


@dataclass(frozen=True)
class Replay:
    """What a training is made of, to compute steps of it once more.

    ``back`` brings the model and random numbers to a position that was kept, and gives it with a trainer that stands
    there; None where nothing was. ``batch_at`` gives fields by name for an index and the seed of a training batch,
    ``pieces`` both for each batch of an epoch. ``rates`` are learning rates that were set on the way. The model is
    written into: to be used when the training itself is over.
    """

    net: CompiledNet
    recipe: Recipe
    model: nn.Module
    trainer: Trainer
    back: Callable[[], tuple[Position, Trainer] | None]
    batch_at: Callable[..., Mapping[str, Tensor]]
    pieces: Callable[[int], Sequence[tuple[Tensor, int]]]
    held_out: Tensor
    rates: Sequence[tuple[Position, float]] = ()
    stopped: Callable[[], bool] = lambda: False
    some: Callable[[], Some] = lambda: Some({}, {})

    def loss(self, objective: Objective, batch: Mapping[str, Tensor]) -> Callable[[object], Tensor]:
        """From what the model returned to what the objective makes small."""

        def total(returned: object) -> Tensor:
            values = self.net.loss_values(self.trainer.losses, returned, batch)
            first, *others = (values[name] for name in objective.losses)
            for value in others:
                first = first + value
            return first

        return total


@dataclass(frozen=True)
class SeenStep:
    """What the steps showed. ``losses`` are those before the one that failed; ``start`` and ``end`` the largest weight
    in size at the begin of the replay and before the step that failed. ``samples`` are those of its batch. ``jump`` is
    an earlier step that alone made the weights far larger, with the first gradient that was so large."""

    origin: Origin | None
    position: Position
    samples: Tensor
    losses: tuple[float, ...] = ()
    start: float = 0.0
    end: float = 0.0
    jump: SeenStep | None = None


def replayed(course: Replay, last: Position, seconds: float = SECONDS) -> SeenStep | None:
    """Train again up to the step behind ``last``; what was seen at the first one that is not finite. None if nothing
    was kept, it takes longer than ``seconds``, somebody stops, or all goes well this time."""
    try:
        stood = course.back()
    except (BadRun, OSError, RuntimeError) as error:
        log.info("The last steps cannot be computed again.", exc_info=error)
        return None
    if stood is None:
        return None
    position, trainer = stood
    until = time.monotonic() + seconds
    losses: list[float] = []
    start = _largest(course.model)
    jump: SeenStep | None = None
    course.model.train()
    for epoch in range(position.epoch, last.epoch + 1):
        pieces = course.pieces(epoch)
        for number in range(position.batch if epoch == position.epoch else 0, len(pieces)):
            here = Position(epoch, number)
            if (epoch, number) > (last.epoch, last.batch):
                return None
            if time.monotonic() > until or course.stopped():
                return None
            for at, lr in course.rates:
                if at == here:
                    trainer.set_lr(lr)
            before = _largest(course.model)
            batch = course.batch_at(*pieces[number])
            found = _step(course, trainer, batch, SWOLLEN * max(start, 1.0) if jump is None else math.inf)
            if found.jump is not None:
                jump = SeenStep(found.jump, here, pieces[number][0], tuple(losses), start, before)
            if found.loss is None:
                return SeenStep(found.origin, here, pieces[number][0], tuple(losses), start, before, jump)
            losses.append(found.loss)
            if not all(finite(value) for value in course.model.parameters()):
                return SeenStep(None, here, pieces[number][0], tuple(losses), start, before, jump)
    return None


def checked(course: Replay, epoch: int) -> SeenStep | None:
    """The first held-out batch whose loss is not finite, with the weights as they are."""
    with evaluating(course.model), torch.no_grad():
        for piece in course.held_out.split(course.recipe.batch_size * VALIDATION_BATCHES):
            batch = course.batch_at(piece)
            ill = _ill_on(course, batch)
            if ill is not None:
                reason = origin(course.net, course.model, batch, course.loss(ill, batch), gradients=False)
                return SeenStep(reason, Position(epoch), piece, end=_largest(course.model))
    return None


@dataclass(frozen=True)
class _Step:
    """``loss`` is None where it, or a gradient, was not finite."""

    loss: float | None
    origin: Origin | None = None
    jump: Origin | None = None


def _step(course: Replay, trainer: Trainer, batch: Mapping[str, Tensor], most: float) -> _Step:
    """One step as it is printed, looked at more closely if it fails, or changes a weight by more than ``most``."""
    devices = [device for device in [next(course.model.parameters()).device] if device.type != "cpu"]
    cpu, gpu = torch.get_rng_state(), [torch.cuda.get_rng_state(device) for device in devices]
    weights = _copied(course.model)

    def look(objective: Objective, limit: float) -> Origin | None:
        """Where the weights of before and the same random numbers lead to a number that is not finite, or too large."""
        random = torch.get_rng_state(), [torch.cuda.get_rng_state(device) for device in devices]
        after = _copied(course.model)
        course.model.load_state_dict(weights)
        _set_random(devices, cpu, gpu)
        inputs = None if objective.updates is None else _weights_of(trainer, objective)
        total = course.loss(objective, batch)
        found = origin(course.net, course.model, batch, total, inputs=inputs, limit=limit)
        course.model.load_state_dict(after)
        _set_random(devices, *random)
        return found

    try:
        values, _ = trainer.step(batch)
    except RuntimeError as error:
        if not refuses(error):
            raise
        return _Step(None, next(filter(None, (look(each, math.inf) for each in trainer.objectives)), None))
    jump = None
    for objective in trainer.objectives:
        gradients = [value.grad for value in _weights_of(trainer, objective) if value.grad is not None]
        if not all(finite(each) for each in (*gradients, *(values[name] for name in objective.losses))):
            return _Step(None, look(objective, math.inf))
        # Adam divides by the size of the gradients, so that its steps are never longer than the rate is large.
        optimizer = trainer.optimizers[objective.name]
        lr = optimizer.param_groups[0]["lr"]
        if isinstance(optimizer, torch.optim.SGD) and lr * max(map(largest, gradients), default=0) > most:
            jump = jump or look(objective, most / lr)
    return _Step(sum(float(value) for value in values.values()), jump=jump)


def _weights_of(trainer: Trainer, objective: Objective) -> list[nn.Parameter]:
    weights: list[nn.Parameter] = trainer.optimizers[objective.name].param_groups[0]["params"]
    return weights


def _copied(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def _set_random(devices: Sequence[torch.device], cpu: Tensor, gpu: Sequence[Tensor]) -> None:
    torch.set_rng_state(cpu)
    for device, state in zip(devices, gpu):
        torch.cuda.set_rng_state(state, device)


def _ill_on(course: Replay, batch: Mapping[str, Tensor]) -> Objective | None:
    """The first objective that has no finite loss for a batch; the first of all where a loss refuses what it reads."""
    try:
        values, _ = course.trainer.validate(batch)
    except RuntimeError as error:
        if not refuses(error):
            raise
        return course.trainer.objectives[0]
    ill = (each for each in course.trainer.objectives if not all(finite(values[name]) for name in each.losses))
    return next(ill, None)


def _largest(model: nn.Module) -> float:
    """The size of the largest weight."""
    return max((largest(value) for value in model.parameters()), default=0.0)
