"""How many threads torch may use for one training.

More are not always faster: torch's threads wait for each other after every operation, which costs a small net more
than it gains, and any net much while another program wants the same core. Measured on two cores, with two threads
next to one: LeNet in batches of 32 trains 1.4 times as fast, in batches of 8 1.1 times; but beside programs that never
rest 0.05 to 0.5 times. So a net gets a second thread once that is well worth it, and one core stays free, for the
window or whatever else the machine does. ``OMP_NUM_THREADS`` says another number, and then as many may be used.

Sums that are split among another number of threads are rounded in another way. So the number is decided alike for the
window and the command line: the same seed gives the same weights in both, on one machine. It is kept with the run
(``State.threads``), which continues with it.
"""

from __future__ import annotations

import math
import os

import torch

from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe

WORTH_A_THREAD = 10_000_000  # multiply-adds of one batch, forward
_AVAILABLE = torch.get_num_threads()  # torch's own choice: the cores, or OMP_NUM_THREADS
_CHOSEN = "OMP_NUM_THREADS" in os.environ


def threads_for(net: CompiledNet, recipe: Recipe) -> int:
    """A thread for each 10 million multiply-adds of a batch that are begun, at most one for each core but one, or as
    many as ``OMP_NUM_THREADS`` says."""
    most = _AVAILABLE if _CHOSEN else max(1, _AVAILABLE - 1)
    worth = worth_threads(net, recipe)
    return most if worth is None else min(most, worth)


def worth_threads(net: CompiledNet, recipe: Recipe) -> int | None:
    """How many threads a training is worth on any machine; None where its work is not known."""
    if net.report is None:
        return None
    work = net.report.main.multiply_adds * recipe.batch_size
    return max(1, math.ceil(work / WORTH_A_THREAD))


def prepare_threads(net: CompiledNet, recipe: Recipe) -> int:
    """Set it for the thread that calls, which must be the one that trains, and give the number.

    Not part of ``train`` itself, so that a measurement can run it next to other code under equal terms.
    """
    count = threads_for(net, recipe)
    torch.set_num_threads(count)
    return count


def continue_threads(count: int) -> str:
    """Compute on with as many as before a break, as far as there are, so that the weights are those of a run without
    the break. That counts more than the core that else stays free. Gives a sentence where there are fewer, else an
    empty text."""
    torch.set_num_threads(max(1, min(count, _AVAILABLE)))
    if count <= _AVAILABLE:
        return ""
    return (
        f"This run was begun with {count} threads, and here {'is' if _AVAILABLE == 1 else 'are'} only {_AVAILABLE}. "
        "Sums are rounded in another way, so the weights will differ a little from those of a run without a break."
    )
