"""The training loop with the doctor at its side, next to the same loop without: it may cost three in a hundred."""

from __future__ import annotations

import time
from dataclasses import replace
from unittest.mock import patch

import torch

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training.loop import train
from app.training.signals import Signals
from tests.benchmarks.pairs import compare, verdict

AIM = 0.97


def measure(drawing: str, epochs: int) -> bool:
    """The verdict for one template, in seconds of the processor: other programs do not count."""
    project = load(drawing)
    recipe = replace(project.recipe, device="cpu", epochs=epochs)
    net = compile_net(replace(project, recipe=recipe))

    def watched() -> None:
        for _ in train(net, recipe):
            pass

    def alone() -> None:
        with (
            patch("app.training.periodic_examination.PeriodicExamination.begin", lambda self: iter(())),
            patch("app.training.periodic_examination.PeriodicExamination._look", lambda self, **_: Signals()),
            patch("app.training.signals.Updates.before", lambda self: None),
        ):
            watched()

    # os.times counts in hundredths of a second, of which 30 epochs of the small net take 27: one more is 4 %.
    found = compare(alone, watched, pairs=9, clock=time.process_time)
    name = f"{drawing}: speed with the doctor next to without"
    verdict(name, f"{found.ratio:.3f} ({found.first:.3f} s, {found.second:.3f} s)", f"{AIM:.2f}", found.ratio >= AIM)
    return found.ratio >= AIM


def main() -> bool:
    """Measure a small net, for which everything counts, and a larger one."""
    torch.set_num_threads(1)
    return all([measure("mlp_digits", 30), measure("lenet_digits", 8)])
