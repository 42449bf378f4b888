"""What is missing is said in a sentence with a remedy, before anything is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.core.checks.fixes import command_at, words_at
from app.core.checks.refusals import refusals
from app.core.commands import SetSetting
from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanSource
from app.core.graph.model import MAIN, Block, Graph, Node, Project, Wire
from app.core.graph.recipe import Recipe
from app.core.inference import infer
from app.core.storage import templates
from app.data import catalog
from app.training.events import Failed, Finished
from app.training.loop import train
from app.training.recipe import device_for
from app.training.refusal import CannotTrain
from nodes.api import Feed, registry
from tests.support.drawings import chain, node, small_net
from tests.training.nets import FAST, compiled, digits_net


def refusal(project: Project, recipe: Recipe = FAST, out: Path | None = None) -> Failed:
    """The one event of a training that cannot begin."""
    *_, failed = train(compiled(project), recipe, out=out)
    assert isinstance(failed, Failed)
    return failed


def test_no_data(tmp_path: Path) -> None:
    """Fails if a drawing without data is trained, or leaves a folder behind."""
    only_layers = Project(
        graph=Graph.of([node("x", "Input", shape=(8,)), node("fc1", "Linear")], chain("x", "fc1")),
    )
    failed = refusal(only_layers, out=tmp_path / "run")
    assert "no loss" in failed.sentence
    assert not (tmp_path / "run").exists()


def test_an_input_node_has_no_data() -> None:
    """Fails if an Input in place of a source ends in a KeyError."""
    graph = Graph.of(
        [
            node("x", "Input", shape=(4,)),
            node("y", "Input", shape=(4,)),
            node("fc1", "Linear", out_features=4),
            node("loss", "MSELoss"),
        ],
        [*chain("x", "fc1", "loss.prediction"), *chain("y", "loss.target")],
    )
    failed = refusal(Project(graph=graph))
    assert failed.node == "x"
    assert "Put" not in failed.sentence
    assert "source such as Handwritten digits" in failed.sentence


def test_no_source_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the sentence for a drawing without any entry is missing."""
    net = compiled(digits_net(("flatten", "Flatten"), ("fc1", "Linear", {"out_features": 10})))
    net.plan = replace(net.plan, sources=(), inputs=(), losses=(replace(net.plan.losses[0], operands={}),))
    (failed,) = train(net, FAST)
    assert failed == Failed(
        None, "There is no data in this drawing. Add a source such as Handwritten digits and wire it."
    )


def test_no_loss() -> None:
    """Fails if a drawing without a loss is trained towards nothing."""
    project = small_net()
    failed = refusal(replace(project, graph=project.graph.without(["loss"])))
    assert "no loss" in failed.sentence
    assert "Cross-entropy" in failed.sentence


def test_weights_that_were_given_by_hand_need_no_training() -> None:
    """Fails if whoever opens the first template and presses Train is only told what is missing, or a net whose weights
    are to be learned, be it in part, is called finished."""
    project = templates.load("perceptron")
    first, *_ = refusals(project, infer(project))
    assert first.sentence.startswith("All weights are given by hand and there is no loss")
    assert "Look inside" in first.sentence
    learning = SetSetting("", ("weigh",), "init", "torch").apply(project)
    first, *_ = refusals(learning, infer(learning))
    assert "given by hand" not in first.sentence


def test_nothing_to_learn() -> None:
    """Fails if a drawing without weights ends in torch's words about gradients."""
    failed = refusal(digits_net(("flatten", "Flatten")))
    assert failed.node == "loss"
    assert "No layer before this loss has weights" in failed.sentence


def test_a_loss_that_reads_no_weights() -> None:
    """Fails if a loss that is wired past all layers ends in torch's words about gradients."""
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("flatten", "Flatten"),
            node("again", "Flatten"),
            node("fc1", "Linear"),
            node("result", "Output"),
            node("loss", "MSELoss"),
        ],
        [
            *chain("digits.image", "flatten", "fc1", "result"),
            *chain("digits.image", "again", "loss.target"),
            Wire("flatten", "output", "loss", "prediction"),
        ],
    )
    failed = refusal(Project(graph=graph))
    assert failed.node == "loss"
    assert "No layer before this loss has weights" in failed.sentence


@pytest.fixture
def short_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second source of digits, of which only 500 are there."""
    load = catalog.load

    def shortened(source: PlanSource) -> Feed:
        data = load(source)
        return Feed({name: values[:500] for name, values in data.fields.items()}) if source.node == "others" else data

    monkeypatch.setattr(catalog, "load", shortened)


@pytest.mark.usefixtures("short_digits")
def test_sources_of_different_length() -> None:
    """Fails if images of one source are trained on labels of a shorter one."""
    graph = digits_net(("flatten", "Flatten"), ("fc1", "Linear", {"out_features": 10})).graph
    wires = [wire for wire in graph.wires if wire.target_port != "target"]
    two = graph.with_nodes(node("others", "Digits")).with_wires([*wires, Wire("others", "label", "loss", "target")])
    failed = refusal(Project(graph=two))
    assert failed.node == "others"
    assert "digits has 1,797 samples and others has 500" in failed.sentence


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_cuda_where_there_is_none() -> None:
    """Fails if a missing GPU ends in torch's assertion, or quietly in a training on the CPU."""
    failed = refusal(small_net(), replace(FAST, device="cuda"))
    assert "asks for a GPU" in failed.sentence
    assert "auto or cpu" in failed.sentence


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_auto_takes_the_cpu_where_there_is_no_gpu() -> None:
    """Fails if auto insists on a GPU."""
    assert device_for(Recipe()) == torch.device("cpu")


