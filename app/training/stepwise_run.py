"""The steps within a turn, one at a time, where losses train in turn and somebody steps through a training.

The printed step does them all, so that what is shown and what trains are the same text. To rest in its middle it is
begun anew each time from where the turn began, with the same random numbers, and broken off behind one step more. The
last of them is the whole step, which the training takes as always: whoever steps ends with the same bits.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from app.training.control import Control
from app.training.events import Event, PartDone
from app.training.position import TrainingPosition
from app.training.trainer import Trainer


class StepwiseRun(Protocol):
    """A run that can be stepped through. ``turn`` is the one that is on in its middle."""

    control: Control
    trainer: Trainer
    device: torch.device
    batches: int
    batch: Mapping[str, Tensor]
    turn: ObjectiveTurn | None
    edited: bool

    @property
    def position(self) -> TrainingPosition:
        """Where it stands."""


class _Enough(Exception):
    """So many steps were taken. Ends the printed function in its middle."""


class _Counted:
    """Stands in for an optimizer; breaks off behind the last step that is wanted."""

    def __init__(self, turn: ObjectiveTurn, optimizer: Any) -> None:
        self._turn, self._optimizer = turn, optimizer
        self.param_groups = optimizer.param_groups

    def __getattr__(self, name: str) -> Any:
        return getattr(self._optimizer, name)  # what a scaler of gradients asks for

    def zero_grad(self) -> None:
        self._optimizer.zero_grad()

    def step(self, *args: Any, **named: Any) -> None:
        self._optimizer.step(*args, **named)
        self._turn.stepped()


class ObjectiveTurn:
    """One turn of several objectives, from a batch that is not learned from yet."""

    def __init__(self, trainer: Trainer, batch: Mapping[str, Tensor], device: torch.device) -> None:
        self._trainer, self._batch, self._device = trainer, batch, device
        self.taken = 0
        self.order = self._order_of()
        self._seen = 0
        self._weights = {name: value.clone() for name, value in trainer.model.state_dict().items()}
        self._optimizers = {n: copy.deepcopy(each.state_dict()) for n, each in trainer.optimizers.items()}
        self._scaler = copy.deepcopy(trainer.scaler.state_dict()) if trainer.scaler is not None else None
        self._random = torch.get_rng_state()
        self._random_there = torch.cuda.get_rng_state(device) if device.type == "cuda" else None

    def stepped(self) -> None:
        """An optimizer has taken a step."""
        self._seen += 1
        if self._seen == self.taken:
            raise _Enough

    def further(self) -> bool:
        """Take one step more; False, and back at the beginning, where that would be the last of the turn."""
        self.back()
        if self.taken + 1 >= len(self.order):
            return False
        self.taken, self._seen = self.taken + 1, 0
        named = {name: _Counted(self, each) for name, each in self._trainer.optimizers.items()}
        try:
            self._trainer.traced(self._batch, named)
        except _Enough:
            return True
        self.back()
        return False

    def _order_of(self) -> tuple[str, ...]:
        """Whose steps a whole turn has, of this many samples."""
        size = self._trainer.recipe.batch_size
        count = len(next(iter(self._batch.values())))
        parts = max(1, -(-count // size) - (size > 1 and count > size and count % size == 1))
        served = self._trainer.objectives
        most = max(each.steps for each in served)  # which the last turn of an epoch may have too few samples for
        taken = {each.name: parts if each.steps == most > 1 else min(each.steps, parts) for each in served}
        return tuple(name for name, steps in taken.items() for _ in range(steps))

    def back(self) -> None:
        """Everything as it was when the turn began."""
        model = self._trainer.model.state_dict()
        with torch.no_grad():
            for name, value in self._weights.items():
                model[name].copy_(value)
        for name, state in self._optimizers.items():
            self._trainer.optimizers[name].load_state_dict(copy.deepcopy(state))
        if self._scaler is not None:
            self._trainer.scaler.load_state_dict(self._scaler)
        torch.set_rng_state(self._random)
        if self._random_there is not None:
            torch.cuda.set_rng_state(self._random_there, self._device)


def can_step_singly(trainer: Trainer) -> bool:
    """Whether a step of the training is several, by optimizers of their own."""
    return len(trainer.objectives) > 1 and trainer.joint is None


def told(run: StepwiseRun, turn: ObjectiveTurn) -> Event:
    """Which step was taken."""
    epoch, batch = run.position.epoch + 1, run.position.batch + 1
    return PartDone(
        epoch, batch, run.batches, turn.order[turn.taken - 1], turn.taken, len(turn.order), turn.order[turn.taken]
    )


def steps_singly(
    run: StepwiseRun, batch: Mapping[str, Tensor], obey: Callable[[Any], Iterator[Event]]
) -> Iterator[Event]:
    """The steps of a turn up to the last but one, with a rest behind each, as long as somebody steps."""
    while batch and not run.edited and run.control.stepping and can_step_singly(run.trainer):
        turn = run.turn = ObjectiveTurn(run.trainer, batch, run.device)
        run.batch = batch
        try:
            while run.turn is turn and run.control.stepping:  # else it is begun anew, or done as a whole
                if not turn.further():
                    return
                yield told(run, turn)
                yield from obey(run)
        finally:
            go_back(run)


def go_back(run: StepwiseRun) -> None:
    """Stand where the turn that is on began, if one is."""
    turn, run.turn = run.turn, None
    if turn is not None:
        turn.back()
