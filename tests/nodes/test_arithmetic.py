"""Graphs of numbers: what backpropagation gives is what pencil and paper give."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from app.core.graph.model import Block, Graph, Node, Project
from app.core.inference import infer
from app.training.events import Finished
from app.training.loop import train
from tests.nodes.nets import forward_of, net_of
from tests.support.drawings import chain, node
from tests.training.nets import FAST, compiled


def number(value: float) -> tuple[str, dict[str, float]]:
    """A learnable number."""
    return "LearnableNumber", {"start": value}


def test_sum_times_number() -> None:
    """Fails if one of the slopes of (x + y) · z at −2, 5, −4 is not −4, −4, 3."""
    nodes: dict[str, Any] = {"x": number(-2), "y": number(5), "z": number(-4)}
    nodes |= {"q": "Add", "f": "Multiply", "out": "Output"}
    net = net_of(nodes, "x q.xs", "y q.xs", "q f.xs", "z f.xs", "f out")
    model = net.model()
    value = model()
    assert value.tolist() == [-12.0]
    value.sum().backward()
    assert [float(getattr(model, name).value.grad) for name in "xyz"] == [-4.0, -4.0, 3.0]


def test_a_sigmoid_of_single_steps() -> None:
    """Fails if a slope of 1 / (1 + exp(−(w0·x0 + w1·x1 + w2))) is not the known one."""
    nodes: dict[str, Any] = {"w0": number(2), "x0": number(-1), "w1": number(-3), "x1": number(-2), "w2": number(-3)}
    nodes |= {"m0": "Multiply", "m1": "Multiply", "total": "Add", "minus": "Negate", "e": "Exp"}
    nodes |= {"one": ("Constant", {"value": 1.0}), "below": "Add", "f": "Reciprocal", "out": "Output"}
    ways = ["w0 m0.xs", "x0 m0.xs", "w1 m1.xs", "x1 m1.xs", "m0 total.xs", "m1 total.xs", "w2 total.xs"]
    net = net_of(nodes, *ways, "total minus e below.xs", "one below.xs", "below f out")
    model = net.model()
    value = model()
    assert value.tolist() == pytest.approx([0.7311], abs=1e-4)
    value.sum().backward()
    slopes = [float(getattr(model, name).value.grad) for name in ("w0", "x0", "w1", "x1", "w2")]
    assert slopes == pytest.approx([-0.1966, 0.3932, -0.3932, -0.5898, 0.1966], abs=1e-4)


@pytest.mark.parametrize(
    ("kind", "settings", "value", "slope"),
    [
        ("Exp", {}, 7.389056, 7.389056),
        ("Log", {}, 0.693147, 0.5),
        ("Reciprocal", {}, 0.5, -0.25),
        ("Negate", {}, -2.0, -1.0),
        ("Power", {}, 4.0, 4.0),
        ("Power", {"exponent": 3.0}, 8.0, 12.0),
        ("Power", {"exponent": 0.5}, 1.414214, 0.353553),
    ],
    ids=str,
)
def test_one_step_at_two(kind: str, settings: dict[str, float], value: float, slope: float) -> None:
    """Fails if a value or a slope at 2 is wrong."""
    net = net_of({"x": number(2), "f": (kind, settings), "out": "Output"}, "x f out")
    model = net.model()
    result = model()
    result.sum().backward()
    assert (result.item(), model.x.value.grad.item()) == pytest.approx((value, slope), abs=1e-5)


def test_a_power_of_a_negative_number() -> None:
    """Fails if a square is computed by logarithms."""
    net = net_of({"x": "()", "f": ("Power", {"exponent": 2.0}), "out": "Output"}, "x f out")
    assert net.model()(torch.tensor([-3.0, 2.0])).tolist() == [9.0, 4.0]
    assert "f = x ** 2  # number" in forward_of(net)


def test_numbers_follow_the_batch() -> None:
    """Fails if a number is given once for many samples, or its slopes are not added up over them."""
    nodes: dict[str, Any] = {"x": "()", "w": number(3), "b": ("Constant", {"value": 0.5})}
    nodes |= {"m": "Multiply", "y": "Add", "out": "Output", "shown": "Output"}
    net = net_of(nodes, "x m.xs", "w m.xs", "m y.xs", "b y.xs", "y out", "w shown")
    model = net.model()
    x = torch.tensor([1.0, 2.0, 4.0])
    outputs = net.outputs(model(x))
    assert outputs["y.output"].tolist() == [3.5, 6.5, 12.5]
    assert outputs["w.output"].tolist() == [3.0, 3.0, 3.0]
    outputs["y.output"].sum().backward()
    assert float(model.w.value.grad) == 7.0
    assert [tuple(value.shape) for value in net.capture(model, [x]).values()] == [(3,)] * 5
    assert "b" not in model.state_dict(), "a constant is no weight"


def test_slopes_inside_can_be_read() -> None:
    """Fails if a captured number is cut off from the graph that backpropagation walks."""
    net = net_of({"x": number(2), "e": "Exp", "f": "Log", "out": "Output"}, "x e f out")
    model = net.model()
    values = net.capture(model, [], grad=True)
    (slope,) = torch.autograd.grad(values["f"].sum(), values["e"])
    assert float(slope) == pytest.approx(float(torch.exp(torch.tensor(-2.0))))


def test_a_number_goes_to_every_value() -> None:
    """Fails if a number for each sample is spread over another axis than the batch."""
    nodes: dict[str, Any] = {"x": "(3, 2)", "w": "()", "m": "Multiply", "d": "Subtract", "out": "Output"}
    net = net_of(nodes, "x m.xs", "w m.xs", "m d.a", "w d.b", "d out")
    x, w = torch.randn(3, 3, 2), torch.randn(3)
    by_hand = torch.stack([x[i] * w[i] - w[i] for i in range(3)])
    torch.testing.assert_close(net.model()(x, w), by_hand)


def test_a_gate_for_each_channel() -> None:
    """Fails if an axis of size 1 is stretched along another axis."""
    net = net_of(
        {"x": "(4, 5, 5)", "gate": "(4, 1, 1)", "m": "Multiply", "out": "Output"}, "x m.xs", "gate m.xs", "m out"
    )
    x, gate = torch.randn(2, 4, 5, 5), torch.rand(2, 4, 1, 1)
    torch.testing.assert_close(net.model()(x, gate), torch.einsum("nchw,nc->nchw", x, gate[:, :, 0, 0]))


def test_dot_and_mean() -> None:
    """Fails if products are added over time, or a mean counts wrongly."""
    net = net_of({"a": "(3, 2)", "b": "(3, 2)", "d": "Dot", "out": "Output"}, "a d.a", "b d.b", "d out")
    a, b = torch.randn(2, 3, 2), torch.randn(2, 3, 2)
    torch.testing.assert_close(net.model()(a, b), torch.einsum("nti,nti->nt", a, b))
    nodes: dict[str, Any] = {"a": "(3, 2)", "b": "(3, 2)", "m": "Mean", "out": "Output"}
    net = net_of(nodes, "a m.xs", "b m.xs", "b m.xs", "m out")
    torch.testing.assert_close(net.model()(a, b), (a + 2 * b) / 3)


def test_numbers_inside_a_block() -> None:
    """Fails if a block cannot say how many samples there are."""
    inner = Graph.of(
        [node("x", "In"), node("w", "LearnableNumber", start=2.0), node("m", "Multiply"), node("y", "Out")],
        [*chain("x", "m.xs"), *chain("w", "m.xs"), *chain("m", "y")],
    )
    graph = Graph.of(
        [node("x", "Input", shape=(3,)), Node("twice", "block:scale", repeat=2), node("out", "Output")],
        [*chain("x", "twice"), *chain("twice.y", "out")],
    )
    project = Project("Scaled", graph=graph, blocks={"scale": Block(inner)})
    assert infer(project).main.parameters == 2
    x = torch.randn(4, 3)
    torch.testing.assert_close(compiled(project).model()(x), 4 * x)


@pytest.mark.parametrize("frozen", [False, True])
def test_a_number_learns_the_mean(frozen: bool) -> None:
    """Fails if numbers are not trained like other weights, or a frozen one moves."""
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("brightness", "GlobalAvgPool"),
            node("mean", "Squeeze"),
            node("w", "LearnableNumber", start=1.0, frozen=frozen),
            node("b", "LearnableNumber", start=0.0),
            node("y", "Add"),
            node("loss", "HalfSquaredError"),
        ],
        [
            *chain("digits.image", "brightness", "mean", "loss.target"),
            *chain("w", "y.xs"),
            *chain("b", "y.xs"),
            *chain("y", "loss.prediction"),
        ],
    )
    net = compiled(Project("Mean", graph=graph))
    model = net.model()
    assert isinstance(list(train(net, replace(FAST, epochs=20), model=model))[-1], Finished)
    assert model.w.value.item() + model.b.value.item() == pytest.approx(0.305, abs=0.02)
    assert (model.w.value.item() == 1.0) == frozen


def test_a_model_that_reads_nothing_trains() -> None:
    """Fails if numbers alone do not know how many samples there are, because no layer reads the data."""
    graph = Graph.of(
        [
            node("digits", "Digits"),
            *(node(f"score{digit}", "LearnableNumber") for digit in range(10)),
            node("scores", "Concat"),
            node("loss", "CrossEntropyLoss"),
        ],
        [
            *(wire for digit in range(10) for wire in chain(f"score{digit}", "scores.xs")),
            *chain("scores", "loss.prediction"),
            *chain("digits.label", "loss.target"),
        ],
    )
    net = compiled(Project("Prior", graph=graph))
    assert "score0 = self.score0(len(image))" in net.source.text
    assert isinstance(list(train(net, FAST))[-1], Finished)
