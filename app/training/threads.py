"""How many threads torch may use for one training.

More are not always faster: torch's threads wait for each other in a busy loop after every operation. LeNet with batches
of 32 gains a fifth from a second core that is idle, and drops to a tenth of its speed if anything else, such as the
window or a second training, wants that core (measured: 12,000 images/s with one thread; 14,300 or 900 with two).
"""

from __future__ import annotations

import torch

from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe
from app.core.inference import infer

WORTH_A_THREAD = 20_000_000  # multiply-adds of one batch, forward
_AVAILABLE = torch.get_num_threads()  # torch's own choice: the cores, or OMP_NUM_THREADS


def threads_for(net: CompiledNet, recipe: Recipe, *, window: bool = False) -> int:
    """A thread for every 20 million multiply-adds of a batch, at most one for each core; with a ``window`` one core
    stays free for it."""
    most = max(1, _AVAILABLE - 1) if window else _AVAILABLE
    worth = worth_threads(net, recipe)
    return most if worth is None else min(most, worth)


def worth_threads(net: CompiledNet, recipe: Recipe) -> int | None:
    """How many threads a training is worth on any machine; None where its work is not known."""
    if net.project is None:
        return None
    work = infer(net.project).main.multiply_adds * recipe.batch_size
    return max(1, work // WORTH_A_THREAD)


def prepare_threads(net: CompiledNet, recipe: Recipe, *, window: bool = False) -> int:
    """Set it for the thread that calls, which must be the one that trains, and give the number.

    Not part of ``train`` itself, so that a measurement can run it next to other code under equal terms.
    """
    count = threads_for(net, recipe, window=window)
    torch.set_num_threads(count)
    return count
