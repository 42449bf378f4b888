"""Buttons of what stands in the list of problems: each at one place, and each does what its sentence says."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from app.core.graph.model import Graph, Node, Project, Wire
from app.core.graph.recipe import Recipe
from app.core.storage import templates
from app.training.events import Diagnosed
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.test_one_list import listed, tell


def test_a_finding_that_repeats_a_note_takes_its_place(window: MainWindow) -> None:
    """Fails if the sentence of a note, and its buttons, stand a second time in what a training found."""
    window.qdocument.new(raw_scores())
    (note,) = window.listing.entries
    said = f"loss has fallen to −3, but the least that it can be is 0. {note.problem.sentence}"
    tell(window, Diagnosed("loss", said, "below", note.problem.fixes))
    assert listed(window) == [said]
    assert window.status.problems.text() == "1 finding"


def raw_scores() -> Project:
    """Raw scores before a negative log-likelihood."""
    nodes = [Node("digits", "Digits"), Node("flat", "Flatten"), Node("fc", "Linear"), Node("loss", "NLLLoss")]
    wires = [Wire("digits", "image", "flat", "x"), Wire("flat", "output", "fc", "x")]
    wires += [Wire("fc", "output", "loss", "prediction"), Wire("digits", "label", "loss", "target")]
    return Project(graph=Graph.of(nodes, wires), recipe=Recipe(epochs=2, batch_size=256, device="cpu"))


def test_a_finding_in_the_list_trains_again(window: MainWindow, qtbot: Any) -> None:
    """Fails if the card of a finding only edits while the button beside the curves trains too, if its buttons stand
    at two places, or if a second press of undo is needed."""
    project = raw_scores()
    window.qdocument.new(project)
    window.show_panel("problems")
    window.train()
    qtbot.waitUntil(lambda: bool(window.listing.entries) and not window.session.busy)
    settle()
    (again,) = [
        button
        for button in window.findChildren(QPushButton)
        if "Use Cross-entropy instead" in button.text() and not button.visibleRegion().isEmpty()
    ]
    assert again.text().strip() == "Use Cross-entropy instead, train again"
    first = window.session.run
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.run is not first and not window.session.busy)
    assert window.session.run is not None
    assert window.session.run.project.graph.nodes["loss"].type == "CrossEntropyLoss"
    window.undo()
    assert window.qdocument.project == project


def test_buttons_stand_where_the_sentence_stands(window: MainWindow, qtbot: Any) -> None:
    """Fails if why nothing was trained is read in the inspector, and its buttons stand in the training panel as well,
    or if they stand nowhere once the inspector shows something else."""
    project = templates.load("lenet_digits")
    loss_wire = next(wire for wire in project.graph.wires if wire.target_port == "target")
    graph = Graph.of(project.graph.nodes.values(), [wire for wire in project.graph.wires if wire != loss_wire])
    window.qdocument.new(project.with_graph("", graph))
    window.show_panel("training")

    def offering() -> list[QWidget]:
        made = window.findChildren(QPushButton)
        wanted = [each for each in made if "Wire digits.label to target" in each.text()]
        return [each.parentWidget() for each in wanted if not each.visibleRegion().isEmpty()]

    window.canvas.select(("loss",))
    window.train()
    qtbot.waitUntil(lambda: len(offering()) == 1)
    settle()
    (place,) = offering()
    assert window.inspector.isAncestorOf(place)
    window.canvas.select(("conv1",))
    qtbot.waitUntil(lambda: offering() == [window.training.mending])
