"""Several trained nets as one: their probabilities, or their numbers, are averaged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from app.core.compile.decision import Decision, decision_of, estimate_of
from app.core.compile.modes import evaluating
from app.core.graph.recipe import VALIDATION_BATCHES
from app.training import batches
from app.training.checkpoints import LoadedRun
from app.training.evaluation import other_data
from app.training.metrics import Averages
from app.training.recipe import device_for
from app.training.refusal import CannotTrain
from app.training.trainer import Trainer
from nodes.api import NoData

FEW = 50  # samples, on which an accuracy says little


@dataclass(frozen=True)
class Member:
    """One of the nets, and its own numbers."""

    folder: Path
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class EnsembleResult:
    """What came of it: the numbers of each member and of all together, on the same samples. ``agree`` is the share of
    samples on which all members choose the same class; None where numbers are told."""

    part: str
    samples: int
    members: tuple[Member, ...]
    metrics: Mapping[str, float]
    agree: float | None = None
    remarks: tuple[str, ...] = ()


def ensemble(runs: Sequence[LoadedRun], part: str | None = None, data: Path | None = None) -> EnsembleResult:
    """The averaged predictions of several runs, and their numbers beside those of each.

    They are measured on samples that none of them has learned from: what all have held out in ``part``, ``test`` or
    ``validation`` (without ``part`` the test part if all have one), or on other ``data`` of the same kind.

    Raises:
        CannotTrain: if they do not tell the same, or there is no sample that none has learned from.
        NoData: if the data cannot be had.
    """
    if len(runs) < 2:
        raise CannotTrain("An ensemble takes two runs at least.")
    nets = [_Net(run) for run in runs]
    first = nets[0]
    for net in nets[1:]:
        if net.tells != first.tells:
            raise CannotTrain(
                f"{net.run.folder.name} tells {net.words}, and {first.run.folder.name} tells {first.words}, so their "
                "answers cannot be averaged. Choose runs that answer the same question."
            )
    remarks: list[str] = []
    if data is not None:
        index, part = first.take(data), part or "all"
        for net in nets[1:]:
            other = net.take(data)
            if not torch.equal(index, other):
                raise CannotTrain(f"{net.run.folder.name} knows other classes, so the same data says something else.")
    else:
        index, part = _validation_part(nets, part)
        own = min(len(net.parts[part]) for net in nets)
        if len(index) < own:
            remarks.append(
                f"The runs have held out different samples, as other seeds or shares do: only {len(index):,} of "
                f"{own:,} were kept from all of them."
            )
        if len(index) < FEW:
            few = "1 sample is" if len(index) == 1 else f"{len(index):,} samples are"
            remarks.append(f"{few} few: the numbers may well be far off.")
    answers = [net.answers(index) for net in nets]
    truth = answers[0][1]
    for net, (_, other) in zip(nets[1:], answers[1:]):
        if truth.shape != other.shape or not torch.allclose(truth.double(), other.double(), rtol=1e-5, atol=1e-6):
            raise CannotTrain(
                f"The samples of {net.run.folder.name} have other answers than those of {first.run.folder.name}. "
                "An ensemble needs runs of the same data."
            )
    told = [told for told, _ in answers]
    mean = torch.stack(told).mean(0)
    members = tuple(Member(net.run.folder, first.numbers(each, truth)) for net, each in zip(nets, told))
    agree = None
    if first.decision is not None:
        chosen = torch.stack([each.argmax(-1) for each in told])
        agree = float((chosen == chosen[0]).all(0).double().mean())
    return EnsembleResult(part, len(index), members, first.numbers(mean, truth), agree, tuple(remarks))


def _validation_part(nets: Sequence[_Net], part: str | None) -> tuple[Tensor, str]:
    """The samples that all have held out, and their part."""
    if len({net.data.length for net in nets}) > 1:
        raise CannotTrain(
            "These runs were trained on data of different length. An ensemble needs runs of the same data."
        )
    if part is None:
        part = "test" if all(len(net.parts["test"]) for net in nets) else "validation"
    for net in nets:
        if not len(net.parts[part]):
            raise CannotTrain(f"{net.run.folder.name} kept no {part} part. Choose another part, or other data.")
    index = nets[0].parts[part]
    for net in nets[1:]:
        index = index[torch.isin(index, net.parts[part])]
    if not len(index):
        if len({net.recipe.fold for net in nets if net.recipe.folds}) > 1:
            raise CannotTrain(
                "There is no sample that all of these runs have held out, because they are folds, each with another "
                "part held out. Give the recipe a test part and train the folds again, or measure them on other data."
            )
        raise CannotTrain(
            "There is no sample that all of these runs have held out, because they have other seeds. Train them with "
            "the same seed, or measure them on other data."
        )
    return index, part


class _Net:
    """One of the runs: what it tells, its data, and its answers."""

    def __init__(self, run: LoadedRun) -> None:
        self.run = run
        self.decision: Decision | None = decision_of(run.net.plan)
        estimate = estimate_of(run.net.plan) if self.decision is None else None
        if self.decision is None and estimate is None:
            raise CannotTrain(f"{run.folder.name} tells neither classes nor numbers, so nothing can be averaged.")
        metrics = run.project.recipe.metrics
        if self.decision is not None and "accuracy" not in metrics:
            metrics = ("accuracy", *metrics)
        elif self.decision is None and not set(metrics) & {"mae", "mse", "r2"}:
            metrics = (*metrics, "mae")
        recipe = replace(run.project.recipe, metrics=metrics)
        self.net = run.net.with_recipe(recipe)
        self.recipe = recipe
        losses = self.net.losses()
        assert losses is not None, "what decides is read by a loss"
        self.device = device_for(recipe)
        self.model = run.model.to(self.device)
        self.trainer = Trainer(self.net, self.model, losses.to(self.device), 1)
        self.tells = ("classes", self.decision.classes, self.decision.soft) if self.decision else ("numbers",)
        self.words = f"{self.decision.classes:,} classes" if self.decision else "numbers"
        self.data = batches.load(self.net.plan)
        divided = batches.divide(self.net.plan, self.data, recipe.validation, recipe.seed, recipe.test)
        self.parts = {"validation": divided.validation, "test": divided.test}

    def take(self, path: Path) -> Tensor:
        """Answer other data from now on. Gives the samples that can be used."""
        self.data, without, _ = other_data(self.run, path)
        index = torch.arange(self.data.length)
        return index[~torch.isin(index, without)]

    def answers(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """What is told of these samples, and what is true: probabilities (..., classes) and classes (...), or
        numbers."""
        samples = batches.DeviceData(self.data, self.device)
        told: list[Tensor] = []
        truth: list[Tensor] = []
        with evaluating(self.model):
            for piece in index.to(samples.home).split(self.recipe.batch_size * VALIDATION_BATCHES):
                batch = samples.at(piece)
                if len(next(iter(batch.values()), ())) != len(piece):
                    raise NoData("Some of these samples cannot be read, so the answers could not be put side by side.")
                _, read = self.trainer.validate(batch)
                if self.decision is not None:
                    told.append(_probabilities(self.decision, read["scores"]).cpu())
                    truth.append(read["target"].cpu())
                else:
                    told.append(read["prediction"].double().cpu())
                    truth.append(read["truth"].cpu())
        return torch.cat(told), torch.cat(truth)

    def numbers(self, told: Tensor, truth: Tensor) -> dict[str, float]:
        """The metrics of these answers."""
        averages = Averages(self.trainer.metric_sums, self.trainer.metric_values)
        if self.decision is not None:
            averages.add_read({"scores": _scores(self.decision, told), "target": truth})
        else:
            averages.add_read({"prediction": told.to(truth.dtype), "truth": truth})
        found = averages.numbers("of")
        return {
            name.removeprefix("of_"): value
            for name, value in found.items()
            if name != "of_loss" and math.isfinite(value)
        }


def _probabilities(decision: Decision, scores: Tensor) -> Tensor:
    """Of each class, along the last dimension."""
    if decision.threshold is None:
        scores = scores.movedim(1, -1) if decision.channels else scores
        return scores.double().softmax(-1)
    one = (scores.squeeze(-1) if decision.listed else scores).double()
    likely = one if decision.threshold else one.sigmoid()
    return torch.stack([1 - likely, likely], -1)


def _scores(decision: Decision, probabilities: Tensor) -> Tensor:
    """Scores from which the metrics read these probabilities again."""
    if decision.threshold is None:
        scores = probabilities.clamp_min(1e-300).log()
        return scores.movedim(-1, 1) if decision.channels else scores
    likely = probabilities[..., 1]
    one = likely if decision.threshold else likely.clamp(1e-15, 1 - 1e-15).logit()
    return one.unsqueeze(-1) if decision.listed else one
