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
    """What is seen in one frame beside the last one. A frame alone says nothing of how something moves, and what is
    small in it (an angle, a size) would have to be found first, at every place."""
    sketch = Sketch()
    frame = sketch.add("frame", "In", over_time="step by step")
    before = sketch.add("before", "In", over_time="from the last step", comes_from="now")
    x = sketch.add("both", "Concat", frame, before)
    for number, channels in enumerate((12, 24, 32), start=1):
        x = sketch.add(f"conv{number}", "Conv2d", x, out_channels=channels, kernel_size=3, padding="same", bias=False)
        x = sketch.add(f"relu{number}", "ReLU", sketch.add(f"norm{number}", "BatchNorm2d", x))
        if number < 3:
            x = sketch.add(f"pool{number}", "MaxPool2d", x)
    sketch.add("seen", "Out", sketch.add("everywhere", "GlobalAvgPool", x))
    sketch.add("now", "Out", frame)
    sketch.in_rows(7)
    return sketch.block("The same convolutions for each frame and the one before it.")


def video_cnn_lstm() -> Project:
    """Convolutions frame by frame, and an LSTM over what they see, as Donahue et al. 2015 do it. There flow, which is
    made of two frames, is read as well; here the convolutions see both frames."""
    sketch = Sketch({"Seen": _seen()})
    clips = sketch.add("clips", "MovingShapes")
    frames = sketch.add("frames", "Permute", clips, dims=(2, 1, 3, 4))
    first = sketch.add("first", "Select", frames, index=0)
    x = sketch.add("seen", "Seen", frames, first)
    x = sketch.add("lstm", "LSTM", x, hidden_size=64)
    x = sketch.add("scores", "Linear", x, out_features=MOTIONS)
    x = sketch.add("mean", "MeanOverTime", x)
    sketch.add("loss", "CrossEntropyLoss", x, "clips.label")
    sketch.in_rows(4)
    return sketch.project(
        "Video frame by frame",
        "Tells from a clip how a shape moves: the same convolutions see each frame with the one before it, and an LSTM "
        "remembers what they saw (Donahue et al. 2015). The clips are made up so that no single frame tells. Look "
        "inside, Clip over time: all motions are told apart, of clips that stand still no more than by chance.",
        optimizer="Adam",
        lr=0.004,
        epochs=5,
        schedule="cosine",
        batch_size=32,
        validation=0.15,
        clip_norm=5.0,
        metrics=("accuracy",),
    )
