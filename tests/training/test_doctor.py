"""The doctor in whole trainings: broken nets are named at the node to blame, healthy ones get no word. All of them are
in the bench ``tests.benchmarks.doctor``; here are those that train in a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from app.cli.main import run
from app.cli.out import sound_project
from app.core.checks.fixes import command_at, words_at
from app.core.checks.severity import known
from app.core.compile.net import compile_net
from app.core.graph.model import Project
from app.core.inference import infer
from app.training import batches
from app.training.data_signals import look_at_data
from app.training.diagnosis import DEAD, Diagnosis, shows_life
from app.training.events import Diagnosed, EpochDone
from app.training.loop import train
from app.training.periodic_examination import PeriodicExamination
from app.training.signals import LayerSignals, Signals, Updates, activation_of, glance, look
from app.training.watching import RunWatch
from tests.support.epochs import epoch_done
from tests.support.patients import BROKEN, HEALTHY, Patient, as_named, deep, fc, mlp, told, trained
from tests.training.nets import FAST, compiled, linear_net, only

QUICK = (
    "pair whose judge lags",
    "no function between",
    "MSE for classes",
    "sigmoid before targets below 0",
    "sigmoid before targets over 1",
    "columns in millions",
    "a class of two samples",
    "a column that is the answer",
    "rows that are there twice",
    "eight sigmoids",
    "six sigmoids",
    "rate of 1 for Adam",
    "rate of 0.0001 for SGD, small batches",
    "rate that falls in steps",
    "one class for all",
    "start weights of zero",
    "large start weights before tanh",
    "adversarial of 1",
    "average over far too many steps",
    "labels by chance",
)
WELL = (
    "mlp_digits, seed 0",
    "moons, seed 1",
    "two sigmoids",
    "four ReLUs",
    "one-cycle",
    "uneven clouds",
    "adversarial of 0.1",
    "average of 0.99",
    "curve, tanh",
)
PATIENTS = {patient.name: patient for patient in (*BROKEN, *HEALTHY)}


@pytest.mark.parametrize("name", QUICK)
def test_a_broken_net_is_named_at_the_node_to_blame(name: str, tmp_path: Path) -> None:
    """Fails if it trains in silence, or if another node or another cause is named."""
    patient: Patient = PATIENTS[name]
    found = told(patient.make(tmp_path))
    assert as_named(patient, found), found


@pytest.mark.parametrize("name", WELL)
def test_a_healthy_net_gets_no_word(name: str, tmp_path: Path) -> None:
    """Fails if anything is said of a net that learns as it should."""
    assert told(PATIENTS[name].make(tmp_path)) == []


def test_the_bench_has_enough_of_both_kinds() -> None:
    """Fails if nets are taken out of the bench until it passes, or two have one name."""
    assert len(BROKEN) >= 30
    assert len(HEALTHY) >= 30
    assert len(PATIENTS) == len(BROKEN) + len(HEALTHY)
    for template in ("mlp_digits", "lenet_digits", "logistic_regression", "autoencoder_digits", "moons"):
        assert any(name.startswith(template) for name in PATIENTS)


def test_every_cause_has_a_severity_and_a_reason() -> None:
    """Fails if a finding of the bench has no answer to Why."""
    for code in {code for patient in BROKEN for code in patient.codes}:
        assert known(code).why
        assert known(code).severity in ("hint", "warning", "error")


def test_the_button_for_a_vanished_gradient_lets_the_net_learn() -> None:
    """Fails if the finding does not say that the net guesses, or its button leaves the net as it was."""
    project = deep(8, "Sigmoid", epochs=6)
    (finding,) = only(train(compile_net(project), project.recipe), Diagnosed)
    assert (finding.code, finding.node) == ("vanishing", "fc1")
    assert "The network still guesses" in finding.sentence
    assert "ln 10 = 2.3" in finding.sentence
    assert finding.number is not None
    assert finding.number < 1e-3
    (fix,) = finding.fixes
    assert words_at(project, "", "fc1", fix) == "Use ReLU instead of the 8 sigmoids"
    command = command_at(project, "", "fc1", fix)
    assert command is not None
    mended = command.apply(project)
    assert infer(mended).problems == ()
    assert not any(node.type == "Sigmoid" for node in mended.graph.nodes.values())
    last = only(train(compile_net(mended), project.recipe), EpochDone)[-1]
    assert last.val_accuracy is not None
    assert last.val_accuracy > 0.5


def test_the_button_for_samples_that_fade_lets_the_net_learn() -> None:
    """Fails if it is told more than once, at a layer where samples still differ, or its button leaves the net as it
    was."""
    project = PATIENTS["eight tanhs with small start weights"].make(Path())
    net = compile_net(project)
    (finding,) = only(train(net, project.recipe), Diagnosed)
    assert (finding.code, finding.node) == ("faded", "f7")
    batch = torch.rand(64, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    values, spreads = batch.flatten(1), []
    for name, weight in net.model(project.recipe.seed).state_dict().items():
        if name.startswith("fc") and name.endswith("weight"):  # biases start at 0
            values = torch.tanh(values @ weight.T)
            spreads.append(float(values.std(0).mean()))
    assert spreads[5] >= 0.01 * spreads[0] > spreads[6]
    (fix,) = finding.fixes
    command = command_at(project, "", finding.node, fix)
    assert command is not None
    mended = command.apply(project)
    assert infer(mended).problems == ()
    last = only(train(compile_net(mended), project.recipe), EpochDone)[-1]
    assert last.val_accuracy is not None
    assert last.val_accuracy > 0.8


def test_gradients_and_weights_by_layer_are_those_of_plain_torch() -> None:
    """Fails if a norm belongs to another layer, is that of the mean, or a look changes the model."""
    project = mlp(fc("fc1"), ("relu1", "ReLU"))
    net = compile_net(project)
    model, losses = net.model(0), net.losses()
    assert losses is not None
    generator = torch.Generator().manual_seed(0)
    batch = {
        "digits.image": torch.rand(16, 1, 8, 8, generator=generator),
        "digits.label": torch.randint(10, (16,), generator=generator),
    }
    before = {name: value.clone() for name, value in model.state_dict().items()}
    seen = look(net, model, losses, batch)
    assert all(value.grad is None for value in model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())

    weights = [value.double().clone().requires_grad_() for value in before.values()]
    first, bias1, second, bias2 = weights
    hidden = (batch["digits.image"].double().flatten(1) @ first.T + bias1).relu()
    torch.nn.functional.cross_entropy(hidden @ second.T + bias2, batch["digits.label"]).backward()
    assert [layer.path for layer in seen.layers] == ["fc1", "out"]
    for layer, weight in zip(seen.layers, (first, second), strict=True):
        assert weight.grad is not None
        assert layer.gradient == pytest.approx(float(weight.grad.norm()), rel=1e-4)
        assert layer.weight == pytest.approx(float(weight.detach().norm()), rel=1e-6)
    dead = float((hidden.detach() == 0).all(0).float().mean())
    assert seen.activations[0].path == "relu1"
    assert seen.activations[0].dead == pytest.approx(dead)


def test_updates_are_measured_next_to_the_weights() -> None:
    """Fails if the ratio is not that of the norms of the change and of the weights before it, or every step pays."""
    net = compiled(linear_net())
    model = net.model(0)
    updates = Updates(net, model, batches=1000)
    updates.followed.wanted = False  # the first step of a small net is taken down whole, for another view
    weight: Tensor = model.get_parameter("fc1.weight")
    measured = 0
    for _ in range(updates.every):
        before = updates.before()
        if before is not None:
            measured += 1
            with torch.no_grad():
                weight.mul_(1.01)
            updates.after(before)
    assert measured == 1
    assert updates.ratios()["fc1"] == [pytest.approx(0.01, rel=1e-3)]
    assert updates.every >= 300


def test_harder_samples_are_no_guess_where_the_others_are_right() -> None:
    """Fails if a net is said to have learned nothing because its changed samples are as good as guessed, while of those
    that nobody changed many more are right than by chance."""
    guess = 2.3
    assert "chance" in codes(watched([(guess, 0.1, 0.1)] * 6))
    assert "chance" not in codes(watched([(guess, 0.1, 0.25)] * 6))


def test_what_a_mean_of_weights_lags_behind_is_no_learning_by_heart() -> None:
    """Fails if a mean that still has much of the first weights is taken for a net that knows its samples by heart."""
    assert codes(watched([(0.3, 0.92, 0.7)] * 6)) == ["gap"]
    assert watched([(0.3, 0.92, 0.7)] * 6, average=0.999) == []
    assert codes(watched([(0.3, 0.92, 0.7)] * 6, average=0.9)) == ["gap"]


def test_changed_samples_that_are_easier_than_others_are_told() -> None:
    """Fails if a label that is read from the adversarial change passes, or is called learning by heart; or if changed
    samples that are harder, as they should be, are blamed for that."""
    (finding,) = watched([(0.3, 0.92, 0.4)] * 6, adversarial=0.3)
    assert (finding.code, finding.node) == ("leaking", None)
    assert watched([(0.9, 0.7, 0.95)] * 6, adversarial=0.1) == []


def watched(
    numbers: Sequence[tuple[float, float, float]],
    *,
    epochs: int = 12,
    project: Project | None = None,
    seen: Signals | None = None,
    lr: Sequence[float] = (),
    validation: int = 1000,
    **settings: float,
) -> list[Diagnosed]:
    """What is said of a course of (train loss, train accuracy, validation accuracy)."""
    net = compiled(project or linear_net())
    watch = RunWatch(net.plan, replace(FAST, epochs=epochs, **settings), 45, validation, [100] * 10)
    found: list[Diagnosed] = []
    for place, (loss, accuracy, unseen) in enumerate(numbers):
        rate = lr[place] if lr else FAST.lr
        done = epoch_done(place + 1, epochs, lr=rate, train_loss=loss, train_accuracy=accuracy, val_accuracy=unseen)
        found += watch.after_epoch(done, 2.4, lambda: seen or Signals(), dict)
    return found


def test_a_glance_sees_what_a_look_does_save_for_gradients() -> None:
    """Fails if dead or saturated units, or the answers, are others in a training that learns well, which is only
    glanced at, or if values are kept under other names than those that are asked for."""
    net = compiled(mlp(fc("fc1"), ("relu", "ReLU"), fc("fc2"), ("bend", "Sigmoid"), fc("fc3")))
    model, losses = net.model(seed=0), net.losses()
    assert losses is not None
    with torch.no_grad():
        model.fc1.bias[:20] = -100.0  # type: ignore[index,union-attr]  # units that are dead
        model.fc2.weight *= 40.0  # type: ignore[operand,union-attr]
    batch = {"digits.image": torch.rand(30, 1, 8, 8), "digits.label": torch.arange(30) % 10}
    whole = look(net, model, losses, batch)
    seen, values = glance(net, model, batch)
    assert seen.answers == whole.answers
    assert [replace(each, spread=0.0) for each in whole.activations] == seen.activations
    assert seen.activations[0].dead >= 20 / 64
    assert seen.activations[1].saturated > 0.1
    captured = net.capture(model, net.inputs_from(batch), ["relu", "bend"])
    assert values.keys() == captured.keys()
    assert all(torch.equal(values[path], captured[path]) for path in captured)
    assert all(weight.grad is None for weight in model.parameters())


@pytest.mark.parametrize("asleep", ["none", "the first", "all"])
def test_a_few_samples_decide_only_where_all_would_say_the_same(asleep: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a ReLU that only the later samples wake is called dead, if one that none wakes passes because few
    samples were looked at, or if a healthy one is looked at with more of them than it takes."""
    net = compiled(mlp(fc("fc1"), ("relu", "ReLU"), fc("fc2")))
    images = torch.rand(64, 1, 8, 8) + 0.1
    images[: 8 if asleep == "the first" else 64 if asleep == "all" else 0] *= -1
    batch = {"digits.image": images, "digits.label": torch.arange(64) % 10}
    model = net.model(seed=0)
    with torch.no_grad():
        for layer in (model.fc1, model.fc2):  # each unit reads one pixel, and the brightest of the first ten answers
            layer.weight.copy_(torch.eye(*layer.weight.shape))  # type: ignore[operand,union-attr,arg-type,misc]
            layer.bias.zero_()  # type: ignore[operand,union-attr]
    run: Any = SimpleNamespace(
        net=net, model=model, recipe=net.plan.recipe, looked_at=lambda: batch, samples=None, validation=[]
    )
    doctor = PeriodicExamination(run, torch.arange(64), 45, Diagnosis(net.plan, net.plan.recipe, 45))
    lengths: list[int] = []
    usual = net._probe

    def noted(model: Any, inputs: Sequence[Tensor], *more: Any) -> Any:
        lengths.append(len(inputs[0]))
        return usual(model, inputs, *more)

    monkeypatch.setattr(net, "_probe", noted)
    seen = doctor._glance()
    assert seen.activations[0].dead == (1.0 if asleep == "all" else 0.0)
    assert lengths == ([8] if asleep == "none" else [8, 64])
    doctor._captured = {}
    doubtful = doctor._look_at(["relu"])
    assert list(doubtful) == ([] if asleep == "none" else ["relu"])
    found = doctor._doctor._dead(lambda _: doubtful, 0.001)
    assert (found is not None) == (asleep == "all")


