"""Nets for large pictures that are one long row of layers: AlexNet, VGG-16 and DeepFace."""

from __future__ import annotations

from typing import Any

from app.core.graph.model import Project
from tools.templates.sketch import End, Sketch

CLASSES = 1000  # of ImageNet


def alexnet() -> Project:
    """The one-column form, as in torch's model zoo."""
    sketch = Sketch()
    x = sketch.add("image", "Input", shape=(3, 224, 224))
    x = _convolved(sketch, 1, x, out_channels=64, kernel_size=11, stride=4, padding=2)
    x = sketch.add("pool1", "MaxPool2d", x, kernel_size=3, stride=2)
    x = _convolved(sketch, 2, x, out_channels=192, kernel_size=5, padding=2)
    x = sketch.add("pool2", "MaxPool2d", x, kernel_size=3, stride=2)
    for number, filters in ((3, 384), (4, 256), (5, 256)):
        x = _convolved(sketch, number, x, out_channels=filters, kernel_size=3, padding=1)
    x = sketch.add("pool5", "MaxPool2d", x, kernel_size=3, stride=2)
    x = sketch.add("avgpool", "AdaptiveAvgPool2d", x, output_size=6)
    x = sketch.add("flatten", "Flatten", x)
    for number in (6, 7):
        x = sketch.add(f"dropout{number}", "Dropout", x, p=0.5)
        x = sketch.add(f"relu{number}", "ReLU", sketch.add(f"fc{number}", "Linear", x, out_features=4096))
    sketch.add("scores", "Output", sketch.add("fc8", "Linear", x, out_features=CLASSES))
    return sketch.project(
        "AlexNet",
        "Won the ImageNet contest of 2012 and began the age of deep learning (Krizhevsky et al. 2012, in the form of "
        "Krizhevsky 2014).",
    )


def _convolved(sketch: Sketch, number: int, x: End, **settings: Any) -> End:
    return sketch.add(f"relu{number}", "ReLU", sketch.add(f"conv{number}", "Conv2d", x, **settings))


def vgg16() -> Project:
    """Configuration D of the paper; names as in its authors' files."""
    sketch = Sketch()
    x = sketch.add("image", "Input", shape=(3, 224, 224))
    for stage, (filters, count) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 1):
        for number in range(1, count + 1):
            place = f"{stage}_{number}"
            x = sketch.add(f"conv{place}", "Conv2d", x, out_channels=filters, kernel_size=3, padding=1)
            x = sketch.add(f"relu{place}", "ReLU", x)
        x = sketch.add(f"pool{stage}", "MaxPool2d", x)
    x = sketch.add("avgpool", "AdaptiveAvgPool2d", x, output_size=7)
    x = sketch.add("flatten", "Flatten", x)
    for number in (6, 7):
        x = sketch.add(f"relu{number}", "ReLU", sketch.add(f"fc{number}", "Linear", x, out_features=4096))
        x = sketch.add(f"dropout{number}", "Dropout", x, p=0.5)
    sketch.add("scores", "Output", sketch.add("fc8", "Linear", x, out_features=CLASSES))
    return sketch.project(
        "VGG-16",
        "Thirteen 3×3 convolutions and three fully connected layers: depth out of one simple part (Simonyan and "
        "Zisserman 2014).",
    )


def deepface() -> Project:
    """Names and sizes as in the paper."""
    sketch = Sketch()
    x = sketch.add("face", "Input", shape=(3, 152, 152), note="A face that was turned to the front.")
    x = sketch.add("relu1", "ReLU", sketch.add("c1", "Conv2d", x, out_channels=32, kernel_size=11))
    x = sketch.add("m2", "MaxPool2d", x, kernel_size=3, stride=2, ceil_mode=True)
    x = sketch.add("relu3", "ReLU", sketch.add("c3", "Conv2d", x, out_channels=16, kernel_size=9))
    for number, kernel, stride in ((4, 9, 1), (5, 7, 2), (6, 5, 1)):
        local = sketch.add(f"l{number}", "LocallyConnected2d", x, out_channels=16, kernel_size=kernel, stride=stride)
        x = sketch.add(f"relu{number}", "ReLU", local)
    x = sketch.add("flatten", "Flatten", x)
    x = sketch.add("relu7", "ReLU", sketch.add("f7", "Linear", x, out_features=4096))
    x = sketch.add("dropout7", "Dropout", x, p=0.5)
    sketch.add("people", "Output", sketch.add("f8", "Linear", x, out_features=4030))
    return sketch.project(
        "DeepFace",
        "Knows 4,030 people by their faces, with layers whose filters are not shared between places (Taigman et al. "
        "2014).",
    )
