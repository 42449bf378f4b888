"""One forward, backward and step of a compiled net next to the same net written by hand."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from app.core import heap
from app.core.compile.net import compile_net
from app.core.storage.templates import load
from tests.benchmarks.pairs import compare, verdict

STEPS = 10
PAIRS = 251
BATCH = 32


class ByHand(nn.Module):
    """LeNet-5 as a person would write it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)
        self.pool, self.relu = nn.MaxPool2d(2), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.relu(self.conv1(x)))
        x = self.pool(self.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        x = self.relu(self.fc1(x))
        x = self.relu(self.fc2(x))
        out: Tensor = self.fc3(x)
        return out


def main() -> bool:
    """Print the ratio; whether it is within 2 %."""
    project = load("lenet_digits")
    net = compile_net(project)
    torch.set_num_threads(1)  # two threads wait for each other, which blurs what is compared
    compiled, by_hand = net.model(seed=0), ByHand()
    by_hand.load_state_dict({key: value.clone() for key, value in compiled.state_dict().items()})
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(BATCH, 1, 32, 32, generator=generator)
    labels = torch.randint(0, 10, (BATCH,), generator=generator)
    losses = net.losses()
    assert losses is not None
    plain_loss = nn.CrossEntropyLoss()
    optimizers = [torch.optim.Adam(model.parameters(), lr=1e-3) for model in (compiled, by_hand)]

    def run_compiled() -> None:
        for _ in range(STEPS):
            optimizers[0].zero_grad()
            losses(compiled(images), labels)["loss"].backward()
            optimizers[0].step()

    def run_by_hand() -> None:
        for _ in range(STEPS):
            optimizers[1].zero_grad()
            plain_loss(by_hand(images), labels).backward()
            optimizers[1].step()

    with heap.kept():  # as in a training; else the pages that the system has to give blur what is compared
        result = compare(run_compiled, run_by_hand, pairs=PAIRS, warm_up=15)
    met = result.ratio <= 1.02
    verdict(
        "compiled step / step by hand",
        f"{result.ratio:.3f} ({result.first / STEPS * 1e3:.2f} ms / {result.second / STEPS * 1e3:.2f} ms of one core, "
        f"median of {result.pairs} pairs of {STEPS} steps)",
        "at most 1.02",
        met,
    )
    same = all(torch.equal(a, b) for a, b in zip(compiled.parameters(), by_hand.parameters(), strict=True))
    print(f"       both have the same weights afterwards: {same}")
    return met and same
