"""Kills a training a hundred times at random moments, and continues it: each time to the weights of a run without a
break, to the bit.

``python -m tests.benchmarks.kills [TIMES] [SEED]``. The trainings are forked from a process that has loaded torch, so
that a kill falls into a training and not into its imports; much of such a short training is writing its run.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.recipe import Recipe
from app.training.checkpoints import BadRun, load_run, load_state
from app.training.events import Finished
from app.training.folder import read_metrics
from app.training.loop import train
from tests.benchmarks.pairs import verdict
from tests.training.nets import moody_net, same_weights

TIMES = 100
# Moments, averages, a schedule and dropout: whatever could be lost.
RECIPE = Recipe(optimizer="Adam", lr=0.01, epochs=8, batch_size=128, schedule="cosine", average=0.9, device="cpu")


def in_a_child(work: Callable[[], bool]) -> int:
    """Start it in a process of its own; gives its number."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        status = 0 if work() else 1
    finally:
        os._exit(status)


def trains(net: CompiledNet, recipe: Recipe, folder: Path) -> bool:
    """Begin the run in a folder, or continue it if it can be; whether it came to its end."""
    try:
        load_run(folder)
        load_state(folder)
        resume: Path | None = folder
    except (BadRun, OSError):
        resume = None
    if resume is None:
        shutil.rmtree(folder, ignore_errors=True)  # nothing was written yet that could be lost
    return any(isinstance(event, Finished) for event in train(net, recipe, out=folder, resume=resume))


def kills(times: int, seed: int = 0) -> tuple[int, int, int]:
    """Kill and continue so often. Gives how often the weights, and the numbers of the epochs, were as without a break;
    how often a training was hit in its course; and the epochs that were complete then, all together."""
    torch.set_num_threads(1)
    net, chance = compile_net(moody_net()), random.Random(seed)
    next(train(net, RECIPE))  # whatever a first training loads, once for all
    same = hit = epochs = 0
    with tempfile.TemporaryDirectory() as place:
        whole = Path(place, "whole")
        start = time.monotonic()
        os.waitpid(in_a_child(lambda: trains(net, RECIPE, whole)), 0)
        took = time.monotonic() - start
        expected = load_run(whole)
        wanted = [{**entry, "seconds": 0, "samples_per_second": 0} for entry in expected.metrics]
        for number in range(times):
            folder = Path(place, str(number))
            child = in_a_child(lambda folder=folder: trains(net, RECIPE, folder))  # type: ignore[misc]
            time.sleep(chance.uniform(0, took))
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            hit += os.WIFSIGNALED(status)
            epochs += len(read_metrics(folder)) if folder.is_dir() else 0
            _, status = os.waitpid(in_a_child(lambda folder=folder: trains(net, RECIPE, folder)), 0)  # type: ignore[misc]
            if status == 0:
                run = load_run(folder)
                told = [{**entry, "seconds": 0, "samples_per_second": 0} for entry in run.metrics]
                same += same_weights(run.model, expected.model) and told == wanted
            shutil.rmtree(folder, ignore_errors=True)
    return same, hit, epochs


def main(times: int = TIMES, seed: int = 0) -> bool:
    """Print how many came to the same weights; whether all did."""
    warnings.simplefilter("ignore")
    same, hit, epochs = kills(times, seed)
    met = same == times and hit >= 0.5 * times and epochs > 0
    verdict(
        f"trainings killed at a random moment ({hit} of them in their course, {epochs / max(times, 1):.1f} epochs in) "
        "and continued, that end with the weights of a run without a break",
        f"{same} of {times}",
        f"all {times}",
        met,
    )
    return met


if __name__ == "__main__":
    sys.exit(0 if main(*map(int, sys.argv[1:])) else 1)
