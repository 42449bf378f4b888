"""One step of the drawn U-Net of the template Segmentation next to the same net written by hand."""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn

from app.core import heap
from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training import batches
from app.training.batches import DeviceData
from app.training.trainer import Trainer
from tests.benchmarks.pairs import compare, verdict

STEPS = 2
PAIRS = 41
AIM = 1.02


class Twice(nn.Module):
    """Two convolutions, each normalized and with a ReLU."""

    def __init__(self, before: int, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, padding="same", bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding="same", bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(x)))


class UNet(nn.Module):
    """Two steps down and two up, with a bridge at each."""

    def __init__(self) -> None:
        super().__init__()
        self.down1, self.down2, self.deep = Twice(3, 12), Twice(12, 24), Twice(24, 48)
        self.out2, self.out1 = Twice(72, 24), Twice(36, 12)
        self.classes = nn.Conv2d(12, 4, 1)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        one = self.down1(x)
        two = self.down2(self.pool(one))
        x = self.deep(self.pool(two))
        x = self.out2(torch.cat([nn.functional.interpolate(x, size=two.shape[2:]), two], 1))
        x = self.out1(torch.cat([nn.functional.interpolate(x, size=one.shape[2:]), one], 1))
        return self.classes(x)


def main() -> bool:
    """Print the ratio; whether the aim is met."""
    torch.set_num_threads(1)
    project = load("segment")
    net = compile_net(project)
    model, by_hand = net.model(seed=0), UNet()
    losses = net.losses()
    assert losses is not None
    data = DeviceData(batches.load(net.plan), torch.device("cpu"))
    batch = data.at(torch.arange(project.recipe.batch_size))
    image, mask = batch["shapes.image"], batch["shapes.mask"]
    for layer in model.modules():  # what a training lets it measure before the first step
        if hasattr(layer, "fit"):
            layer.fit(image)
    deviation, mean = torch.std_mean(image, (0, 2, 3), keepdim=True)
    with torch.no_grad():
        weights = dict(zip(by_hand.parameters(), model.parameters(), strict=True))
        for own, theirs in weights.items():
            own.copy_(theirs)
    trainer = Trainer(net, model.train(), losses, 1000)
    optimizer = torch.optim.Adam(by_hand.parameters(), project.recipe.lr, fused=True)
    by_hand.train()

    def run_printed() -> None:
        for _ in range(STEPS):
            trainer.step(batch)

    def run_by_hand() -> None:
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(by_hand((image - mean) / deviation), mask)
            loss.backward()
            optimizer.step()

    with heap.kept():
        result = compare(run_printed, run_by_hand, pairs=PAIRS, warm_up=4, clock=time.process_time)
    with torch.no_grad():
        alike = nn.functional.cross_entropy(by_hand((image - mean) / deviation), mask)
    told = trainer.validate(batch)[0]["loss"]
    assert abs(float(alike) - float(told)) < 0.1 * max(float(alike), 0.05), (float(alike), float(told))
    met = result.ratio <= AIM
    verdict(
        "drawn U-Net: printed step / step by hand",
        f"{result.ratio:.3f} ({result.first / STEPS * 1e3:.1f} ms / {result.second / STEPS * 1e3:.1f} ms of one core, "
        f"median of {result.pairs} pairs of {STEPS} steps)",
        f"at most {AIM}",
        met,
    )
    return met
