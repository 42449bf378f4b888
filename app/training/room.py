"""Whether there is memory for a training, told before the first step; the training goes on all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe
from app.core.inference import infer
from app.core.machine import gpu_memory, main_memory
from app.core.memory import estimate, refusal
from app.training.events import Diagnosed


def too_large(net: CompiledNet, recipe: Recipe, device: torch.device, samples: int) -> Iterator[Diagnosed]:
    """A finding if the estimate does not fit into what ``device`` has free. The weights are there already; a batch
    has no more than the ``samples`` there are."""
    if net.project is None:
        return
    on_gpu = device.type != "cpu"
    room = gpu_memory() if on_gpu else main_memory()
    project = replace(net.project, recipe=replace(recipe, batch_size=min(recipe.batch_size, samples)))
    needed = replace(estimate(project, infer(project)), weights=0)
    why = refusal(needed, room, "the GPU" if on_gpu else "this computer") if room is not None else ""
    if why:
        yield Diagnosed(None, f"{why} The training is tried all the same, and ends when memory runs out.", "memory")
