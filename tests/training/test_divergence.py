"""Why a loss is no number: the learning rate where something grew, else the layer in which it began, and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from app.core.checks.fixes import command_at
from app.core.checks.problems import FixElsewhere, SetOwnRate, SetTraining
from app.core.graph.model import MAIN, Block, Graph, Node, Project, Wire
from app.core.graph.recipe import Recipe
from app.data import catalog
from app.training import batches, kept_fixes
from app.training.events import BatchDone, Diagnosed, Failed, Finished
from app.training.loop import train
from nodes.api import Feed, InsertBefore, Layer, SetParam
from tests.support.drawings import chain, node
from tests.support.gan import gan
from tests.training.nets import FAST, autoencoder, compiled, digits_net, only

SLOW = replace(FAST, lr=1e-6)
ZEROS: dict[str, Any] = {"out_features": 16, "init": "constant", "init_value": 0.0}
SCORES: dict[str, Any] = {"out_features": 10}


def ruined(project: Project, recipe: Recipe = SLOW, out: Path | None = None) -> Failed:
    """How a training ends that ends early; the finding says the same."""
    events = list(train(compiled(project), recipe, out=out))
    failed = events[-1]
    assert isinstance(failed, Failed), events[-3:]
    finding = only(events, Diagnosed)[-1]
    assert (finding.node, finding.sentence, finding.fixes) == (failed.node, failed.sentence, failed.fixes)
    assert finding.code == "nan"
    return failed


def fix_applied(project: Project, failed: Failed) -> Project:
    """The drawing with the first fix."""
    command = command_at(project, MAIN, failed.node or "", failed.fixes[0])
    assert command is not None
    return command.apply(project)


def spoiled(monkeypatch: pytest.MonkeyPatch, change: Callable[[Tensor], None]) -> None:
    """Digits in which something was changed by hand."""
    full = catalog._loaded

    def load(layer: Layer, settings: Mapping[str, Any]) -> Feed:
        feed = full(layer, settings)
        image = feed.fields["image"].clone()  # type: ignore[union-attr]
        change(image)
        feed.fields = {**feed.fields, "image": image}
        return feed

    monkeypatch.setattr(catalog, "_loaded", load)
    catalog._held.clear()


@pytest.fixture(autouse=True)
def _fresh_data() -> Iterator[None]:
    yield
    catalog._held.clear()


def divided() -> tuple[list[int], list[int]]:
    """The samples that are learned from, and those held out."""
    net = compiled()
    learn, validation, _ = batches.divide(net.plan, batches.load(net.plan), FAST.validation, FAST.seed)
    return learn.tolist(), validation.tolist()


@pytest.mark.parametrize("kept", [True, False])
def test_the_learning_rate_is_blamed_with_what_grew(kept: bool, tmp_path: Path) -> None:
    """Fails if a rate that is too high is not named, if the numbers are not those that were seen, or if the button
    would set another number than the sentence says."""
    project, recipe = autoencoder(), replace(FAST, lr=5.0)
    events = list(train(compiled(project), recipe, out=tmp_path if kept else None))
    failed = events[-1]
    assert isinstance(failed, Failed)
    losses = [event.loss for event in only(events, BatchDone)]
    assert f"from {losses[0]:.3g} to {max(losses[:-1]):.3g}" in failed.sentence
    assert "learning rate 5 is too high. Train again with 0.5" in failed.sentence
    assert failed.fixes == (SetTraining("lr", 0.5),)
    assert failed.node == "loss"
    assert failed.useless, "no epoch was complete"
    mended_project = fix_applied(replace(project, recipe=recipe), failed)
    assert isinstance(list(train(compiled(project), mended_project.recipe))[-1], Finished)


CASES: dict[str, tuple[list[Any], str, str]] = {
    "log of a negative number": ([("fc1", "Linear", SCORES), ("log1", "Log")], "log1", "value"),
    "log of zero": ([("fc1", "Linear", SCORES), ("relu1", "ReLU"), ("log1", "Log")], "log1", "value"),
    "root of a negative number": (
        [("fc1", "Linear", SCORES), ("root", "Power", {"exponent": 0.5}), ("fc2", "Linear", SCORES)], "root", "value"
    ),
    "root of zero, forward finite": (
        [("fc1", "Linear", ZEROS), ("root", "Power", {"exponent": 0.5}), ("fc2", "Linear", SCORES)], "root", "gradient"
    ),
    "root between other functions": (
        [("fc1", "Linear", ZEROS), ("square", "Power", {"exponent": 2.0}), ("root", "Power", {"exponent": 0.5}),
         ("tanh1", "Tanh"), ("fc2", "Linear", SCORES)], "root", "gradient"
    ),
    "negative power of zero": (
        [("fc1", "Linear", ZEROS), ("p", "Power", {"exponent": -1.0}), ("fc2", "Linear", SCORES)], "p", "value"
    ),
    "division by zero": (
        [("fc1", "Linear", ZEROS), ("divide", "Reciprocal"), ("fc2", "Linear", SCORES)], "divide", "value"
    ),
    "overflow of exp": (
        [("p", "Power", {"exponent": 0.0}), ("e1", "Exp"), ("e2", "Exp"), ("e3", "Exp"), ("e4", "Exp"),
         ("fc1", "Linear", SCORES)], "e4", "value"
    ),
}  # fmt: skip


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_the_first_layer_is_named(name: str, kept: bool, tmp_path: Path) -> None:
    """Fails if the learning rate is blamed for it, if another layer is named than the one in which it began, or if a
    finite value with an infinite slope is called a value."""
    layers, guilty, what = CASES[name]
    project = digits_net(("flatten", "Flatten"), *layers)
    failed = ruined(project, out=tmp_path if kept else None)
    assert failed.node == guilty
    assert f"{guilty} is the first whose {what} is not a finite number, in epoch 1, batch 1" in failed.sentence
    assert "1e-06 is not to blame" in failed.sentence
    assert failed.useless
    assert isinstance(list(train(compiled(fix_applied(project, failed)), SLOW))[-1], Finished), (
        "what is recommended helps"
    )


def test_a_layer_beside_a_shortcut_is_told_from_it() -> None:
    """Fails if the addition is blamed, whose input has a bad gradient only because a root reads it too."""
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("flatten", "Flatten"),
            node("fc1", "Linear", **ZEROS),
            node("root", "Power", exponent=0.5),
            node("add1", "Add"),
            node("fc2", "Linear", **SCORES),
            node("loss", "CrossEntropyLoss"),
        ],
        [
            *chain("digits.image", "flatten", "fc1", "root"),
            Wire("root", "output", "add1", "xs"),
            Wire("fc1", "output", "add1", "xs"),
            *chain("add1", "fc2", "loss.prediction"),
            Wire("digits", "label", "loss", "target"),
        ],
    )
    assert ruined(Project(graph=graph)).node == "root"


def test_a_layer_inside_a_block_is_named_by_its_path() -> None:
    """Fails if only the block is named, or its fix does not reach the layer inside."""
    inner = Graph.of(
        [
            node("x", "In"),
            node("fc", "Linear", **ZEROS),
            node("root", "Power", exponent=0.5),
            node("out", "Out"),
        ],
        chain("x", "fc", "root", "out"),
    )
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("flatten", "Flatten"),
            Node("unit1", "block:Unit"),
            node("fc2", "Linear", **SCORES),
            node("loss", "CrossEntropyLoss"),
        ],
        [
            *chain("digits.image", "flatten", "unit1"),
            Wire("unit1", "out", "fc2", "x"),
            *chain("fc2", "loss.prediction"),
            Wire("digits", "label", "loss", "target"),
        ],
    )
    project = Project(graph=graph, blocks={"Unit": Block(graph=inner)})
    failed = ruined(project)
    assert failed.node == "unit1/root"
    assert isinstance(list(train(compiled(fix_applied(project, failed)), SLOW))[-1], Finished)


def test_a_gradient_that_is_far_too_steep_is_no_matter_of_the_learning_rate() -> None:
    """Fails if weights that one step beside the zero of a root has thrown far away count as grown by the rate."""
    project = digits_net(
        ("flatten", "Flatten"),
        ("fc1", "Linear", {**ZEROS, "init_value": 1e-38}),
        ("root", "Power", {"exponent": 0.5}),
        ("fc2", "Linear", SCORES),
    )
    failed = ruined(project, replace(FAST, lr=0.1))
    assert failed.node == "root"
    assert "slope" in failed.sentence
    assert "0.1 is not to blame" in failed.sentence


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_bad_sample_is_named(value: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if data that holds no numbers is blamed on a layer or the rate, or another sample is named."""
    sample = divided()[0][5]
    spoiled(monkeypatch, lambda image: image[sample, 0, 2, 2:4].fill_(value))
    failed = ruined(digits_net(("flatten", "Flatten"), ("fc1", "Linear", SCORES)))
    assert failed.node == "digits"
    assert f"2 of 64 values of digits.image in sample {sample + 1:,}." in failed.sentence


