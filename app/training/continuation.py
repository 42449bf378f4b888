"""Where a run begins that is not new: where another stood, or itself. And what of it is kept to go back to."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe
from app.training import checkpoints
from app.training.best_epochs import BestEpochs
from app.training.checkpoints import BadRun
from app.training.diagnosis import Diagnosis
from app.training.events import EpochDone
from app.training.folder import STATE, add_change, epoch_of, keep_metrics, read_changes, read_metrics
from app.training.judging.own_losses import OwnLosses
from app.training.metrics import Averages
from app.training.playing import Playing
from app.training.position import TrainingPosition
from app.training.processes import meet
from app.training.resume import data_changes, left_behind, resume
from app.training.run_description import change_about
from app.training.snapshots import forget, keep
from app.training.threads import continue_threads
from app.training.trainer import Trainer
from nodes.modules.joint import Joint


class Continuation(Protocol):
    """A run that has not taken a step. ``begun_at`` is the epoch that its folder begins with, ``left_behind`` what a
    branch does not have of its parent, in sentences."""

    net: CompiledNet
    recipe: Recipe
    model: nn.Module
    trainer: Trainer
    device: torch.device
    batches: int
    doctor: Diagnosis
    averages: Averages
    own_losses: OwnLosses
    out: Path | None
    position: TrainingPosition
    saved: TrainingPosition | None
    remarks: list[tuple[str, str]]
    told: dict[int, EpochDone]
    rested: float
    begun_at: int
    best_epochs: BestEpochs
    left_behind: Sequence[str]
    fewer_threads: str
    joint: Joint | None
    playing: Playing | None

    def save(self) -> None:
        """Write it, if there is a folder."""


def continue_from(run: Continuation, folder: Path, start: Path, branch: bool = False) -> None:
    """Let ``run`` stand where the run in ``folder`` stood, or where one of its kept epochs in ``start`` did.

    Raises:
        BadRun: if it cannot be continued so.
    """
    elsewhere = run.joint is not None and run.out is None  # another process writes
    if branch and not elsewhere and (run.out is None or run.out.resolve() == folder.resolve()):
        raise BadRun(f"A branch of {folder} is a run of its own. Give it another folder.")
    run.remarks += data_changes(run.net, start)
    state, old, called = resume(start, run.net, run.model, run.trainer, branch)
    same_work = old.batch_size == run.recipe.batch_size
    if state.threads is not None and same_work and run.device.type == "cpu":
        run.fewer_threads = continue_threads(state.threads)
    if state.position.batch > run.batches:
        raise BadRun(
            f"{folder / STATE} stands at batch {state.position.batch:,} of an epoch that has "
            f"{run.batches:,}, so it does not belong to this data. Train the run again."
        )
    run.position = state.position
    if run.playing is not None:
        run.playing.load(state.playing, folder)
    if run.position != TrainingPosition():
        run.doctor.continued()
    if state.running:
        run.averages.restore(state.running, measured=old.metrics == run.recipe.metrics)
    if branch:
        run.left_behind = tuple(left_behind(folder, start, old, run.recipe))
    told = map(called.metrics, read_metrics(folder))
    earlier = [entry for entry in told if entry["epoch"] <= state.position.epoch]
    run.told = {done.epoch: done for entry in earlier if (done := epoch_of(entry)) is not None}
    run.own_losses.continue_from(folder, state.position.epoch)
    if run.joint is not None:
        meet()  # all have read before one writes
    if run.out is None:
        return
    if run.out.resolve() == folder.resolve():
        if called:
            checkpoints.rename(run.out, run.net, run.recipe, called.weights, state)
        else:
            checkpoints.describe(run.out, run.net, run.recipe)
        run.saved = run.position
        forget(run.out, after=run.position)
    else:
        _begin(run, run.out, folder, branch)
    keep_metrics(run.out, earlier)


def _begin(run: Continuation, out: Path, folder: Path, branch: bool) -> None:
    """Make ``out`` the folder of a run that has come as far in ``folder``."""
    checkpoints.begin(out, run.net, run.recipe)
    run.save()
    run.begun_at = run.position.epoch
    for change in read_changes(folder):
        if TrainingPosition(change.epoch - 1, change.batch - 1) < run.position:
            add_change(out, change)
    if branch:
        change_about(out, parent=str(folder.absolute()), left=run.position.epoch)
    keep_epoch(run)


def keep_epoch(run: Continuation) -> None:
    """Let the epoch that has just been written be one to go back to."""
    if run.out is None or run.saved != run.position or run.position.batch:
        return
    epoch = run.position.epoch
    keep(run.out, epoch, run.recipe, run.best_epochs.until(run, epoch))


def keep_within(run: Continuation) -> None:
    """Let the weights of now, in the middle of an epoch, be some to look at."""
    start = time.perf_counter()
    if run.out is not None and all(bool(weights.isfinite().all()) for weights in run.model.parameters()):
        with run.trainer.averaged():
            checkpoints.keep_within(run.out, run.model, run.position, run.batches, run.recipe)
    run.rested += time.perf_counter() - start
