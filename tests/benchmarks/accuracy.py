"""What ``lenet_digits`` learns: accuracy on the validation digits over five seeds, and how long each run takes."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training.events import EpochDone
from app.training.loop import train
from app.training.threads import prepare_threads
from tests.benchmarks.pairs import verdict

SEEDS = range(5)


def main() -> bool:
    """Print mean and range; whether the mean is at least 97.5 % and every run under a minute."""
    project = load("lenet_digits")
    accuracies, times = [], []
    for seed in SEEDS:
        recipe = replace(project.recipe, seed=seed, device="cpu")
        net = compile_net(project)
        prepare_threads(net, recipe)  # as the command line does
        start = time.perf_counter()
        epochs = [event for event in train(net, recipe) if isinstance(event, EpochDone)]
        times.append(time.perf_counter() - start)
        accuracies.append(epochs[-1].val_accuracy or 0.0)
        print(f"       seed {seed}: {accuracies[-1]:.2%} after {len(epochs)} epochs, {times[-1]:.1f} s", flush=True)
    mean = statistics.mean(accuracies)
    met = mean >= 0.975 and max(times) < 60
    verdict(
        "validation accuracy of lenet_digits",
        f"mean {mean:.2%} of {len(accuracies)} seeds, slowest {max(times):.1f} s",
        "at least 97.5 %, under 60 s each",
        met,
    )
    return met
