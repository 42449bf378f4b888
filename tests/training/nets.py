"""Drawings that train in a moment, and ways to look at what a training said."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TypeVar

import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.graph.recipe import Recipe
from app.core.storage import templates
from app.training.events import Event
from nodes.api.registry import find
from tests.support.drawings import chain, node

FAST = Recipe(optimizer="SGD", lr=0.1, epochs=2, batch_size=256, validation=0.2, device="cpu")
T = TypeVar("T")


def digits_net(*layers: object, loss: str = "CrossEntropyLoss") -> Project:
    """8×8 digits through these layers into a loss on the labels. A layer is (name, type) or (name, type, settings)."""
    nodes = [node(name, kind, **(settings[0] if settings else {})) for name, kind, *settings in layers]  # type: ignore[misc]
    way = ["digits.image", *(each.name for each in nodes), "loss.prediction"]
    graph = Graph.of(
        [node("digits", "Digits"), *nodes, node("loss", loss)],
        [*chain(*way), Wire("digits", "label", "loss", "target")],
    )
    return Project("Test", graph=graph)


def linear_net() -> Project:
    """The smallest classifier."""
    return digits_net(("flatten", "Flatten"), ("fc1", "Linear", {"out_features": 10}))


def moody_net() -> Project:
    """Everything that makes continuing hard: random numbers, buffers, and a kernel that is laid out differently."""
    return digits_net(
        ("conv1", "Conv2d", {"out_channels": 3, "kernel_size": (3, 3)}),
        ("bn1", "BatchNorm2d"),
        ("relu1", "ReLU"),
        ("flatten", "Flatten"),
        ("drop1", "Dropout", {"p": 0.5}),
        ("fc1", "Linear", {"out_features": 10}),
    )


def autoencoder() -> Project:
    """Images in, images out: a loss without classes."""
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("flatten", "Flatten"),
            node("code", "Linear", out_features=8),
            node("back", "Linear", out_features=64),
            node("goal", "Flatten"),
            node("loss", "MSELoss"),
        ],
        [
            *chain("digits.image", "flatten", "code", "back", "loss.prediction"),
            *chain("digits.image", "goal", "loss.target"),
        ],
    )
    return Project("Autoencoder", graph=graph)


def two_heads() -> Project:
    """One trunk, two losses: classes and pixels."""
    both = autoencoder().graph
    graph = both.with_nodes(node("scores", "Linear", out_features=10), node("classes", "CrossEntropyLoss")).with_wires(
        [
            *both.wires,
            *chain("code", "scores", "classes.prediction"),
            Wire("digits", "label", "classes", "target"),
        ]
    )
    return Project("Two heads", graph=graph)


def compiled(project: Project | None = None) -> CompiledNet:
    """A compiled drawing, the smallest one if none is given."""
    return compile_net(project if project is not None else linear_net())


@cache
def trainable() -> tuple[str, ...]:
    """The templates that have data and a loss, told from their layers alone: which tests there are is asked by every
    process that runs some of them."""
    return tuple(name for name in templates.names() if {"source", "loss"} <= _roles(templates.load(name)))


def _roles(project: Project) -> set[str]:
    return {layer.role for each in project.graph.nodes.values() if (layer := find(each.type)) is not None}


def only(events: Iterable[Event], kind: type[T]) -> list[T]:
    """The events of one kind."""
    return [event for event in events if isinstance(event, kind)]


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    """Whether all weights and buffers are equal to the last bit."""
    left, right = one.state_dict(), other.state_dict()
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def copy_of(model: nn.Module) -> dict[str, Tensor]:
    """The present weights and buffers."""
    return {name: value.clone() for name, value in model.state_dict().items()}
