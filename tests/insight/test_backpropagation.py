"""The walk of values and gradients, compared with pencil, paper and one plain step of torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Node, Project
from app.core.storage.templates import load
from app.insight.backpropagation import walk
from app.insight.samples import load_samples
from app.insight.view import Look, Samples, Subject
from app.insight.views import views
from nodes.api.registry import layers
from tests.insight.conftest import Trained
from tests.support.drawings import block_net, chain, node


def test_the_circuit_step_by_step() -> None:
    """Fails if steps come in another order, a local derivative is not told, or the update is not old − rate · gradient
    with the numbers of the lectures."""
    net = compile_net(load("sigmoid_circuit"))
    made = walk(net, net.model(0), {})
    phases = [moment.phase for moment in made.moments]
    assert phases == sorted(phases, key=["forward", "backward", "update"].index)
    assert (phases.count("forward"), phases.count("backward"), phases.count("update")) == (14, 14, 3)
    back = {moment.node: moment.lines for moment in made.moments if moment.phase == "backward"}
    assert back["w1_x1"][-2:] == (
        "to w1: local derivative (−2.00) × 0.20 = −0.39",
        "to x1: local derivative (−3.00) × 0.20 = −0.59",
    )
    assert "times the product of the others" in back["w1_x1"][1]
    assert back["exp"][-1] == "to negative: local derivative 0.37 × (−0.53) = −0.20"
    assert back["inverse"][0].endswith("by itself: 1.")
    update = {moment.node: moment.lines for moment in made.moments if moment.phase == "update"}
    assert update["w0"] == (
        "w0.value: old weight 2, gradient −0.1966, learning rate 1",
        "new weight = 2 − 1 × (−0.1966) = 2.197",
    )


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_the_update_is_the_first_step_of_torch(lenet: Trained, optimizer: str) -> None:
    """Fails if another rate, gradient or optimizer makes the new weights, or the model is changed by looking."""
    project = lenet.net.project
    assert project is not None
    net = compile_net(replace(project, recipe=replace(project.recipe, optimizer=optimizer, lr=0.05)))
    model = lenet.model
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    batch = {"digits.image": lenet.images[:1], "digits.label": lenet.labels[:1]}
    made = walk(net, model, batch)
    assert all(torch.equal(weight, before[name]) for name, weight in model.named_parameters())
    twin = lenet.net.model(0).eval()
    twin.load_state_dict(model.state_dict())
    plain = {"SGD": torch.optim.SGD, "Adam": torch.optim.Adam}[optimizer](twin.parameters(), lr=0.05)
    nn.functional.cross_entropy(twin(lenet.images[:1]), lenet.labels[:1]).backward()
    gradients = {name: weight.grad.clone() for name, weight in twin.named_parameters() if weight.grad is not None}
    plain.step()
    assert {step.name for step in made.steps} == set(before)
    for step in made.steps:
        np.testing.assert_allclose(step.gradient, gradients[step.name], rtol=1e-3, atol=1e-7)
        after = dict(twin.named_parameters())[step.name].detach()
        # Where a gradient is nearly 0, the first step of Adam is of any size up to the rate.
        clear = gradients[step.name].abs().numpy() > 1e-6
        np.testing.assert_allclose(step.new[clear], after.numpy()[clear], rtol=1e-3, atol=1e-5)
        assert step.plain == (optimizer == "SGD")
        assert step.rate == 0.05


def test_the_walk_goes_into_blocks() -> None:
    """Fails if layers inside of a block come in another order, carry other values or gradients than plain torch has, or
    the walk goes into a repeated block, whose layers have several values."""
    project = block_net(repeat=2)
    image = torch.randn(1, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    graph = project.graph
    scored = Graph.of(
        [*graph.nodes.values(), node("flatten", "Flatten"), node("fc", "Linear", out_features=1)],
        [
            *(wire for wire in graph.wires if wire.target != "result"),
            *chain("sum1", "flatten", "fc", "result"),
        ],
    )
    net = compile_net(replace(project, graph=scored))
    model = net.model(0).eval()
    made = walk(net, model, image, blocks=True)
    forward = [moment.node for moment in made.moments if moment.phase == "forward"]
    inside = [f"second/{name}" for name in ("x", "conv", "norm", "relu")]
    start = forward.index("second/x")
    assert forward[start : start + 5] == [*inside, "second"]
    assert "third" in forward
    assert not any(each.startswith("third/") for each in forward)
    backward = [moment.node for moment in made.moments if moment.phase == "backward"]
    start = backward.index("second/relu")
    assert backward[start : start + 5] == [*reversed(inside), "second"]
    first = next(moment for moment in made.moments if moment.phase == "backward")
    assert first.lines[0].startswith("The way back begins")
    updates = [moment.node for moment in made.moments if moment.phase == "update"]
    assert "second/conv" in updates
    assert "second/norm" in updates
    assert "third" in updates
    (shown,) = views()["backpropagation"].pictures(
        Look(Subject(net, model, Samples({"picture.output": image}, ("one",)))),
        {"step": 1 + forward.index("second/relu"), "inside": True},
    )
    assert shown.at_work == "second/relu"
    assert shown.labels[2:][shown.strong[0]] == "relu"
    plain = walk(net, model, image)
    assert not any("/" in moment.node for moment in plain.moments)
    assert [each.name for each in plain.steps] == [each.name for each in made.steps]

    seen: dict[str, torch.Tensor] = {}

    def keep(name: str) -> Callable[[nn.Module, object, torch.Tensor], None]:
        def hook(_: nn.Module, __: object, value: torch.Tensor) -> None:
            value.retain_grad()
            seen[name] = value

        return hook

    for name in ("conv", "norm", "relu"):
        model.get_submodule(f"second.{name}").register_forward_hook(keep(name))
    model(image).sum().backward()
    for name, value in seen.items():
        carried = made.carried(f"second/{name}")
        np.testing.assert_allclose(carried.value, value[0].detach().numpy(), rtol=1e-5, atol=1e-6)
        assert value.grad is not None
        assert carried.gradient is not None
        np.testing.assert_allclose(carried.gradient, value.grad[0].numpy(), rtol=1e-4, atol=1e-7)


def test_a_shared_weight_gets_the_sum_and_a_frozen_one_nothing() -> None:
    """Fails if a weight that two layers use is updated by one of them alone, or a frozen weight moves."""
    nodes = [
        node("x", "Input", shape=(1,)),
        node("a", "Linear", out_features=1, bias=False, init="constant", init_value=2.0),
        Node("b", "Linear", {"out_features": 1, "bias": False}, shares="a"),
        node("c", "Linear", out_features=1, bias=False, init="constant", init_value=3.0, frozen=True),
        node("out", "Output"),
    ]
    graph = Graph.of(nodes, [*chain("x", "a", "b", "c", "out")])
    net = compile_net(Project("Shared", graph=graph))
    (step,) = walk(net, net.model(0), torch.tensor([[5.0]])).steps
    assert step.name == "a.weight"
    # y = 3 · w · w · 5, so dy/dw = 30 · w
    assert step.gradient.item() == pytest.approx(60.0)
    assert step.new.item() == pytest.approx(2.0 - net.plan.recipe.lr * 60.0)


def test_the_view_shows_what_is_known_at_a_step(lenet: Trained) -> None:
    """Fails if a number stands there before it is known, the step beyond the last is an error, or whole nets are told
    with other norms than those of plain torch."""
    view = views()["backpropagation"]
    net = compile_net(load("sigmoid_circuit"))
    look = Look(Subject(net, net.model(0), Samples({}, ())))
    (half,) = view.pictures(look, {"step": 9})
    columns = half.labels[2:]
    assert half.labels[:2] == ("value", "gradient")
    assert half.at_work == columns[8]
    assert np.isfinite(half.maps[0, 0]).sum() == 9
    assert not np.isfinite(half.maps[0, 1]).any()
    (end,) = view.pictures(look, {"step": 9_999})
    assert end.step == (31, 31)
    assert end.maps[0, :, columns.index("x1")] == pytest.approx([-2, -0.5898], abs=1e-4)
    project = lenet.net.project
    assert project is not None
    samples = load_samples(lenet.net, project.recipe)
    (tiles,) = view.pictures(Look(Subject(lenet.net, lenet.model, samples)), {})
    image = samples.fields["digits.image"][:1].clone().requires_grad_()
    values = lenet.net.capture(lenet.model, [image], grad=True)
    loss = nn.functional.cross_entropy(values["fc3"], samples.fields["digits.label"][:1])
    (gradient,) = torch.autograd.grad(loss, values["fc1"])
    shown = dict(zip(tiles.labels[2:], tiles.maps[0].T.tolist()))
    assert shown["fc1"] == pytest.approx([values["fc1"].norm().item(), gradient.norm().item()], rel=1e-4)
    assert shown["loss"] == pytest.approx([loss.item(), 1.0], rel=1e-5)
    assert any("Adam moves it by" in line for line in tiles.text)


def test_from_step_to_step_nothing_is_computed_again(lenet: Trained) -> None:
    """Fails if every step walks the whole net, or a step is still told of other weights, another sample or another
    walk than those of now."""
    project = lenet.net.project
    assert project is not None
    net = compile_net(project)
    model = net.model(0).eval()
    samples = load_samples(net, project.recipe)
    view = views()["backpropagation"]
    calls: list[object] = []
    model.get_submodule("conv1").register_forward_hook(lambda *_: calls.append(None))

    def seen(step: int, sample: int = 0, inside: bool = False) -> dict[str, float]:
        (tiles,) = view.pictures(Look(Subject(net, model, samples), "", sample), {"step": step, "inside": inside})
        return dict(zip(tiles.labels[2:], tiles.maps[0, 0].tolist()))

    def norm(sample: int) -> float:
        with torch.no_grad():
            return float(net.capture(model, [samples.fields["digits.image"][sample : sample + 1]])["conv1"].norm())

    first = seen(3)
    walked = len(calls)
    assert walked
    assert seen(4)["conv1"] == first["conv1"]
    assert len(calls) == walked
    assert seen(4)["conv1"] == pytest.approx(norm(0), rel=1e-5)
    assert seen(4, sample=1)["conv1"] == pytest.approx(norm(1), rel=1e-5)
    assert norm(1) != pytest.approx(norm(0), rel=1e-3)
    with torch.no_grad():
        model.get_parameter("conv1.weight").mul_(2)
    assert seen(4, sample=1)["conv1"] == pytest.approx(norm(1), rel=1e-5)
    before = len(calls)
    seen(4, sample=1, inside=True)
    assert len(calls) > before


def test_a_net_without_a_way_back_says_why() -> None:
    """Fails if a net without a loss and with many answers is walked back, or ends in an error."""
    nodes = [node("x", "Input", shape=(3,)), node("fc", "Linear", out_features=2), node("out", "Output")]
    project = Project("Two answers", graph=Graph.of(nodes, chain("x", "fc", "out")))
    net = compile_net(project)
    look = Look(Subject(net, net.model(0), load_samples(net, project.recipe)))
    (tiles,) = views()["backpropagation"].pictures(look, {})
    assert tiles.note.startswith("There is no loss")
    assert np.isnan(tiles.maps[0, 1]).all()


def test_what_lectures_teach_has_its_rule() -> None:
    """Fails if a layer of the circuit, or one that every course begins with, says nothing about its way back."""
    taught = "Add Multiply Subtract Negate Exp Log Reciprocal Power Sigmoid Tanh ReLU Linear Conv2d MaxPool2d".split()
    for name in (*taught, "CrossEntropyLoss", "MSELoss", "LSTM", "Softmax", "Flatten", "LearnableNumber"):
        assert layers()[name].backward, name
        assert not layers()[name].backward.endswith("."), name
