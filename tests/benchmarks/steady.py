"""How much a process grows by over 10,000 steps of a training whose events are listened to."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training.events import BatchDone
from app.training.loop import train
from tests.benchmarks.pairs import verdict

STEPS = 10_000
WARM = 2_000  # steps until the heap has its size
AIM = 5.0  # MB
NETS = ("mlp_digits", "lenet_digits")


def resident() -> float:
    """Memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def growth(name: str, steps: int = STEPS, warm: int = WARM) -> float:
    """MB that a training of a template grows by over so many steps, with a run that is written."""
    torch.set_num_threads(1)
    project = load(name)
    recipe = replace(project.recipe, epochs=10**6, device="cpu")
    net = compile_net(replace(project, recipe=recipe))
    seen, before = 0, 0.0
    with TemporaryDirectory() as place:
        for event in train(net, recipe, out=Path(place, "run")):
            seen += isinstance(event, BatchDone)
            if seen == warm and not before:
                gc.collect()
                before = resident()
            elif seen == warm + steps:
                break
        gc.collect()
        return resident() - before


def main() -> bool:
    """Print how much; whether it is little. Each net has a process of its own."""
    met = True
    for name in NETS:
        command = [sys.executable, "-m", "tests.benchmarks.steady", name]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        grown = float(told.stdout.split()[-1])
        met &= grown < AIM
        verdict(f"{name}: memory over {STEPS:,} steps", f"{grown:+.1f} MB", f"less than {AIM:.0f} MB", grown < AIM)
    return met


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(growth(sys.argv[1]))
