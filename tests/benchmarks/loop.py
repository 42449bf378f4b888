"""Images per second of the training loop, next to a plain loop by hand and next to the usual DataLoader script.

How far the loop can be ahead of the script depends on the net: what torch computes, both have to wait for. All three
have the threads that the program would take (for LeNet two, where there are three cores) and a heap of which glibc has
been told to keep as much as it does at most by itself (``app.core.heap``).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.data import catalog
from app.training import batches
from app.training.events import EpochDone, Finished
from app.training.loop import train
from app.training.threads import prepare_threads
from tests.benchmarks.pairs import compare, verdict
from tests.benchmarks.step import ByHand

EPOCHS = 3
Fields = tuple[Tensor, Tensor]


class PerceptronByHand(nn.Module):
    """The net of ``mlp_digits`` as a person would write it."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(64, 64), nn.Linear(64, 10)
        self.relu, self.dropout = nn.ReLU(), nn.Dropout(0.2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.dropout(self.relu(self.fc1(torch.flatten(x, 1))))
        out: Tensor = self.fc2(x)
        return out


def plain_loop(build: Callable[[], nn.Module], data: Fields, recipe: Recipe) -> None:
    """Nothing but the steps over the same tensors."""
    torch.manual_seed(0)
    images, labels = data
    model, criterion = build(), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.lr)
    for _ in range(EPOCHS):
        order = torch.randperm(len(images))
        for start in range(0, len(order), recipe.batch_size):
            index = order[start : start + recipe.batch_size]
            optimizer.zero_grad()
            criterion(model(images[index]), labels[index]).backward()
            optimizer.step()


def usual_script(build: Callable[[], nn.Module], data: Fields, recipe: Recipe) -> None:
    """What people write, with the loss and the accuracy of each epoch."""
    torch.manual_seed(0)
    model, criterion = build(), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.lr)
    loader = DataLoader(TensorDataset(*data), batch_size=recipe.batch_size, shuffle=True)
    for _ in range(EPOCHS):
        total, right = 0.0, 0
        for picture, label in loader:
            optimizer.zero_grad()
            scores = model(picture)
            loss = criterion(scores, label)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(label)
            right += int((scores.argmax(1) == label).sum())


def measure(drawing: str, build: Callable[[], nn.Module], aim: float) -> bool:
    """Print the ratios of one drawing; whether they are reached. ``aim`` is that beside the DataLoader script."""
    project = load(drawing)
    recipe = replace(project.recipe, epochs=EPOCHS, validation=0.0, device="cpu")
    net = compile_net(replace(project, recipe=recipe))
    assert sum(p.numel() for p in net.model().parameters()) == sum(p.numel() for p in build().parameters())
    prepare_threads(net, recipe)  # as the program does; it counts for all three
    held = [catalog.load(source) for source in net.plan.sources]  # so that all three find the data in memory
    fields = batches.load(net.plan)
    assert all(each.length == len(fields["digits.image"]) for each in held)
    data = (fields["digits.image"], fields["digits.label"])
    count = EPOCHS * len(data[0])

    def ours() -> None:
        events = list(train(net, recipe))
        assert isinstance(events[-1], Finished)
        assert sum(isinstance(event, EpochDone) for event in events) == EPOCHS

    def report(name: str, other: Callable[[], None], aim: float) -> bool:
        result = compare(other, ours, pairs=9)
        met = result.ratio >= aim
        verdict(
            f"{drawing}: training loop / {name}, images per second",
            f"{result.ratio:.3f} ({count / result.second:,.0f} / {count / result.first:,.0f} images/s, "
            f"median of {result.pairs} pairs)",
            f"at least {aim}",
            met,
        )
        return met

    met_plain = report("plain loop by hand", lambda: plain_loop(build, data, recipe), 0.97)
    met_script = report("DataLoader script", lambda: usual_script(build, data, recipe), aim)
    return met_plain and met_script


def main() -> bool:
    """Measure a net with little to compute, in which the loop counts, and one with much."""
    warnings.simplefilter("ignore")
    perceptron = measure("mlp_digits", PerceptronByHand, 1.9)
    return measure("lenet_digits", ByHand, 1.3) and perceptron
