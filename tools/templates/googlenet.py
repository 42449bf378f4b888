"""GoogLeNet in the form of torch's model zoo: batch norm behind every convolution, names that match its files."""

from __future__ import annotations

from typing import Any

from app.core.graph.model import Block, Project
from tools.templates.sketch import Sketch

# Table 1 of the paper: 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool projection.
INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
WORDS = ("ch1x1", "ch3x3_reduce", "ch3x3", "ch5x5_reduce", "ch5x5", "pool_proj")
AUXILIARY = {"aux1": "4a", "aux2": "4d"}


def googlenet() -> Project:
    """The auxiliary classifiers are muted, as the net is used; unmute their outputs to train with them."""
    unit = _conv_unit()
    sketch = Sketch({"conv_unit": unit, "inception": _inception(unit), "auxiliary": _auxiliary(unit)})
    x = sketch.add("image", "Input", shape=(3, 224, 224))
    x = sketch.add("conv1", "conv_unit", x, filters=64, kernel_size=7, stride=2, padding=3)
    x = sketch.add("maxpool1", "MaxPool2d", x, kernel_size=3, stride=2, ceil_mode=True)
    x = sketch.add("conv2", "conv_unit", x, filters=64)
    x = sketch.add("conv3", "conv_unit", x, filters=192, kernel_size=3, padding=1)
    x = sketch.add("maxpool2", "MaxPool2d", x, kernel_size=3, stride=2, ceil_mode=True)
    for place, filters in INCEPTIONS.items():
        settings: dict[str, Any] = dict(zip(WORDS, filters, strict=True))
        x = sketch.add(f"inception{place}", "inception", x, **settings)
        if place == "3b":
            x = sketch.add("maxpool3", "MaxPool2d", x, kernel_size=3, stride=2, ceil_mode=True)
        if place == "4e":
            x = sketch.add("maxpool4", "MaxPool2d", x, kernel_size=2, stride=2, ceil_mode=True)
    helpers = [sketch.add(name, "auxiliary", f"inception{place}") for name, place in AUXILIARY.items()]
    x = sketch.add("flatten", "Flatten", sketch.add("avgpool", "AdaptiveAvgPool2d", x, output_size=1))
    x = sketch.add("fc", "Linear", sketch.add("dropout", "Dropout", x, p=0.2), out_features=1000)
    sketch.add("scores", "Output", x)
    for name in helpers:
        sketch.add(f"{name}_scores", "Output", name, bypassed=True, note="Unmute to train with this helper.")
    return sketch.project(
        "GoogLeNet",
        "Nine inception blocks that look with windows of several sizes at once (Szegedy et al. 2014). Two auxiliary "
        "classifiers are muted.",
    )


def _conv_unit() -> Block:
    sketch = Sketch()
    x = sketch.add("conv", "Conv2d", sketch.add("x", "In"), out_channels=64, kernel_size=1, bias=False)
    x = sketch.add("bn", "BatchNorm2d", x, eps=0.001)
    sketch.add("y", "Out", sketch.add("relu", "ReLU", x))
    return sketch.block(
        "A convolution with batch norm and ReLU.",
        filters="conv.out_channels",
        kernel_size="conv.kernel_size",
        stride="conv.stride",
        padding="conv.padding",
    )


def _inception(unit: Block) -> Block:
    sketch = Sketch({"conv_unit": unit})
    x = sketch.add("x", "In")
    one = sketch.add("branch1", "conv_unit", x, filters=64)
    branches = [one]
    for number in (2, 3):  # the second should be 5×5; torch's model zoo was trained with 3×3, and so it stays there
        reduced = sketch.add(f"branch{number}_0", "conv_unit", x, filters=96)
        branches.append(sketch.add(f"branch{number}_1", "conv_unit", reduced, filters=128, kernel_size=3, padding=1))
    pooled = sketch.add("branch4_0", "MaxPool2d", x, kernel_size=3, stride=1, padding=1, ceil_mode=True)
    branches.append(sketch.add("branch4_1", "conv_unit", pooled, filters=32))
    sketch.add("y", "Out", sketch.add("joined", "Concat", *branches))
    places = ("branch1", "branch2_0", "branch2_1", "branch3_0", "branch3_1", "branch4_1")
    return sketch.block(
        "Four views of the same image side by side. The branch that is 5×5 in the paper is 3×3 in torch's form.",
        **{word: f"{place}.filters" for word, place in zip(WORDS, places, strict=True)},
    )


def _auxiliary(unit: Block) -> Block:
    sketch = Sketch({"conv_unit": unit})
    x = sketch.add("avgpool", "AdaptiveAvgPool2d", sketch.add("x", "In"), output_size=4)
    x = sketch.add("flatten", "Flatten", sketch.add("conv", "conv_unit", x, filters=128))
    x = sketch.add("relu", "ReLU", sketch.add("fc1", "Linear", x, out_features=1024))
    x = sketch.add("fc2", "Linear", sketch.add("dropout", "Dropout", x, p=0.7), out_features=1000)
    sketch.add("y", "Out", x)
    return sketch.block("A classifier half way up, which helps the lower layers to learn.")
