"""Trainings side by side in one process: after each batch of one comes the same batch of every other."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import torch

from app.training.control import Control
from app.training.events import BatchDone, Cancelled, Event, Failed, Finished
from app.training.loop import train
from app.training.run_folders import remembering
from app.training.sweeping.sweep_events import SweepEvent, VariantEvent

if TYPE_CHECKING:
    from app.training.sweeping.sweep import VariantJob
    from app.training.together.group import Group


class SweepWork(Protocol):
    """The sweep that these belong to."""

    control: Control
    file: Path | None

    def group(
        self, jobs: Sequence[VariantJob], control: Control
    ) -> Iterator[tuple[Group, list[VariantJob]] | VariantEvent]:
        """These as groups."""

    def noted(self, group: Group, jobs: Sequence[VariantJob]) -> Iterator[SweepEvent]:
        """The events of a group."""

    def told(self, number: int, event: Event) -> VariantEvent:
        """An event of a variant."""


class _Lane:
    """One training, or a group of some that take their steps as one; with random numbers of its own."""

    def __init__(self, events: Iterator[SweepEvent], numbers: Sequence[int]) -> None:
        self._events = events
        self._random = torch.get_rng_state()
        self.numbers = set(numbers)  # of the variants that are not over

    def batch(self) -> Iterator[SweepEvent]:
        """Everything until each of its variants has told one more batch, or is over."""
        waiting = set(self.numbers)
        while waiting:
            with torch.random.fork_rng(devices=[]):
                torch.set_rng_state(self._random)
                event = next(self._events, None)
                self._random = torch.get_rng_state()
            if event is None:
                self.numbers.clear()
                return
            if isinstance(event, VariantEvent):
                if isinstance(event.event, BatchDone):
                    waiting.discard(event.number)
                elif isinstance(event.event, Finished | Cancelled | Failed):
                    waiting.discard(event.number)
                    self.numbers.discard(event.number)
            yield event

    def close(self) -> None:
        """Let it end where it is."""
        if isinstance(self._events, Generator):
            self._events.close()


def abreast(
    work: SweepWork, groups: Sequence[Sequence[VariantJob]], apart: Sequence[VariantJob]
) -> Iterator[SweepEvent]:
    """Train these batch by batch, as the control says: paused and stepped all at once."""
    inner = Control()  # the lanes go as far as they are asked to
    lanes: list[_Lane] = []
    with ExitStack() as undone:
        undone.callback(_close, lanes)
        alone = list(apart)
        for jobs in groups:
            for found in work.group(jobs, inner):
                if isinstance(found, VariantEvent):
                    yield found
                else:
                    group, members = found
                    lanes.append(_Lane(work.noted(group, members), [job.number for job in members]))
            alone += [job for job in jobs if job.why]
        lanes += [_Lane(_alone(work, job, inner), [job.number]) for job in alone]
        while any(lane.numbers for lane in lanes):
            if work.control.attention and not _go_on(work.control):
                inner.stop()
            for lane in lanes:
                yield from lane.batch()


def _close(lanes: Sequence[_Lane]) -> None:
    for lane in lanes:
        lane.close()


def _go_on(control: Control) -> bool:
    """Wait as long as the control says; whether there is another batch to come."""
    while True:
        orders = control.take()
        if orders.stop:
            return False
        if orders.go:
            return True
        control.wait()


def _alone(work: SweepWork, job: VariantJob, control: Control) -> Iterator[SweepEvent]:
    assert job.net is not None, "it was compiled, or it would not train"
    recipe = job.variant.project.recipe
    events = train(job.net, recipe, out=job.folder, resume=job.folder if job.resume else None, control=control)
    for event in remembering(events, job.folder, work.file):
        yield work.told(job.number, event)
