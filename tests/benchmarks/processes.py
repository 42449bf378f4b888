"""Images per second of two processes that train together over gloo, next to one process with one thread.

The net has three convolutions of 24, 32 and 32 channels on 32×32 digits, in batches of 128: there a step takes much
longer than sending all weights. The first of two processes trains alone while the other waits, then both train, in
turn, as the machine may do something else meanwhile. Two processes can be no faster than the cores that are free, so
the quickest epoch of each counts.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.pairs import verdict

EPOCHS, BATCH = 2, 128
ROUNDS = 5
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
    one, two = (max(each) for each in zip(*pairs, strict=True))
    value, usual = two / one, statistics.median(b / a for a, b in pairs)
    verdict(
        f"three convolutions in batches of {BATCH}: two processes / one, images per second",
        f"{value:.2f} ({two:,.0f} / {one:,.0f} images/s, the best of {ROUNDS} rounds, whose median is {usual:.2f})",
        f"at least {AIM}",
        value >= AIM,
    )
    return value >= AIM


def measure() -> None:
    """In each of two processes: train alone and together, and print how many images a second both were."""
    import torch

    from app.core.compile.net import compile_net
    from app.training import processes
    from app.training.events import EpochDone
    from app.training.loop import train
    from tests.support.drawings import node
    from tests.training.nets import FAST, digits_net

    torch.set_num_threads(1)
    layers: list[tuple[str, str, dict[str, object]]] = []
    for number, channels in enumerate((24, 32, 32), 1):
        layers.append((f"conv{number}", "Conv2d", {"out_channels": channels, "kernel_size": (3, 3), "padding": 1}))
        layers += [(f"relu{number}", "ReLU", {}), (f"pool{number}", "MaxPool2d", {})]
    project = digits_net(*layers, ("flatten", "Flatten"), ("fc", "Linear", {"out_features": 10}))
    project = replace(project, graph=project.graph.with_nodes(node("digits", "Digits", size="32×32")))
    recipe = replace(FAST, epochs=EPOCHS, batch_size=BATCH, validation=0.0, lr=0.01)
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
