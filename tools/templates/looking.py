"""Nets that choose where to look."""

from __future__ import annotations

from app.core.graph.model import Block, Project
from tools.templates.sketch import Sketch

LOOKS = 4
UNITS = 96
FEATURES = 24
PLACES = 12  # rows and columns of the coarse view
DIGITS = 10


def _eye() -> Block:
    """One look: where, what is read there, and what is known afterwards."""
    sketch = Sketch()
    glance = sketch.add("glance", "In", over_time="step by step")
    picture = sketch.add("picture", "In")
    places = sketch.add("places", "In")
    state = sketch.add("state", "In", over_time="from the last step", comes_from="next_state", size=(UNITS,))
    sketch.add("attention", "AdditiveAttention", state, places, units=32)
    x = sketch.add("shares", "Reshape", "attention.weights", shape=(1, PLACES, PLACES))
    middle = sketch.add("middle", "CentreOfMass", x)
    wide = sketch.add("wide", "Tanh", sketch.add("zoom", "Linear", state, out_features=1))
    where = sketch.add("where", "Concat", middle, wide)
    x = sketch.add("look", "Glimpse", picture, where, size=12, share=0.5)
    x = sketch.add("conv1", "Conv2d", x, out_channels=16, kernel_size=3, padding="same")
    x = sketch.add("pool", "MaxPool2d", sketch.add("relu1", "ReLU", x))
    x = sketch.add("conv2", "Conv2d", x, out_channels=24, kernel_size=3, padding="same")
    x = sketch.add("flatten", "Flatten", sketch.add("relu2", "ReLU", x))
    x = sketch.add("relu3", "ReLU", sketch.add("fc", "Linear", x, out_features=UNITS))
    x = sketch.add("seen", "Concat", x, where, glance)
    x = sketch.add("cell", "GRUCell", x, state, hidden_size=UNITS)
    sketch.add("scores", "Out", sketch.add("says", "Linear", x, out_features=DIGITS))
    sketch.add("next_state", "Out", x)
    sketch.in_rows(7)
    return sketch.block("Chooses a place, reads what is there, and says what it is.")


def glimpse() -> Project:
    """The window of DRAW (Gregor et al. 2015), and the coarse view that tells Ba et al. 2014 where to begin."""
    sketch = Sketch({"Eye": _eye()})
    digits = sketch.add("digits", "ScatteredDigits", pieces=3)
    x = coarse = sketch.add("coarse", "AvgPool2d", digits, kernel_size=4)
    for number, channels in enumerate((16, FEATURES), start=1):
        x = sketch.add(f"conv{number}", "Conv2d", x, out_channels=channels, kernel_size=3, padding="same", bias=False)
        x = sketch.add(f"relu{number}", "ReLU", sketch.add(f"norm{number}", "BatchNorm2d", x))
    rows = sketch.add("rows", "Reshape", x, shape=(FEATURES, -1))
    places = sketch.add("places", "Permute", rows, dims=(2, 1))
    x = sketch.add("glance", "Linear", sketch.add("flat", "Flatten", coarse), out_features=32)
    looks = sketch.add("looks", "Repeat", sketch.add("relu3", "ReLU", x), times=LOOKS)
    x = sketch.add("eye", "Eye", looks, digits, places)
    sketch.add("loss", "CrossEntropyLoss", sketch.add("mean", "MeanOverTime", x), "digits.label")
    sketch.in_rows(5)
    return sketch.project(
        "Glimpses",
        "Finds a handwritten digit among pieces of others and reads it in four looks: a window goes where the net "
        "sends it (Ba et al. 2014), through filters that let gradients tell where to (Gregor et al. 2015). Where the "
        "digits stand is made up. More than 8 of 10 new digits come out right, one by chance. Look inside, Path of the "
        "eye: the first look mostly finds the digit, the next ones come closer.",
        optimizer="Adam",
        lr=0.003,
        epochs=8,
        schedule="cosine",
        batch_size=32,
        validation=0.15,
        clip_norm=5.0,
        metrics=("accuracy",),
    )
