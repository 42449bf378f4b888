"""What is measured on the training data before the first step, and what is refused then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.training import batches, checkpoints, loop, preparation
from app.training.events import BatchDone, Event, Failed, Finished
from app.training.loop import train
from app.training.script import print_script
from nodes.modules.standardize import Standardize
from tests.support.drawings import chain, node
from tests.training.nets import FAST, autoencoder, compiled, digits_net, same_weights
from tests.training.test_script import by_script, by_us

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
    monkeypatch.setattr(loop, "fit_to", None)  # would raise
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


def test_a_script_measures_the_same_part_of_large_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the exported program measures all of the data where the training measured a part of it."""
    monkeypatch.setattr(preparation, "MOST_VALUES", 64 * 100)
    project = digits_net(("conv1", "Conv2d", {"out_channels": 2}), ("scale", "Standardize"), *STANDARDIZED)
    threads = torch.get_num_threads()
    try:
        slow = replace(FAST, lr=0.001)
        model, _ = by_us(project, slow)
        text = print_script(compile_net(project), slow)
        assert "learn[::step]" in text
        assert same_weights(model, by_script(text))
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("statistics", ["each channel", "each value", "all together"])
def test_missing_values_and_constant_features_do_no_harm(statistics: str) -> None:
    """Fails if one NaN makes mean and deviation NaN, or a feature that never changes is divided by 0."""
    values = torch.randn(50, 4, generator=torch.Generator().manual_seed(0)) * 5 + 3
    values[:, 1] = 7.0
    values[3, 0], values[5, 2], values[6, 3] = float("nan"), float("inf"), -float("inf")
    layer = Standardize((1,) if statistics == "all together" else (4,))
    layer.fit(values)
    exact = values.double().numpy()
    known = np.where(np.isfinite(exact), exact, np.nan)
    axes = None if statistics == "all together" else 0
    assert np.allclose(layer.mean.numpy(), np.nanmean(known, axes), rtol=1e-5)
    spread = np.nanstd(known, axes)
    assert np.allclose(layer.std.numpy(), np.where(spread > 0, spread, 1.0), rtol=1e-5)
    finite = torch.isfinite(values)
    assert layer(values)[finite].isfinite().all()
    assert set(layer.state_dict()) == {"mean", "std"}


def test_pictures_are_measured_by_channel() -> None:
    """Fails if all channels of a picture get one mean, or each pixel one of its own."""
    net = compiled(digits_net(("before", "Standardize"), ("flatten", "Flatten"), ("fc1", "Linear")))
    model = net.model(0)
    first_step(net, model=model)
    images = learned_from(net).double().numpy()
    assert model.before.mean.shape == (1, 1, 1)
    assert np.allclose(model.before.mean.numpy(), images.mean(), rtol=1e-5)
    assert np.allclose(model.before.std.numpy(), images.std(), rtol=1e-5)
