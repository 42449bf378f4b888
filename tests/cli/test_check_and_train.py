"""What check says of a drawing and what train does with it agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.cli.main import run
from app.core.checks.fixes import command_at
from app.core.checks.refusals import refusals
from app.core.compile.net import compile_net
from app.core.compile.plan import NotReady
from app.core.document import Document
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.core.inference import infer
from app.core.storage import templates
from app.core.storage.files import save_project
from app.training.events import Failed, Finished
from app.training.loop import train
from tests.support.drawings import chain, node, small_net
from tests.training.nets import FAST, autoencoder, digits_net

ONCE = replace(FAST, epochs=1)
Capture = pytest.CaptureFixture[str]
LABEL = Wire("digits", "label", "loss", "target")


def sizes(*shape: int) -> Node:
    return node("x", "Input", shape=shape)


def of(nodes: list[Node], wires: list[Wire], **blocks: Block) -> Project:
    return Project(graph=Graph.of(nodes, wires), blocks=blocks, recipe=ONCE)


def with_node(project: Project, name: str, **changes: object) -> Project:
    params = {key: changes.pop(key) for key in list(changes) if key not in ("bypassed", "shares", "repeat")}
    changed = replace(project.graph.nodes[name], **changes)  # type: ignore[arg-type]
    for key, value in params.items():
        changed = changed.with_param(key, value)
    return replace(project.with_graph("", project.graph.with_nodes(changed)), recipe=ONCE)


def plain() -> Project:
    return replace(digits_net(("flatten", "Flatten"), ("fc", "Linear", {"out_features": 10})), recipe=ONCE)


def fed_by_inputs() -> Project:
    return of(
        [sizes(4), node("y", "Input", shape=(4,)), node("fc", "Linear", out_features=4), node("loss", "MSELoss")],
        [*chain("x", "fc", "loss.prediction"), *chain("y", "loss.target")],
    )


def input_for_an_output() -> Project:
    """A whole training, and beside it an output that an Input feeds."""
    project = plain()
    graph = project.graph.with_nodes(sizes(4), node("fc2", "Linear", out_features=3), node("out", "Output"))
    return project.with_graph("", graph.with_wires([*graph.wires, *chain("x", "fc2", "out")]))


def past_all_layers() -> Project:
    return of(
        [node("digits", "Digits"), node("flatten", "Flatten"), node("again", "Flatten"), node("fc", "Linear"),
         node("out", "Output"), node("loss", "MSELoss")],
        [*chain("digits.image", "flatten", "fc", "out"), *chain("digits.image", "again", "loss.target"),
         Wire("flatten", "output", "loss", "prediction")],
    )  # fmt: skip


def constants() -> Project:
    return of(
        [node("a", "Constant"), node("w", "LearnableNumber"), node("m", "Multiply"), node("t", "Constant"),
         node("loss", "MSELoss")],
        [*chain("a", "m.xs"), *chain("w", "m.xs"), *chain("m", "loss.prediction"), *chain("t", "loss.target")],
    )  # fmt: skip


def frozen_block() -> Project:
    inner = Graph.of([node("i", "In"), node("fc", "Linear", out_features=10, frozen=True), node("o", "Out")],
                     chain("i", "fc", "o"))  # fmt: skip
    return of(
        [node("digits", "Digits"), node("flatten", "Flatten"), Node("head", "block:head"),
         node("loss", "CrossEntropyLoss")],
        [*chain("digits.image", "flatten", "head.i"), Wire("head", "o", "loss", "prediction"), LABEL],
        head=Block(inner),
    )  # fmt: skip


def two_losses(updates: tuple[str, ...] = ()) -> Project:
    """Two heads; the second loss trains only ``updates``."""
    project = plain()
    second = node("loss2", "CrossEntropyLoss", updates=updates)
    graph = project.graph.with_nodes(node("fc2", "Linear", out_features=10), second)
    more = [*chain("flatten", "fc2", "loss2.prediction"), Wire("digits", "label", "loss2", "target")]
    return project.with_graph("", graph.with_wires([*graph.wires, *more]))


def two_halves(loss: str, *layers: object) -> Project:
    """Digits against their pixels, as probabilities."""
    nodes = [node("digits", "Digits"), node("flatten", "Flatten"), node("fc", "Linear", out_features=64)]
    nodes += [node(f"n{i}", str(kind)) for i, kind in enumerate(layers)]
    nodes += [node("goal", "Flatten"), node("loss", loss)]
    way = [*(f"n{i}" for i in range(len(layers))), "loss.prediction"]
    return of(nodes, [*chain("digits.image", "flatten", "fc", *way), *chain("digits.image", "goal", "loss.target")])


DRAWINGS: dict[str, Callable[[], Project]] = {
    "a net that trains": plain,
    "muted loss": lambda: with_node(plain(), "loss", bypassed=True),
    "no loss": lambda: of([node("digits", "Digits"), node("f", "Flatten"), node("fc", "Linear")],
                          chain("digits.image", "f", "fc")),
    "data alone": lambda: of([node("digits", "Digits")], []),
    "inputs feed a loss": fed_by_inputs,
    "an input feeds an output beside a training": input_for_an_output,
    "no layer with weights": lambda: replace(digits_net(("flatten", "Flatten")), recipe=ONCE),
    "weights muted": lambda: with_node(digits_net(("flatten", "Flatten"), ("fc", "Linear")), "fc", bypassed=True),
    "all frozen": lambda: with_node(plain(), "fc", frozen=True),
    "all frozen in a block": frozen_block,
    "a loss past all layers": past_all_layers,
    "constants alone": constants,
    "loss updates itself": lambda: with_node(plain(), "loss", updates=("loss",)),
    "loss updates a layer without weights": lambda: with_node(plain(), "loss", updates=("flatten",)),
    "loss updates a frozen layer": lambda: with_node(two_losses(("fc2",)), "fc2", frozen=True),
    "loss updates nobody": lambda: with_node(plain(), "loss", updates=("gone",)),
    "each head its own loss": lambda: two_losses(("fc2",)),
    "loss updates the other head": lambda: two_losses(("fc",)),
    "loss updates what is before it without weights and what learns elsewhere":
        lambda: two_losses(("flatten", "fc")),
    "the same with the other loss muted": lambda: with_node(two_losses(("flatten", "fc")), "loss", bypassed=True),
    "raw scores as probabilities": lambda: two_halves("BCELoss"),
    "probabilities": lambda: two_halves("BCELoss", "Sigmoid"),
    "no target": lambda: of([node("digits", "Digits"), node("f", "Flatten"), node("fc", "Linear", out_features=10),
                             node("loss", "CrossEntropyLoss")], chain("digits.image", "f", "fc", "loss.prediction")),
    "label as a number": lambda: replace(digits_net(("f", "Flatten"), ("fc", "Linear", {"out_features": 1}),
                                                    loss="MSELoss"), recipe=ONCE),
    "shared and frozen": lambda: of(
        [node("digits", "Digits"), node("f", "Flatten"), node("a", "Linear", out_features=64, frozen=True),
         node("r", "ReLU"), replace(node("b", "Linear", out_features=64, frozen=True), shares="a"),
         node("loss", "CrossEntropyLoss")],
        [*chain("digits.image", "f", "a", "r", "b", "loss.prediction"), LABEL]),
}  # fmt: skip


@pytest.mark.parametrize("what", DRAWINGS)
def test_check_and_train_agree(what: str, tmp_path: Path, capsys: Capture) -> None:
    """Fails if check calls a drawing fine that train refuses, or the other way round, or without a sentence."""
    project = DRAWINGS[what]()
    path = tmp_path / "it.netloom"
    save_project(project, path)
    status = run(["check", str(path), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is (status == 0)
    if infer(project).problems:
        assert status == 1
        return
    try:
        ending = list(train(compile_net(project), project.recipe))[-1]
    except NotReady as not_ready:
        assert answer["problems"][0]["sentence"] == not_ready.problems[0].sentence
        return
    assert status == (1 if isinstance(ending, Failed) else 0), (answer, ending)
    if isinstance(ending, Failed):
        told = {problem["node"]: problem["sentence"] for problem in answer["problems"]}
        assert told[ending.node or ""] == ending.sentence or answer["problems"][0]["code"] == "no_probabilities"


@pytest.mark.parametrize("name", templates.names())
def test_shipped_drawings_pass(name: str, capsys: Capture) -> None:
    """Fails if an architecture is told to train, or a drawing that ships gets a note."""
    assert run(["check", name, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert "notes" not in answer


@pytest.mark.parametrize(
    "what", [what for what in DRAWINGS if not infer(DRAWINGS[what]()).problems and
             refusals(DRAWINGS[what](), infer(DRAWINGS[what]()))]
)  # fmt: skip
def test_what_is_refused_can_be_mended(what: str) -> None:
    """Fails if a refusal has no fix that takes it away, or the fix cannot be undone."""
    project = DRAWINGS[what]()
    refused = refusals(project, infer(project))
    if what in ("data alone", "constants alone"):
        return  # nobody knows which net is meant
    for problem in refused:
        fix_applied = False
        for fix in problem.fixes:
            document = Document(project)
            command = command_at(project, "", problem.node, fix)
            if command is None:
                continue
            document.do(command)
            assert all(left.fixes for left in document.report.problems)
            assert problem not in refusals(document.project, document.report)
            fix_applied = True
            document.undo()
            assert document.project == project
        assert fix_applied or (what == "all frozen in a block"), problem


def test_an_architecture_can_be_made_a_training() -> None:
    """Fails if what Train offers for AlexNet does not lead to a training that could begin."""
    project = templates.load("alexnet")
    loss, data = refusals(project, infer(project))
    command = command_at(project, "", loss.node, loss.fixes[0])
    assert command is not None
    after = command.apply(project)
    assert infer(after).problems == ()
    assert refusals(after, infer(after)) == ()
    assert infer(after).main.nodes["conv1"].inputs["x"][0].sizes[1:] == (224, 224)
    command = command_at(project, "", data.node, data.fixes[0])
    assert command is not None
    after = command.apply(project)
    assert [problem.node for problem in refusals(after, infer(after))] == ["scores"]


def test_train_prints_the_notes_of_the_drawing(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a training from the command line says nothing of a mistake that the drawing shows."""
    project = digits_net(("flatten", "Flatten"), ("fc", "Linear", {"out_features": 10}), ("soft", "Softmax"))
    path = tmp_path / "twice.netloom"
    save_project(replace(project, recipe=ONCE), path)
    assert run(["train", str(path), "--out", str(tmp_path / "run")]) == 0
    assert capsys.readouterr().out.count("note: soft is a softmax in front of loss") == 1
    assert run(["train", str(path), "--out", str(tmp_path / "again"), "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [e["node"] for e in events if e["event"] == "diagnosed" and e["code"] == "softmax_twice"] == ["soft"]
    assert events[0]["event"] == "started"


@pytest.mark.parametrize("way", ["as it is", "through ToFloat"])
def test_a_label_is_learned_as_a_number(way: str) -> None:
    """Fails if a regression to a label is refused, or learns nothing."""
    project = digits_net(
        ("f", "Flatten"), ("fc1", "Linear", {"out_features": 32}), ("r", "ReLU"),
        ("fc2", "Linear", {"out_features": 1}), loss="MSELoss",
    )  # fmt: skip
    if way == "through ToFloat":
        graph = project.graph.with_nodes(node("number", "ToFloat"))
        wires = [wire for wire in graph.wires if wire.target_port != "target"]
        wires += [Wire("digits", "label", "number", "x"), Wire("number", "output", "loss", "target")]
        project = project.with_graph("", graph.with_wires(wires))
    assert infer(project).problems == ()
    recipe = replace(FAST, optimizer="Adam", lr=0.005, epochs=12, batch_size=64)
    *_, last = train(compile_net(project), recipe)
    assert isinstance(last, Finished)
    assert last.metrics["train_loss"] < 4.0  # the digits 0 to 9 vary by 8.2 around their mean
    assert "train_accuracy" not in last.metrics or last.metrics["train_accuracy"] is None


def test_small_net_is_left_alone(capsys: Capture, tmp_path: Path) -> None:
    """Fails if check loads torch for a drawing about which only the drawing need be asked."""
    import subprocess
    import sys

    path = tmp_path / "small.netloom"
    save_project(small_net(), path)
    code = f"import sys; from app.cli.main import run; run(['check', {str(path)!r}]); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "False"


def test_train_says_why_it_diverged_and_how_to_train_again(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a reason is told twice, or its remedy has to be spelled by hand, or is lost for other programs."""
    path = tmp_path / "diverging.netloom"
    save_project(replace(autoencoder(), recipe=replace(FAST, lr=5.0)), path)
    assert run(["train", str(path), "--out", str(tmp_path / "run")]) == 1
    said = capsys.readouterr()
    assert (said.out + said.err).count("The learning rate 5 is too high. Train again with 0.5.") == 1
    assert f"netloom train {path} --lr 0.5" in said.err
    assert run(["train", str(path), "--out", str(tmp_path / "other"), "--json"]) == 1
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    finding, failed = events[-2:]
    assert finding["code"] == "nan"
    assert finding["fixes"] == failed["fixes"] == [{"setting": "lr", "value": 0.5}]
    assert failed["useless"] is True
    assert run(["train", str(path), "--lr", "0.5", "--out", str(tmp_path / "again")]) == 0


def test_train_says_that_all_is_frozen(tmp_path: Path, capsys: Capture) -> None:
    """Fails if the command line says of frozen weights that there are none."""
    path = tmp_path / "frozen.netloom"
    save_project(with_node(plain(), "fc", frozen=True), path)
    assert run(["train", str(path), "--out", str(tmp_path / "run")]) == 1
    said = "fc: All weights before loss are frozen (fc), so nothing can learn. Unfreeze one of them."
    assert said in capsys.readouterr().err
