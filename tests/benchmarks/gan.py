"""One step of a drawn generator and its judge next to the same pair written by hand with ``detach``."""

from __future__ import annotations

import copy

import torch

from app.core import heap
from app.core.compile.net import compile_net
from app.training import batches
from app.training.trainer import Trainer
from tests.benchmarks.pairs import compare, verdict
from tests.support.gan import gan, step_by_hand

STEPS = 10
PAIRS = 151
BATCH = 32
AIM = 1.05


def measure(width: int) -> bool:
    """Print the ratio for layers of this width; whether it is reached."""
    net = compile_net(gan(width))
    model = net.model(seed=0)
    other = copy.deepcopy(model)
    losses = net.losses()
    assert losses is not None
    trainer, by_hand = Trainer(net, model, losses, 1), step_by_hand(other)
    batch = {"digits.image": batches.load(net.plan)["digits.image"][:BATCH]}

    def run_printed() -> None:
        for _ in range(STEPS):
            trainer.step(batch)

    def run_by_hand() -> None:
        for _ in range(STEPS):
            by_hand(batch)

    with heap.kept():
        result = compare(run_printed, run_by_hand, pairs=PAIRS, warm_up=15)
    met = result.ratio <= AIM
    verdict(
        f"drawn generator and judge, width {width}: printed step / step by hand",
        f"{result.ratio:.3f} ({result.first / STEPS * 1e3:.2f} ms / {result.second / STEPS * 1e3:.2f} ms of one core, "
        f"median of {result.pairs} pairs of {STEPS} steps)",
        f"at most {AIM}",
        met,
    )
    return met


def main() -> bool:
    """Measure a pair in which the loop counts, and one with much to compute."""
    torch.set_num_threads(1)
    small = measure(64)
    return measure(512) and small
