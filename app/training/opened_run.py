"""What is said of a run before its first step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from app.core.checks.problems import SetTraining
from app.core.compile.measuring import unmeasured
from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe
from app.training.events import Diagnosed
from app.training.frozen_layers import words_on_frozen
from app.training.position import TrainingPosition
from app.training.recipe import computes_with_16_bits
from nodes.api.words import per_cent
from nodes.modules.has_bfloat16 import has_bfloat16

_UNMOVED = 0.1  # the share of the first weights in their mean from which on the mean is no good
_AVERAGES = (0.999, 0.99, 0.95, 0.9, 0.8, 0.5)


class OpenedRun(Protocol):
    """A run that takes its first step next. ``fewer_threads`` says what another number of threads means."""

    net: CompiledNet
    recipe: Recipe
    model: nn.Module
    position: TrainingPosition
    device: torch.device
    learn: Tensor
    fewer_threads: str

    @property
    def remarks(self) -> Sequence[tuple[str, str]]:
        """Those of sources, by node."""

    @property
    def crowded(self) -> Sequence[Diagnosed]:
        """Why the memory will not do."""


def opening_remarks(run: OpenedRun) -> Iterator[Diagnosed]:
    """The findings that need no step."""
    for node, remark in run.remarks:
        yield Diagnosed(node, remark, "corrections")
    smaller = 32 if len(run.learn) >= 64 else max(1, len(run.learn) // 4)
    if run.recipe.batch_size > len(run.learn):
        yield Diagnosed(
            None,
            f"The batch size {run.recipe.batch_size:,} is larger than the {len(run.learn):,} training samples, so "
            f"each epoch is one single step. A smaller batch size, such as {smaller}, learns faster.",
            "batch_size",
            (SetTraining("batch_size", smaller),),
        )
    yield from _steps(run)
    yield from _bits(run)
    if lost := unmeasured(run.net.plan):
        yield Diagnosed(None, lost, "metrics")
    if not run.position.epoch and not run.position.batch:
        yield from words_on_frozen(run.net, run.model)
    yield from run.crowded
    if run.fewer_threads:
        yield Diagnosed(None, run.fewer_threads, "threads")


def _bits(run: OpenedRun) -> Iterator[Diagnosed]:
    """That a step computes with 32 bits, though 16 are asked for."""
    if run.recipe.precision == "single" or computes_with_16_bits(run.recipe, run.device):
        return
    if run.recipe.precision == "mixed":  # as in templates: to train again would change nothing
        sentence = (
            "torch has no instructions for bfloat16 to use on this processor, so mixed precision changes nothing here: "
            "the training computes with 32 bits, as with precision single."
        )
        yield Diagnosed(None, sentence, "precision")
        return
    able = has_bfloat16(run.device)
    instead = "; mixed, with bfloat16, works on this processor as well" if able else ""
    yield Diagnosed(
        None,
        f"Mixed precision with float16 needs a GPU{instead}. This training computes on the CPU with 32 bits.",
        "precision",
        (SetTraining("precision", "mixed" if able else "single"),),
    )


def _steps(run: OpenedRun) -> Iterator[Diagnosed]:
    """What the number of steps makes of other settings."""
    recipe = run.recipe
    batches = max(1, math.ceil(len(run.learn) / recipe.batch_size))
    if recipe.accumulate > batches > 1:
        yield Diagnosed(
            None,
            f"The gradients of {recipe.accumulate:,} batches are to be added up for a step, but an epoch has "
            f"{batches:,}, so each epoch is one single step. Fewer, such as {max(1, batches // 8)}, learn faster.",
            "accumulate",
            (SetTraining("accumulate", max(1, batches // 8)),),
        )
    steps = math.ceil(batches / recipe.accumulate) * recipe.epochs
    kept = recipe.average**steps  # of what the mean began with, the weights before the first step
    if kept > _UNMOVED:
        fits = next((each for each in _AVERAGES if each**steps < _UNMOVED / 10), 0.0)
        yield Diagnosed(
            None,
            f"The weight average keeps {recipe.average:g} of itself in a step, and the training has {steps:,} steps: "
            f"{per_cent(kept)} of what it gives in the end are the weights of the beginning. "
            + (f"{fits:g} follows faster." if fits else "Set it to 0, or train longer."),
            "average",
            (SetTraining("average", fits),),
        )
    if recipe.warmup >= recipe.epochs:
        yield Diagnosed(
            None,
            f"The warm-up takes {recipe.warmup:,} epochs and the training has {recipe.epochs:,}, so the learning rate "
            f"never gets to {recipe.lr:g}. Make the warm-up shorter, or train longer.",
            "warmup",
            (SetTraining("warmup", recipe.epochs // 10),),
        )
    if recipe.fold > 1 and not recipe.folds:
        yield Diagnosed(
            None,
            f"Fold {recipe.fold:,} is asked for without folds, so it changes nothing: the validation part is held out.",
            "folds",
            (SetTraining("folds", max(5, recipe.fold)), SetTraining("fold", 1)),
        )
    if recipe.folds == 1:
        yield Diagnosed(
            None,
            "A cross-validation needs at least 2 folds; with 1 the net is trained once, as with 0.",
            "folds",
            (SetTraining("folds", 5), SetTraining("folds", 0)),
        )
