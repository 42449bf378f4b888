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
from app.core.graph.recipe import VALIDATION_BATCHES, Recipe
from app.training.checkpoints import BadRun, Position
from app.training.objectives import Objective
from app.training.origin import Origin, finite, largest, origin, refuses
from app.training.reach import Some
from app.training.turns import Turn

log = logging.getLogger(__name__)

SWOLLEN = 100.0  # times the largest weight at the start
SECONDS = 20.0  # so long a student waits for the reason; steps take about as long as they did


@dataclass(frozen=True)
class Course:
    """What a training is made of, to compute steps of it once more.

    ``back`` brings model, optimizers and random numbers to a position that was kept, and gives it; None where nothing
    was. ``batch_at`` gives fields by name for an index and the seed of a training batch, ``pieces`` both
    for each batch of an epoch. ``rates``
    are learning rates that were set on the way. The model and the optimizers of ``turns`` are written into: to be used
    when the training itself is over.
    """

    net: CompiledNet
    recipe: Recipe
    model: nn.Module
    losses: nn.Module
    turns: Sequence[Turn]
    back: Callable[[], Position | None]
    batch_at: Callable[..., Mapping[str, Tensor]]
    pieces: Callable[[int], Sequence[tuple[Tensor, int]]]
    held_out: Tensor
    rates: Sequence[tuple[Position, float]] = ()
    stopped: Callable[[], bool] = lambda: False
    some: Callable[[], Some] = lambda: Some({}, {})

    def loss(self, objective: Objective, batch: Mapping[str, Tensor]) -> Callable[[object], Tensor]:
        """From what the model returned to what the objective makes small."""
        return lambda returned: objective.total(self.net.loss_values(self.losses, returned, batch))


@dataclass(frozen=True)
class Seen:
    """What the steps showed. ``losses`` are those before the one that failed; ``start`` and ``end`` the largest weight
    in size at the begin of the replay and before the step that failed. ``samples`` are those of its batch. ``jump`` is
    an earlier step that alone made the weights far larger, with the first gradient that was so large."""

    origin: Origin | None
    position: Position
    samples: Tensor
    losses: tuple[float, ...] = ()
    start: float = 0.0
    end: float = 0.0
    jump: Seen | None = None


def replayed(course: Course, last: Position, seconds: float = SECONDS) -> Seen | None:
    """Train again up to the step behind ``last``; what was seen at the first one that is not finite. None if nothing
    was kept, it takes longer than ``seconds``, somebody stops, or all goes well this time."""
    try:
        position = course.back()
    except (BadRun, OSError, RuntimeError) as error:
        log.info("The last steps cannot be computed again.", exc_info=error)
        return None
    if position is None:
        return None
    until = time.monotonic() + seconds
    losses: list[float] = []
    start = _largest(course.model)
    jump: Seen | None = None
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
                    _set_rate(course.turns, lr)
            before = _largest(course.model)
            batch = course.batch_at(*pieces[number])
            summed = 0.0
            for turn in course.turns:
                found = _step(course, turn, batch, SWOLLEN * max(start, 1.0) if jump is None else math.inf)
                if found.jump is not None:
                    jump = Seen(found.jump, here, pieces[number][0], tuple(losses), start, before)
                if found.loss is None:
                    return Seen(found.origin, here, pieces[number][0], tuple(losses), start, before, jump)
                summed += found.loss
            losses.append(summed)
            if not all(finite(value) for value in course.model.parameters()):
                return Seen(None, here, pieces[number][0], tuple(losses), start, before, jump)
    return None


def checked(course: Course, epoch: int) -> Seen | None:
    """The first held-out batch whose loss is not finite, with the weights as they are."""
    with evaluating(course.model), torch.no_grad():
        for piece in course.held_out.split(course.recipe.batch_size * VALIDATION_BATCHES):
            batch = course.batch_at(piece)
            for turn in course.turns:
                found = _forward(course, turn, batch)
                if found is None or finite(found):
                    continue
                reason = origin(course.net, course.model, batch, course.loss(turn.objective, batch), gradients=False)
                return Seen(reason, Position(epoch), piece, end=_largest(course.model))
    return None


@dataclass(frozen=True)
class _Step:
    """``loss`` is None where it, or a gradient, was not finite."""

    loss: float | None
    origin: Origin | None = None
    jump: Origin | None = None


def _step(course: Course, turn: Turn, batch: Mapping[str, Tensor], most: float) -> _Step:
    """One step of an objective, looked at more closely if it fails, or changes a weight by more than ``most``."""
    devices = [device for device in [next(course.model.parameters()).device] if device.type != "cpu"]
    cpu, gpu = torch.get_rng_state(), [torch.cuda.get_rng_state(device) for device in devices]

    def look(limit: float) -> Origin | None:
        after = torch.get_rng_state(), [torch.cuda.get_rng_state(device) for device in devices]
        _set_random(devices, cpu, gpu)
        total = course.loss(turn.objective, batch)
        found = origin(course.net, course.model, batch, total, inputs=turn.parameters, limit=limit)
        _set_random(devices, *after)
        return found

    turn.optimizer.zero_grad(set_to_none=True)
    loss = _forward(course, turn, batch)
    if loss is None or not finite(loss):
        return _Step(None, look(math.inf))
    loss.backward(inputs=turn.parameters)
    group = turn.optimizer.param_groups[0]
    gradients = [value.grad for value in group["params"] if value.grad is not None]
    if not all(finite(gradient) for gradient in gradients):
        return _Step(None, look(math.inf))
    # Adam divides by the size of the gradients, so that its steps are never longer than the rate is large.
    steep = isinstance(turn.optimizer, torch.optim.SGD) and group["lr"] * max(map(largest, gradients), default=0) > most
    jump = look(most / group["lr"]) if steep else None
    turn.optimizer.step()
    return _Step(float(loss.detach()), jump=jump)


def _set_random(devices: Sequence[torch.device], cpu: Tensor, gpu: Sequence[Tensor]) -> None:
    torch.set_rng_state(cpu)
    for device, state in zip(devices, gpu):
        torch.cuda.set_rng_state(state, device)


def _forward(course: Course, turn: Turn, batch: Mapping[str, Tensor]) -> Tensor | None:
    """The loss of an objective; NaN where a loss refuses what it reads."""
    try:
        return course.loss(turn.objective, batch)(course.model(*course.net.inputs_from(batch)))
    except RuntimeError as error:
        if not refuses(error):
            raise
        return torch.tensor(float("nan"))


def _set_rate(turns: Sequence[Turn], lr: float) -> None:
    for turn in turns:
        for group in turn.optimizer.param_groups:
            group["lr"] = lr


def _largest(model: nn.Module) -> float:
    """The size of the largest weight."""
    return max((largest(value) for value in model.parameters()), default=0.0)
