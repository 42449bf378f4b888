"""Whether made digits are digits: what a LeNet, trained on real ones, says of the samples of DCGAN on digits.

``python -m tests.benchmarks generated`` trains the template once; ``python -m tests.benchmarks.generated RUN ...`` asks
about runs that are there."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet, compile_net
from app.core.storage.templates import load
from app.data import catalog
from app.insight.generative import generator_in, made_of_noise
from app.training.checkpoints import load_run
from app.training.loop import train
from tests.benchmarks.pairs import verdict

COUNT = 1000
SURE = 0.9
SHARE = 0.7


def reader_of_digits() -> nn.Module:
    """LeNet for 28 × 28, trained for eight epochs on the same digits by a loop of a few lines."""
    net = compile_net(load("dcgan_digits"))
    source = next(each for each in net.plan.sources if each.type == "MNIST5k")
    feed = catalog.load(source)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
        )  # fmt: skip
        optimizer = torch.optim.Adam(model.parameters(), 0.001)
        for _ in range(8):
            for piece in torch.randperm(5000).split(64):
                batch = feed.at(piece, None, ["image", "label"])
                loss = nn.functional.cross_entropy(model(batch["image"]), batch["label"])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return model.eval()


def say_what_it_knows(reader: nn.Module) -> None:
    """Print how often it is sure of real digits, and of what are none: halves of two, and two in one picture."""
    feed = catalog.load(next(each for each in compile_net(load("dcgan_digits")).plan.sources if each.type == "MNIST5k"))
    drawn = torch.Generator().manual_seed(1)
    one, other = (feed.at(torch.randint(5000, (COUNT,), generator=drawn), None, ["image", "label"]) for _ in "ab")
    differ = one["label"] != other["label"]
    first, second = one["image"][differ], other["image"][differ]
    halves = torch.cat([first[..., :14], second[..., 14:]], dim=-1)
    for name, pictures in {"real digits": first, "halves": halves, "means of two": (first + second) / 2}.items():
        with torch.no_grad():
            share = (reader(pictures).softmax(1).max(1).values > SURE).float().mean()
        print(f"      for comparison, {name}: {share:.0%} sure", flush=True)


def told(net: CompiledNet, model: nn.Module, reader: nn.Module) -> tuple[float, int, Tensor]:
    """The share of made digits that it is sure of, how many of the ten it sees among those, and how often each."""
    generator = generator_in(net)
    assert generator is not None
    with torch.no_grad():
        likely = reader(made_of_noise(net, model, generator, COUNT, 0)).softmax(1)
    best, digit = likely.max(1)
    counts = torch.bincount(digit[best > SURE], minlength=10)
    return float((best > SURE).float().mean()), int((counts > 0).sum()), counts


def ask(name: str, net: CompiledNet, model: nn.Module, reader: nn.Module) -> bool:
    """Print what is said of a net, and whether the aim is met."""
    share, digits, counts = told(net, model, reader)
    said = f"{share:.0%} sure, {digits} of ten digits ({', '.join(map(str, counts.tolist()))})"
    met = share >= SHARE and digits == 10
    verdict(f"made digits, {name}", said, f"at least {SHARE:.0%} with over {SURE}, all ten", met)
    return met


def main() -> bool:
    """Train the template as it is, and ask."""
    project = load("dcgan_digits")
    net = compile_net(project)
    with tempfile.TemporaryDirectory() as folder:
        for _ in train(net, project.recipe, out=Path(folder) / "run"):
            pass
        run = load_run(Path(folder) / "run")
    reader = reader_of_digits()
    say_what_it_knows(reader)
    return ask("seed 0", run.net, run.model, reader)


if __name__ == "__main__":
    asked = [(name, load_run(Path(name))) for name in sys.argv[1:]]
    made = reader_of_digits()
    say_what_it_knows(made)
    met = [ask(name, run.net, run.model, made) for name, run in asked]
    sys.exit(0 if all(met) else 1)
