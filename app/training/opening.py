"""What is said of a run before its first step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from app.core.checks.problems import SetTraining
from app.core.compile.measuring import unmeasured
from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe
from app.training.events import Diagnosed


class Beginning(Protocol):
    """A run that stands at its beginning. ``fewer_threads`` says what another number of threads means."""

    net: CompiledNet
    recipe: Recipe
    device: torch.device
    learn: Tensor
    fewer_threads: str

    @property
    def remarks(self) -> Sequence[tuple[str, str]]:
        """Those of sources, by node."""

    @property
    def crowded(self) -> Sequence[Diagnosed]:
        """Why the memory will not do."""


def opening_remarks(run: Beginning) -> Iterator[Diagnosed]:
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
    if run.recipe.precision != "single" and run.device.type == "cpu":
        yield Diagnosed(
            None,
            "Mixed precision needs a GPU. This training computes on the CPU with 32 bits, as without it.",
            "precision",
            (SetTraining("precision", "single"),),
        )
    if lost := unmeasured(run.net.plan):
        yield Diagnosed(None, lost, "metrics")
    yield from run.crowded
    if run.fewer_threads:
        yield Diagnosed(None, run.fewer_threads, "threads")
