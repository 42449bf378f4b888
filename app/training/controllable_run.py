"""What a training does between two batches because somebody has asked for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from typing import Protocol

import torch
from torch import Tensor

from app.core.graph.recipe import VALIDATION_BATCHES
from app.training.batches import DeviceData
from app.training.changeable_run import ChangeableRun, change
from app.training.control import Control, Request
from app.training.drawing_edits import EditableRun, take_over
from app.training.early_ends import StopRequested
from app.training.events import Event, Probed
from app.training.periodic_examination import PeriodicExamination
from app.training.stepwise_run import StepwiseRun, go_back
from app.training.training_view import TrainingView

log = logging.getLogger(__name__)


class ControllableRun(ChangeableRun, EditableRun, StepwiseRun, Protocol):
    """A run that can be asked. ``edited``: whether another drawing is trained since the batches were cut; ``rested``
    counts seconds of the epoch that were no training."""

    control: Control
    samples: DeviceData
    validation: Tensor
    batch: Mapping[str, Tensor]
    attending: PeriodicExamination
    edited: bool
    rested: float


def obey(run: ControllableRun) -> Iterator[Event]:
    """Do what was asked for through the control; rest while it says so."""
    start = time.perf_counter()
    while True:
        orders = run.control.take()
        if orders.lr is not None or orders.changes or orders.edit is not None or orders.stop:
            go_back(run)  # out of the middle of a turn: it is begun anew by what comes
        if orders.lr is not None:
            yield from change(run, "lr", orders.lr)
        for name, value in orders.changes.items():
            yield from change(run, name, value)
        refused = False
        if orders.edit is not None:
            for told in take_over(run, orders.edit):
                run.edited, refused = run.edited or not told.refused, told.refused
                if refused:
                    run.control.pause()
                yield told
        for request in orders.requests:
            yield probe(run, request)
        if orders.stop:
            raise StopRequested
        if orders.go and not refused:
            break
        run.control.wait()
    run.rested += time.perf_counter() - start


def probe(run: ControllableRun, request: Request) -> Probed:
    """Serve a request. Whatever it does with random numbers, the training goes on as if nobody had looked."""
    batch = run.batch or run.looked_at()
    looked_at = run.validation[: run.recipe.batch_size * VALIDATION_BATCHES]
    validation = (run.samples.at(looked_at) or None) if len(looked_at) else None
    progress = run.position.epoch + run.position.batch / max(run.batches, 1)
    view = TrainingView(run.net, run.model, batch, validation, run.position.epoch, run.attending.updates, progress)
    devices = [run.device] if run.device.type != "cpu" else []
    training = run.model.training
    try:
        with torch.random.fork_rng(devices):
            return Probed(request, request(view))
    except Exception as error:
        # A picture that fails must not end hours of training. Sentences are for the user, the rest for the log.
        log.info("A request failed.", exc_info=error)
        return Probed(request, None, str(error) if isinstance(error, ValueError) else run.net.explain(error)[1])
    finally:
        run.model.train(training)
