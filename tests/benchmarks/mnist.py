"""Files as large as MNIST's, from disk to the first batch and through an epoch of LeNet, next to the usual Dataset.

The usual one unpacks the files when it is made, and makes of each sample a picture of Pillow's and a tensor, in a
DataLoader; with no or with two worker processes, whichever is faster.
"""

from __future__ import annotations

import gzip
import struct
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Project
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.data.source_looks import looked_at
from app.training import batches
from app.training.events import EpochDone, Finished
from app.training.loop import train
from app.training.threads import prepare_threads
from tests.benchmarks.pairs import compare, verdict

SAMPLES = 60_000
BATCH = 64


def write_files(folder: Path) -> None:
    """Pictures of a few soft spots, as grey and as easily packed as handwriting, and labels."""
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[0:28, 0:28]
    images = np.zeros((SAMPLES, 28, 28), "u1")
    for start in range(0, SAMPLES, 2000):
        ink = np.zeros((2000, 28, 28), "f4")
        for _ in range(6):
            across, down = random.uniform(7, 21, (2, 2000, 1, 1))
            ink += np.exp(-((columns - across) ** 2 + (rows - down) ** 2) / random.uniform(1.5, 3, (2000, 1, 1)) ** 2)
        images[start : start + 2000] = np.clip(ink * 400 - 60, 0, 255)
    labels = random.integers(0, 10, SAMPLES).astype("u1")
    for name, values in (("train-images-idx3-ubyte", images), ("train-labels-idx1-ubyte", labels)):
        head = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
        (folder / f"{name}.gz").write_bytes(gzip.compress(head + values.tobytes(), 6))


class Usual(Dataset[tuple[Tensor, int]]):
    """What people write for such files."""

    def __init__(self, folder: Path) -> None:
        with gzip.open(folder / "train-images-idx3-ubyte.gz") as file:
            self.images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
        with gzip.open(folder / "train-labels-idx1-ubyte.gz") as file:
            self.labels = np.frombuffer(file.read(), np.uint8, offset=8)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, number: int) -> tuple[Tensor, int]:
        picture = Image.fromarray(self.images[number], mode="L")
        values = torch.from_numpy(np.array(picture, np.uint8, copy=True)).view(28, 28, 1)
        return values.permute(2, 0, 1).contiguous().to(torch.float32).div(255), int(self.labels[number])


class LeNetByHand(nn.Module):
    """The net of ``lenet_digits`` for pictures of 28 × 28."""

    def __init__(self, like: nn.Module) -> None:
        super().__init__()
        convolutions = [m for m in like.modules() if isinstance(m, nn.Conv2d)]
        linears = [m for m in like.modules() if isinstance(m, nn.Linear)]
        self.conv1, self.conv2 = (
            nn.Conv2d(c.in_channels, c.out_channels, c.kernel_size, padding=c.padding) for c in convolutions
        )
        self.linears = nn.ModuleList(nn.Linear(each.in_features, each.out_features) for each in linears)
        self.pool, self.relu = nn.MaxPool2d(2), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.relu(self.conv1(x)))
        x = torch.flatten(self.pool(self.relu(self.conv2(x))), 1)
        for linear in self.linears[:-1]:
            x = self.relu(linear(x))
        out: Tensor = self.linears[-1](x)
        return out


def drawing_of(folder: Path) -> Project:
    """LeNet over the files."""
    project = load("lenet_digits")
    graph = project.graph
    source = graph.nodes["digits"]
    nodes = [
        replace(each, type="IDX", params={"path": str(folder)}) if each is source else each
        for each in graph.nodes.values()
    ]
    recipe = replace(project.recipe, epochs=1, validation=0.0, device="cpu", batch_size=BATCH)
    return looked_at(replace(project, graph=Graph.of(nodes, graph.wires), recipe=recipe))


def first_batch(net: CompiledNet) -> Tensor:
    """Ours: the files looked at, loaded, and a batch of them, as a training does; the net is there already."""
    assert net.project is not None
    assert looked_at(net.project).schemas
    data = batches.DeviceData(batches.load(net.plan), torch.device("cpu"))
    return data.at(torch.randperm(len(data))[:BATCH])["digits.image"]


def usual_first_batch(folder: Path, workers: int) -> Tensor:
    loader = DataLoader(Usual(folder), batch_size=BATCH, shuffle=True, num_workers=workers)
    images: Tensor = next(iter(loader))[0]
    return images


def usual_epoch(data: Usual, model: nn.Module, recipe: Recipe, workers: int) -> None:
    criterion, optimizer = nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=recipe.lr)
    total, right = 0.0, 0
    for images, labels in DataLoader(data, batch_size=BATCH, shuffle=True, num_workers=workers):
        optimizer.zero_grad()
        scores = model(images)
        loss = criterion(scores, labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
        right += int((scores.argmax(1) == labels).sum())


def epoch(net: CompiledNet, recipe: Recipe) -> None:
    events = list(train(net, recipe))
    assert isinstance(events[-1], Finished)
    assert sum(isinstance(event, EpochDone) for event in events) == 1


def measure_start(folder: Path) -> bool:
    """From disk to the first batch, beside the faster of no and two workers."""
    usual: list[Callable[[], object]] = [lambda: usual_first_batch(folder, 0), lambda: usual_first_batch(folder, 2)]
    net = compile_net(drawing_of(folder))
    results = [compare(lambda: first_batch(net), other, pairs=5) for other in usual]
    worst = max(results, key=lambda each: each.ratio)
    met = worst.ratio <= 0.5
    verdict(
        "MNIST-sized files: from disk to the first batch, ours / usual Dataset",
        f"{worst.ratio:.3f} ({worst.first:.2f} s / {worst.second:.2f} s, "
        f"{'no' if worst is results[0] else 'two'} workers)",
        "at most 0.5",
        met,
    )
    return met


def measure_epoch(folder: Path) -> bool:
    """One epoch of LeNet, images per second."""
    net = compile_net(drawing_of(folder))
    recipe = drawing_of(folder).recipe
    prepare_threads(net, recipe)
    held, data = batches.load(net.plan), Usual(folder)  # so that both find the files unpacked
    assert held.length == len(data)
    results = [
        compare(lambda w=w: usual_epoch(data, LeNetByHand(net.model()), recipe, w), lambda: epoch(net, recipe), 3, 0)
        for w in (0, 2)
    ]
    worst = min(results, key=lambda each: each.ratio)
    met = worst.ratio >= 1.5
    verdict(
        "MNIST-sized files: an epoch of LeNet, images per second, ours / usual Dataset",
        f"{worst.ratio:.2f} ({SAMPLES / worst.second:,.0f} / {SAMPLES / worst.first:,.0f} images/s, "
        f"{'no' if worst is results[0] else 'two'} workers)",
        "at least 1.5",
        met,
    )
    return met


def main() -> bool:
    """Measure both on the same files."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_files(folder)
        started = measure_start(folder)
        return measure_epoch(folder) and started
