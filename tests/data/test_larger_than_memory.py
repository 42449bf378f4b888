"""Data that is larger than what a training may hold: a gigabyte goes through with a small part of it in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PROGRAM = '''
import json, re, sys
from pathlib import Path

import numpy
import torch

torch.set_num_threads(1)
from dataclasses import replace
from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.data.examination import examine
from app.data import catalog
from app.training.events import BatchDone, EpochDone, Finished
from app.training.loop import train
from nodes.api import Feed, Field, Int, Mapped, Schema, source
from tests.support.example_source import among_ours
from tests.support.own_data import own_net

path, rows, width = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def held():
    """Megabytes that the process holds for itself; pages of the file are the system's, which takes them back."""
    text = Path("/proc/self/status").read_text()
    return int(re.search(r"RssAnon:\\s+(\\d+)", text)[1]) / 1024


def describe(*, count):
    """Made for a test."""
    return Schema({"x": Field((width,)), "label": Field((), "int", ("a", "b"))}, count)


def load(*, count):
    return Feed({"x": Mapped(numpy.load(path, mmap_mode="r")), "label": torch.arange(count) % 2})


layer = source(id="Huge", name="Huge", params=[Int("count", rows, low=1)], describe=describe, load=load)
with among_ours(layer):
    recipe = Recipe(optimizer="SGD", lr=0.01, epochs=1, batch_size=256, validation=0.1, device="cpu")
    net = compile_net(own_net("Huge", ("scale", "Standardize"), classes=2))
    warm = torch.nn.Linear(8, 8)(torch.rand(4, 8)).sum().backward()
    before, most, samples, ending = held(), 0.0, 0, None
    for event in train(net, recipe):
        if isinstance(event, BatchDone):
            most, samples = max(most, held()), samples + event.samples
        ending = event
    trained = most - before
    looked = 0
    for event in examine(catalog.load(net.plan.sources[0]), describe(count=rows)):
        most, looked = max(most, held()), event.done
        if looked > 12_000:  # it goes on as it began
            break
    print(json.dumps({"trained": trained, "all": most - before, "samples": samples,
                      "finished": isinstance(ending, Finished), "looked": looked}))
'''


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux what the process holds")
def test_a_gigabyte_trains_in_200_megabytes(tmp_path: Path) -> None:
    """Fails if training, measured layers, the check or the look through the data hold more than a small part of it."""
    rows, width = 135_000, 2_000
    values = np.lib.format.open_memmap(tmp_path / "huge.npy", "w+", np.float32, (rows, width))  # holes take no disk
    values[:, 0] = np.arange(rows)
    values.flush()
    assert (tmp_path / "huge.npy").stat().st_size > 1_000_000_000
    arguments = [str(tmp_path / "huge.npy"), str(rows), str(width)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["finished"]
    assert said["samples"] == round(rows * 0.9)
    assert said["looked"] > 12_000
    assert said["trained"] < 200, said
    assert said["all"] < 200, said
