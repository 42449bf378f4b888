"""Dreams of EfficientNet-Lite0, next to the same loop written by hand and to that of torch-lucent; and how much memory
a photo of twelve megapixels takes.

The package torch-lucent does not run with today's libraries, so its loop is written out here: it leaves the weights
learning, hooks every layer and runs the net as it comes. All three have the same net, size, picture and shakes.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from app.core.compile.net import CompiledNet, compile_net
from app.core.storage.templates import load
from app.insight.dream import dream
from app.insight.dream.parametrisation import Frequencies, noise
from app.insight.dream.transforms import usual
from tests.benchmarks.pairs import verdict

NODE, CLASS = "fc", 985
SIDE = 224
STEPS, ROUNDS = 6, 5
BARE, LUCENT = 0.95, 1.3
MEGABYTES = 1500


def start() -> Frequencies:
    """The picture that all begin with, as numbers of a Fourier space with independent colours."""
    return Frequencies(noise((3, SIDE, SIDE), 0.5, 0.01, torch.Generator().manual_seed(0))[None])


def climbed(model: Callable[[Tensor], Tensor], steps: int) -> float:
    """Seconds for so many steps of the plain loop."""
    picture = start()
    optimizer = torch.optim.Adam([picture.numbers], lr=0.05)
    shake, generator = usual(SIDE, SIDE), torch.Generator().manual_seed(0)

    def step() -> None:
        optimizer.zero_grad()
        loss = -model(shake(picture.picture(), generator))[:, CLASS].mean()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    step()
    begun = time.perf_counter()
    for _ in range(steps):
        step()
    return time.perf_counter() - begun


def bare(net: CompiledNet, model: nn.Module) -> float:
    """By somebody who knows what makes it quick: no gradients of weights, pictures laid out by pixel."""
    quick = net.model(seed=0)
    quick.load_state_dict(model.state_dict())
    quick.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return climbed(lambda seen: quick(seen.contiguous(memory_format=torch.channels_last)), STEPS)


def lucent(net: CompiledNet, model: nn.Module) -> float:
    """As torch-lucent does it."""
    usual_one = net.model(seed=0)
    usual_one.load_state_dict(model.state_dict())
    usual_one.eval()
    features: dict[str, object] = {}
    hooks = [
        module.register_forward_hook(lambda _, __, output, name=name: features.__setitem__(name, output))  # type: ignore[misc]
        for name, module in usual_one.named_modules()
    ]
    took = climbed(usual_one, STEPS)
    for hook in hooks:
        hook.remove()
    return took


def ours(net: CompiledNet, model: nn.Module) -> float:
    """Seconds for the same number of steps, between the first and the last."""
    begun = 0.0
    for step in dream(net, model, NODE, CLASS, steps=STEPS + 2):
        if step.step == 1:
            begun = time.perf_counter()
        if step.step == STEPS + 1:
            break
    return time.perf_counter() - begun


def speed() -> bool:
    """The three in turn."""
    net = compile_net(load("efficientnet_lite0"))
    model = net.model(seed=0).eval()
    rounds = []
    for _ in range(ROUNDS):
        rounds.append((bare(net, model), lucent(net, model), ours(net, model)))
    by_bare = sorted(hand / own for hand, _, own in rounds)[ROUNDS // 2]
    by_lucent = sorted(theirs / own for _, theirs, own in rounds)[ROUNDS // 2]
    each = sorted(own / STEPS for _, _, own in rounds)[ROUNDS // 2]
    said = f"times the steps per second ({1 / each:.1f})"
    verdict("dream, bare loop", f"{by_bare:.2f} {said}", f"at least {BARE}", by_bare >= BARE)
    verdict("dream, torch-lucent", f"{by_lucent:.2f} {said}", f"at least {LUCENT}", by_lucent >= LUCENT)
    return by_bare >= BARE and by_lucent >= LUCENT


def photo(folder: Path) -> None:
    """Twelve megapixels dreamt into, in a process of its own that says how much memory it had at most."""
    from app.cli.main import run

    flags = ["--image", str(folder / "photo.jpg"), "--size", "photo", "--steps", "2", "--octaves", "2"]
    status = run(["dream", "efficientnet_lite0", "--node", "blocks_4", *flags, "-o", str(folder / "dream.png")])
    with Image.open(folder / "dream.png") as made:
        assert made.size == (4000, 3000)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    sys.exit(status)


def memory() -> bool:
    """A photo of twelve megapixels in tiles."""
    with tempfile.TemporaryDirectory() as folder:
        dots = np.random.default_rng(0).integers(0, 255, (12, 16, 3), np.uint8)
        Image.fromarray(dots).resize((4000, 3000), Image.Resampling.BICUBIC).save(Path(folder, "photo.jpg"))
        command = [sys.executable, "-m", "tests.benchmarks.dreams", folder]
        made = subprocess.run(
            command, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=True
        )
        most = float(made.stdout.split()[-1])
        verdict("12 megapixels", f"{most:,.0f} MB", f"at most {MEGABYTES:,}", most <= MEGABYTES)
        return most <= MEGABYTES


def main() -> bool:
    """Measure all; True if every aim is met."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        fast = speed()
    finally:
        torch.set_num_threads(before)
    return memory() and fast


if __name__ == "__main__":
    photo(Path(sys.argv[1]))