def test_a_gpu_that_does_not_compute_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if auto trusts a GPU that is listed but too old or full."""
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no kernel image is available for execution on the device")

    monkeypatch.setattr(torch, "ones", broken)
    assert device_for(Recipe()) == torch.device("cpu")
    with pytest.raises(CannotTrain, match="no kernel image"):
        device_for(Recipe(device="cuda"))


def optimizer_for(net: CompiledNet, recipe: Recipe) -> torch.optim.Optimizer:
    """The optimizer that the generated file makes."""
    made: torch.optim.Optimizer = net.with_recipe(recipe).functions["make_optimizers"](net.model())["loss"]
    return made


def test_optimizers_of_the_recipe() -> None:
    """Fails if a setting of the recipe does not reach torch."""
    net = compiled()
    sgd = optimizer_for(net, Recipe().with_settings(optimizer="SGD", lr=0.5, momentum=0.3, weight_decay=0.1))
    assert isinstance(sgd, torch.optim.SGD)
    assert {name: sgd.defaults[name] for name in ("lr", "momentum", "weight_decay")} == {
        "lr": 0.5,
        "momentum": 0.3,
        "weight_decay": 0.1,
    }
    adam = optimizer_for(net, Recipe().with_settings(optimizer="Adam", lr=0.5, weight_decay=0.1))
    assert isinstance(adam, torch.optim.Adam)
    assert (adam.defaults["lr"], adam.defaults["weight_decay"]) == (0.5, 0.1)


def test_batch_norm_on_single_samples_names_the_layer() -> None:
    """Fails if a batch of one in front of a batch norm ends in torch's words."""
    project = digits_net(
        ("conv1", "Conv2d", {"out_channels": 3, "kernel_size": (8, 8)}),
        ("bn1", "BatchNorm2d"),
        ("flatten", "Flatten"),
        ("fc1", "Linear", {"out_features": 10}),
    )
    failed = refusal(project, replace(FAST, batch_size=1))
    assert failed.node == "bn1"
    assert "larger batch size" in failed.sentence


def test_every_source_of_the_palette_has_data() -> None:
    """Fails if a source can be dragged onto the canvas but never trained."""
    for layer in registry.layers().values():
        if layer.source is not None and not layer.source.looked_at:
            settings = layer.defaults()
            fields = layer.build({}, settings).outputs
            assert catalog.load(PlanSource("here", layer.id, settings, fields)).schema is not None


@pytest.mark.parametrize("inside", [False, True])
def test_frozen_weights_are_called_frozen(inside: bool) -> None:
    """Fails if a net with weights, all of them frozen, is said to have none, or is not unfrozen by its fix."""
    layer = node("fc1", "Linear", out_features=10, frozen=True)
    inner = Graph.of([node("i", "In"), layer, node("o", "Out")], chain("i", "fc1", "o"))
    middle = Node("unit1", "block:Unit") if inside else layer
    graph = Graph.of(
        [node("digits", "Digits"), node("flatten", "Flatten"), middle, node("loss", "CrossEntropyLoss")],
        [
            Wire("digits", "image", "flatten", "x"),
            Wire("flatten", "output", middle.name, "i" if inside else "x"),
            Wire(middle.name, "o" if inside else "output", "loss", "prediction"),
            Wire("digits", "label", "loss", "target"),
        ],
    )
    project = Project(graph=graph, blocks={"Unit": Block(graph=inner)} if inside else {})
    path = "unit1/fc1" if inside else "fc1"
    failed = refusal(project)
    assert "All weights before loss are frozen" in failed.sentence
    assert failed.node == path
    (problem,) = refusals(project, infer(project))
    for where, fixes in ((failed.node or "", failed.fixes), (problem.node, problem.fixes)):
        (fix,) = fixes
        assert words_at(project, MAIN, where, fix) == "Unfreeze fc1"
        command = command_at(project, MAIN, where, fix)
        assert command is not None
        assert isinstance(list(train(compiled(command.apply(project)), FAST))[-1], Finished)


def test_a_loss_that_trains_frozen_layers_alone_can_unfreeze_them() -> None:
    """Fails if the layers that a loss should train can only be given up, not unfrozen."""
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("flatten", "Flatten"),
            node("fc1", "Linear", out_features=32),
            node("fc2", "Linear", out_features=10, frozen=True),
            node("loss", "CrossEntropyLoss", updates=("fc2",)),
        ],
        [*chain("digits.image", "flatten", "fc1", "fc2", "loss.prediction"), Wire("digits", "label", "loss", "target")],
    )
    project = Project(graph=graph)
    (problem,) = refusals(project, infer(project))
    command = command_at(project, MAIN, problem.node, problem.fixes[0])
    assert command is not None
    assert command.apply(project).graph.nodes["fc2"].params["frozen"] is False
    assert refusals(command.apply(project), infer(command.apply(project))) == ()
