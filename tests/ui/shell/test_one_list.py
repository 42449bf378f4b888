"""Problems of the drawing, notes on it and what a training found stand in one list, which the status bar counts and the
canvas marks; each is read once, and goes with its cause."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from app.core.checks.problems import SetTraining
from app.core.commands import MoveNodes, RemoveNodes, Rename, SetNodeField, SetRecipe, SetSetting
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.core.storage import templates
from app.core.storage.files import save_project
from app.jobs.messages import Bundle
from app.training.events import Diagnosed, Failed
from app.ui import theme
from app.ui.problems.card import ProblemCard
from app.ui.problems.entries import KINDS, TINTS
from app.ui.session import Run
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import Open, press

DEAD = "relu1 gives nothing but zeros, so what stands before it learns nothing any more."
HIGH = "The loss grows instead of falling. The learning rate 0.002 is too high."


def tell(window: MainWindow, *events: Diagnosed | Failed) -> None:
    """Let a training of the drawing as it is now say something, as the runner does."""
    session = window.session
    if session.run is None:
        session.run = Run(window.qdocument.project, window.settings.path.parent)
    for event in events:
        if isinstance(event, Failed):
            session.ended.emit(event)
        else:
            window.training.story.hear(event)
            session.progress.emit(Bundle(0, (event,)))


def listed(window: MainWindow) -> list[str]:
    return [entry.problem.sentence for entry in window.listing.entries]


def places_of(window: MainWindow, sentence: str) -> list[QLabel]:
    """The labels in sight that say a sentence; what lies behind a tab is not in sight."""
    return [
        label
        for label in window.findChildren(QLabel)
        if sentence[:40] in label.text() and not label.visibleRegion().isEmpty()
    ]


def badge(window: MainWindow, node: str) -> str | None:
    return window.canvas.scene.nodes[node].badge


@pytest.fixture
def noted() -> Project:
    """LeNet with a softmax before the loss that computes one itself: a note, and no problem."""
    project = templates.load("lenet_digits")
    graph = project.graph
    last = next(wire for wire in graph.wires if wire.target == "loss" and wire.target_port == "prediction")
    wires = [wire for wire in graph.wires if wire != last]
    wires += [Wire(last.source, last.source_port, "softmax1", "x"), Wire("softmax1", "output", "loss", "prediction")]
    return project.with_graph("", Graph.of([*graph.nodes.values(), Node("softmax1", "Softmax")], wires))


def test_a_note_counts_everywhere(window: MainWindow, noted: Project, qtbot: Any) -> None:
    """Fails if the status bar, the tab or the drawing's page says "no problems" beside a note, or the layer that the
    note is on wears no badge."""
    assert window.status.problems.text() == "no problems"
    window.qdocument.new(noted)
    assert window.status.problems.text() == "1 note"
    assert window.status.problems.accessibleName() == "1 note"
    assert window.docks.docks["problems"].windowTitle() == "Problems (1)"
    assert "1 note" in [label.text() for label in window.inspector.drawing.facts.findChildren(QLabel)]
    assert badge(window, "softmax1") == "warning"
    window.show_panel("problems")
    qtbot.waitUntil(lambda: len(places_of(window, "softmax1 is a softmax in front of")) == 1)
    window.qdocument.do(SetNodeField("", ("softmax1",), "bypassed", True))
    assert window.status.problems.text() == "no problems"
    assert badge(window, "softmax1") is None


def test_a_finding_counts_everywhere(window: MainWindow, qtbot: Any) -> None:
    """Fails if a layer wears a badge for what a training found while list, tab and status bar know of nothing."""
    tell(window, Diagnosed("relu1", DEAD, "dead"))
    assert listed(window) == [DEAD]
    assert window.status.problems.text() == "1 finding"
    assert window.docks.docks["problems"].windowTitle() == "Problems (1)"
    assert badge(window, "relu1") == "finding"
    window.qdocument.do(SetSetting("", ("conv2",), "kernel_size", (40, 40)))
    window.qdocument.undo()
    assert window.status.problems.text() == "1 finding"


def _recipe(window: MainWindow) -> None:
    window.qdocument.do(SetRecipe(setting="lr", value=0.0005))


def _fixed(window: MainWindow) -> None:
    window.qdocument.do(SetSetting("", ("conv1",), "out_channels", 3))


def _deleted(window: MainWindow) -> None:
    window.qdocument.do(RemoveNodes("", ("relu1",)))


def _renamed(window: MainWindow) -> None:
    window.qdocument.do(Rename("", "relu1", "first_relu"))


@pytest.mark.parametrize("cause", [_recipe, _fixed, _deleted, _renamed])
def test_a_finding_goes_with_its_cause_and_undo_brings_it_back(window: MainWindow, cause: Any, qtbot: Any) -> None:
    """Fails if a sentence is still held against a drawing or recipe that is another one now, or is lost although both
    are again as they were when it was said."""
    tell(window, Diagnosed("relu1", DEAD, "dead"), Diagnosed(None, HIGH, "lr_high"), Failed("loss", "It failed."))
    assert len(listed(window)) == 3
    window.qdocument.do(MoveNodes("", {"relu1": (7.0, 7.0)}))
    assert len(listed(window)) == 3, "to move a layer mends nothing"
    cause(window)
    assert not {DEAD, HIGH, "It failed."} & set(listed(window))
    assert "finding" not in window.status.problems.text()
    assert not any(figure.said for figure in window.canvas.scene.nodes.values() if figure.badge == "finding")
    assert not window.training.findings.isVisible()
    assert "It failed." not in window.training.note.text()
    assert not window.banner.isVisible()
    window.qdocument.undo()
    assert len(listed(window)) == 3
    assert badge(window, "relu1") == badge(window, "loss") == "finding"


def test_findings_go_when_another_run_starts(window: MainWindow, qtbot: Any) -> None:
    """Fails if what the last run said is still listed while another one is on, or comes back by undo."""
    window.qdocument.do(SetRecipe(setting="epochs", value=1))
    tell(window, Diagnosed("relu1", DEAD, "dead"))
    window.qdocument.do(SetRecipe(setting="lr", value=0.001))
    assert DEAD not in listed(window)
    window.canvas.setFocus()
    press(qtbot, window, "F5")
    qtbot.waitUntil(lambda: window.session.state == "running" or not window.session.busy)
    window.qdocument.undo()
    assert DEAD not in listed(window)
    qtbot.waitUntil(lambda: not window.session.busy)


def test_a_finding_on_a_layer_that_was_changed_meanwhile_is_not_told(window: MainWindow, qtbot: Any) -> None:
    """Fails if a training finds fault with a layer that is not in the drawing any more, or says nothing of its end."""
    tell(window)
    window.qdocument.do(SetSetting("", ("fc1",), "out_features", 30))
    tell(window, Diagnosed("fc1", "fc1 is at fault.", "dead"))
    assert listed(window) == []
    assert not window.training.findings.isVisible()
    tell(window, Failed("fc1", "fc1 is too large."))
    assert listed(window) == ["fc1 is too large."]
    assert window.listing.entries[0].problem.node == ""
    assert badge(window, "fc1") is None


def test_a_sentence_is_read_once(window: MainWindow, qtbot: Any) -> None:
    """Fails if a training that ended says why in the panel, in what was noticed, above the canvas and in the list."""
    window.resize(1366, 768)
    sentence = "In epoch 1 the loss became so large that it is no longer a number."
    window.show_panel("training")
    window.canvas.select(["loss"])
    tell(window, Diagnosed("loss", sentence, "nan"), Failed("loss", sentence))
    qtbot.waitUntil(lambda: len(places_of(window, sentence)) == 1)
    assert listed(window) == [sentence]
    assert window.banner.isVisible()
    assert sentence not in window.banner.text.text()
    qtbot.mouseClick(window.banner.action, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(places_of(window, sentence)) == 1)
    card = places_of(window, sentence)[0].parentWidget()
    assert isinstance(card, ProblemCard)
    assert window.problems.isAncestorOf(card)
    assert window.canvas.selected == ("loss",)
    window.show_panel("training")
    qtbot.waitUntil(lambda: window.training.note.isVisible())
    qtbot.waitUntil(lambda: len(places_of(window, sentence)) == 1)


def test_a_problem_of_the_selected_layer_is_read_once(window: MainWindow, qtbot: Any) -> None:
    """Fails if the inspector repeats what the list in sight says, or the panel of the training what the inspector
    says, or if none of them says it."""
    window.resize(1366, 768)
    window.show_panel("training")
    window.qdocument.do(SetSetting("", ("conv2",), "kernel_size", (40, 40)))
    sentence = listed(window)[0]
    window.canvas.select(["conv2"])
    window.canvas.setFocus()
    press(qtbot, window, "F5")
    qtbot.waitUntil(lambda: len(places_of(window, sentence)) == 1)
    assert window.inspector.isAncestorOf(places_of(window, sentence)[0])
    qtbot.mouseClick(window.status.problems, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: [window.problems.isAncestorOf(each) for each in places_of(window, sentence)] == [True])
    window.show_panel("training")
    window.canvas.select(())
    qtbot.waitUntil(lambda: [window.training.isAncestorOf(each) for each in places_of(window, sentence)] == [True])


@pytest.mark.parametrize("width", [1366, 683])
def test_every_sentence_is_there_in_full(window: MainWindow, noted: Project, width: int, qtbot: Any) -> None:
    """Fails if a sentence of the list is cut off at the width of a laptop, or of half of it."""
    window.resize(width, 768)
    window.qdocument.new(noted)
    window.qdocument.do(SetSetting("", ("conv2",), "kernel_size", (40, 40)))
    tell(window, Diagnosed("relu1", DEAD, "dead"))
    window.show_panel("problems")
    qtbot.waitUntil(lambda: len([c for c in window.problems.findChildren(ProblemCard) if not c.isHidden()]) == 2)
    settle()
    for card in window.problems.findChildren(ProblemCard):
        label = next(each for each in card.findChildren(QLabel) if each.text() == card.problem.sentence)
        assert label.height() >= label.heightForWidth(label.width())
        assert card.rect().contains(label.geometry())


def test_a_mark_is_there_again_after_a_look_into_a_block(window: MainWindow, qtbot: Any) -> None:
    """Fails if the badge of a finding is lost when the canvas shows something else, or a layer of the same name inside
    of a block wears it."""
    inner = Graph.of(
        [Node("inp", "In"), Node("relu1", "ReLU"), Node("relu2", "ReLU"), Node("out", "Out")],
        [
            Wire("inp", "output", "relu1", "x"),
            Wire("relu1", "output", "relu2", "x"),
            Wire("relu2", "output", "out", "x"),
        ],
    )
    outer = Graph.of(
        [Node("input1", "Input", {"shape": (1, 4, 4)}), Node("relu1", "ReLU"), Node("b", "block:part")],
        [Wire("input1", "output", "relu1", "x"), Wire("relu1", "output", "b", "inp")],
    )
    window.qdocument.new(Project(graph=outer).with_block("part", Block(inner)))
    tell(window, Diagnosed("relu1", DEAD, "dead"), Diagnosed("b/relu2", "relu2 is dead.", "dead"))
    assert (badge(window, "relu1"), badge(window, "b")) == ("finding", "finding")
    window.canvas.enter("part", "b")
    assert (badge(window, "relu1"), badge(window, "relu2")) == (None, "finding")
    window.canvas.where = ""
    assert (badge(window, "relu1"), badge(window, "b")) == ("finding", "finding")
    window.places.show(next(e for e in window.listing.entries if e.problem.node == "b/relu2"))
    assert (window.canvas.where, window.canvas.selected) == ("part", ("relu2",))


def test_a_memory_that_is_too_small_is_in_the_list(window: MainWindow, monkeypatch: Any, qtbot: Any) -> None:
    """Fails if the status bar says in red that a training does not fit, and beside it that there are no problems."""
    window.qdocument.do(SetRecipe(setting="batch_size", value=1_000_000))
    window.qdocument.do(SetSetting("", ("conv1",), "out_channels", 4000))
    qtbot.waitUntil(lambda: window.status.memory.full_text.startswith("will not fit"))
    assert window.status.problems.text() == "1 note"
    assert listed(window) == [window.memory.verdict.sentence]
    window.qdocument.undo()
    window.qdocument.undo()
    qtbot.waitUntil(lambda: window.status.problems.text() == "no problems")


def test_what_it_is_is_said_in_words_too(window: MainWindow, noted: Project, qtbot: Any) -> None:
    """Fails if only a colour tells a problem from a note or a finding, for the eye or for a screen reader."""
    window.qdocument.new(noted)
    window.qdocument.do(SetSetting("", ("conv1",), "kernel_size", (40, 40)))
    tell(window, Diagnosed("relu1", DEAD, "dead"), Failed("loss", "It failed."))
    window.show_panel("problems")
    qtbot.waitUntil(lambda: bool(window.problems.findChildren(ProblemCard)))
    for card in window.problems.findChildren(ProblemCard):
        heading = card.entry.heading
        assert any(label.text() == heading for label in card.findChildren(QLabel))
        assert card.accessibleName().startswith(heading)
    headings = {card.entry.heading for card in window.problems.findChildren(ProblemCard)}
    assert {"Problem in conv1", "Finding in relu1", "Training failed in loss"} <= headings


@pytest.mark.parametrize("name", theme.NAMES)
def test_the_words_in_the_status_bar_can_be_read(name: str) -> None:
    """Fails if the colour of a kind stands out too little from what it is written on (WCAG 2.1, 1.4.3)."""
    used = theme.load(name)
    for kind in KINDS:
        for ground in ("window", "panel"):
            assert theme.contrast(used.color(TINTS[kind]), used.color(ground)) >= 4.5, (name, kind, ground)


def test_train_on_a_refused_drawing_leads_to_the_reason(window: MainWindow, qtbot: Any) -> None:
    """Fails if the strip above the canvas says something else than the list, or its button does not lead there."""
    window.qdocument.do(SetNodeField("", ("loss",), "bypassed", True))
    assert window.status.problems.text() == "1 problem"
    assert badge(window, "loss") == "error"
    window.canvas.setFocus()
    press(qtbot, window, "F5")
    assert window.banner.text.text() == "Nothing was trained: 1 problem, in loss."
    qtbot.mouseClick(window.banner.action, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(window.problems.findChildren(ProblemCard)))
    fix = window.problems.findChildren(QPushButton)[0]
    qtbot.mouseClick(fix, Qt.MouseButton.LeftButton)
    assert window.status.problems.text() == "no problems"
    assert not window.banner.isVisible()


def test_an_empty_drawing_says_what_is_missing(window: MainWindow) -> None:
    """Fails if a new drawing says that nothing is missing, or only notes something, while Train and check refuse it."""
    window.qdocument.new()
    assert window.status.problems.text() == "nothing drawn yet"
    assert "no layers yet" in listed(window)[0]


def test_a_real_failure_is_one_finding(window: MainWindow, qtbot: Any) -> None:
    """Fails if the loop's own finding and its failure are two entries, or the list stays after the layer is mended."""
    names = ("digits", "log", "flat", "fc", "loss")
    wires = [Wire(a, "image" if a == "digits" else "output", b, "x") for a, b in pairwise(names[:4])]
    wires += [Wire("fc", "output", "loss", "prediction"), Wire("digits", "label", "loss", "target")]
    types = ("Digits", "Log", "Flatten", "Linear", "CrossEntropyLoss")
    nodes = [Node(name, kind, {"out_features": 10} if name == "fc" else {}) for name, kind in zip(names, types)]
    window.qdocument.new(Project(graph=Graph.of(nodes, wires)))
    assert window.status.problems.text() == "no problems"
    window.canvas.setFocus()
    press(qtbot, window, "F5")  # the logarithm of a black pixel is no number
    qtbot.waitUntil(lambda: window.banner.isVisible() and not window.session.busy)
    assert [entry.failed for entry in window.listing.entries] == [True]
    assert window.status.problems.text() == "1 finding"
    marked = window.listing.entries[0].problem.node
    assert badge(window, marked) == "finding"
    assert window.banner.text.text() == f"The training failed at {marked}."
    window.qdocument.do(SetNodeField("", ("log",), "bypassed", True))
    assert window.status.problems.text() == "no problems"
    assert badge(window, marked) is None
    window.qdocument.undo()
    assert window.status.problems.text() == "1 finding"