@pytest.mark.parametrize("awake", [6, 7])  # of 8 x 800 numbers; of 64 x 800 a thousandth is 51.2
def test_a_few_samples_show_life_only_if_they_would_among_all(awake: int) -> None:
    """Fails if a ReLU passes on few samples that would be called dead on all, were the others all zero."""
    few = torch.zeros(8, 800)
    few[:awake, :8] = 1.0
    whole = torch.cat([few, torch.zeros(56, 800)])
    assert shows_life(few, 8 / 64) == (float((whole == 0).float().mean()) < DEAD)


def test_a_unit_that_wakes_late_is_not_dead() -> None:
    """Fails if the samples that are tried first decide: those of one class may stand together."""
    value = torch.zeros(64, 4)
    value[60, :3] = 1.0
    assert activation_of("relu", "nn.ReLU", value).dead == 0.25
    images = torch.zeros(64, 4, 3, 3)
    images[63, 1, 2, 2] = 1.0
    assert activation_of("relu", "nn.ReLU", images).dead == 0.75


def test_gradients_are_asked_for_only_where_little_is_learned() -> None:
    """Fails if a training that learns well pays for a backward, or one that does not is judged without."""
    net = compiled(linear_net())
    asked: list[str] = []

    def noted(name: str) -> Callable[[], Signals]:
        def seen() -> Signals:
            asked.append(name)
            return Signals()

        return seen

    for loss in (0.3, 2.0):
        watch = RunWatch(net.plan, replace(FAST, epochs=12), 45, 1000, [100] * 10)
        for epoch in range(1, 6):
            done = epoch_done(epoch, 12, train_loss=loss, train_accuracy=0.9, val_accuracy=0.9)
            list(watch.after_epoch(done, 2.4, noted("look"), dict, noted("glance")))
    assert asked[0] == "glance"
    assert set(asked[1:]) == {"look"}


