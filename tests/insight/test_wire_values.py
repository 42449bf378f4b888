"""Numbers on the wires, against the same net run layer by layer in torch, and its gradients by retained ones."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.storage.templates import load
from app.insight.wire_values import short, wire_values, words
from app.training.batches import load as load_data
from tests.insight.conftest import Trained
from tests.support.drawings import node


def test_values_and_gradients_are_those_of_torch() -> None:
    """Fails if a wire shows another value, the gradient of another loss or sample, or a number in another order."""
    net = compile_net(load("moons"))
    model = net.model(seed=2)
    data = load_data(net.plan)
    batch = {name: data[name][5:6] for name in data.names}
    found = wire_values(
        net,
        model,
        batch,
        [("points", "point"), ("points", "label"), ("fc1", "output"), ("tanh1", "output"), ("fc2", "output")],
    )
    x = batch["points.point"].clone().requires_grad_()
    first = model.fc1(x)  # type: ignore[operator]
    second = first.tanh()
    scores = model.fc2(second)  # type: ignore[operator]
    for value in (first, second, scores):
        value.retain_grad()
    nn.functional.cross_entropy(scores, batch["points.label"]).backward()
    for name, value in (("points.point", x), ("fc1.output", first), ("tanh1.output", second), ("fc2.output", scores)):
        node_name, _, port = name.partition(".")
        on_wire = found[node_name, port]
        flat, way = value.detach().double()[0], value.grad.double()[0]  # type: ignore[union-attr]
        assert on_wire.count == flat.numel()
        assert on_wire.norm == pytest.approx(float(flat.norm()), rel=1e-6)
        assert on_wire.gradient_norm == pytest.approx(float(way.norm()), rel=1e-5)
        if flat.numel() <= 6:
            assert on_wire.values == pytest.approx(flat.numpy(), rel=1e-6)
            assert on_wire.gradient == pytest.approx(way.numpy(), rel=1e-5, abs=1e-9)
        else:
            assert on_wire.values is None
            assert on_wire.gradient is None
    label = found["points", "label"]
    assert label.values is not None
    assert label.values.tolist() == [float(batch["points.label"][0])]
    assert label.gradient_norm is None
    assert all(parameter.grad is None for parameter in net.model(seed=2).parameters())


def test_a_value_that_is_read_twice_has_the_sum_of_both_ways() -> None:
    """Fails if only the way of one wire is counted."""
    nodes = [
        node("a", "Input", shape=(1,), given="3"),
        node("b", "Input", shape=(1,), given="2"),
        node("mul", "Multiply"),
        node("sum", "Add"),
        node("loss", "MSELoss"),
        node("goal", "Input", shape=(1,), given="1"),
    ]
    wires = [
        Wire("a", "output", "mul", "xs"),
        Wire("b", "output", "mul", "xs"),
        Wire("mul", "output", "sum", "xs"),
        Wire("a", "output", "sum", "xs"),
        Wire("sum", "output", "loss", "prediction"),
        Wire("goal", "output", "loss", "target"),
    ]
    net = compile_net(Project("Circuit", graph=Graph.of(nodes, wires)))
    batch = {f"{name}.output": torch.tensor([[value]]) for name, value in (("a", 3.0), ("b", 2.0), ("goal", 1.0))}
    found = wire_values(net, net.model(seed=0), batch, [("a", "output"), ("b", "output"), ("mul", "output")])
    # (a · b + a − 1)² at a = 3, b = 2: the outer slope is 2 · 8 = 16.
    assert [words(found[name, "output"]) for name in ("a", "b", "mul")] == [
        (("3",), ("48",)),
        (("2",), ("48",)),
        (("6",), ("16",)),
    ]


def test_without_a_loss_there_are_values_and_no_gradients(lenet: Trained) -> None:
    """Fails if a drawing that only answers shows nothing, or large values are written out in full."""
    net = compile_net(load("perceptron"))
    found = wire_values(
        net, net.model(seed=0), {"reasons.output": torch.tensor([[1.0, 0.0, 1.0]])}, [("weigh", "output")]
    )
    assert words(found["weigh", "output"]) == (("8",), ())
    batch = {"digits.image": lenet.images[:1], "digits.label": lenet.labels[:1]}
    large = wire_values(lenet.net, lenet.model, batch, [("conv1", "output"), ("nothing", "output")])
    assert list(large) == [("conv1", "output")]
    (value,), (gradient,) = words(large["conv1", "output"])
    assert value[0] == value[-1] == gradient[0] == "‖"


def test_numbers_are_short() -> None:
    """Fails if a wire has more letters than room."""
    numbers = (0.0, 1.0, -0.12345, 12.345, 1234.5, -123456.0, 0.00001234, float("nan"), float("-inf"))
    assert list(map(short, numbers)) == ["0", "1", "−0.123", "12.3", "1234", "−1.2e5", "1.2e−5", "NaN", "−∞"]