def test_a_bad_sample_that_is_held_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a loss that is no number on validation data alone is blamed on the rate, or on the weights."""
    sample = divided()[1][7]
    spoiled(monkeypatch, lambda image: image[sample, 0, 0, 0].fill_(float("nan")))
    failed = ruined(digits_net(("flatten", "Flatten"), ("fc1", "Linear", SCORES)), replace(FAST, lr=0.01))
    assert failed.node == "digits"
    assert f"1 of 64 values of digits.image in sample {sample + 1:,}." in failed.sentence


def test_a_layer_that_fails_on_held_out_data_alone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if nobody says that the weights and the training data are sound."""
    sample = divided()[1][7]

    def change(image: Tensor) -> None:
        image.add_(1.0)
        image[sample, 0, 0, 0] = 0.0

    spoiled(monkeypatch, change)
    failed = ruined(digits_net(("log1", "Log"), ("flatten", "Flatten"), ("fc1", "Linear", SCORES)))
    assert failed.node == "log1"
    assert "on the validation data after epoch 1" in failed.sentence
    assert "logarithm of 0" in failed.sentence


def test_data_of_huge_size_is_brought_to_usual_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if an overflow that the data causes names the rate, or recommends nothing that helps."""
    spoiled(monkeypatch, lambda image: image.mul_(1e25))
    project = digits_net(
        ("flatten", "Flatten"), ("fc1", "Linear", SCORES), ("square", "Power"), ("fc2", "Linear", SCORES)
    )
    failed = ruined(project)
    assert failed.node == "square"
    assert "is not to blame" in failed.sentence
    assert failed.fixes == (FixElsewhere("flatten", InsertBefore("Standardize", "x")),)


def test_weights_that_start_too_large_are_no_matter_of_the_data() -> None:
    """Fails if a Standardize is recommended for values that grow from layer to layer."""
    start = {"out_features": 64, "init": "normal", "init_value": 900.0}
    layers = [each for n in range(12) for each in ((f"fc{n}", "Linear", start), (f"relu{n}", "ReLU"))]
    failed = ruined(digits_net(("flatten", "Flatten"), *layers, ("scores", "Linear", SCORES)))
    assert failed.node is not None
    assert failed.node.startswith("fc")
    assert "is given values up to" in failed.sentence
    assert failed.fixes == ()


def test_classes_that_do_not_count_are_told() -> None:
    """Fails if a batch of classes whose weight is 0, of which torch takes a mean of nothing, is called a riddle."""
    project = digits_net(("flatten", "Flatten"), ("fc1", "Linear", SCORES))
    weights = (0.0,) * 5 + (1.0,) * 5
    loss = node("loss", "CrossEntropyLoss", class_weights=weights)
    graph = Graph.of(
        [*(each for name, each in project.graph.nodes.items() if name != "loss"), loss], project.graph.wires
    )
    project = replace(project, graph=graph)
    failed = ruined(project, replace(SLOW, batch_size=1, epochs=1))
    assert failed.node == "loss"
    assert "classes whose weight is 0" in failed.sentence
    assert failed.fixes == (SetParam("class_weights", (0.01,) * 5 + (1.0,) * 5),)


def test_a_batch_of_which_nothing_counts_is_told() -> None:
    """Fails if a batch of nothing but the ignored class, of which torch takes a mean of nothing, is called a riddle."""
    project = digits_net(("flatten", "Flatten"), ("fc1", "Linear", SCORES))
    loss = node("loss", "CrossEntropyLoss", ignore_index=3)
    graph = Graph.of(
        [*(each for name, each in project.graph.nodes.items() if name != "loss"), loss], project.graph.wires
    )
    failed = ruined(replace(project, graph=graph), replace(SLOW, batch_size=1, epochs=1))
    assert failed.node == "loss"
    assert "all answers of this batch are of class 3, which is ignored" in failed.sentence
    assert failed.fixes == (SetParam("ignore_index", -100),)


def test_a_loss_that_refuses_what_is_no_number_ends_in_the_same_reason() -> None:
    """Fails if a binary cross-entropy, at which torch raises an error for NaN, only tells torch's words."""
    layers = [
        node("flatten", "Flatten"),
        node("fc1", "Linear", **ZEROS),
        node("root", "Power", exponent=0.5),
        node("fc2", "Linear", out_features=64),
        node("sigmoid", "Sigmoid"),
    ]
    graph = Graph.of(
        [node("digits", "Digits"), *layers, node("goal", "Flatten"), node("loss", "BCELoss")],
        [
            *chain("digits.image", "flatten", "fc1", "root", "fc2", "sigmoid", "loss.prediction"),
            *chain("digits.image", "goal", "loss.target"),
        ],
    )
    assert ruined(Project(graph=graph)).node == "root"


