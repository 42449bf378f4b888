"""Computes the last steps of a training once more, from where it was kept last, up to the step that ruined it.

A step whose loss or gradient is not finite leaves weights that say nothing about it. So a training looks at nothing
while all is well, and what came before is computed again: with the weights that were kept, the same batches, and the
same random numbers.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.core.compile.objectives import Objective
from app.core.graph.recipe import VALIDATION_BATCHES, Recipe
from app.training.checkpoints import BadRun
from app.training.loss_bounds import SampleLosses
from app.training.origin import Origin, finite, largest, origin, origin_in_step, refuses
from app.training.position import TrainingPosition
from app.training.trainer import Trainer, weights_of

log = logging.getLogger(__name__)

SWOLLEN = 100.0  # times the largest weight at the start
SECONDS = 20.0  # so long a student waits for the reason; steps take about as long as they did


@dataclass(frozen=True)
class StepReplay:
    """What a training is made of, to compute steps of it once more.

    ``back`` brings the model and random numbers to a position that was kept, and gives it with a trainer that stands
    there; None where nothing was. ``batch_at`` gives fields by name for an index and the seed of a training batch,
    ``pieces`` both for each batch of an epoch. ``rates`` are learning rates that were set on the way, ``metrics`` the
    numbers of a complete epoch. The model is written into: to be used when the training itself is over.
    """

    net: CompiledNet
    recipe: Recipe
    model: nn.Module
    trainer: Trainer
    back: Callable[[], tuple[TrainingPosition, Trainer] | None]
    batch_at: Callable[..., Mapping[str, Tensor]]
    pieces: Callable[[int], Sequence[tuple[Tensor, int]]]
    validation: Tensor
    rates: Sequence[tuple[TrainingPosition, float]] = ()
    stopped: Callable[[], bool] = lambda: False
    some: Callable[[], SampleLosses] = lambda: SampleLosses({}, {})
    metrics: Callable[[int], Mapping[str, float] | None] = lambda epoch: None

    def loss(self, objective: Objective, batch: Mapping[str, Tensor]) -> Callable[[], Tensor]:
        """Computes what the objective makes small."""

        def total() -> Tensor:
            returned = self.model(*self.net.inputs_from(batch))
            values = self.net.loss_values(self.trainer.losses, returned, self.net.looking_ahead(self.model, batch))
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
    position: TrainingPosition
    samples: Tensor
    losses: tuple[float, ...] = ()
    start: float = 0.0
    end: float = 0.0
    jump: SeenStep | None = None
    grown: Mapping[str, float] = field(default_factory=dict)  # how many times larger the weights of each objective are


def replayed(course: StepReplay, last: TrainingPosition, seconds: float = SECONDS) -> SeenStep | None:
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
    start, sizes = _largest(course.model), _sizes(trainer)
    jump: SeenStep | None = None
    course.model.train()
    for epoch in range(position.epoch, last.epoch + 1):
        pieces = course.pieces(epoch)
        for number in range(position.batch if epoch == position.epoch else 0, len(pieces)):
            here = TrainingPosition(epoch, number)
            if (epoch, number) > (last.epoch, last.batch):
                return None
            if time.monotonic() > until or course.stopped():
                return None
            for at, lr in course.rates:
                if at == here:
                    trainer.set_lr(lr)
            before, grown = _largest(course.model), _grown(sizes, trainer)
            batch = course.batch_at(*pieces[number])
            if not batch:  # none of its samples can be read
                continue
            found = _step(course, trainer, batch, SWOLLEN * max(start, 1.0) if jump is None else math.inf)
            if found.jump is not None:
                jump = SeenStep(found.jump, here, pieces[number][0], tuple(losses), start, before)
            if found.loss is None:
                return SeenStep(
                    found.origin, here, pieces[number][0], tuple(losses), start, before, jump, _grown(sizes, trainer)
                )
            losses.append(found.loss)
            if not all(finite(value) for value in course.model.parameters()):
                return SeenStep(None, here, pieces[number][0], tuple(losses), start, before, jump, grown)
        told = course.metrics(epoch)
        if told is not None:
            trainer.after_epoch(told)
    return None


def checked(course: StepReplay, epoch: int) -> SeenStep | None:
    """The first validation batch whose loss is not finite, with the weights as they are."""
    with evaluating(course.model), torch.no_grad():
        for piece in course.validation.split(course.recipe.batch_size * VALIDATION_BATCHES):
            batch = course.batch_at(piece)
            if not batch:
                continue
            ill = _ill_on(course, batch)
            if ill is not None:
                reason = origin(course.net, course.model, batch, course.loss(ill, batch))
                return SeenStep(reason, TrainingPosition(epoch), piece, end=_largest(course.model))
    return None


@dataclass(frozen=True)
class _Step:
    """``loss`` is None where it, or a gradient, was not finite."""

    loss: float | None
    origin: Origin | None = None
    jump: Origin | None = None


class _Guard:
    """Stands in for the optimizer of an objective. ``before`` is given the weights each time it begins; its step looks
    at the gradients first, and changes nothing where one is not finite."""

    def __init__(self, optimizer: Optimizer, before: Callable[[], None], most: float) -> None:
        self._optimizer = optimizer
        self._before = before
        self._most = most
        self.param_groups = optimizer.param_groups
        self.limit = math.inf  # a gradient as large as this changes a weight by too much; one was, if it is finite

    def zero_grad(self) -> None:
        self._before()
        self._optimizer.zero_grad()

    def step(self) -> None:
        group = self.param_groups[0]
        gradients = [value.grad for value in weights_of(self) if value.grad is not None]
        if not all(finite(each) for each in gradients):
            raise _BadGradient
        # Adam divides by the size of the gradients, so that its steps are never longer than the rate is large.
        if isinstance(self._optimizer, torch.optim.SGD):
            if group["lr"] * max(map(largest, gradients), default=0) > self._most:
                self.limit = self._most / group["lr"]
        self._optimizer.step()


class _BadGradient(Exception):
    """Nothing was changed by it."""


class _Recall:
    """Stands in for the optimizer of an objective whose step is known: puts the weights there that it has left."""

    def __init__(self, optimizer: Optimizer, put: Callable[[], None]) -> None:
        self.param_groups = optimizer.param_groups
        self.step = put

    def zero_grad(self) -> None:
        for value in weights_of(self):
            value.grad = None


def _step(course: StepReplay, trainer: Trainer, batch: Mapping[str, Tensor], most: float) -> _Step:
    """One step as it is printed, looked at more closely if it fails, or changes a weight by more than ``most``."""
    devices = [device for device in [next(course.model.parameters()).device] if device.type != "cpu"]
    random = torch.get_rng_state(), [torch.cuda.get_rng_state(device) for device in devices]
    weights: list[dict[str, Tensor]] = []  # as each objective found them
    names = {id(value): name for name, value in course.model.named_parameters()}
    guards = {
        name: _Guard(each, lambda: weights.append(_copied(course.model)), most)
        for name, each in trainer.optimizers.items()
    }

    def look(turn: int, limit: float = math.inf) -> Origin | None:
        """Where the same step leads to a number that is not finite, or too large."""
        now = torch.get_rng_state(), [torch.cuda.get_rng_state(device) for device in devices]
        after = _copied(course.model)
        course.model.load_state_dict(weights[0])
        _set_random(devices, *random)

        def again(changed: Callable[[Iterable[Tensor]], None]) -> None:
            def recall(place: int, optimizer: Optimizer) -> Callable[[], None]:
                def put() -> None:
                    own = weights_of(optimizer)
                    with torch.no_grad():
                        for value in own:
                            value.copy_(weights[place + 1][names[id(value)]])
                    changed(own)

                return put

            stand_in = {
                n: _Recall(each, recall(place, each)) for place, (n, each) in enumerate(trainer.optimizers.items())
            }
            trainer.traced(batch, stand_in)

        found = origin_in_step(course.net, course.model, batch, again, turn, limit=limit)
        course.model.load_state_dict(after)
        _set_random(devices, *now)
        return found

    try:
        values, _ = trainer.step(batch, guards)
    except _BadGradient:
        return _Step(None, look(len(weights) - 1))
    except RuntimeError as error:
        if not refuses(error):
            raise
        return _Step(None, look(len(weights) - 1))
    for turn, objective in enumerate(trainer.objectives):
        if not all(finite(values[name]) for name in objective.losses):
            return _Step(None, look(turn))
    large = ((turn, each.limit) for turn, each in enumerate(guards.values()) if each.limit < math.inf)
    jump = next(filter(None, (look(turn, limit) for turn, limit in large)), None)
    return _Step(sum(float(value) for value in values.values()), jump=jump)


def _copied(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def _set_random(devices: Sequence[torch.device], cpu: Tensor, gpu: Sequence[Tensor]) -> None:
    torch.set_rng_state(cpu)
    for device, state in zip(devices, gpu):
        torch.cuda.set_rng_state(state, device)


def _ill_on(course: StepReplay, batch: Mapping[str, Tensor]) -> Objective | None:
    """The first objective that has no finite loss for a batch; the first of all where a loss refuses what it reads."""
    try:
        values, _ = course.trainer.validate(batch)
    except RuntimeError as error:
        if not refuses(error):
            raise
        return course.trainer.objectives[0]
    ill = (each for each in course.trainer.objectives if not all(finite(values[name]) for name in each.losses))
    return next(ill, None)


def _sizes(trainer: Trainer) -> dict[str, float]:
    """The size of the largest weight that each objective trains."""
    return {
        name: max((largest(weight) for weight in weights_of(each)), default=0.0)
        for name, each in trainer.optimizers.items()
    }


def _grown(sizes: Mapping[str, float], trainer: Trainer) -> dict[str, float]:
    """How many times larger it has become; infinite where it is no number any more."""
    now = _sizes(trainer)
    return {name: now[name] / max(size, 0.01) if math.isfinite(now[name]) else math.inf for name, size in sizes.items()}


def _largest(model: nn.Module) -> float:
    """The size of the largest weight."""
    return max((largest(value) for value in model.parameters()), default=0.0)