def test_a_file_that_was_not_read_in_full_is_in_the_list(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if `check` calls a file damaged while the window that shows it says "no problems", if the strip repeats the
    sentence, or it stays once the drawing is saved as it is."""
    path = tmp_path / "odd.netloom"
    save_project(templates.load("lenet_digits"), path)
    path.write_text(path.read_text().replace('"title"', '"colour": 3, "title"', 1).replace('"seed": 0', '"seed": -7'))
    window.files.load(path)
    said = [f"Of the file: {complaint}" for complaint in window.qdocument.document.complaints]
    assert said
    assert listed(window) == said
    assert not any(complaint in window.banner.text.text() for complaint in window.qdocument.document.complaints)
    window.files.save()
    assert window.status.problems.text() == "no problems"


def test_the_tab_counts_from_the_start(open_window: Open, noted: Project, tmp_path: Path) -> None:
    """Fails if a window that opens with a note says "Problems" until the next edit."""
    path = tmp_path / "noted.netloom"
    save_project(noted, path)
    window = open_window(path)
    assert window.docks.docks["problems"].windowTitle() == "Problems (1)"


def test_what_is_said_of_train_is_true(window: MainWindow, qtbot: Any) -> None:
    """Fails if the tooltip of Train promises to train what is refused, or its name is another one than its text."""
    action, tool = window.actions_table["train"], window.toolbar.widgetForAction(window.actions_table["train"])
    assert action.toolTip() == "Train the drawing on its data (F5)"
    window.qdocument.do(SetNodeField("", ("loss",), "bypassed", True))
    assert "cannot be trained yet: 1 problem" in action.toolTip()
    window.qdocument.undo()
    window.qdocument.do(SetRecipe(setting="epochs", value=100_000))
    window.canvas.setFocus()
    press(qtbot, window, "F5")
    qtbot.waitUntil(lambda: window.session.state == "running")
    window.pause()
    qtbot.waitUntil(lambda: tool.accessibleName() == "Go on")
    assert "Go on" in action.toolTip()
    window.stop()
    qtbot.waitUntil(lambda: not window.session.busy)
    assert tool.accessibleName() == "Train"
    assert window.status.training.full_text.startswith("· stopped")
    window.qdocument.do(SetSetting("", ("fc1",), "out_features", 30))
    assert window.status.training.full_text.endswith(", changed since")
    window.qdocument.undo()
    assert not window.status.training.full_text.endswith(", changed since")


def test_findings_of_a_running_training_stay(window: MainWindow) -> None:
    """Fails if an edit of something else empties the list while the training goes on, if a finding outlives its answer,
    or if it stays when the training is over and trained another drawing."""
    qdocument, session = window.qdocument, window.session
    session._set_state("running")
    tell(window, Diagnosed("relu1", DEAD, "dead"), Diagnosed(None, HIGH, "lr_high", (SetTraining("lr", 0.0002),)))
    assert {DEAD, HIGH} <= set(listed(window))
    qdocument.do(SetSetting("", ("conv1",), "out_channels", 9))
    assert {DEAD, HIGH} <= set(listed(window))
    assert {one.sentence for one in window.training.findings._findings} <= {DEAD, HIGH}
    qdocument.do(SetRecipe(setting="lr", value=0.0005))
    assert HIGH not in listed(window)  # answered
    assert DEAD in listed(window)
    qdocument.undo()
    assert HIGH in listed(window)
    session._set_state("idle")
    assert not {DEAD, HIGH} & set(listed(window))
    qdocument.undo()
    assert {DEAD, HIGH} <= set(listed(window))
