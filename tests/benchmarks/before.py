"""Images per second of a training next to an earlier build, and next to scikit-learn's ``MLPClassifier``.

The earlier build is checked out into a temporary folder. Each of the three trains in a process of its own with one
thread, in turn, many times over: a machine that does something else meanwhile slows all of them.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from tests.benchmarks.pairs import verdict

BUILD = "56df229"  # the last one without traced steps
ROUNDS = 9
HERE = Path(__file__).resolve().parents[2]
EPOCHS = {"mlp_digits": 30, "lenet_digits": 8, "autoencoder_digits": 20, "logistic_regression": 30}
AIMS = {"mlp_digits": 1.35, "lenet_digits": 1.05}
AIM_SKLEARN = 0.85
NOT_SLOWER = 0.97  # the rest is noise

# What a process does: for each line that it reads, a training; it writes how many images a second that were.
TRAINS = """
import sys, time, warnings
warnings.simplefilter("ignore")
from dataclasses import replace
from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training.events import Finished, Started
from app.training.loop import train
name, epochs = sys.argv[1], int(sys.argv[2])
project = load(name)
recipe = replace(project.recipe, epochs=epochs, validation=0.0, device="cpu")
net = compile_net(replace(project, recipe=recipe))
for _ in sys.stdin:
    start = time.perf_counter()
    events = list(train(net, recipe))
    seconds = time.perf_counter() - start
    assert isinstance(events[-1], Finished), events[-1]
    samples = next(event.samples for event in events if isinstance(event, Started))
    print(samples * epochs / seconds, flush=True)
"""
FITS = """
import sys, time, warnings
warnings.simplefilter("ignore")
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
epochs = int(sys.argv[2])
images, labels = load_digits(return_X_y=True)
images = (images / 16).astype("float32")
for _ in sys.stdin:
    net = MLPClassifier((64,), batch_size=32, learning_rate_init=0.002, max_iter=epochs, tol=0, n_iter_no_change=10**6)
    start = time.perf_counter()
    net.fit(images, labels)
    print(len(images) * net.n_iter_ / (time.perf_counter() - start), flush=True)
"""


class _Worker:
    """A process that waits until it is asked to train."""

    def __init__(self, script: str, folder: Path, *arguments: str) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(folder)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def once(self) -> float:
        """Images per second of one training."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def end(self) -> None:
        self._process.communicate()


@contextmanager
def earlier_build() -> Iterator[Path]:
    """A folder with the files of the earlier build."""
    packed = subprocess.run(["git", "archive", BUILD], cwd=HERE, check=True, capture_output=True).stdout
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
        yield Path(folder)


def speeds(workers: Mapping[str, _Worker], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """What each gave in every round; the first one is for warming up."""
    found: dict[str, list[float]] = {name: [] for name in workers}
    for turn in range(rounds + 1):
        order = list(workers) if turn % 2 else list(reversed(workers))
        for name in order:
            value = workers[name].once()
            if turn:
                found[name].append(value)
    return found


def ratio(found: Mapping[str, list[float]], one: str, other: str) -> float:
    """The median of how many times faster one was in a round."""
    return statistics.median(a / b for a, b in zip(found[one], found[other], strict=True))


def measure(name: str, epochs: int, before: Path, aim: float) -> bool:
    """Print what one drawing reaches."""
    arguments = (name, str(epochs))
    workers = {"now": _Worker(TRAINS, HERE, *arguments), "before": _Worker(TRAINS, before, *arguments)}
    if name == "mlp_digits" and epochs > 1:
        workers["MLPClassifier"] = _Worker(FITS, HERE, *arguments)
    found = speeds(workers)
    for worker in workers.values():
        worker.end()
    met = True
    for other, wanted in (("before", aim), ("MLPClassifier", AIM_SKLEARN)):
        if other in found:
            value = ratio(found, "now", other)
            medians = " / ".join(f"{statistics.median(found[each]):,.0f}" for each in ("now", other))
            met &= value >= wanted
            what = BUILD if other == "before" else other
            verdict(
                f"{name}, {epochs} epoch{'s' * (epochs > 1)}: training / {what}, images per second",
                f"{value:.3f} ({medians} images/s, median of {ROUNDS} rounds)",
                f"at least {wanted}",
                value >= wanted,
            )
    return met


def main() -> bool:
    """Measure every template that trains on digits, long and short trainings."""
    with earlier_build() as before:
        long = [measure(name, epochs, before, AIMS.get(name, NOT_SLOWER)) for name, epochs in EPOCHS.items()]
        short = [measure(name, 1, before, NOT_SLOWER) for name in EPOCHS]
    return all(long + short)
