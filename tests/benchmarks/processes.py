"""Images per second of two processes that train together over gloo, next to one process with one thread.

The net is LeNet on 32×32 digits in batches of 512: there a step takes much longer than sending 61,706 weights. The
first of two processes trains alone while the other waits, then both train, in turn, as the machine may do something
else meanwhile. Two processes can be no faster than the cores that are free.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.pairs import verdict

DRAWING, EPOCHS, BATCH = "lenet_digits", 2, 512
ROUNDS = 7
AIM = 1.6
HERE = Path(__file__).resolve().parents[2]


def main() -> bool:
    """Print the ratio; whether it is reached."""
    told = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", __name__],
        cwd=HERE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    pairs = [tuple(map(float, line.split())) for line in told.stdout.splitlines()]
    assert len(pairs) == ROUNDS, told.stdout
    value = statistics.median(two / one for one, two in pairs)
    one, two = (statistics.median(each) for each in zip(*pairs, strict=True))
    verdict(
        f"{DRAWING} in batches of {BATCH}: two processes / one, images per second",
        f"{value:.2f} ({two:,.0f} / {one:,.0f} images/s, median of {ROUNDS} rounds)",
        f"at least {AIM}",
        value >= AIM,
    )
    return value >= AIM


def measure() -> None:
    """In each of two processes: train alone and together, and print how many images a second both were."""
    import torch

    from app.core.compile.net import compile_net
    from app.core.storage.templates import load
    from app.training import processes
    from app.training.events import EpochDone
    from app.training.loop import train

    torch.set_num_threads(1)
    project = load(DRAWING)
    recipe = replace(project.recipe, epochs=EPOCHS, batch_size=BATCH, validation=0.0, device="cpu")
    net = compile_net(replace(project, recipe=recipe))
    together = processes.started()
    assert together is not None

    def speed(with_others: processes.Processes | None) -> float:
        """In the quicker of two epochs."""
        events = train(net, recipe, processes=with_others)
        return max(event.samples_per_second for event in events if isinstance(event, EpochDone))

    for turn in range(ROUNDS + 1):
        alone = speed(None) if together.first else 0.0
        processes.meet()
        both = speed(together)
        if turn and together.first:
            print(alone, both, flush=True)
        processes.meet()
    processes.ended()


if __name__ == "__main__":
    measure()
