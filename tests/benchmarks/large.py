"""Large drawings: from the file of ResNet-152 to its printed code, and a compiled ResNet-18 next to one by hand."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor, nn

from app.core.compile.net import compile_net
from app.core.compile.plan import make_plan
from app.core.compile.source import print_source
from app.core.graph.model import MAIN, Graph, Project, Wire
from app.core.inference import infer
from app.core.storage.files import read_text
from app.core.storage.format import to_text
from app.core.storage.templates import ENDING, folder, load
from tests.benchmarks.pairs import compare, seconds, verdict

RUNS = 15
ROUNDS, PAIRS = 12, 7
BATCH, SIDE = 4, 64


def main() -> bool:
    """Print all; whether all aims are met."""
    return all([*_printed(), _trained()])


def _printed() -> list[bool]:
    """Read, infer, plan and print, each time from the bytes of the file; also without the help of repeats."""
    short = (folder() / f"resnet152{ENDING}").read_bytes()
    long = to_text(drawn_out(read_text(short, "resnet152").project)).encode()
    results = []
    for words, raw in (("as it ships", short), ("with every block drawn", long)):

        def work(raw: bytes = raw) -> None:
            project = read_text(raw, "resnet152").project
            print_source(make_plan(project, infer(project)))

        seconds(work)
        times = [seconds(work) for _ in range(RUNS)]
        median = statistics.median(times)
        verdict(
            f"ResNet-152 read, inferred, planned and printed, {words}",
            f"{median * 1e3:.1f} ms (median of {RUNS})",
            "under 300 ms",
            median < 0.3,
        )
        results.append(median < 0.3)
    return results


def drawn_out(project: Project) -> Project:
    """The drawing with a node for each of 50 blocks, where it has two for each stage."""
    nodes, wires = [], list(project.graph.wires)
    for node in project.graph.nodes.values():
        names = [node.name, *(f"{node.name}_{number}" for number in range(2, node.repeat + 1))]
        nodes += [replace(node, name=name, repeat=1) for name in names]
        if node.repeat > 1:
            wires = [replace(wire, source=names[-1]) if wire.source == node.name else wire for wire in wires]
            wires += [Wire(one, "y", other, "x") for one, other in pairwise(names)]
    return project.with_graph(MAIN, Graph.of(nodes, wires))


class Block(nn.Module):
    """Two convolutions with a shortcut, as torch's model zoo writes them."""

    def __init__(self, arriving: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(arriving, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(arriving, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        shortcut = self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.bn2(self.conv2(x))
        out: Tensor = self.relu(x + shortcut)
        return out


class ByHand(nn.Module):
    """ResNet-18 as a person would write it."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        )
        blocks = [Block(64, 64), Block(64, 64)]
        for arriving, channels in ((64, 128), (128, 256), (256, 512)):
            blocks += [Block(arriving, channels, 2), Block(channels, channels)]
        self.blocks = nn.Sequential(*blocks)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(self.stem(x))
        out: Tensor = self.fc(torch.flatten(self.avgpool(x), 1))
        return out


def _trained() -> bool:
    """Forward and backward of both in turn, with equal weights, in time of one core: others may use the machine.

    Where weights happen to lie in memory makes a difference of 5 % either way, so fresh models are made for each
    round, in turns the one or the other first.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    net = compile_net(load("resnet18"))
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(BATCH, 3, SIDE, SIDE, generator=generator)
    labels = torch.randint(0, 1000, (BATCH,), generator=generator)
    loss = nn.CrossEntropyLoss()

    def step(model: nn.Module) -> Callable[[], None]:
        def work() -> None:
            model.zero_grad()
            loss(model(images), labels).backward()

        return work

    results, same = [], True
    for number in range(ROUNDS):
        if number % 2:
            compiled, by_hand = net.model(seed=0), ByHand()
        else:
            by_hand, compiled = ByHand(), net.model(seed=0)
        by_hand.load_state_dict(dict(zip(by_hand.state_dict(), compiled.state_dict().values(), strict=True)))
        results.append(compare(step(compiled), step(by_hand), pairs=PAIRS, warm_up=2, clock=time.process_time))
        pairs = zip(compiled.parameters(), by_hand.parameters(), strict=True)
        same = same and all(torch.equal(a.grad, b.grad) for a, b in pairs)  # type: ignore[arg-type]
    torch.set_num_threads(threads)
    ratio, ours, theirs = (
        statistics.median(getattr(each, name) for each in results) for name in ("ratio", "first", "second")
    )
    met = ratio <= 1.02
    verdict(
        "ResNet-18 compiled / by hand, forward and backward",
        f"{ratio:.3f} ({ours * 1e3:.1f} ms / {theirs * 1e3:.1f} ms of one core, median of {ROUNDS} rounds of {PAIRS} "
        f"pairs with {BATCH} images {SIDE}×{SIDE})",
        "at most 1.02",
        met,
    )
    print(f"       both have the same gradients afterwards: {same}")
    return met and same
