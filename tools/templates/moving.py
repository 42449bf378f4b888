"""Nets that see what happens in a video."""

from __future__ import annotations

from app.core.graph.model import Block, Project
from tools.templates.sketch import Sketch

MOTIONS = 8


def video_3d() -> Project:
    """Windows over frames, rows and columns, as Ji et al. 2013 do it."""
    sketch = Sketch()
    x = sketch.add("clips", "MovingShapes")
    for number, channels in enumerate((12, 24, 32), start=1):
        x = sketch.add(f"conv{number}", "Conv3d", x, out_channels=channels, padding="same", bias=False)
        x = sketch.add(f"relu{number}", "ReLU", sketch.add(f"norm{number}", "BatchNorm3d", x))
        if number < 3:
            size = (1, 2, 2) if number == 1 else (2, 2, 2)
            x = sketch.add(f"pool{number}", "MaxPool3d", x, kernel_size=size, stride=size)
    x = sketch.add("fc", "Linear", sketch.add("everywhere", "GlobalAvgPool", x), out_features=MOTIONS)
    sketch.add("loss", "CrossEntropyLoss", x, "clips.label")
    sketch.in_rows(6)
    return sketch.project(
        "Video with 3-D convolutions",
        "Tells from a clip how a shape moves: windows of weights slide over frames, rows and columns (Ji et al. 2013). "
        "The clips are made up so that no single frame tells. Look inside, Clip over time: all motions are told apart, "
        "of clips that stand still no more than by chance.",
        optimizer="Adam",
        lr=0.004,
        epochs=3,
        schedule="cosine",
        batch_size=32,
        validation=0.15,
        metrics=("accuracy",),
    )


def _seen() -> Block:
    """What is seen in one frame."""
    sketch = Sketch()
    x = sketch.add("frame", "In", over_time="step by step")
    for number, channels in enumerate((8, 16), start=1):
        x = sketch.add(f"conv{number}", "Conv2d", x, out_channels=channels, kernel_size=3, padding="same", bias=False)
        x = sketch.add(f"relu{number}", "ReLU", sketch.add(f"norm{number}", "BatchNorm2d", x))
        x = sketch.add(f"pool{number}", "MaxPool2d", x)
    x = sketch.add("fc", "Linear", sketch.add("flatten", "Flatten", x), out_features=64, bias=False)
    sketch.add("seen", "Out", sketch.add("relu3", "ReLU", sketch.add("norm3", "BatchNorm1d", x)))
    sketch.in_rows(6)
    return sketch.block("The same convolutions for each frame.")


def video_cnn_lstm() -> Project:
    """Convolutions frame by frame, and an LSTM over what they see, as Donahue et al. 2015 do it."""
    sketch = Sketch({"Seen": _seen()})
    clips = sketch.add("clips", "MovingShapes")
    x = sketch.add("frames", "Permute", clips, dims=(2, 1, 3, 4))
    x = sketch.add("seen", "Seen", x)
    x = sketch.add("lstm", "LSTM", x, hidden_size=64)
    x = sketch.add("scores", "Linear", x, out_features=MOTIONS)
    x = sketch.add("mean", "MeanOverTime", x)
    sketch.add("loss", "CrossEntropyLoss", x, "clips.label")
    sketch.in_rows(4)
    return sketch.project(
        "Video frame by frame",
        "Tells from a clip how a shape moves: the same convolutions see each frame, and an LSTM remembers what they "
        "saw (Donahue et al. 2015). The clips are made up so that no single frame tells. Left, right, up and down "
        "come out right, while it only guesses how a shape grows or turns, which the net with 3-D convolutions sees.",
        optimizer="Adam",
        lr=0.003,
        epochs=16,
        schedule="cosine",
        batch_size=32,
        validation=0.15,
        clip_norm=5.0,
        metrics=("accuracy",),
    )
