"""How much a process grows by while nets of many kinds train, next to what was promised (``app.core.memory``).

Each net trains in a process of its own. torch on a CPU takes working memory of its own besides what it allocates, and
the heap has holes, so the aim leaves a quarter more than the estimate. Beside it stands the time of a step, next to one
in a process whose heap is as glibc has it.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import torch

from app.core import heap
from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.inference import infer
from app.core.memory import estimate, size_text
from app.core.storage.templates import load
from app.training.device_placement import placed
from tests.benchmarks.pairs import verdict
from tests.support.drawings import chain, node
from tests.support.optimizers import optimizer_for

STEPS = 5
# Of a net whose time counts: pages are lent in the first three or four, and neither of the other two need be quick.
MANY_STEPS = 30
AIM = 1.25  # grown by, next to the estimate
SLOWER = 1.1  # the time of a step of a small net, next to a heap as glibc has it; the rest is noise
SMALL = ("small batch-normed CNN", "small MLP")
LEAST = 0.75  # a promise that frightens is none either
TEMPLATES = {"resnet18": 8, "lenet_digits": 128}  # with its batch size
Layers = list[tuple[str, dict[str, object]]]


def _row(shape: tuple[int, ...], layers: Layers, **entry: object) -> Graph:
    """Layers one after the other behind an input."""
    names = ["x", *(f"n{index}" for index in range(len(layers)))]
    made = [node(name, kind, **params) for name, (kind, params) in zip(names[1:], layers, strict=True)]
    return Graph.of([node("x", "Input", shape=shape, **entry), *made, node("y", "Output")], chain(*names, "y"))


def _normed(count: int, channels: int, norm: str = "BatchNorm2d") -> Layers:
    each: Layers = [("Conv2d", {"out_channels": channels, "padding": 1}), (norm, {}), ("ReLU", {})]
    return each * count


def _residual() -> Graph:
    """Convolutions with ways around them."""
    made = [node("x", "Input", shape=(3, 64, 64)), node("stem", "Conv2d", out_channels=24, padding=1)]
    wires, last = chain("x", "stem"), "stem"
    for index in range(5):
        conv, norm, relu, plus = f"conv{index}", f"norm{index}", f"relu{index}", f"add{index}"
        made += [node(conv, "Conv2d", out_channels=24, padding=1), node(norm, "BatchNorm2d"), node(relu, "ReLU")]
        made.append(node(plus, "Add"))
        wires += [*chain(last, conv, norm, relu), Wire(relu, "output", plus, "xs"), Wire(last, "output", plus, "xs")]
        last = plus
    made += [node("pool", "GlobalAvgPool"), node("fc", "Linear"), node("y", "Output")]
    return Graph.of(made, [*wires, *chain(last, "pool", "fc", "y")])


def _unet() -> Graph:
    """Down and up again, with ways across."""
    made = [node("x", "Input", shape=(3, 64, 64)), node("y", "Output")]
    wires, last = [], "x"
    for name, channels in (("wide", 16), ("middle", 32), ("narrow", 64)):
        made += [node(f"{name}_conv", "Conv2d", out_channels=channels, padding=1), node(f"{name}_relu", "ReLU")]
        wires += chain(last, f"{name}_conv", f"{name}_relu")
        last = f"{name}_relu"
        if name != "narrow":
            made.append(node(f"{name}_pool", "MaxPool2d"))
            wires += chain(last, f"{name}_pool")
            last = f"{name}_pool"
    for name, channels in (("middle", 32), ("wide", 16)):
        up, both, conv = f"{name}_up", f"{name}_both", f"{name}_back"
        made += [node(up, "ConvTranspose2d", out_channels=channels, kernel_size=2, stride=2), node(both, "Concat")]
        made += [node(conv, "Conv2d", out_channels=channels, padding=1), node(f"{conv}_relu", "ReLU")]
        wires += [*chain(last, up), Wire(up, "output", both, "xs"), Wire(f"{name}_relu", "output", both, "xs")]
        wires += chain(both, conv, f"{conv}_relu")
        last = f"{conv}_relu"
    return Graph.of(made, [*wires, *chain(last, "y")])


def nets() -> Mapping[str, tuple[Callable[[], Graph], int]]:
    """The nets by name, each with its batch size."""
    encoder: Layers = [("TransformerEncoderLayer", {"nhead": 4, "dim_feedforward": 128})] * 2
    doubled = {"kernel_size": 4, "stride": 2, "padding": 1}
    upward: Layers = [("ConvTranspose2d", {"out_channels": count, **doubled}) for count in (64, 32, 16)]
    downward: Layers = [("Conv2d", {"out_channels": count, **doubled}) for count in (16, 32, 64)]
    return {
        "small batch-normed CNN": (
            lambda: _row((3, 32, 32), [*_normed(6, 32), ("Flatten", {}), ("Linear", {})]),
            22,
        ),
        "small MLP": (lambda: _row((784,), [("Linear", {"out_features": 1000}), ("ReLU", {})] * 3), 128),
        "deep batch-normed CNN": (lambda: _row((3, 32, 32), [*_normed(12, 32), ("GlobalAvgPool", {})]), 290),
        "U-Net": (_unet, 96),
        "autoencoder of pictures": (
            lambda: _row((3, 64, 64), [*downward, ("ReLU", {}), *upward, ("Sigmoid", {})]),
            192,
        ),
        "transformer encoder": (lambda: _row((256, 64), encoder), 512),
        "small transformer": (lambda: _row((64, 64), encoder), 128),
        "batch-normed CNN": (lambda: _row((3, 32, 32), [*_normed(6, 32), ("Flatten", {}), ("Linear", {})]), 256),
        "group-normed CNN": (
            lambda: _row((3, 32, 32), [*_normed(4, 16, "GroupNorm"), ("Flatten", {}), ("Linear", {})]),
            192,
        ),
        "residual CNN": (_residual, 64),
        "plain CNN": (
            lambda: _row(
                (3, 96, 96),
                [
                    ("Conv2d", {"out_channels": 32}),
                    ("ReLU", {}),
                    ("MaxPool2d", {}),
                    ("Conv2d", {"out_channels": 64}),
                    ("ReLU", {}),
                    ("MaxPool2d", {}),
                    ("Flatten", {}),
                    ("Linear", {"out_features": 100}),
                ],
            ),
            96,
        ),
        "wide perceptron": (lambda: _row((2000,), [("Linear", {"out_features": 4000}), ("ReLU", {})] * 3), 256),
        "LSTM": (lambda: _row((200, 32), [("LSTM", {"hidden_size": 128, "num_layers": 2})]), 128),
        "GRU": (lambda: _row((150, 32), [("GRU", {"hidden_size": 160}), ("Linear", {"out_features": 50})]), 128),
        "words": (
            lambda: _row(
                (400,),
                [
                    ("Embedding", {"num_embeddings": 20000, "embedding_dim": 96}),
                    ("LayerNorm", {}),
                    ("Linear", {"out_features": 256}),
                    ("GELU", {}),
                    ("Dropout", {}),
                ],
                dtype="int",
                classes=20000,
            ),
            96,
        ),
        "decoder of pictures": (
            lambda: _row(
                (128,), [("Linear", {"out_features": 4096}), ("Reshape", {"shape": (64, 8, 8)}), *upward, ("Tanh", {})]
            ),
            128,
        ),
        "sound": (
            lambda: _row(
                (8000, 1),
                [
                    ("Conv1d", {"out_channels": 32, "kernel_size": 9, "padding": 4}),
                    ("ReLU", {}),
                    ("Conv1d", {"out_channels": 32, "kernel_size": 9, "padding": 4}),
                    ("ReLU", {}),
                ],
            ),
            64,
        ),
    }


def drawn(name: str) -> Project:
    """The drawing of one of the nets, or a template, with its recipe."""
    if name in TEMPLATES:
        project, batch = load(name), TEMPLATES[name]
    else:
        graph, batch = nets()[name]
        project = Project(name, graph=graph())
    return replace(project, recipe=replace(project.recipe, batch_size=batch, validation=0.0, optimizer="Adam"))


def _resident(key: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {key}")


def _steps(net: CompiledNet, project: Project, batch: int, count: int) -> float:
    """Train for a few steps, on random numbers; seconds of the quickest, as the processor counts them."""
    model = placed(net.model(0), torch.device("cpu")).train()
    optimizer = optimizer_for(project.recipe, list(model.parameters()))
    quickest = float("inf")
    for _ in range(count):
        inputs = []
        for entry in net.plan.inputs:
            sizes = (batch, *entry.shape.sizes)
            whole = entry.shape.dtype == "int"
            inputs.append(torch.randint(entry.shape.classes or 2, sizes) if whole else torch.randn(sizes))
        start = time.process_time()
        optimizer.zero_grad()
        returned = net.outputs(model(*inputs))
        loss = torch.stack([value.mean() for value in returned.values()]).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        del loss, returned, inputs
        quickest = min(quickest, time.process_time() - start)
    return quickest


def grown(project: Project, told: bool = True, steps: int = STEPS) -> tuple[int, float]:
    """Bytes that this process grows by while a drawing trains for a few steps, and seconds of the quickest step.
    ``told`` says that glibc is told what a training is."""
    if told:
        heap.share_one_heap()
    torch.manual_seed(0)
    net = compile_net(project)
    _steps(net, project, 2, 2)  # what torch loads at its first step, in any program, does not count
    torch.set_num_threads(1)
    gc.collect()
    heap.hand_back()  # else the net of before leaves room to the one that is measured, which then grows by less
    before = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak is the present
    with heap.kept(promised(project)) if told else nullcontext():
        seconds = _steps(net, project, project.recipe.batch_size, steps)
    return _resident("VmHWM") - before, seconds


def promised(project: Project) -> int:
    """Bytes that the program says a training takes."""
    return estimate(project, infer(project)).total


def measured_alone(name: str, told: bool = True) -> tuple[int, float]:
    """``grown`` for the net of this name, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.growth", name, *(() if told else ("plain",))]
    environment = os.environ if told else {**os.environ, "THP_MEM_ALLOC_ENABLE": "0"}
    folder = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder, env=environment)
    size, seconds = done.stdout.split()
    return int(size), float(seconds)


