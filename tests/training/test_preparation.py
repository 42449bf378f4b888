"""What is measured on the training data before the first step, and what is refused then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from app.core.compile.net import CompiledNet
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.training import batches, checkpoints, loop, preparation
from app.training.events import BatchDone, Event, Failed, Finished
from app.training.loop import train
from tests.support.drawings import chain, node
from tests.training.nets import FAST, autoencoder, compiled, digits_net, same_weights

STANDARDIZED = (
    ("before", "Standardize", {"statistics": "each value"}),
    ("flatten", "Flatten"),
    ("drop", "Dropout"),
    ("fc1", "Linear", {"out_features": 6}),
    ("middle", "Standardize"),
    ("fc2", "Linear", {"out_features": 10}),
)


def learned_from(net: CompiledNet) -> torch.Tensor:
    """The images of the training samples."""
    fields = batches.load(net.plan)
    learn, _, _ = batches.divide(net.plan, fields, FAST.validation, FAST.seed)
    return fields["digits.image"][learn]


def first_step(net: CompiledNet, **more: Any) -> list[Event]:
    """The events up to the first step."""
    events = []
    for event in train(net, FAST, **more):
        events.append(event)
        if isinstance(event, (BatchDone, Failed)):
            break
    return events


def test_standardize_has_mean_and_deviation_of_the_training_data() -> None:
    """Fails if validation samples are measured too, a batch is lost, or dropout is on meanwhile."""
    net = compiled(digits_net(*STANDARDIZED))
    model = net.model(0)
    weights = net.model(0).state_dict()
    first_step(net, model=model)
    images = learned_from(net)
    torch.testing.assert_close(model.before.mean, images.mean(0))
    spread = images.std(0, correction=0)
    torch.testing.assert_close(model.before.std, torch.where(spread > 0, spread, 1.0))
    hidden = torch.nn.functional.linear(model.before(images).flatten(1), weights["fc1.weight"], weights["fc1.bias"])
    torch.testing.assert_close(model.middle.mean, hidden.mean(0), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(model.middle.std, hidden.std(0, correction=0), rtol=1e-4, atol=1e-4)
    assert model.training
    assert model.drop.training


def test_nothing_behind_is_computed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if measuring the first layer of a deep net costs a whole forward pass, or its hook stays."""
    net = compiled(digits_net(*STANDARDIZED[:2], ("fc1", "Linear")))
    model = net.model(0)
    seen: list[int] = []
    model.fc1.register_forward_hook(lambda *_: seen.append(len(seen)))
    first_step(net, model=model)
    assert len(seen) == 1, "the first step, and nothing before it"
    assert not model.before._forward_pre_hooks


def test_large_data_is_measured_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a data set that does not fit into memory twice ends the training."""
    monkeypatch.setattr(preparation, "MOST_VALUES", 64 * 100)
    net = compiled(digits_net(*STANDARDIZED[:2], ("fc1", "Linear")))
    model = net.model(0)
    measured: list[int] = []
    monkeypatch.setattr(type(model.before), "fit", lambda _, values: measured.append(len(values)))
    first_step(net, model=model)
    assert len(measured) == 1
    assert 50 < measured[0] <= 100


def test_every_repetition_of_a_block_is_measured() -> None:
    """Fails if only the modules of the main drawing, or only the last of several, are found."""
    unit = Graph.of(
        [node("x", "In"), node("norm", "Standardize"), node("fc", "Linear", out_features=64), node("y", "Out")],
        chain("x", "norm", "fc", "y"),
    )
    graph = Graph.of(
        [node("digits", "Digits"), node("flatten", "Flatten"), Node("deep", "block:unit", repeat=2)],
        chain("digits.image", "flatten", "deep"),
    )
    graph = graph.with_nodes(node("loss", "CrossEntropyLoss")).with_wires(
        [*graph.wires, *chain("deep.y", "loss.prediction"), Wire("digits", "label", "loss", "target")]
    )
    net = compiled(Project("Repeated", graph=graph, blocks={"unit": Block(unit)}))
    model = net.model(0)
    first_step(net, model=model)
    images = learned_from(net).flatten(1)
    torch.testing.assert_close(model.deep[0].norm.mean, images.mean(0))
    assert float(model.deep[1].norm.std.max()) < 1.0 or float(model.deep[1].norm.mean.abs().max()) > 0.0
    assert not torch.equal(model.deep[0].norm.mean, model.deep[1].norm.mean)


def test_a_continued_run_keeps_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a run that goes on measures again, with weights that have changed since."""
    net = compiled(digits_net(*STANDARDIZED))
    whole, continued = net.model(0), net.model(0)
    list(train(net, FAST, model=whole))
    list(train(net, replace(FAST, epochs=1), out=tmp_path))
    saved = checkpoints.load_run(tmp_path).model.state_dict()
    assert float(saved["middle.std"].min()) > 0
    monkeypatch.setattr(loop, "fit", None)  # would raise
    assert isinstance(list(train(net, FAST, model=continued, resume=tmp_path))[-1], Finished)
    assert same_weights(continued, whole)


def with_sigmoid(sigmoid: bool) -> Project:
    """An autoencoder whose binary cross-entropy reads probabilities, or any numbers."""
    graph = autoencoder().graph
    nodes = [each for each in graph.nodes.values() if each.name != "loss"]
    wires = [wire for wire in graph.wires if wire.target != "loss"]
    way = ("back", "sigmoid", "loss.prediction") if sigmoid else ("back", "loss.prediction")
    return Project(
        "Probabilities",
        graph=Graph.of(
            [*nodes, *([node("sigmoid", "Sigmoid")] if sigmoid else []), node("loss", "BCELoss")],
            [*wires, *chain(*way), *chain("goal", "loss.target")],
        ),
    )


def test_binary_cross_entropy_of_anything_but_probabilities_is_refused(tmp_path: Path) -> None:
    """Fails if torch is left to stop at it, which on a GPU ends the whole program's use of it."""
    events = list(train(compiled(with_sigmoid(False)), FAST, out=tmp_path / "run"))
    assert len(events) == 1
    assert isinstance(events[0], Failed)
    assert events[0].node == "loss"
    assert "back gives values from -" in events[0].sentence
    assert "Put a Sigmoid between them" in events[0].sentence
    assert not (tmp_path / "run").exists()


def test_binary_cross_entropy_of_probabilities_trains() -> None:
    """Fails if values that a sigmoid gives are refused."""
    assert isinstance(list(train(compiled(with_sigmoid(True)), FAST))[-1], Finished)