def codes(found: Sequence[Diagnosed]) -> list[str]:
    return [each.code for each in found]


def test_a_gap_is_told_after_a_third_of_the_epochs() -> None:
    """Fails if all right in training and 92 % of the others passes, or 97 % is blamed, or it is told too early."""
    assert codes(watched([(0.01, 1.0, 0.92)] * 6)) == ["gap"]
    assert watched([(0.01, 1.0, 0.97)] * 6) == []
    assert watched([(0.01, 1.0, 0.92)] * 6, epochs=60) == []


def test_a_validation_that_is_too_good_is_told_unless_dropout_explains_it() -> None:
    """Fails if samples that are easier pass, or a net with dropout is blamed."""
    assert codes(watched([(1.0, 0.6, 0.85)] * 6)) == ["too_good"]
    assert watched([(1.0, 0.6, 0.65)] * 6) == []
    dropping = mlp(fc("fc1"), ("drop", "Dropout", {"p": 0.5}))
    assert watched([(1.0, 0.6, 0.85)] * 6, project=dropping) == []


def test_a_loss_that_swings_is_told_where_little_is_learned() -> None:
    """Fails if jumping from epoch to epoch passes, or the small jumps of a net that is almost done count."""
    swings = [(0.9, 0.7, 0.7), (1.8, 0.4, 0.4)] * 6
    assert codes(watched(swings)) == ["swinging"]
    assert watched([(0.02, 0.99, 0.98), (0.03, 0.985, 0.98)] * 6) == []