def test_the_reason_is_found_with_dropout_and_after_an_epoch(tmp_path: Path) -> None:
    """Fails if the steps that are computed again see other random numbers or batches than the training did, or begin
    elsewhere than at what was kept: then the values that reach the exponential only once in a while are not found."""
    project = digits_net(
        ("flatten", "Flatten"),
        ("drop1", "Dropout", {"p": 0.5}),
        ("fc1", "Linear", {"out_features": 64}),
        ("square", "Power"),
        ("e1", "Exp"),
        ("e2", "Exp"),
        ("log1", "Log"),
        ("fc2", "Linear", SCORES),
    )
    for seed in range(40):
        events = list(train(compiled(project), replace(SLOW, seed=seed, batch_size=64, epochs=4), out=tmp_path))
        batch = only(events, BatchDone)[-1]
        if isinstance(events[-1], Failed) and (batch.epoch > 1 and batch.batch > 1):
            break
    failed = events[-1]
    assert isinstance(failed, Failed), "one of these seeds fails in a later epoch"
    assert failed.node == "e2"
    assert f"in epoch {batch.epoch}, batch {batch.batch}" in failed.sentence


def test_what_is_kept_of_a_sound_epoch_can_be_gone_on_with(tmp_path: Path) -> None:
    """Fails if a run that diverged late, by a rate that was raised meanwhile, is said to be of no use."""
    from app.training.control import Control

    control, project = Control(), autoencoder()
    events = []
    for event in train(compiled(project), replace(FAST, lr=0.01, epochs=9), out=tmp_path, control=control):
        events.append(event)
        if isinstance(event, BatchDone) and event.epoch == 3 and event.batch == 1:
            control.set_lr(5.0)
    failed = events[-1]
    assert isinstance(failed, Failed)
    assert "learning rate 5 is too high" in failed.sentence
    assert not failed.useless


