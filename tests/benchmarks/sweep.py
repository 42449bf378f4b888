"""Images per second of a sweep, next to the variants one after the other with the fastest plain loop by hand.

The plain loop is that of ``loop.py`` with the fused optimizer and ``index_select``; it measures nothing, validates
nothing and writes nothing. The sweep validates and measures all variants. An epoch of all variants as one and an epoch
of one net by hand are timed in turn, so that other programs on the machine slow down both. What is done once, such as
tracing, is counted for a training of 30 epochs.
"""

from __future__ import annotations

import math
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.core.variants.axes import axes, combinations
from app.core.variants.drawings import Variant, variants, with_values
from app.data import catalog
from app.training.control import Control
from app.training.events import EpochDone, Finished, Started
from app.training.sweeping.sweep import sweep
from app.training.sweeping.sweep_events import VariantEvent
from app.training.together.group import Group
from app.training.together.standing import standing
from tests.benchmarks.loop import PerceptronByHand
from tests.benchmarks.pairs import verdict
from tests.benchmarks.step import ByHand

Fields = tuple[Tensor, Tensor]
EPOCHS = 30
FIRST = 3  # epochs in which something is done for the first time
HAND_EPOCHS = 8
PAIRS = 3


class Hand:
    """A net by hand, trained epoch by epoch."""

    def __init__(self, build: Callable[[], nn.Module], data: Fields) -> None:
        torch.manual_seed(0)
        self._images, self._labels = data
        self._model = build()
        self._criterion = nn.CrossEntropyLoss()
        self._optimizer = torch.optim.Adam(self._model.parameters(), lr=0.002, fused=True)

    def epoch(self) -> float:
        """Seconds for one."""
        start = time.perf_counter()
        for index in torch.randperm(len(self._images)).split(32):
            self._optimizer.zero_grad()
            scores = self._model(self._images.index_select(0, index))
            self._criterion(scores, self._labels.index_select(0, index)).backward()
            self._optimizer.step()
        return time.perf_counter() - start


def perceptrons(count: int, aim: float) -> bool:
    """Many small nets as one, a grid of learning rates and seeds; whether the aim is reached."""
    source = compile_net(load("mlp_digits")).plan.sources[0]
    held = catalog.load(source)  # so that all find the data in memory
    runs = []
    some = math.isqrt(count)  # learning rates, and as many seeds
    for number in range(count):
        values = {"lr": 0.001 * (1 + number // some), "seed": number % some, "epochs": EPOCHS, "device": "cpu"}
        project = with_values(load("mlp_digits"), values)
        run = standing(compile_net(project), project.recipe, None, Control())
        runs.append((run, torch.get_rng_state()))
    learn = runs[0][0].learn  # as many samples as the others learn from
    images, labels = held.fields["image"], held.fields["label"]
    assert isinstance(images, Tensor)
    assert isinstance(labels, Tensor)
    hand = Hand(PerceptronByHand, (images[learn], labels[learn]))
    hand.epoch()
    start = time.perf_counter()
    group = Group([run for run, _ in runs], [state for _, state in runs], Control())
    once = time.perf_counter() - start
    ours: list[float] = []
    theirs: list[float] = []
    start, finished = time.perf_counter(), 0
    for number, event in group.events():
        finished += isinstance(event, Finished)
        if isinstance(event, EpochDone) and number == count - 1:
            ours.append(time.perf_counter() - start)
            theirs.append(hand.epoch())
            start = time.perf_counter()
    assert finished == count
    assert len(ours) == EPOCHS
    usual = statistics.median(ours)
    ours_whole = EPOCHS * usual + sum(max(0.0, each - usual) for each in ours[:FIRST]) + once
    theirs_whole = EPOCHS * count * statistics.median(theirs)
    ratio, total = theirs_whole / ours_whole, count * EPOCHS * len(learn)
    verdict(
        f"{count} variants of mlp_digits as one / one after the other by hand, images per second",
        f"{ratio:.2f} ({total / ours_whole:,.0f} / {total / theirs_whole:,.0f} images/s; "
        f"{count * statistics.median(theirs) / usual:.2f} from the second epoch on)",
        f"at least {aim:g}",
        ratio >= aim,
    )
    return ratio >= aim


def _until_its_end(found: tuple[Variant, ...], folder: Path) -> Iterator[tuple[float, object]]:
    pending = [found]
    for event in sweep(lambda: pending.pop() if pending else (), folder, Control()):
        if isinstance(event, VariantEvent):
            yield time.perf_counter(), event.event


def convolutional(count: int, epochs: int, aim: float) -> bool:
    """Nets that gain nothing side by side, one process a core; whether the aim is reached."""
    project = with_values(load("lenet_digits"), {"epochs": epochs, "device": "cpu"})
    source = compile_net(project).plan.sources[0]
    held = catalog.load(source)
    data = (held.fields["image"], held.fields["label"])
    assert isinstance(data[0], Tensor)
    ratios, ours, theirs = [], 0.0, 0.0
    for _ in range(PAIRS):
        found = variants(project, combinations(axes([f"seed=0..{count - 1}"])))
        with tempfile.TemporaryDirectory() as place:
            told = list(_until_its_end(found, Path(place) / "sweep"))
        begun = next(when for when, event in told if isinstance(event, Started))
        images = 0.0
        for _, event in told:
            if isinstance(event, EpochDone):
                images += len(data[0]) * (1 - project.recipe.validation)
        ours = images / (told[-1][0] - begun)
        hand = Hand(ByHand, data)
        hand.epoch()
        theirs = len(data[0]) / statistics.median(hand.epoch() for _ in range(HAND_EPOCHS))
        ratios.append(ours / theirs)
    ratio = statistics.median(ratios)
    verdict(
        f"{count} variants of lenet_digits / one after the other by hand, images per second",
        f"{ratio:.2f} ({ours:,.0f} / {theirs:,.0f} images/s, median of {PAIRS})",
        f"at least {aim:g}, on two cores",
        ratio >= aim,
    )
    return ratio >= aim


def main() -> bool:
    """Measure small nets as one, and larger ones in processes."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    few = perceptrons(16, 5.0)
    many = perceptrons(64, 4.0)
    return convolutional(8, 10, 1.6) and few and many
