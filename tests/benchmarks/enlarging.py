"""Whether the template Super-resolution enlarges photos that it has never seen better than bicubic interpolation.

``python -m tests.benchmarks enlarging`` trains the template; ``python -m tests.benchmarks.enlarging RUN ...`` asks
about runs that are there."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import torch
from torch import nn

from app.core.compile.net import compile_net
from app.core.compile.plan import PlanSource
from app.core.storage.templates import load
from app.data import catalog
from app.training.checkpoints import load_run
from app.training.loop import train
from tests.benchmarks.pairs import verdict

PHOTOS = ("astronaut", "cat", "coffee", "rocket")  # of scikit-image; the template learns from two of scikit-learn
GAIN = 0.5


def decibel(answer: torch.Tensor, truth: torch.Tensor) -> float:
    """PSNR of the whole photo, over all dots and colours, values cut to 0…1."""
    return float(-10 * (answer.clamp(0, 1) - truth).double().square().mean().log10())


def gains(model: nn.Module) -> dict[str, tuple[float, float]]:
    """PSNR of the net and of bicubic for each photo, which both see in half its size (means of 4 × 4 dots)."""
    found = {}
    for name in PHOTOS:
        feed = catalog.load(PlanSource("photo", "SamplePictures", {"picture": name, "patch": 0}, {}))
        photo = feed.at(torch.tensor([0]), None, ["image"])["image"]
        photo = photo[:, :, : photo.shape[2] // 2 * 2, : photo.shape[3] // 2 * 2]
        # With zeros around it the edges would be dark, which bicubic enlargement keeps: 1 to 3 dB in favour of the net.
        small = nn.functional.avg_pool2d(nn.functional.pad(photo, (1, 1, 1, 1), "replicate"), 4, 2)
        bicubic = nn.functional.interpolate(small, scale_factor=2, mode="bicubic", align_corners=False)
        with torch.no_grad():
            answer = model.eval()(photo)
        found[name] = decibel(answer, photo), decibel(bicubic, photo)
    return found


def ask(name: str, model: nn.Module) -> bool:
    """Print what came out for each photo, and whether the aim is met."""
    found = gains(model)
    gain = sum(net - plain for net, plain in found.values()) / len(found)
    each = ", ".join(f"{photo} {net:.2f} beside {plain:.2f}" for photo, (net, plain) in found.items())
    verdict(f"super-resolution, {name}", f"{gain:+.2f} dB to bicubic ({each})", f"at least {GAIN} dB", gain >= GAIN)
    return gain >= GAIN


def main() -> bool:
    """Train the template as it is, and ask."""
    project = load("super_resolution")
    with tempfile.TemporaryDirectory() as folder:
        for _ in train(compile_net(project), project.recipe, out=Path(folder) / "run"):
            pass
        return ask("seed 0", load_run(Path(folder) / "run").model)


if __name__ == "__main__":
    met = [ask(name, load_run(Path(name)).model) for name in sys.argv[1:]]
    sys.exit(0 if all(met) else 1)