def test_a_training_that_is_well_looks_at_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if every step pays for the reasons of a few."""
    from app.training import divergence, replay

    def never(*_: object, **__: object) -> None:
        raise AssertionError("nothing is wrong")

    for module, name in ((replay, "origin"), (divergence, "replayed"), (divergence, "checked")):
        monkeypatch.setattr(module, name, never)
    before = torch.overrides._get_current_function_mode()
    assert isinstance(list(train(compiled(), FAST))[-1], Finished)
    assert torch.overrides._get_current_function_mode() is before


def test_without_a_replay_the_first_broken_weights_and_risky_layers_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a reason that cannot be computed again ends in the learning rate, or in no sentence."""
    from app.training import divergence

    monkeypatch.setattr(divergence, "replayed", lambda *_: None)
    layers, guilty, _ = CASES["root of zero, forward finite"]
    failed = ruined(digits_net(("flatten", "Flatten"), *layers))
    assert failed.node == guilty
    assert "hardly to blame" in failed.sentence
    assert "fc1 is the first layer whose weights are not numbers" in failed.sentence
    assert not any(isinstance(fix, SetTraining | InsertBefore) for fix in failed.fixes)


def test_the_second_of_a_pair_is_explained_by_the_weights_that_the_first_left() -> None:
    """Fails if what ruins the generator's turn is searched with the weights from before the judge's step, with which
    all is well."""
    project = gan()
    own = {"optimizer": "SGD", "lr": 10.0, "optimizer_settings": ()}
    nodes = [project.graph.nodes[name] for name in ("judge_real", "judge_made")]
    changed = [replace(each, params={**each.params, **own}) for each in nodes]
    exp = [node("exp1", "Exp"), node("exp2", "Exp")]
    wires = [w for w in project.graph.wires if w.target != "fool"]
    wires += [*chain("again.score", "exp1", "exp2", "fool.prediction"), Wire("yes", "output", "fool", "target")]
    graph = Graph.of([*project.graph.with_nodes(*changed).nodes.values(), *exp], wires)
    failed = ruined(replace(project, graph=graph), replace(project.recipe, epochs=2, batch_size=64))
    assert failed.node == "exp1"
    assert "exp1 is the first whose value is not a finite number" in failed.sentence


