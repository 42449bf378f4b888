"""Looks inside a net next to what they cannot do without: plain forward passes.

On one thread the time of that thread is taken, which other programs do not change; the occlusion map uses every core,
as the program does.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from time import thread_time

import numpy as np
import torch
from torch import Tensor, nn

from app.core import heap
from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.data.source_looks import looked_at
from app.insight import unit_responses
from app.insight.activations import activations_of
from app.insight.explanation import explain
from app.insight.part_predictions import parts_for
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture
from app.insight.view import Look, Samples, Subject
from app.insight.views import views
from app.insight.where.occlusion import occlusion, places
from tests.benchmarks.pairs import compare, verdict
from tests.support.drawings import chain, node

LENET_MS, LARGE, TOP, OCCLUSION, REQUESTS = 5.0, 1.25, 1.15, 2.5, 1000
PICTURES = 5_000
WINDOW, STRIDE = 64, 32


def every_layer_lenet() -> bool:
    """The answers of all layers of LeNet to one sample, with their pictures."""
    net = compile_net(load("lenet_digits"))
    model = net.model(seed=0)
    sample = load_samples(net, net.plan.recipe).one(0)
    names = [step.name for step in net.plan.graph.steps]
    took = compare(
        lambda: activations_of(net, model, sample, names),
        lambda: net.capture(model, net.inputs_from(sample), None),
        31,
        5,
        thread_time,
    )
    met = 1000 * took.first < LENET_MS
    said = f"{1000 * took.first:.2f} ms with pictures, {1000 * took.second:.2f} ms without"
    verdict("every layer of lenet_digits", said, f"under {LENET_MS:g} ms", met)
    return met


def efficientnet() -> tuple[CompiledNet, nn.Module, Tensor]:
    """The net, with the weights it begins with, and a picture."""
    net = compile_net(load("efficientnet_lite0"))
    torch.manual_seed(0)
    return net, net.model(seed=0).eval(), torch.rand(1, *net.plan.inputs[0].shape.sizes)


def every_layer_large(net: CompiledNet, model: nn.Module, picture: Tensor) -> bool:
    """The answers of every layer, those inside of blocks too, next to a plain pass; with the memory of the look before,
    as in the window (``app/ui/insight/held_memory.py``)."""

    def plain() -> None:
        with torch.no_grad():
            model(picture)

    with heap.kept():
        took = compare(lambda: net.capture(model, [picture], None), plain, 15, 2, thread_time)
    met = took.ratio <= LARGE
    said = f"{took.ratio:.2f} ({1000 * took.first:.0f} ms / {1000 * took.second:.0f} ms)"
    verdict("every layer of efficientnet_lite0", said, f"at most {LARGE:g} times a plain pass", met)
    return met


def top_nine() -> bool:
    """The nine strongest of 5,000 pictures for each channel of a layer, next to one plain pass over them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "pictures.npz")
        rng = np.random.default_rng(0)
        every = round(PICTURES / (1 - Recipe().validation))
        np.savez(file, x=rng.random((every, 1, 32, 32), np.float32), y=rng.integers(0, 10, every))
        net = compile_net(looked_at(over(file)))
        model = net.model(seed=0).eval()
        subject = Subject(net, model, Samples({}, ()))
        parts = parts_for(net)
        index = parts.index("train")
        assert len(index) == PICTURES

        def plain() -> None:
            with torch.no_grad():
                for _, batch in parts.read(index):
                    model(batch["data.x"])

        def top() -> None:
            unit_responses.forget(model)
            found = unit_responses.responses(subject, "conv2", "train", "all")
            assert len(found.numbers) == PICTURES
            for unit in range(found.best.shape[1]):
                unit_responses.ranked(found, unit, "highest", 9)

        took = compare(top, plain, 9, 1, thread_time)
    met = took.ratio <= TOP
    said = f"{took.ratio:.2f} ({1000 * took.first:.0f} ms / {1000 * took.second:.0f} ms)"
    verdict(f"top nine of all channels over {PICTURES:,}", said, f"at most {TOP:g} times a plain pass", met)
    return met


def over(file: Path) -> Project:
    """A net of two convolutions that reads the pictures of a file."""
    layers = [
        node("data", "ArrayFiles", path=str(file)),
        node("conv1", "Conv2d", out_channels=16, kernel_size=5),
        node("relu1", "ReLU"),
        node("pool1", "MaxPool2d", kernel_size=2),
        node("conv2", "Conv2d", out_channels=32, kernel_size=5),
        node("relu2", "ReLU"),
        node("pool2", "MaxPool2d", kernel_size=2),
        node("flatten", "Flatten"),
        node("fc", "Linear", out_features=10),
    ]
    names = [each.name for each in layers[1:]]
    wires = [*chain("data.x", *names, "loss.prediction"), Wire("data", "y", "loss", "target")]
    return Project(graph=Graph.of([*layers, node("loss", "CrossEntropyLoss")], wires))


def occluded(net: CompiledNet, model: nn.Module, picture: Tensor) -> bool:
    """An occlusion map, next to one plain pass after another over the same covered pictures."""
    asked = explain(net, model, [picture], None, 5)
    corners = [(y, x) for y in places(224, WINDOW, STRIDE) for x in places(224, WINDOW, STRIDE)]
    cover = float(picture.mean())

    def one_by_one() -> None:
        with torch.no_grad():
            for y, x in corners:
                covered = picture.clone()
                covered[:, :, y : y + WINDOW, x : x + WINDOW] = cover
                model(covered)

    torch.set_num_threads(os.cpu_count() or 1)
    took = compare(lambda: occlusion(asked, WINDOW, STRIDE), one_by_one, 3, 1)
    torch.set_num_threads(1)
    met = 1 / took.ratio >= OCCLUSION
    said = f"{1 / took.ratio:.2f} times as fast ({took.first:.2f} s / {took.second:.2f} s, {len(corners)} places)"
    verdict("occlusion of efficientnet_lite0", said, f"at least {OCCLUSION:g}", met)
    return met


def hooks() -> bool:
    """Many requests of every kind, every second one to weights that make the net fail."""
    net = compile_net(load("lenet_digits"))
    model = net.model(seed=0)
    look = Look(Subject(net, model, load_samples(net, net.plan.recipe)), "conv2")
    names = ("activations", "gradients", "receptive", "saliency", "gradcam", "path", "gates", "attention", "filters")
    weight = model.fc1.weight.data
    failed = 0
    for turn in range(REQUESTS):
        model.fc1.weight.data = weight[:, :3] if turn % 2 else weight
        try:
            views()[names[turn % len(names)]].pictures(look, {})
        except (NoPicture, RuntimeError):
            failed += 1
    left = sum(
        len(module._forward_hooks) + len(module._forward_pre_hooks) + len(module._backward_hooks)
        for module in model.modules()
    )
    met = not left and failed > REQUESTS // 4
    verdict("hooks", f"{left} left after {REQUESTS:,} requests, {failed} of which failed", "none", met)
    return met


def main() -> bool:
    """Measure all; True if every aim is met."""
    torch.set_num_threads(1)
    good = every_layer_lenet()
    net, model, picture = efficientnet()
    good = every_layer_large(net, model, picture) and good
    good = occluded(net, model, picture) and good
    good = top_nine() and good
    return hooks() and good
