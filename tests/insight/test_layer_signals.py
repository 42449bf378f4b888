"""What passes through the layers, compared with plain torch and numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from app.core.commands import RemoveNodes
from app.core.compile.net import compile_net
from app.core.graph.model import MAIN, Graph, Wire
from app.core.storage.templates import load
from app.insight.gradients import gradient, gradients_of
from app.insight.layer_signals import layer_signals
from app.insight.signal_values import BINS, LayerSignal, number, short
from app.insight.tiles import NoPicture
from app.training.signals import Updates
from tests.insight.conftest import Trained
from tests.support.drawings import block_net, chain, node


def batch_of(trained: Trained, count: int = 20) -> dict[str, torch.Tensor]:
    return {"digits.image": trained.images[:count], "digits.label": trained.labels[:count]}


def by_path(layers: tuple[LayerSignal, ...]) -> dict[str, LayerSignal]:
    return {layer.path: layer for layer in layers}


def test_the_numbers_of_a_trained_net_are_those_of_plain_torch(mlp: Trained) -> None:
    """Fails if a norm counts the bias, gradients are those of training mode (Dropout), or values those of another
    layer."""
    batch = batch_of(mlp)
    seen = by_path(layer_signals(mlp.net, mlp.model, batch))
    assert list(seen) == ["fc1", "relu1", "fc2"]
    weights = {name: mlp.model.get_submodule(name).weight.detach().clone().double() for name in ("fc1", "fc2")}
    biases = {name: mlp.model.get_submodule(name).bias.detach().double() for name in ("fc1", "fc2")}
    for value in weights.values():
        value.requires_grad_()
    before = batch["digits.image"].double().flatten(1) @ weights["fc1"].T + biases["fc1"]
    after = before.clamp(min=0)
    nn.functional.cross_entropy(after @ weights["fc2"].T + biases["fc2"], batch["digits.label"]).backward()
    for name, weight in weights.items():
        assert weight.grad is not None
        assert seen[name].gradient == pytest.approx(float(weight.grad.norm()), rel=1e-4)
        assert seen[name].weight == pytest.approx(float(weight.detach().norm()), rel=1e-6)
    assert seen["fc1"].mean == pytest.approx(float(before.detach().mean()), rel=1e-4)
    assert seen["fc1"].deviation == pytest.approx(float(before.detach().std(correction=0)), rel=1e-4)
    assert seen["relu1"].dead == pytest.approx(float((after == 0).all(0).double().mean()))
    assert seen["relu1"].gradient is None
    assert seen["fc1"].dead is None
    assert all(value.grad is None for value in mlp.model.parameters()), "no gradient is left behind"


def test_histograms_count_every_value_once(mlp: Trained) -> None:
    """Fails if values at the ends fall out of the bins, or the middle bin of weights is not around zero."""
    seen = by_path(layer_signals(mlp.net, mlp.model, batch_of(mlp)))["fc1"]
    assert seen.weights is not None
    assert seen.values is not None
    weight = mlp.model.get_submodule("fc1").weight.detach().numpy()
    reach = float(np.abs(weight).max())
    assert (seen.weights.low, seen.weights.high) == (-reach, reach)
    assert sum(seen.weights.counts) == weight.size
    middle = reach / BINS  # half of a bin
    assert seen.weights.counts[BINS // 2] == int((np.abs(weight) < middle).sum())
    assert sum(seen.values.counts) == 20 * 64


def test_a_net_that_is_all_dead_or_saturated_says_so() -> None:
    """Fails if dead units or saturated values are not counted as such."""
    project = load("mlp_digits")
    net = compile_net(project)
    model = net.model(0)
    with torch.no_grad():
        model.get_submodule("fc1").bias.fill_(-1e3)
    batch = {"digits.image": torch.rand(8, 1, 8, 8), "digits.label": torch.zeros(8, dtype=torch.long)}
    seen = by_path(layer_signals(net, model, batch))
    assert seen["relu1"].dead == 1.0
    assert seen["fc1"].gradient == 0.0
    assert short(seen["relu1"]) == "0 ± 0 · 100.0 % dead"
    assert short(seen["fc1"]) == "gradient 0"


def test_a_step_is_measured_when_somebody_looks_and_the_doctor_sees_the_same_steps(mlp: Trained) -> None:
    """Fails if a look changes what the doctor judges, or the ratio is not that of the step."""
    model = mlp.net.model(1)
    updates = Updates(mlp.net, model, batches=1000)
    updates.followed.wanted = False  # the first step of a small net is taken down whole, for another view
    assert updates.last() == {}
    assert updates.before() is None
    updates.wanted = True
    before = updates.before()
    assert before is not None
    old = model.get_submodule("fc2").weight.detach().clone()
    with torch.no_grad():
        for value in model.parameters():
            value.mul_(1.25)
    updates.after(before)
    new = model.get_submodule("fc2").weight.detach()
    assert updates.last()["fc2"] == pytest.approx(float((new - old).norm() / old.norm()), rel=1e-5)
    assert updates.before() is None, "one look measures one step"
    assert updates.ratios() == {}, "that step is not among those that the doctor judges"


def test_gradients_are_those_of_autograd(lenet: Trained) -> None:
    """Fails if the gradient is of another sample, of the mean over others, or in training mode."""
    batch = batch_of(lenet)
    seen = gradients_of(lenet.net, lenet.model, batch, ("digits", "conv1", "pool2", "fc3", "loss"), sample=4)
    assert list(seen) == ["digits", "conv1", "pool2", "fc3"]
    values: dict[str, torch.Tensor] = {}
    handles = [
        lenet.model.get_submodule(name).register_forward_hook(lambda _m, _i, out, name=name: values.update({name: out}))
        for name in ("conv1", "pool2", "fc3")
    ]
    image = lenet.images[4:5].clone().requires_grad_()
    loss = nn.functional.cross_entropy(lenet.model(image), lenet.labels[4:5])
    for handle in handles:
        handle.remove()
    by_hand = torch.autograd.grad(loss, [image, *(values[name] for name in ("conv1", "pool2", "fc3"))])
    for name, expected in zip(("digits", "conv1", "pool2", "fc3"), by_hand):
        found = seen[name]
        assert np.allclose(found.maps.reshape(-1), expected[0].numpy().reshape(-1), atol=1e-7), name
        assert found.low == -found.high, "zero is in the middle of the scale"
        assert found.title.endswith(number(float(expected.double().norm())))
    scores = lenet.model(lenet.images[4:5]).softmax(1)[0].detach()
    scores[lenet.labels[4]] -= 1  # the gradient of cross-entropy by the scores
    assert np.allclose(seen["fc3"].maps.reshape(-1), scores.numpy(), atol=1e-6)


def test_layers_inside_blocks_have_signals_and_gradients() -> None:
    """Fails if only the layers of the main drawing are found, or a repeated block counts its last layer alone."""
    blocks = block_net()
    nodes = [
        *(each for name, each in blocks.graph.nodes.items() if name not in ("picture", "result")),
        node("digits", "Digits", size="8×8"),
        node("flatten", "Flatten"),
        node("fc", "Linear", out_features=10),
        node("loss", "CrossEntropyLoss"),
    ]
    old = [wire for wire in blocks.graph.wires if wire.source != "picture" and wire.target != "result"]
    wires = [
        Wire("digits", "image", "first", "x"),
        *old,
        *chain("sum1", "flatten", "fc", "loss.prediction"),
        Wire("digits", "label", "loss", "target"),
    ]
    net = compile_net(replace(blocks, graph=Graph.of(nodes, wires)))
    model = net.model(0)
    batch = {"digits.image": torch.rand(4, 1, 8, 8), "digits.label": torch.arange(4)}
    seen = by_path(layer_signals(net, model, batch))
    assert {"first/conv", "second/relu", "third/conv", "fc"} <= seen.keys()
    loss = nn.functional.cross_entropy(model.eval()(batch["digits.image"]), batch["digits.label"])
    loss.backward()
    of_third = [value.grad for name, value in model.named_parameters() if name.startswith("third") and value.dim() == 4]
    assert len(of_third) == 3
    norm = sum(float(value.double().square().sum()) for value in of_third if value is not None) ** 0.5
    assert seen["third/conv"].gradient == pytest.approx(norm, rel=1e-4)
    assert gradient(net, model, batch, "second/conv").maps.any()


def test_what_cannot_be_shown_is_said(mlp: Trained) -> None:
    """Fails if a drawing without a loss, or samples without labels, end in a traceback."""
    image = {"digits.image": mlp.images[:2]}
    with pytest.raises(NoPicture, match=r"The loss reads digits\.label"):
        layer_signals(mlp.net, mlp.model, image)
    with pytest.raises(NoPicture, match=r"The loss reads digits\.label"):
        gradients_of(mlp.net, mlp.model, image, ("fc1",))
    without = compile_net(RemoveNodes(MAIN, ("loss",)).apply(load("mlp_digits")))
    with pytest.raises(NoPicture, match="Without a loss"):
        layer_signals(without, without.model(0), image)
    with pytest.raises(NoPicture, match="Without a loss"):
        gradients_of(without, without.model(0), image, ("fc1",))


def test_numbers_are_short() -> None:
    """Fails if a number has a hyphen for a minus, or more digits than a cell holds."""
    assert [number(value) for value in (0.0, 0.03125, -0.5, 4.13e-7, -1.2e9, float("nan"), 99.96)] == [
        "0",
        "0.0312",
        "−0.5",
        "4.1e−7",
        "−1.2e9",
        "no number",
        "100",
    ]
