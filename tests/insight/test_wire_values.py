"""What wires carry, compared with pencil and paper, and with one plain pass of autograd through the whole net."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from app.core.compile.net import compile_net
from app.core.graph.model import Block, Graph, Node, Project
from app.core.storage.templates import load
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture
from app.insight.wire_values import WireValues, two, wire_values, words
from tests.insight.conftest import Trained
from tests.support.drawings import chain, node

# As the lectures print them (Stanford CS231n, backpropagation): value, then gradient.
CIRCUIT = {
    "w0": ("2.00", "−0.20"),
    "x0": ("−1.00", "0.39"),
    "w1": ("−3.00", "−0.39"),
    "x1": ("−2.00", "−0.59"),
    "w2": ("−3.00", "0.20"),
    "w0_x0": ("−2.00", "0.20"),
    "w1_x1": ("6.00", "0.20"),
    "products": ("4.00", "0.20"),
    "sum": ("1.00", "0.20"),
    "negative": ("−1.00", "−0.20"),
    "exp": ("0.37", "−0.53"),
    "plus_one": ("1.37", "−0.53"),
    "inverse": ("0.73", "1.00"),
}


def by_name(found: WireValues) -> dict[str, tuple[np.ndarray, np.ndarray | None]]:
    return {f"{wire.source} {wire.target}": (each.value, each.gradient) for wire, each in found.wires.items()}


def test_every_number_of_the_sigmoid_circuit() -> None:
    """Fails if a value or a gradient of the circuit that lectures use is another one, constants included."""
    net = compile_net(load("sigmoid_circuit"))
    found = wire_values(net, net.model(0), {})
    assert found.of == "the answer of inverse"
    for name, (value, gradient) in CIRCUIT.items():
        carried = found.values[f"{name}.output"]
        assert (words(carried.value), words(carried.gradient)) == (value, gradient), name
        (wire,) = (each for wire, each in found.wires.items() if wire.source == name)
        assert (words(wire.value), words(wire.gradient)) == (value, gradient), name
    s = 1 / (1 + np.exp(-1.0))  # the derivative of the sigmoid: (1 − f)·f
    assert found.values["x1.output"].gradient == pytest.approx(-3 * s * (1 - s), abs=1e-6)
    (moved,) = found.weights["w0"]
    assert (moved.name, float(moved.value)) == ("w0.value", 2.0)
    assert moved.gradient == pytest.approx(-1 * s * (1 - s), abs=1e-6)


def test_gradients_are_those_of_one_pass_of_autograd(lenet: Trained) -> None:
    """Fails if walking back layer by layer gives something else than differentiating the whole net at once."""
    batch = {"digits.image": lenet.images[3:5], "digits.label": lenet.labels[3:5]}
    found = by_name(wire_values(lenet.net, lenet.model, batch, sample=1))
    image = batch["digits.image"][1:].clone().requires_grad_()
    values = lenet.net.capture(lenet.model, [image], grad=True)
    loss = nn.functional.cross_entropy(values["fc3"], batch["digits.label"][1:])
    for name, key in (("conv1", "conv1 relu1"), ("pool2", "pool2 flatten"), ("fc3", "fc3 loss")):
        (expected,) = torch.autograd.grad(loss, [values[name]], retain_graph=True)
        np.testing.assert_allclose(found[key][0], values[name][0].detach(), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(found[key][1], expected[0], rtol=1e-4, atol=1e-7)
    (expected,) = torch.autograd.grad(loss, [image])
    np.testing.assert_allclose(found["digits conv1"][1], expected[0], rtol=1e-4, atol=1e-7)
    assert found["digits loss"][1] is None
    assert all(weight.grad is None for weight in lenet.model.parameters())


def test_each_wire_of_a_fork_has_a_gradient_of_its_own() -> None:
    """Fails if both wires behind a fork say the sum, one place of an addition is told twice, or a muted layer is
    forgotten."""
    nodes = [
        node("x", "Input", shape=()),
        node("square", "Power", exponent=2.0),
        Node("through", "Dropout", {"p": 0.5}, bypassed=True),
        node("y", "Add"),
        node("out", "Output"),
    ]
    wires = [
        *chain("x", "square"), *chain("square", "through", "y.xs"), *chain("x", "y.xs"), *chain("y", "out"),
    ]  # fmt: skip
    net = compile_net(Project("Fork", graph=Graph.of(nodes, wires)))
    found = wire_values(net, net.model(0), torch.tensor([3.0]))
    per_wire = by_name(found)  # y = x² + x
    assert float(per_wire["x square"][1]) == 6
    assert float(per_wire["x y"][1]) == 1
    assert float(found.values["x.output"].gradient) == 7
    assert float(per_wire["square through"][1]) == 1
    assert float(per_wire["through y"][1]) == 1


def test_wires_inside_a_block() -> None:
    """Fails if values inside a block are looked for outside of it, or gradients do not go in; and if a repeated block
    is shown as if it were one."""
    inner = Graph.of([node("x", "In"), node("e", "Exp"), node("y", "Out")], [*chain("x", "e", "y")])
    nodes = [node("x", "Input", shape=()), Node("b", "block:grow"), node("n", "Negate"), node("out", "Output")]
    wires = [*chain("x", "b"), *chain("b.y", "n", "out")]
    net = compile_net(Project("Inside", graph=Graph.of(nodes, wires), blocks={"grow": Block(inner)}))
    found = by_name(wire_values(net, net.model(0), torch.tensor([0.5]), inside="b"))
    assert found["x e"][1] == pytest.approx(-np.exp(0.5), rel=1e-6)
    assert float(found["e y"][1]) == -1
    nodes[1] = Node("b", "block:grow", repeat=2)
    net = compile_net(Project("Inside", graph=Graph.of(nodes, wires), blocks={"grow": Block(inner)}))
    with pytest.raises(NoPicture, match="repeated"):
        wire_values(net, net.model(0), torch.tensor([0.5]), inside="b")


def test_nets_without_a_way_back_say_why() -> None:
    """Fails if a net without a loss is given gradients, or one that reads whole numbers ends in an error."""
    nodes = [
        node("x", "Input", shape=(5,), dtype="int", classes=7),
        node("words", "Embedding", num_embeddings=7, embedding_dim=3),
        node("out", "Output"),
    ]
    project = Project("Words", graph=Graph.of(nodes, chain("x", "words", "out")))
    net = compile_net(project)
    found = wire_values(net, net.model(0), load_samples(net, project.recipe).one(0))
    assert found.note.startswith("There is no loss")
    assert all(each.gradient is None for each in found.wires.values())
    assert len(found.wires) == len(project.graph.wires)


def test_numbers_are_written_as_lectures_write_them() -> None:
    """Fails if a small gradient reads as nothing, or a list is cut."""
    assert [two(each) for each in (0, 0.393, -0.5251, 0.0012, -3e-7, 12345.0)] == [
        "0.00", "0.39", "−0.53", "0.0012", "−3.0e−7", "1.2e4",
    ]  # fmt: skip
    assert words(np.array([1.0, -2.0])) == "[1.00, −2.00]"
    assert words(np.full(9, 2.0)) == "norm 6.00"
    assert words(np.array([np.nan])) == "not finite"
