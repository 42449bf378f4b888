"""A run whose samples are augmented is continued to the bit, whatever augments them: all that are declared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.core.graph.model import Graph, Project, Wire
from app.training.events import Finished
from app.training.loop import train
from nodes.api import Layer
from nodes.api.registry import layers
from tests.support.drawings import chain, node
from tests.training.nets import FAST, compiled, same_weights
from tests.training.test_declared import stopped

ALL = [layer for layer in layers().values() if layer.role == "augmentation"]


def augmented(layer: Layer) -> Project:
    """Digits through the augmentation and a small net with dropout."""
    made = [node("digits", "Digits"), node("change", layer.id), node("flatten", "Flatten")]
    made += [node("drop1", "Dropout", p=0.3), node("fc1", "Linear", out_features=10), node("loss", "CrossEntropyLoss")]
    wires = chain("digits.image", "change", "flatten", "drop1", "fc1", "loss.prediction")
    if "label" in {port.name for port in layer.inputs}:
        wires += [Wire("digits", "label", "change", "label"), Wire("change", "label", "loss", "target")]
    else:
        wires.append(Wire("digits", "label", "loss", "target"))
    return Project("Augmented", graph=Graph.of(made, wires))


@pytest.mark.parametrize("layer", ALL, ids=lambda layer: layer.id)
def test_an_augmented_run_is_continued_to_the_bit(layer: Layer, tmp_path: Path) -> None:
    """Fails if what augments the samples of a batch depends on anything but the seed and the place of the batch."""
    net, recipe = compiled(augmented(layer)), replace(FAST, epochs=2)
    whole, continued = net.model(0), net.model(0)
    assert isinstance(list(train(net, recipe, model=whole))[-1], Finished)
    stopped(net, recipe, tmp_path, 3)
    torch.manual_seed(99)
    assert isinstance(list(train(net, recipe, resume=tmp_path, model=continued))[-1], Finished)
    assert same_weights(whole, continued)
