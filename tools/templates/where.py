"""Nets that say where something is."""

from __future__ import annotations

from app.core.graph.model import Project
from tools.templates.sketch import Sketch


def localise() -> Project:
    """A class and a box from the same maps, as Sermanet et al. 2013 do it for one object in a picture."""
    sketch = Sketch()
    shapes = sketch.add("shapes", "MadeUpShapes", shapes=1)
    x = f"{shapes}.image"
    for number, channels in enumerate((16, 24, 32), start=1):
        x = sketch.add(f"conv{number}", "Conv2d", x, out_channels=channels, kernel_size=3, padding="same", bias=False)
        x = sketch.add(f"relu{number}", "ReLU", sketch.add(f"norm{number}", "BatchNorm2d", x))
        x = sketch.add(f"pool{number}", "MaxPool2d", x)
    x = sketch.add("hidden", "Linear", sketch.add("flatten", "Flatten", x), out_features=64)
    x = sketch.add("relu4", "ReLU", x)
    kind = sketch.add("kind", "Linear", x, out_features=3)
    box = sketch.add("box", "Sigmoid", sketch.add("place", "Linear", x, out_features=4))
    sketch.add("kind_loss", "CrossEntropyLoss", kind, f"{shapes}.label")
    sketch.add("box_loss", "HuberLoss", box, f"{shapes}.box", delta=0.1, weight=50.0)
    sketch.in_rows(7)
    return sketch.project(
        "Localisation",
        "Says which shape is in a picture and where: two heads behind the same maps, cross-entropy for the class and "
        "Huber's loss for the box (Sermanet et al. 2013). The pictures are made up. Look inside, Boxes, shows answer "
        "and truth over the picture, with an overlap (IoU) of 0.83 in the mean over pictures.",
        epochs=20,
        lr=0.003,
        schedule="cosine",
        batch_size=32,
        metrics=("accuracy",),
    )
