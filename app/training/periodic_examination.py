"""The doctor at the side of one training: what is looked at when, and which of several findings is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from app.training.data_signals import DataFindings, look_at_data
from app.training.diagnosis import Diagnosis, shows_life
from app.training.events import Diagnosed, EpochDone
from app.training.examining import RunningTraining, try_losses
from app.training.mode_collapse import ModeCollapseWatch
from app.training.sample_reader import count_of
from app.training.signals import FEW, Signals, Updates, glance, look, matrices
from app.training.watching import DYING, SATURATED, RunWatch, judges_updates

log = logging.getLogger(__name__)

# Where the reason is told, the symptom need not be.
REASONS = {"vanishing", "faded", "exploding", "dead", "saturated", "small_updates", "large_updates"}
SYMPTOMS = {"no_progress", "chance"}
SAME = {
    "gap": {"overfitting"},
    "vanishing": {"lr_high"},
    "chance": {"small_updates", "large_updates", "no_progress", "collapse"},
}
# What follows from a cause that was told is not told as another.
CAUSES = {"vanishing", "faded", "exploding", "dead", "lr_high", "no_progress", "collapse"}
LESSER = {"saturated", "small_updates", "large_updates", "swinging", "chance", "collapse"}
# Samples for the gradients before the first step, of which only the order of size counts: a training of one epoch
# would wait for more.
FIRST = 16
DEEP = 4  # layers with weights, from which the first gradients are worth a look


class PeriodicExamination:
    """Looks at the data before a training, and into the net between its epochs. Costs the training a copy of its
    weights at few steps, and a forward and backward of few samples after few epochs.

    Args:
        run: the training.
        learn: the indices of the samples that it learns from.
        batches: of an epoch.
        doctor: that knows the course of the losses.
    """

    def __init__(self, run: RunningTraining, learn: Tensor, batches: int, doctor: Diagnosis) -> None:
        self._run, self._learn, self._batches, self._doctor = run, learn, batches, doctor
        self.updates = Updates(run.net, run.model, batches)
        self._known: DataFindings | None = None
        self._watch: RunWatch | None = None
        self._start: Signals | None = None
        self._spread = ModeCollapseWatch(run.net.plan, run.recipe, batches)
        self._captured: Mapping[str, Tensor] = {}  # values of this epoch's look, for whoever asks for them again
        self._told: set[str] = set()
        self._places: set[tuple[str, str | None]] = set()
        self.before_step: Callable[[], Sequence[Tensor] | None] = self.updates.before
        self.after_step: Callable[[Sequence[Tensor]], None] = self.updates.after

    def begin(self) -> Iterator[Diagnosed]:
        """What the data shows before the first step."""
        run = self._run
        try:
            with torch.random.fork_rng(_devices(run)):
                self._known = look_at_data(
                    run.net, run.model, run.samples, self._learn, run.validation, run.looked_at()
                )
            if sum(1 for _ in matrices(run.model)) >= DEEP and self._doctor.first is None:
                self._start = self._look(activations_too=False, most=FIRST)
        except Exception as error:  # whatever is wrong there, the training itself says it better
            log.info("The data was not looked at.", exc_info=error)
        yield from (self._known or DataFindings()).findings

    def after_epoch(self, done: EpochDone, *, look: bool = True) -> Iterator[Diagnosed]:
        """What is to be told after an epoch. Without ``look``, from its numbers alone: the weights are others."""
        run, known = self._run, self._known or DataFindings()
        if self._watch is None:
            self._watch = RunWatch(
                run.net.plan, run.recipe, self._batches, len(run.validation), known.counts, self._start
            )
        found = [
            *self._watch.after_epoch(
                done,
                self._doctor.first,
                self._look if look else Signals,
                self.updates.ratios,
                self._glance if look else Signals,
            ),
            *self._doctor.after_epoch(done, self._look_at if look else lambda nodes: {}, lambda: try_losses(run)),
        ]
        if look and (collapsed := self._spread.after_epoch(done, self._look_at_made)) is not None:
            found.append(collapsed)
        self._captured = {}
        yield from self._worth_telling(found)
        first = self._doctor.first
        self.updates.judged = first is None or judges_updates(done, first)

    def _worth_telling(self, found: Sequence[Diagnosed]) -> Iterator[Diagnosed]:
        """Those that were not told, without symptoms of what is told as well."""
        if not found:
            return
        now = {each.code for each in found}
        symptoms = {"no_progress"} if (now | self._told) & REASONS and "no_progress" not in self._told else set()
        for each in found:
            if each.code == "no_progress" and (now | self._told) & REASONS:
                continue
            if each.code in LESSER and (self._told | now) & CAUSES - {each.code} - symptoms:
                continue
            if (now | self._told) & SAME.get(each.code, set()) or (each.code, each.node) in self._places:
                continue
            self._told.add(each.code)
            self._places.add((each.code, each.node))
            yield each

    def _look(self, *, activations_too: bool = True, most: int | None = None) -> Signals:
        run = self._run
        try:
            with torch.random.fork_rng(_devices(run)):
                some = run.looked_at()
                some = first_of(some, most) if most is not None else some
                return look(run.net, run.model, run.trainer.losses, some, activations_too=activations_too)
        except RuntimeError as error:  # too little memory for one batch more, say: no reason to end the training
            log.info("The net was not looked into.", exc_info=error)
            return Signals()

    def _glance(self) -> Signals:
        """A glance at a few samples, and at all where the few leave a doubt: the share of dead units among the few is
        at least as large as that among all."""
        run = self._run
        try:
            with torch.random.fork_rng(_devices(run)):
                some = run.looked_at()
                seen, self._captured = glance(run.net, run.model, first_of(some, FEW))
                if doubtful(seen):
                    seen, _ = glance(run.net, run.model, some)
                return seen
        except RuntimeError as error:
            log.info("The net was not looked into.", exc_info=error)
            return Signals()

    def _look_at(self, nodes: Sequence[str]) -> Mapping[str, Tensor]:
        """Values of those of these ReLUs that may be dead for all that a few samples tell."""
        run, some = self._run, self._run.looked_at()
        few, seen = first_of(some, FEW), self._captured
        if not all(node in seen for node in nodes):
            seen = run.net.capture(run.model, run.net.inputs_from(few), nodes, no_further=True)
        share = count_of(few) / count_of(some)
        left = [node for node in nodes if not shows_life(seen[node], share)]
        return run.net.capture(run.model, run.net.inputs_from(some), left, no_further=True) if left else {}

    def _look_at_made(self, nodes: Sequence[str]) -> tuple[Mapping[str, Tensor], Mapping[str, Tensor]]:
        run = self._run
        try:
            with torch.random.fork_rng(_devices(run)):
                some = run.looked_at()
                return run.net.capture(run.model, run.net.inputs_from(some), nodes), some
        except RuntimeError as error:
            log.info("The generator was not looked at.", exc_info=error)
            return {}, {}


def first_of(batch: Mapping[str, Tensor], most: int) -> dict[str, Tensor]:
    """The first samples of a batch, at most so many."""
    return {name: value[:most] for name, value in batch.items()}


def doubtful(seen: Signals) -> bool:
    """Whether what a few samples show may be something to tell, if all show it."""
    return any(each.dead >= DYING or each.saturated >= SATURATED for each in seen.activations) or any(
        max(answers.given, default=0) == sum(answers.given) for answers in seen.answers
    )


def _devices(run: RunningTraining) -> list[torch.device]:
    device = next((value.device for value in run.model.parameters()), torch.device("cpu"))
    return [device] if device.type == "cuda" else []
