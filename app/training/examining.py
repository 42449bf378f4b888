"""What a training that is ill, or may be, is asked: only then, so that one that is well pays nothing for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe
from app.training import divergence
from app.training.batches import DeviceData
from app.training.control import Control
from app.training.diagnosis import Diagnosis
from app.training.events import EpochDone
from app.training.loss_bounds import SampleLosses
from app.training.position import TrainingPosition
from app.training.replay import StepReplay
from app.training.resume import resume
from app.training.trainer import Trainer


class RunningTraining(Protocol):
    """A training, as far as it is looked at here. ``given``: it began with weights of somebody else. ``rates`` are
    those that were set on the way."""

    net: CompiledNet
    recipe: Recipe
    model: nn.Module
    trainer: Trainer
    samples: DeviceData
    validation: Tensor
    rates: list[tuple[TrainingPosition, float]]
    control: Control
    doctor: Diagnosis
    told: dict[int, EpochDone]
    out: Path | None
    given: bool

    def fit(self) -> None:
        """Let layers measure the training data."""

    def pieces(self, epoch: int) -> Sequence[tuple[Tensor, int]]:
        """The indices of the batches of an epoch, each with the seed of what is drawn in it."""

    def looked_at(self) -> Mapping[str, Tensor]:
        """Some training samples."""


def why_ill(run: RunningTraining, last: TrainingPosition, *, validation: bool = False) -> divergence.Divergence:
    """Why the loss of the step after ``last``, or that of the validation data behind it, is no number. The run is over
    then: its model and optimizers are brought back to where they were kept."""
    course = StepReplay(
        run.net,
        run.recipe,
        run.model,
        run.trainer,
        lambda: _back(run),
        run.samples.at,
        run.pieces,
        run.validation,
        run.rates,
        lambda: run.control.stopped,
        lambda: try_losses(run),
        lambda epoch: run.told[epoch + 1].metrics if epoch + 1 in run.told else None,
    )
    return divergence.reason(course, run.doctor.heard, last, validation=validation)


def _back(run: RunningTraining) -> tuple[TrainingPosition, Trainer] | None:
    """Stand where the run was kept last, or at its beginning; None if the weights it began with are not known."""
    if run.net.functions.get("make_player") is not None:  # what was played is not played once more
        return None
    if run.out is None and run.given:
        return None
    trainer = Trainer(run.net, run.model, run.trainer.losses, run.trainer.batches)
    if run.out is not None:
        return resume(run.out, run.net, run.model, trainer)[0].position, trainer
    run.model.load_state_dict(run.net.model(run.recipe.seed).state_dict())
    torch.manual_seed(run.recipe.seed)
    run.fit()
    return TrainingPosition(), trainer


def try_losses(run: RunningTraining) -> SampleLosses:
    """The losses of some training samples, in evaluation mode."""
    batch = run.looked_at()
    with evaluating(run.model), torch.no_grad():
        returned = run.model(*run.net.inputs_from(batch))
        values = run.net.loss_values(run.trainer.losses, returned, run.net.looking_ahead(run.model, batch))
    return SampleLosses({name: value.item() for name, value in values.items()}, {**batch, **run.net.outputs(returned)})
