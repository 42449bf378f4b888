"""Drawings whose batches are drawn anew or augmented."""

from __future__ import annotations

from app.core.graph.model import Graph, Project, Wire
from tests.support.drawings import chain, node


def shifted() -> Project:
    """Digits that are shifted in training, between data and model."""
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("shift1", "RandomShift", pixels=(2, 1)),
            node("conv1", "Conv2d", out_channels=3, kernel_size=3),
            node("flatten", "Flatten"),
            node("drop1", "Dropout", p=0.5),
            node("fc1", "Linear", out_features=10),
            node("loss", "CrossEntropyLoss"),
        ],
        [
            *chain("digits.image", "shift1", "conv1", "flatten", "drop1", "fc1", "loss.prediction"),
            Wire("digits", "label", "loss", "target"),
        ],
    )
    return Project("Shifted", graph=graph)


def straightened() -> Project:
    """A net that moves shifted digits back: it reads them shifted, by two augmentations, and is to give them as they
    are; and noise beside them."""
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("shift1", "RandomShift"),
            node("shift2", "RandomShift"),
            node("noise1", "Noise", shape=(4,)),
            node("flatten", "Flatten"),
            node("both", "Concat"),
            node("fc1", "Linear", out_features=64),
            node("goal", "Flatten"),
            node("loss", "MSELoss"),
        ],
        [
            *chain("digits.image", "shift1", "shift2", "flatten", "both.xs"),
            *chain("noise1.noise", "both.xs"),
            *chain("both", "fc1", "loss.prediction"),
            *chain("digits.image", "goal", "loss.target"),
        ],
    )
    return Project("Straightened", graph=graph)


def noise_alone() -> Project:
    """Nothing that has a length: a net that learns to give noise back."""
    graph = Graph.of(
        [
            node("noise1", "Noise", shape=(4,)),
            node("fc1", "Linear", out_features=2),
            node("fc2", "Linear", out_features=4),
            node("loss", "MSELoss"),
        ],
        [*chain("noise1.noise", "fc1", "fc2", "loss.prediction"), Wire("noise1", "noise", "loss", "target")],
    )
    return Project("Noise alone", graph=graph)


def points(shape: str = "moons", hidden: int = 16, samples: int = 200) -> Project:
    """Points in a plane and the classes they belong to."""
    graph = Graph.of(
        [
            node("points", "TeachingPoints", shape=shape, samples=samples),
            node("fc1", "Linear", out_features=hidden),
            node("tanh1", "Tanh"),
            node("fc2", "Linear", out_features=3 if shape == "blobs" else 2),
            node("loss", "CrossEntropyLoss"),
        ],
        [*chain("points.point", "fc1", "tanh1", "fc2", "loss.prediction"), Wire("points", "label", "loss", "target")],
    )
    return Project("Points", graph=graph)
