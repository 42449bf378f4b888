"""Samples that are mixed with others, and their labels with them: in training, checks, scripts and on resume."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

from app.core.checks.fixes import command_for
from app.core.checks.lint import notes
from app.core.compile.decision import decision_of
from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.inference import infer
from app.core.starting.exchange import exchange
from app.data.source_looks import schema_of
from app.training import batches
from app.training.checkpoints import load_run
from app.training.evaluation import evaluate
from app.training.events import BatchDone, EpochDone, Finished
from app.training.loop import train
from app.training.script import print_script
from nodes.api.registry import find
from tests.support.drawings import chain, node
from tests.training.mixed_nets import mixed
from tests.training.nets import FAST, only, same_weights
from tests.training.test_script import by_script, by_us

CPU = torch.device("cpu")


def smoothed() -> Project:
    """Mixed digits, with a loss that smooths labels and weighs classes."""
    weights = tuple(1.0 + number / 10 for number in range(10))
    return mixed("CutMix", label_smoothing=0.1, class_weights=weights)


def of_numbers() -> Project:
    """Curves whose numbers are mixed, and compared by their squares."""
    graph = Graph.of(
        [
            node("curve", "TeachingCurve"),
            node("mix1", "Mixup", alpha=1.0),
            node("fc1", "Linear", out_features=1),
            node("loss", "MSELoss"),
        ],
        [
            *chain("curve.x", "mix1.x"),
            *chain("curve.y", "mix1.label"),
            *chain("mix1", "fc1", "loss.prediction"),
            Wire("mix1", "label", "loss", "target"),
        ],
    )
    return Project("Numbers", graph=graph)


DRAWINGS = {"mixup": mixed("Mixup"), "both": mixed("Mixup", "CutMix"), "smoothed": smoothed(), "numbers": of_numbers()}


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    """A script chooses how many threads torch uses, for its whole process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("project", DRAWINGS.values(), ids=DRAWINGS)
@pytest.mark.parametrize("validation", [0.0, 0.2])
def test_the_script_gives_the_same_weights(project: Project, validation: float) -> None:
    """Fails if a program of its own mixes other samples, in other shares, or hands labels on otherwise."""
    assert infer(project).problems == ()
    recipe = replace(FAST, validation=validation, batch_size=100, lr=0.01)
    model, _ = by_us(project, recipe)
    assert same_weights(model, by_script(print_script(compile_net(project), recipe)))


def test_a_continued_run_mixes_as_it_would_have(tmp_path: Path) -> None:
    """Fails if a run that was stopped in the middle of an epoch goes on with other mixtures."""
    net, recipe = compile_net(mixed("CutMix", "Mixup")), replace(FAST, batch_size=64)
    whole, first, second = net.model(0), net.model(0), net.model(0)
    assert isinstance(list(train(net, recipe, model=whole))[-1], Finished)
    begun = train(net, recipe, out=tmp_path / "run", model=first)
    for event in begun:
        if isinstance(event, BatchDone) and event.batch == 2 and event.epoch == 2:
            break
    begun.close()  # type: ignore[attr-defined]  # an iterator that is a generator
    assert isinstance(list(train(net, recipe, resume=tmp_path / "run", model=second))[-1], Finished)
    assert same_weights(whole, second)


def test_the_check_sees_plain_samples_and_whole_labels() -> None:
    """Fails if samples are mixed outside of training, or labels arrive there in another form than in training."""
    samples = batches.DeviceData(batches.load(compile_net(mixed("Mixup", "CutMix")).plan), CPU)
    index = torch.arange(40)
    checked, trained = samples.at(index), samples.at(index, 3)
    for number in (1, 2):
        assert torch.equal(checked[f"mix{number}.output"], checked["digits.image"])
        assert torch.equal(checked[f"mix{number}.label"], functional.one_hot(checked["digits.label"], 10).float())
    assert torch.equal(trained["digits.label"], checked["digits.label"])
    assert not torch.equal(trained["mix1.label"], checked["mix1.label"])
    assert not torch.equal(trained["mix2.label"], trained["mix1.label"])
    assert torch.allclose(trained["mix2.label"].sum(1), torch.ones(40), atol=1e-5)