def apart(**own: Mapping[str, Any]) -> Project:
    """Two nets that read the same digits and are trained in turn, each by a loss of its own, with these settings."""
    nodes = [node("digits", "Digits"), node("flatten", "Flatten")]
    wires = chain("digits.image", "flatten")
    for side in ("left", "right"):
        code, back, loss = f"code_{side}", f"back_{side}", f"loss_{side}"
        nodes += [node(code, "Linear", out_features=8), node(back, "Linear", out_features=64)]
        nodes.append(node(loss, "MSELoss", updates=(code, back), **own.get(side, {})))
        wires += [*chain("flatten", code, back, f"{loss}.prediction"), *chain("flatten", f"{loss}.target")]
    return Project(graph=Graph.of(nodes, wires))


@pytest.mark.parametrize("guilty", ["left", "right"])
def test_the_own_rate_of_a_loss_is_blamed_and_lowered(guilty: str) -> None:
    """Fails if the rate of the recipe, or that of the first loss, is blamed for what another loss's own rate does, or
    if the button changes a number that this loss does not read."""
    project = apart(**{guilty: {"lr": 10.0}})
    failed = ruined(project, replace(FAST, lr=0.01))
    assert failed.node == f"loss_{guilty}"
    assert f"The own learning rate 10 of loss_{guilty} is too high. Train again with 1." in failed.sentence
    assert failed.fixes == (SetOwnRate((f"loss_{guilty}",), 1.0),)
    mended = fix_applied(project, replace(failed, fixes=(SetOwnRate((f"loss_{guilty}",), 0.05),)))
    assert mended.graph.nodes[f"loss_{guilty}"].params["lr"] == 0.05
    assert isinstance(list(train(compiled(mended), replace(FAST, lr=0.01)))[-1], Finished)


def test_the_rate_of_the_recipe_is_blamed_where_no_loss_has_one_of_its_own() -> None:
    """Fails if the innocent loss, which has a small rate of its own, is named."""
    failed = ruined(apart(left={"lr": 0.001}), replace(FAST, lr=9.5, epochs=30))
    assert failed.node == "loss_right"
    assert "The learning rate 9.5 is too high" in failed.sentence
    assert failed.fixes == (SetTraining("lr", 0.95),)


def test_losses_that_ask_for_a_rate_together_are_all_changed() -> None:
    """Fails if only one of two losses that are served together gets another rate: then they would disagree."""
    project = gan()
    own = {"optimizer": "SGD", "lr": 10.0, "optimizer_settings": ()}
    nodes = [
        replace(n, params={**n.params, **own}) for n in (project.graph.nodes[f"judge_{k}"] for k in ("real", "made"))
    ]
    project = replace(project, graph=project.graph.with_nodes(*nodes))
    failed = ruined(project, replace(project.recipe, epochs=4, batch_size=64))
    assert "The own learning rate 10 of judge_real and judge_made is too high" in failed.sentence
    mended = fix_applied(project, failed).graph.nodes
    assert {mended[name].params["lr"] for name in ("judge_real", "judge_made")} == {1.0}


def test_a_rate_far_above_the_usual_is_not_called_blameless() -> None:
    """Fails if a loss's own rate that ruins all in its first step is acquitted, as nothing had grown before."""
    layers = (("flatten", "Flatten"), ("fc1", "Linear", SCORES), ("exp1", "Exp"), ("exp2", "Exp"))
    project = digits_net(*layers, loss="CrossEntropyLoss")
    loss = project.graph.nodes["loss"]
    project = replace(project, graph=project.graph.with_nodes(loss.with_param("lr", 5.0)))
    failed = ruined(project, FAST)
    assert "not to blame" not in failed.sentence
    assert "own learning rate 5 of loss is" in failed.sentence
    assert failed.fixes[0] == SetOwnRate(("loss",), 0.5)


def test_the_edit_of_an_own_rate_is_kept_with_the_run() -> None:
    """Fails if the button is gone once the run is opened again, or a stranger's file brings in a rate that is none."""
    fixes = (SetOwnRate(("a", "b"), 0.5), SetTraining("lr", 0.1))
    assert kept_fixes.read(json.loads(json.dumps(kept_fixes.written(fixes)))) == fixes
    for bad in ({"rate_of": ["a"], "to": -1}, {"rate_of": [1], "to": 0.1}, {"rate_of": "a", "to": 0.1}):
        assert kept_fixes.read([bad]) == ()