def test_a_gradient_that_grows_is_told_at_the_first_layer() -> None:
    """Fails if a ratio of 1,000 passes while nothing is learned, or is told while the loss falls."""
    grown = Signals([LayerSignals("fc1", 2000.0, 3.0), LayerSignals("out", 2.0, 1.0)], loss=2.4)
    (finding,) = watched([(2.5, 0.2, 0.2)] * 6, seen=grown)
    assert (finding.code, finding.node, finding.number) == ("exploding", "fc1", 1000.0)
    assert watched([(0.3, 0.9, 0.9)] * 6, seen=grown) == []


def test_a_rate_that_ends_with_the_training_is_well() -> None:
    """Fails if a schedule that reaches nothing in its last epochs is blamed, or one that is there halfway passes."""
    halfway = [0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6]
    assert codes(watched([(0.5, 0.9, 0.9)] * 6, lr=halfway)) == ["rate_gone"]
    late = [*[0.1] * 9, 1e-3, 1e-5, 1e-6]
    assert watched([(0.5, 0.9, 0.9)] * 12, lr=late) == []


def test_classes_of_files_are_counted_without_reading_them(tmp_path: Path) -> None:
    """Fails if a rare class passes because the samples are read one by one, or a NaN in a file is passed over."""
    x = np.random.default_rng(0).normal(size=(200, 5)).astype("float32")
    y = np.arange(200) < 197
    x[:40, 2] = np.nan
    np.savez(tmp_path / "a.npz", x=x[::-1], y=y[::-1].astype("int64"))
    assert run(["start", str(tmp_path / "a.npz"), "-o", str(tmp_path / "a.netloom")]) == 0
    project, _ = sound_project(str(tmp_path / "a.netloom"))
    project = trained(project, epochs=2, test=0.0)
    found = only(train(compile_net(project), project.recipe), Diagnosed)
    assert {"rare_class", "unreadable"} <= {each.code for each in found}
    assert {each.node for each in found} == {"arrays1"}


