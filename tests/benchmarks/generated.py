"""Whether made digits are digits: what a LeNet, trained on real ones, says of new samples.

``python -m tests.benchmarks generated`` trains DCGAN on digits once; ``python -m tests.benchmarks.generated RUN ...``
asks about runs that are there, also of other nets that make digits (LAPGAN, autoencoders): small ones are enlarged to
28 × 28, as those are that its LeNet is trained on."""

from __future__ import annotations

import copy
import sys
import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet, compile_net
from app.core.storage.templates import load
from app.data import catalog
from app.insight.samples import load_samples
from app.insight.view import Look, Subject
from app.insight.walk_picture import generated
from app.training.checkpoints import LoadedRun, load_run
from app.training.loop import train
from tests.benchmarks.pairs import verdict

COUNT = 1000
SURE = 0.9
SHARE = 0.7
EPOCHS, PATIENCE = 40, 5  # of the LeNet that is asked: no better on digits it has not seen for so many epochs
UNSEEN = 1000


def digits_of(net: CompiledNet) -> tuple[Tensor, Tensor]:
    """The real digits of a net's source, (n, 1, 28, 28), and their labels."""
    source = next(each for each in net.plan.sources if each.type in ("MNIST5k", "Digits"))
    feed = catalog.load(source)
    batch = feed.at(torch.arange(feed.length), None, ["image", "label"])
    return _enlarged(batch["image"].float()), batch["label"]


def _enlarged(pictures: Tensor) -> Tensor:
    return nn.functional.interpolate(pictures, (28, 28), mode="bilinear") if pictures.shape[-1] != 28 else pictures


def reader_of(images: Tensor, labels: Tensor) -> nn.Module:
    """LeNet for 28 × 28, trained on these digits by a loop of a few lines until it gets no better on those of them that
    it has not seen; its best epoch. How sure it is of those is printed: of made ones it cannot be expected to be
    surer."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
        )  # fmt: skip
        optimizer = torch.optim.Adam(model.parameters(), 0.001)
        unseen, seen = torch.randperm(len(images)).split([UNSEEN, len(images) - UNSEEN])
        best, since, kept = 0.0, 0, copy.deepcopy(model.state_dict())
        for epoch in range(EPOCHS):
            for piece in seen[torch.randperm(len(seen))].split(64):
                loss = nn.functional.cross_entropy(model(images[piece]), labels[piece])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            with torch.no_grad():
                likely, digit = model(images[unseen]).softmax(1).max(1)
            right = float((digit == labels[unseen]).float().mean())
            since += 1
            if right > best:
                best, since, kept = right, 0, copy.deepcopy(model.state_dict())
                said = f"epoch {epoch + 1}, {right:.1%} right, sure of {(likely > SURE).float().mean():.0%}"
            if since == PATIENCE:
                break
        model.load_state_dict(kept)
    print(f"      the LeNet, of {UNSEEN:,} real digits it has not seen: {said}", flush=True)
    return model.eval()


def say_what_it_knows(reader: nn.Module, images: Tensor, labels: Tensor) -> None:
    """Print how often it is sure of real digits, and of what are none: halves of two, and two in one picture."""
    drawn = torch.Generator().manual_seed(1)
    one, other = (torch.randint(len(images), (COUNT,), generator=drawn) for _ in "ab")
    differ = labels[one] != labels[other]
    first, second = images[one[differ]], images[other[differ]]
    halves = torch.cat([first[..., :14], second[..., 14:]], dim=-1)
    for name, pictures in {"real digits": first, "halves": halves, "means of two": (first + second) / 2}.items():
        with torch.no_grad():
            share = (reader(pictures).softmax(1).max(1).values > SURE).float().mean()
        print(f"      for comparison, {name}: {share:.0%} sure", flush=True)


def told(run: LoadedRun, reader: nn.Module) -> tuple[float, int, Tensor]:
    """The share of made digits that it is sure of, how many of the ten it sees among those, and how often each."""
    model = run.model.eval()
    subject = Subject(run.net, model, load_samples(run.net, run.net.project.recipe))
    pictures, _ = generated(Look(subject, ""), COUNT, 0)
    with torch.no_grad():
        likely = reader(_enlarged(torch.from_numpy(pictures)[:, None].float())).softmax(1)
    best, digit = likely.max(1)
    counts = torch.bincount(digit[best > SURE], minlength=10)
    return float((best > SURE).float().mean()), int((counts > 0).sum()), counts


def ask(name: str, run: LoadedRun) -> bool:
    """Print what is said of a net, and whether the aim is met, which is one of DCGAN on digits alone."""
    images, labels = digits_of(run.net)
    reader = reader_of(images, labels)
    say_what_it_knows(reader, images, labels)
    share, digits, counts = told(run, reader)
    said = f"{share:.0%} sure, {digits} of ten digits ({', '.join(map(str, counts.tolist()))})"
    if all(source.type != "MNIST5k" for source in run.net.plan.sources):
        print(f"      made digits, {name}: {said}", flush=True)
        return True
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
        return ask("seed 0", load_run(Path(folder) / "run"))


if __name__ == "__main__":
    met = [ask(name, load_run(Path(name))) for name in sys.argv[1:]]
    sys.exit(0 if all(met) else 1)