def test_two_in_a_row_act_one_after_the_other() -> None:
    """Fails if the second reads the data instead of what the first gives, or both draw the same numbers: each is
    called by hand, with one generator for both."""
    project = mixed("Mixup", "CutMix")
    plan = compile_net(project).plan
    batch = batches.DeviceData(batches.load(plan), CPU).at(torch.arange(30), 9)
    generator = torch.Generator().manual_seed(9)
    from nodes.augmentation.cutmix import cutmix
    from nodes.augmentation.mixup import mixup

    assert mixup.transform is not None
    assert cutmix.transform is not None
    labels = functional.one_hot(batch["digits.label"], 10).float()
    once = mixup.transform(batch["digits.image"], labels, generator, alpha=0.2, p=1.0)
    twice = cutmix.transform(*once, generator, alpha=1.0, p=1.0)
    assert torch.equal(batch["mix1.output"], once[0])
    assert torch.equal(batch["mix2.output"], twice[0])
    assert torch.equal(batch["mix2.label"], twice[1])


def test_validation_is_that_of_whole_labels() -> None:
    """Fails if loss or accuracy of the check differ from those of the same weights on plain labels, or the parts are
    divided otherwise because the label is mixed."""
    recipe = replace(FAST, validation=0.25, lr=1e-12)
    plain = mixed("Mixup")
    graph = plain.graph.with_nodes(replace(plain.graph.nodes["mix1"], bypassed=True))
    done = [by_us(project, recipe)[1][-1] for project in (plain, plain.with_graph("", graph))]
    assert done[0].val_loss == pytest.approx(done[1].val_loss, rel=1e-5)
    assert done[0].val_accuracy == done[1].val_accuracy


def test_accuracy_in_training_compares_the_likeliest_class() -> None:
    """Fails if the metrics read a probability for each class as if it were a label."""
    net = compile_net(mixed("Mixup"))
    decision = decision_of(net.plan)
    assert decision is not None
    assert (decision.target, decision.label, decision.soft) == ("mix1.label", "digits.label", True)
    names: dict[str, Any] = {}
    exec(net.source.text, names)
    target = torch.tensor([[0.7, 0.3], [0.4, 0.6], [0.5, 0.5]])
    scores = torch.tensor([[2.0, 1.0], [2.0, 1.0], [1.0, 0.0]])
    assert names["metric_sums"](scores, target.argmax(-1))["right"] == 2
    assert '"target": label.argmax(-1)' in net.source.text


def test_a_net_learns_from_mixed_digits() -> None:
    """Fails if mixed labels do not belong to mixed pictures."""
    recipe = replace(FAST, epochs=8, batch_size=64, optimizer="Adam", lr=0.01, metrics=("accuracy", "f1"))
    for kind in ("Mixup", "CutMix"):
        _, done = by_us(mixed(kind), recipe)
        assert done[-1].val_accuracy is not None
        assert done[-1].val_accuracy > 0.85
        assert done[-1].metrics["val_f1"] > 0.85


def test_a_run_on_mixed_samples_is_evaluated_by_class(tmp_path: Path) -> None:
    """Fails if the evaluation of a run does not know the classes once labels are mixed."""
    net = compile_net(mixed("Mixup"))
    recipe = replace(FAST, metrics=("accuracy", "f1"))
    net = net.with_recipe(recipe)
    assert only(list(train(net, recipe, out=tmp_path / "run")), EpochDone)
    found = evaluate(load_run(tmp_path / "run"), "validation")
    assert [each.name for each in found.classes] == [str(number) for number in range(10)]
    assert sum(sum(row) for row in found.confusion) == found.samples


def test_the_model_takes_plain_pictures() -> None:
    """Fails if the exported class knows of mixing, or its input is called by another name."""
    source = compile_net(mixed("Mixup")).source.text.split("def make_optimizers")[0]
    assert "def forward(self, image):" in source
    assert "mix" not in source.replace("Mixed", "")


# -- what is said while drawing ------------------------------------------------------------------------------------


def test_a_loss_that_reads_the_unmixed_label_is_told() -> None:
    """Fails if mixed pictures are trained with the label of one of them without a word, or the fix leaves a note."""
    for kinds in (["Mixup"], ["Mixup", "CutMix"]):
        right = mixed(*kinds)
        wires = [wire for wire in right.graph.wires if wire.target != "loss" or wire.target_port != "target"]
        plain = right.with_graph("", right.graph.with_wires([*wires, Wire("digits", "label", "loss", "target")]))
        (note,) = [note for note in notes(plain, infer(plain)) if note.code == "unmixed"]
        assert f"Wire mix{len(kinds)}.label to target" in note.sentence
        command = command_for(plain, "", note.node, note.fixes[0])
        assert command is not None
        mended = command.apply(plain)
        assert set(mended.graph.wires) == set(right.graph.wires)
        assert not [note for note in notes(mended, infer(mended)) if note.code == "unmixed"]


