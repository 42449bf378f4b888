"""How many threads torch may use for one training.

More are not always faster: torch's threads wait for each other after every operation, which costs a small net more
than it gains, and any net much while another program wants the same core. Measured on two cores, with two threads
next to one: LeNet in batches of 32 trains 1.4 times as fast, in batches of 8 1.1 times; but beside programs that never
rest 0.05 to 0.5 times. So a net gets a second thread once that is well worth it, and the window keeps a core for
itself. ``OMP_NUM_THREADS=1`` leaves every core but one to others.
"""

from __future__ import annotations

import math

import torch

from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe
from app.core.inference import infer

WORTH_A_THREAD = 10_000_000  # multiply-adds of one batch, forward
_AVAILABLE = torch.get_num_threads()  # torch's own choice: the cores, or OMP_NUM_THREADS


def threads_for(net: CompiledNet, recipe: Recipe, *, window: bool = False) -> int:
    """A thread for each 10 million multiply-adds of a batch that are begun, at most one for each core; with a
    ``window`` one core stays free for it."""
    most = max(1, _AVAILABLE - 1) if window else _AVAILABLE
    worth = worth_threads(net, recipe)
    return most if worth is None else min(most, worth)


def worth_threads(net: CompiledNet, recipe: Recipe) -> int | None:
    """How many threads a training is worth on any machine; None where its work is not known."""
    if net.project is None:
        return None
    work = infer(net.project).main.multiply_adds * recipe.batch_size
    return max(1, math.ceil(work / WORTH_A_THREAD))


def prepare_threads(net: CompiledNet, recipe: Recipe, *, window: bool = False) -> int:
    """Set it for the thread that calls, which must be the one that trains, and give the number.

    Not part of ``train`` itself, so that a measurement can run it next to other code under equal terms.
    """
    count = threads_for(net, recipe, window=window)
    torch.set_num_threads(count)
    return count


def continue_threads(count: int) -> None:
    """Compute on with as many as before a break, as far as there are: sums that are split among another number of
    threads are rounded in another way, and the weights would not be those of a run without the break. That counts more
    than the window's core, which a run of the command line may take when it is continued there."""
    torch.set_num_threads(max(1, min(count, _AVAILABLE)))
