"""Whether there is memory for a training, told before the net is built; where a smaller batch
would fit, the training is tried all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe
from app.core.machine import gpu_memory, main_memory
from app.core.memory import Memory, estimate, refusal
from app.training.events import Diagnosed
from app.training.refusal import CannotTrain

# Bytes that are there wherever torch is, which takes a thousand times as much. Asking the system takes a training of a
# moment as long as two of its steps.
NOTHING = 2**18


def needed(net: CompiledNet, recipe: Recipe, samples: int) -> Memory | None:
    """What a training takes, whose batch has no more than the ``samples`` there are. None where no drawing is known."""
    if net.project is None or net.report is None:
        return None
    project = replace(net.project, recipe=replace(recipe, batch_size=min(recipe.batch_size, samples)))
    return estimate(project, net.report)


def too_large(memory: Memory | None, device: torch.device, *, weights: bool) -> Iterator[Diagnosed]:
    """A finding if ``memory`` does not fit into what ``device`` has free. ``weights`` says that the weights are there
    already.

    Raises:
        CannotTrain: if main memory has no room for a single sample: without any, a system ends a program without a
            word. A GPU without memory is an error that can be told.
    """
    on_gpu = device.type != "cpu"
    if memory is None or (memory.total <= NOTHING and not on_gpu):
        return
    room = gpu_memory() if on_gpu else main_memory()
    if weights:
        memory = replace(memory, weights=0)
    why = refusal(memory, room, "the GPU" if on_gpu else "this computer") if room is not None else ""
    if why and not on_gpu and room is not None and memory.largest_batch(room) == 0:
        raise CannotTrain(why)
    if why:
        yield Diagnosed(None, f"{why} The training is tried all the same, and ends when memory runs out.", "memory")