def grown_alone(name: str) -> int:
    """Bytes that a process of its own grows by for the net of this name."""
    return measured_alone(name)[0]


def main() -> bool:
    """Print growth and time of each net; whether all stay within the aims."""
    met = True
    for name in (*nets(), *TEMPLATES):
        (size, seconds), said = measured_alone(name), promised(drawn(name))
        plain = measured_alone(name, told=False)[1]
        good = LEAST <= size / said <= AIM
        words = f"{size / said:.2f} ({size_text(size)} / {size_text(said)})"
        verdict(f"{name}: process grown by / estimate", words, f"{LEAST:.2f} to {AIM}", good)
        words = f"{seconds / plain:.2f} ({seconds * 1e3:,.0f} ms / {plain * 1e3:,.0f} ms)"
        if name in SMALL:
            verdict(f"{name}: step / step with glibc's own heap", words, f"at most {SLOWER}", seconds <= SLOWER * plain)
            good = good and seconds <= SLOWER * plain
        else:
            print(f"       {name}: step / step with glibc's own heap: {words}", flush=True)
        met = met and good
    return met


if __name__ == "__main__":
    steps = MANY_STEPS if sys.argv[1] in SMALL else STEPS
    print(*grown(drawn(sys.argv[1]), told="plain" not in sys.argv[2:], steps=steps))
