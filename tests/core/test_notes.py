"""What is worth knowing of a drawing without being wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.cli.main import run
from app.core.checks.fixes import command_for
from app.core.checks.notes import notes
from app.core.checks.problems import Problem
from app.core.graph.model import Graph, Project, Wire
from app.core.inference import infer
from app.core.storage import templates
from app.core.storage.files import save_project
from tests.support.drawings import chain, node, small_net


def noted(project: Project) -> tuple[Problem, ...]:
    return notes(project, infer(project))


def muted_loss() -> Project:
    project = small_net()
    loss = replace(project.graph.nodes["loss"], muted=True)
    return project.with_graph("", project.graph.with_nodes(loss))


@pytest.mark.parametrize("name", templates.names())
def test_nothing_is_said_of_what_is_fine(name: str) -> None:
    """Fails if a template, trainable or only an architecture, gets a note."""
    assert noted(templates.load(name)) == ()


def test_an_architecture_between_input_and_output_needs_no_loss() -> None:
    """Fails if who only draws is told to train."""
    graph = Graph.of([node("image", "Input"), node("fc", "ReLU"), node("out", "Output")], chain("image", "fc", "out"))
    assert noted(Project(graph=graph)) == ()
    assert noted(Project()) == ()


def test_a_muted_loss_is_noted_with_its_fix() -> None:
    """Fails if Train is the first to say that the only loss is muted, or the button does not mend it."""
    project = muted_loss()
    assert infer(project).problems == ()
    (note,) = noted(project)
    assert (note.node, note.code) == ("loss", "untrained")
    assert note.sentence == "The loss is muted, so there is nothing to train. Unmute it."
    command = command_for(project, "", "loss", note.fixes[0])
    assert command is not None
    assert noted(command.apply(project)) == ()


@pytest.mark.parametrize(
    ("layers", "words"), [((), "neither layers nor a loss"), (("Flatten", "Linear"), "There is data but no loss")]
)
def test_data_that_leads_to_no_loss_is_noted(layers: tuple[str, ...], words: str) -> None:
    """Fails if a drawing that looks finished says nothing, and Train refuses."""
    made = [node("digits", "Digits"), *(node(f"n{i}", type_) for i, type_ in enumerate(layers))]
    wires = chain("digits.image", *(f"n{i}" for i in range(len(layers)))) if layers else []
    (note,) = noted(Project(graph=Graph.of(made, wires)))
    assert note.node == "digits"
    assert words in note.sentence


def test_a_net_without_weights_is_noted() -> None:
    """Fails if a loss behind layers that learn nothing looks trainable."""
    graph = Graph.of(
        [node("digits", "Digits"), node("flatten", "Flatten"), node("loss", "CrossEntropyLoss")],
        [*chain("digits.image", "flatten", "loss.prediction"), Wire("digits", "label", "loss", "target")],
    )
    assert infer(Project(graph=graph)).problems == ()
    assert "has weights" in noted(Project(graph=graph))[0].sentence


def test_a_layer_that_leads_nowhere_is_noted_and_can_be_removed() -> None:
    """Fails if a forgotten layer stays unseen, or one with a problem is called two things."""
    project = small_net()
    graph = project.graph.with_nodes(node("lost", "ReLU"), node("broken", "ReLU"))
    project = project.with_graph("", graph.with_wires([*graph.wires, Wire("conv1", "output", "lost", "x")]))
    (note,) = noted(project)
    assert (note.node, note.code) == ("lost", "unused")
    command = command_for(project, "", "lost", note.fixes[0])
    assert command is not None
    assert "lost" not in command.apply(project).graph.nodes


def test_weights_that_another_layer_uses_are_used() -> None:
    """Fails if removing a layer were offered whose weights are needed."""
    project = small_net()
    owner, user = node("owner", "Linear", out_features=10), replace(project.graph.nodes["fc1"], shares="owner")
    graph = project.graph.with_nodes(owner, user)
    source = next(wire for wire in graph.into("fc1"))
    graph = graph.with_wires([*graph.wires, replace(source, target="owner")])
    assert "unused" not in {note.code for note in noted(project.with_graph("", graph))}


def test_check_tells_notes_and_still_says_no_problems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if a note changes the exit status, or other programs cannot read it."""
    path = tmp_path / "lost.netloom"
    project = small_net()
    graph = project.graph.with_nodes(node("lost", "ReLU"))
    save_project(project.with_graph("", graph.with_wires([*graph.wires, Wire("conv1", "output", "lost", "x")])), path)
    assert run(["check", str(path)]) == 0
    out = capsys.readouterr().out
    assert "no problems" in out
    assert "Note on lost: It leads to no loss" in out
    assert run(["check", str(path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"]
    assert answer["notes"][0]["fixes"] == ["Remove lost"]


@pytest.mark.parametrize(("outputs", "said"), [(10, False), (84, True)])
def test_scores_that_stand_for_no_class_are_noted(outputs: int, said: bool) -> None:
    """Fails if a loss that was wired to the wrong layer passes without a word, or a right one does not."""
    project = templates.load("logistic_regression")
    wide = project.graph.nodes["fc"].with_param("out_features", outputs)
    project = project.with_graph("", project.graph.with_nodes(wide))
    assert not infer(project).problems
    found = noted(project)
    assert bool(found) is said
    for note in found:
        assert "84 scores arrive, so 74 are never right" in note.sentence
        command = command_for(project, "", note.node, note.fixes[0])
        assert command is not None
        assert command.apply(project).graph.nodes["fc"].params["out_features"] == 10