def test_a_second_mixing_that_reads_the_unmixed_label_is_told() -> None:
    """Fails if the labels are mixed by the second augmentation alone, without a word."""
    right = mixed("Mixup", "CutMix")
    wires = [wire for wire in right.graph.wires if (wire.source, wire.source_port) != ("mix1", "label")]
    plain = right.with_graph("", right.graph.with_wires([*wires, Wire("digits", "label", "mix2", "label")]))
    (note,) = [note for note in notes(plain, infer(plain)) if note.code == "unmixed"]
    assert (note.node, note.port) == ("mix2", "label")


def test_a_mixing_without_a_label_is_offered_the_label_of_the_data() -> None:
    """Fails if the picture itself is offered as what is to be mixed along."""
    project = mixed("Mixup")
    wires = [wire for wire in project.graph.wires if wire.target_port != "label"]
    bare = project.with_graph("", project.graph.with_wires(wires))
    (problem,) = infer(bare).problems
    command = command_for(bare, "", problem.node, problem.fixes[0])
    assert command is not None
    assert Wire("digits", "label", "mix1", "label") in command.apply(bare).graph.wires


@pytest.mark.parametrize("loss", ["NLLLoss", "HingeLoss"])
def test_losses_that_need_one_label_say_so(loss: str) -> None:
    """Fails if probabilities reach a loss that reads one class, where torch would stop in its own words."""
    project = mixed("Mixup", loss=loss)
    (problem,) = infer(project).problems
    assert "samples are mixed before" in problem.sentence
    command = command_for(project, "", "loss", problem.fixes[0])
    assert command is not None
    mended = command.apply(project)
    assert mended.graph.nodes["loss"].type == "CrossEntropyLoss"
    assert infer(mended).problems == ()


@pytest.mark.parametrize("scores", [7, 12])
def test_mixed_labels_need_one_score_for_each_class(scores: int) -> None:
    """Fails if a net with too few or too many scores reaches torch, or no fix makes it right."""
    project = mixed("CutMix")
    fc1 = project.graph.nodes["fc1"].with_param("out_features", scores)
    project = project.with_graph("", project.graph.with_nodes(fc1))
    (problem,) = infer(project).problems
    assert f"the prediction has {scores} scores" in problem.sentence
    command = command_for(project, "", "loss", problem.fixes[0])
    assert command is not None
    assert infer(command.apply(project)).problems == ()


@pytest.mark.parametrize("loss", ["MSELoss", "L1Loss", "HuberLoss", "BCEWithLogitsLoss"])
def test_losses_of_numbers_read_probabilities(loss: str) -> None:
    """Fails if a loss that compares numbers cannot compare scores with the probability of each class."""
    _, done = by_us(mixed("Mixup", loss=loss), replace(FAST, lr=0.001))
    assert done[-1].train_loss > 0


def test_muted_mixing_hands_labels_on() -> None:
    """Fails if a muted augmentation keeps its label, so that the loss complains, or mixes still."""
    project = mixed("Mixup", "CutMix")
    muted = [replace(project.graph.nodes[name], bypassed=True) for name in ("mix1", "mix2")]
    for some in (muted, muted[:1], muted[1:]):
        graph = project.graph.with_nodes(*some)
        drawing = project.with_graph("", graph)
        assert infer(drawing).problems == ()
        plan = compile_net(drawing).plan
        assert len(plan.augmentations) == 2 - len(some)
        assert plan.losses[0].operands["target"].key == (
            "digits.label" if len(some) == 2 else plan.augmentations[0].target_key
        )


# -- other data under the same net ---------------------------------------------------------------------------------


def exchanged(project: Project, kind: str) -> tuple[Project, str]:
    """The drawing with another source in the place of its digits, and what is said of it."""
    layer = find(kind)
    assert layer is not None
    done = exchange(project, "digits", layer, layer.defaults(), schema_of(layer, layer.defaults()))
    return done.command.apply(project), done.sentence


@pytest.mark.parametrize(("kind", "muted"), [("Photos", []), ("Wine", ["mix2"]), ("TeachingCurve", ["mix2"])])
def test_other_data_is_mixed_too(kind: str, muted: list[str]) -> None:
    """Fails if an exchange does not see through mixing which loss compares with the label, or what cannot change the
    new data gets a layer of the net before it."""
    drawing, said = exchanged(mixed("Mixup", "CutMix"), kind)
    assert infer(drawing).problems == ()
    assert [name for name, node in drawing.graph.nodes.items() if node.bypassed] == muted
    assert all(f"{name} is muted" in said for name in muted)
    assert drawing.graph.nodes["loss"].type == ("MSELoss" if kind == "TeachingCurve" else "CrossEntropyLoss")
    events = list(train(compile_net(drawing), replace(FAST, lr=1e-6, epochs=1)))
    assert isinstance(events[-1], Finished)