def looked(x: Tensor, learn: Tensor, validation: Tensor) -> set[str]:
    """The codes of what is said of these pictures, with the labels of the digits, before the first step."""
    project = mlp(fc("fc1"))
    net = compile_net(project)
    samples = batches.DeviceData(batches.load(net.plan), torch.device("cpu"))
    key = next(f"{entry.node}.{entry.port}" for entry in net.plan.inputs)
    assert samples.plain
    samples._fields[key] = x
    some = samples.some(learn, 64)
    return {each.code for each in look_at_data(net, net.model(0), samples, learn, validation, some).findings}


def test_equal_samples_are_found_and_those_that_differ_in_one_number_are_not() -> None:
    """Wide samples are first compared by a part of their numbers. Fails if that part alone decides, or if equal ones
    are not found by it."""
    x = torch.randn(1797, 1, 20, 20, generator=torch.Generator().manual_seed(0))
    learn, validation = torch.arange(1000), torch.arange(1000, 1300)
    assert "leaked" not in looked(x, learn, validation)
    x[validation[:20]] = x[learn[:20]]
    assert "leaked" in looked(x, learn, validation)
    assert "leaked" not in looked(x, learn[30:], validation)
    for dot in (1, 2, 5, 399):  # of which not all can be in a part of 64
        nearly = x.clone()
        nearly.flatten(1)[1000:1020, dot] += 1.0
        assert "leaked" not in looked(nearly, learn, validation)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_none_is_told_where_it_is_learned_from(value: float) -> None:
    """Fails if the quick look at all samples takes a NaN of another part for one of the training, or passes over one
    that is there."""
    x = torch.randn(1797, 1, 20, 20, generator=torch.Generator().manual_seed(0))
    learn, validation = torch.arange(1000), torch.arange(1000, 1300)
    x[1500, 0, 3, 4] = value
    assert "not_numbers" not in looked(x, learn, validation)
    x[999, 0, 19, 19] = value
    assert "not_numbers" in looked(x, learn, validation)


def test_the_looks_change_nothing_of_the_training() -> None:
    """Fails if looking draws random numbers or moves running means: the weights must be those of a run without it."""
    project = mlp(fc("fc1"), ("bn", "BatchNorm1d"), ("relu1", "ReLU"), ("drop", "Dropout", {"p": 0.5}), epochs=3)
    net = compile_net(project)

    def weights(watching: bool) -> dict[str, Tensor]:
        model = net.model(0)
        with pytest.MonkeyPatch.context() as patch:
            if not watching:
                patch.setattr(PeriodicExamination, "begin", lambda self: iter(()))
                patch.setattr(PeriodicExamination, "after_epoch", lambda self, done: iter(()))
                patch.setattr("app.training.signals.Updates.before", lambda self: None)
            list(train(net, project.recipe, model=model))
        return dict(model.state_dict())

    seen, alone = weights(True), weights(False)
    assert all(torch.equal(value, alone[name]) for name, value in seen.items())
