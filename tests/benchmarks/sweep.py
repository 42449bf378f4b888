"""Images per second of a sweep, next to the variants one after the other with the fastest plain loop by hand.

The plain loop is that of ``loop.py`` with the fused optimizer and ``index_select``; it measures nothing, validates
nothing and writes nothing, all of which the sweep does. Small nets are timed by the processor's clock of one thread, so
that other programs on the machine count little; processes by the wall, from the first batch on.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
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
from app.training.sweeping.told import Told
from app.training.together.group import Group
from app.training.together.standing import standing
from tests.benchmarks.loop import PerceptronByHand
from tests.benchmarks.pairs import verdict
from tests.benchmarks.step import ByHand

Fields = tuple[Tensor, Tensor]
PAIRS = 3


def by_hand(build: Callable[[], nn.Module], data: Fields, count: int, epochs: int, lr: float = 0.002) -> None:
    """So many nets, one after the other."""
    images, labels = data
    criterion = nn.CrossEntropyLoss()
    for seed in range(count):
        torch.manual_seed(seed)
        model = build()
        optimizer = torch.optim.Adam(model.parameters(), lr=lr, fused=True)
        for _ in range(epochs):
            for index in torch.randperm(len(images)).split(32):
                optimizer.zero_grad()
                criterion(model(images.index_select(0, index)), labels.index_select(0, index)).backward()
                optimizer.step()


def together(count: int, epochs: int) -> tuple[float, int]:
    """Seconds of the processor for so many variants of ``mlp_digits`` as one, and the images they have seen. From the
    nets as they are made to their last weights: laying them together, checking and tracing count."""
    runs = []
    for seed in range(count):
        project = with_values(load("mlp_digits"), {"seed": seed, "epochs": epochs, "device": "cpu"})
        run = standing(compile_net(project), project.recipe, None, Control())
        runs.append((run, torch.get_rng_state()))
    start = time.process_time()
    group = Group([run for run, _ in runs], [state for _, state in runs], Control())
    finished = sum(isinstance(event, Finished) for _, event in group.events())
    taken = time.process_time() - start
    assert finished == count
    return taken, count * epochs * len(runs[0][0].learn)


def perceptrons(count: int, epochs: int, aim: float) -> bool:
    """Many small nets as one; whether the aim is reached."""
    project = load("mlp_digits")
    source = compile_net(replace(project, recipe=project.recipe)).plan.sources[0]
    held = catalog.load(source)  # so that all find the data in memory
    data = (held.fields["image"], held.fields["label"])
    assert all(isinstance(each, Tensor) for each in data)
    ratios, ours, theirs = [], 0.0, 0.0
    together(2, 1)
    by_hand(PerceptronByHand, data, 1, 1)
    for _ in range(PAIRS):
        taken, images = together(count, epochs)
        ours = images / taken
        start = time.process_time()
        by_hand(PerceptronByHand, data, count, max(1, epochs // 3))
        theirs = count * max(1, epochs // 3) * len(data[0]) / (time.process_time() - start)
        ratios.append(ours / theirs)
    ratio = statistics.median(ratios)
    verdict(
        f"{count} variants of mlp_digits as one / one after the other by hand, images per second of one core",
        f"{ratio:.2f} ({ours:,.0f} / {theirs:,.0f} images/s, median of {PAIRS})",
        f"at least {aim:g}",
        ratio >= aim,
    )
    return ratio >= aim


def _until_its_end(found: tuple[Variant, ...], folder: Path) -> Iterator[tuple[float, object]]:
    pending = [found]
    for event in sweep(lambda: pending.pop() if pending else (), folder, Control()):
        if isinstance(event, Told):
            yield time.perf_counter(), event.event


def convolutional(count: int, epochs: int, aim: float) -> bool:
    """Nets that gain nothing side by side, one process a core; whether the aim is reached."""
    project = with_values(load("lenet_digits"), {"epochs": epochs, "device": "cpu"})
    source = compile_net(project).plan.sources[0]
    held = catalog.load(source)
    data = (held.fields["image"], held.fields["label"])
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
        start = time.perf_counter()
        by_hand(ByHand, data, 2, max(1, epochs // 2))
        theirs = 2 * max(1, epochs // 2) * len(data[0]) / (time.perf_counter() - start)
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
    few = perceptrons(16, 30, 5.0)
    many = perceptrons(64, 12, 4.0)
    return convolutional(8, 12, 1.6) and few and many
