"""Nets that say a number about a picture."""

from __future__ import annotations

from app.core.graph.model import Project
from tools.templates.sketch import End, Sketch


def face_features(sketch: Sketch, image: End) -> End:
    """Three convolutions with batch norm that halve a drawn face three times; 48 maps leave."""
    x = sketch.add("conv1", "Conv2d", image, out_channels=16, kernel_size=5, stride=2, padding=2, bias=False)
    x = sketch.add("relu1", "ReLU", sketch.add("norm1", "BatchNorm2d", x))
    for number, channels in ((2, 32), (3, 48)):
        x = sketch.add(f"conv{number}", "Conv2d", x, out_channels=channels, kernel_size=3, padding="same", bias=False)
        x = sketch.add(f"relu{number}", "ReLU", sketch.add(f"norm{number}", "BatchNorm2d", x))
        x = sketch.add(f"pool{number}", "MaxPool2d", x)
    return x


def age() -> Project:
    """How old somebody is, as a regression (Levi and Hassner 2015 do it with classes of ages)."""
    sketch = Sketch()
    faces = sketch.add("faces", "MadeUpFaces")
    x = face_features(sketch, f"{faces}.image")
    x = sketch.add(
        "relu4", "ReLU", sketch.add("hidden", "Linear", sketch.add("flatten", "Flatten", x), out_features=48)
    )
    years = sketch.add("years", "Unstandardize", sketch.add("told", "Linear", x, out_features=1))
    sketch.add("loss", "L1Loss", years, f"{faces}.age")
    sketch.in_rows(7)
    return sketch.project(
        "Age from a face",
        "Says how old a face is: one number from a picture, a regression (Levi and Hassner 2015). The faces are drawn "
        "and their ages made up. Look inside, Predicted and true: about 4 years off in the mean, where always saying "
        "the mean is 22 off. A folder of photos with a table of ages can take their place.",
        epochs=25,
        lr=0.002,
        schedule="cosine",
        batch_size=32,
        metrics=("mae", "r2"),
    )
