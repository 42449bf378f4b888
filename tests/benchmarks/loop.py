"""Images per second of the training loop, next to a plain loop by hand and next to the usual DataLoader script."""

from __future__ import annotations

import warnings
from dataclasses import replace

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training import batches
from app.training.events import EpochDone, Finished
from app.training.loop import train
from tests.benchmarks.pairs import compare, verdict
from tests.benchmarks.step import ByHand

EPOCHS = 3


def main() -> bool:
    """Print both ratios of speed; whether they are reached."""
    project = load("lenet_digits")
    recipe = replace(project.recipe, epochs=EPOCHS, validation=0.0, device="cpu")
    net = compile_net(replace(project, recipe=recipe))
    fields = batches.load(net.plan)
    images, labels = fields["digits.image"], fields["digits.label"]

    def ours() -> None:
        events = list(train(net, recipe))
        assert isinstance(events[-1], Finished)
        assert sum(isinstance(event, EpochDone) for event in events) == EPOCHS

    def by_hand() -> None:
        torch.manual_seed(0)
        model, criterion = ByHand(), nn.CrossEntropyLoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=recipe.lr)
        for _ in range(EPOCHS):
            order = torch.randperm(len(images))
            for start in range(0, len(order), recipe.batch_size):
                index = order[start : start + recipe.batch_size]
                optimizer.zero_grad()
                criterion(model(images[index]), labels[index]).backward()
                optimizer.step()

    def usual_script() -> None:
        torch.manual_seed(0)
        model, criterion = ByHand(), nn.CrossEntropyLoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=recipe.lr)
        loader = DataLoader(TensorDataset(images, labels), batch_size=recipe.batch_size, shuffle=True)
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

    warnings.simplefilter("ignore")
    count = EPOCHS * len(images)
    plain = compare(by_hand, ours, pairs=9)
    met_plain = plain.ratio >= 0.97
    verdict(
        "training loop / plain loop by hand, images per second",
        f"{plain.ratio:.3f} ({count / plain.second:,.0f} / {count / plain.first:,.0f} images/s, "
        f"median of {plain.pairs} pairs)",
        "at least 0.97",
        met_plain,
    )
    script = compare(usual_script, ours, pairs=9)
    met_script = script.ratio >= 1.3
    verdict(
        "training loop / DataLoader script, images per second",
        f"{script.ratio:.3f} ({count / script.second:,.0f} / {count / script.first:,.0f} images/s, "
        f"median of {script.pairs} pairs)",
        "at least 1.3",
        met_script,
    )
    return met_plain and met_script
