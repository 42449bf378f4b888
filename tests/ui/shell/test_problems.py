"""The list of problems: never blank, travels, mends."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea

from app.core.checks.problems import Problem, SetTraining
from app.core.commands import AddNodes, Connect, Disconnect, ExposeSetting, SetNodeField, SetSetting
from app.core.document import Document
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.ui.problems.card import ProblemCard
from app.ui.problems.entries import ProblemEntry
from app.ui.problems.panel import MOST_SHOWN, ProblemsPanel
from app.ui.qdocument import QDocument
from app.ui.window import MainWindow
from nodes.api import UseInstead
from nodes.api.registry import find
from tests.support.patience import settle


@pytest.fixture
def problems(lenet: QDocument, qtbot: Any) -> ProblemsPanel:
    return shown(lenet, qtbot)


def shown(qdocument: QDocument, qtbot: Any) -> ProblemsPanel:
    panel = ProblemsPanel(qdocument)
    qtbot.addWidget(panel)
    panel.resize(900, 250)
    panel.show()
    return panel


def cards(panel: ProblemsPanel) -> list[ProblemCard]:
    return [card for card in panel.findChildren(ProblemCard) if not card.isHidden()]


def words(panel: ProblemsPanel) -> str:
    return " ".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())


def test_without_problems_it_says_so(problems: ProblemsPanel) -> None:
    """Fails if an empty list looks like a list that was not filled."""
    assert "No problems." in words(problems)


def test_it_follows_the_drawing_both_ways(problems: ProblemsPanel, lenet: QDocument, qtbot: Any) -> None:
    """Fails if a problem appears late, or stays after it was mended."""
    with qtbot.waitSignal(problems.count_changed) as count:
        lenet.do(SetSetting("", ("conv2",), "kernel_size", (40, 40)))
    assert count.args == [1]
    qtbot.waitUntil(lambda: len(cards(problems)) == 1)
    assert "A 40×40 kernel" in words(problems)
    assert "No problems." not in words(problems)
    lenet.undo()
    qtbot.waitUntil(lambda: not cards(problems))
    qtbot.waitUntil(lambda: "No problems." in words(problems))


def test_click_and_enter_travel(problems: ProblemsPanel, lenet: QDocument, qtbot: Any) -> None:
    """Fails if the mouse or the keyboard cannot get from a problem to its place."""
    lenet.do(SetSetting("", ("conv2",), "kernel_size", (40, 40)))
    qtbot.waitUntil(lambda: len(cards(problems)) == 1)
    card = cards(problems)[0]
    with qtbot.waitSignal(problems.travel) as travel:
        qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert travel.args == ["conv2"]
    with qtbot.waitSignal(problems.travel):
        qtbot.keyClick(card, Qt.Key.Key_Return)


def test_the_fix_button_mends_in_one_step(problems: ProblemsPanel, lenet: QDocument, qtbot: Any) -> None:
    """Fails if the button does something else than it says, or undo takes back more than the fix."""
    lenet.do(SetSetting("", ("conv2",), "kernel_size", (40, 40)))
    broken = lenet.project
    qtbot.waitUntil(lambda: len(cards(problems)) == 1)
    buttons = cards(problems)[0].findChildren(QPushButton)
    assert [b.text().strip() for b in buttons] == ["Set padding to 13", "Set kernel to 14×14"]
    qtbot.mouseClick(buttons[1], Qt.MouseButton.LeftButton)
    assert lenet.project.graph.nodes["conv2"].params["kernel_size"] == (14, 14)
    lenet.undo()
    assert lenet.project == broken


def test_buttons_stand_below_where_it_is_narrow(problems: ProblemsPanel, lenet: QDocument, qtbot: Any) -> None:
    """Fails if buttons are cut off, or press the sentence together, in a narrow panel."""
    lenet.do(SetSetting("", ("conv2",), "kernel_size", (40, 40)))
    qtbot.waitUntil(lambda: len(cards(problems)) == 1)
    problems.resize(300, 400)
    settle()
    card = cards(problems)[0]
    assert card.width() <= 300
    for button in card.findChildren(QPushButton):
        assert card.rect().contains(button.geometry())


def test_hundreds_of_problems_are_cut_short(lenet: QDocument, qtbot: Any) -> None:
    """Fails if a large broken drawing freezes the window, or the rest is hidden without a word."""
    panel = shown(lenet, qtbot)
    lenet.do(AddNodes(nodes=tuple(Node(f"r{number}", "ReLU") for number in range(MOST_SHOWN + 30))))
    qtbot.waitUntil(lambda: len(cards(panel)) == MOST_SHOWN)
    assert "And 30 more" in words(panel)


@pytest.fixture
def in_block(qapp: Any) -> QDocument:
    """A kernel of 9×9 meets images of 4×4 inside of a block that stands twice."""
    inner = Graph.of(
        [Node("inp", "In"), Node("conv1", "Conv2d", {"kernel_size": (9, 9)}), Node("out", "Out")],
        [Wire("inp", "output", "conv1", "x"), Wire("conv1", "output", "out", "x")],
    )
    outer = Graph.of(
        [
            Node("input1", "Input", {"shape": (1, 4, 4)}),
            Node("conv1", "Conv2d"),
            *(Node(n, "block:part") for n in "bc"),
        ],
        [Wire("input1", "output", name, port) for name, port in (("b", "inp"), ("c", "inp"), ("conv1", "x"))],
    )
    return QDocument(Document(Project(graph=outer).with_block("part", Block(inner))))


def card_of(panel: ProblemsPanel, path: str) -> ProblemCard:
    return next(card for card in cards(panel) if card.problem.node == path)


def test_a_problem_inside_a_block_is_mended_in_the_block(in_block: QDocument, qtbot: Any) -> None:
    """Fails if the button of a problem in a block is missing, mends the node of the same name outside of the block,
    or takes more than one step of undo."""
    panel = shown(in_block, qtbot)
    qtbot.waitUntil(lambda: bool(cards(panel)))
    broken = in_block.project
    buttons = card_of(panel, "b/conv1").findChildren(QPushButton)
    texts = [each.text().strip() for each in buttons]
    assert texts == ["Set padding to 3 in all 2 of part", "Set kernel to 4×4 in all 2 of part"]
    assert "It changes the block part, all 2 of it." in buttons[1].toolTip()
    qtbot.mouseClick(buttons[1], Qt.MouseButton.LeftButton)
    assert in_block.project.blocks["part"].graph.nodes["conv1"].params["kernel_size"] == (4, 4)
    assert in_block.project.graph == broken.graph
    qtbot.waitUntil(lambda: not cards(panel))
    in_block.undo()
    assert in_block.project == broken


def test_a_setting_that_an_instance_gives_is_mended_at_the_instance(in_block: QDocument, qtbot: Any) -> None:
    """Fails if the button changes the block although the instance overrules it, so that nothing gets better."""
    in_block.do(ExposeSetting("part", "conv1", "kernel_size", "window"))
    in_block.do(SetSetting("part", ("conv1",), "kernel_size", (3, 3)))
    in_block.do(SetSetting("", ("b",), "window", (9, 9)))
    panel = shown(in_block, qtbot)
    qtbot.waitUntil(lambda: len(cards(panel)) == 1)
    button = cards(panel)[0].findChildren(QPushButton)[1]
    assert button.text().strip() == "Set window to 4×4 of b"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert in_block.project.graph.nodes["b"].params["window"] == (4, 4)
    assert in_block.project.blocks["part"].graph.nodes["conv1"].params["kernel_size"] == (3, 3)
    assert not in_block.document.report.problems


def test_a_click_travels_into_the_block(in_block: QDocument, qtbot: Any) -> None:
    """Fails if the path into the block is lost on the way."""
    panel = shown(in_block, qtbot)
    qtbot.waitUntil(lambda: bool(cards(panel)))
    with qtbot.waitSignal(panel.travel) as travel:
        qtbot.mouseClick(card_of(panel, "c/conv1"), Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
    assert travel.args == ["c/conv1"]


def test_the_window_goes_into_the_block_and_mends(window: MainWindow, in_block: QDocument, qtbot: Any) -> None:
    """Fails if travelling to a problem in a block leaves the canvas outside, or its card there has no remedy."""
    window.qdocument.document.replace(in_block.project)
    window.show_panel("problems")
    qtbot.waitUntil(lambda: bool(cards(window.problems)))
    qtbot.mouseClick(card_of(window.problems, "b/conv1"), Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
    assert (window.canvas.where, window.canvas.selected) == ("part", ("conv1",))
    apply_fix = card_of(window.problems, "b/conv1").findChildren(QPushButton)[0]
    qtbot.mouseClick(apply_fix, Qt.MouseButton.LeftButton)
    assert not window.qdocument.document.report.problems
    assert window.canvas.where == "part"


def test_what_train_would_refuse_is_a_problem_before(problems: ProblemsPanel, lenet: QDocument, qtbot: Any) -> None:
    """Fails if a muted loss is only told by Train, or the button does not mend it."""
    lenet.do(SetNodeField("", ("loss",), "bypassed", True))
    qtbot.waitUntil(lambda: len(cards(problems)) == 1)
    assert "No problems." not in words(problems)
    assert "Problem in loss" in words(problems)
    assert "nothing to train" in words(problems)
    button = cards(problems)[0].findChild(QPushButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not lenet.project.graph.nodes["loss"].bypassed
    qtbot.waitUntil(lambda: not cards(problems))


def test_long_words_of_a_fix_do_not_widen_the_inspector(window: MainWindow, qtbot: Any) -> None:
    """Fails if a fix with a long name makes the page wider than its panel, so that the fields are cut off."""
    window.resize(1366, 768)
    qdocument = window.qdocument
    name = "a_convolution_with_quite_a_long_name"
    layer = find("Conv2d")
    assert layer is not None
    node = Node(name, "Conv2d", layer.defaults())
    qdocument.do(AddNodes("", (node,), (Wire("fc1", "output", name, "x"),)))
    window.canvas.select([name])
    page = window.inspector.nodes
    qtbot.waitUntil(lambda: bool(page.findChildren(ProblemCard)))
    scroll = page.parentWidget().parentWidget()
    assert isinstance(scroll, QScrollArea)
    settle()
    assert scroll.horizontalScrollBar().maximum() == 0
    fix = page.findChildren(ProblemCard)[0].findChildren(QPushButton)[0]
    assert name in fix.text()
    assert name in fix.toolTip()


def test_a_card_that_once_had_the_focus_does_not_take_it_back(window: MainWindow, qtbot: Any) -> None:
    """Fails if the list takes the keys from the canvas whenever the problems change."""
    window.show_panel("problems")
    node = Node("conv9", "Conv2d")
    window.qdocument.do(AddNodes("", (node,)))
    qtbot.waitUntil(lambda: bool(cards(window.problems)))
    cards(window.problems)[0].setFocus()
    window.canvas.setFocus()
    window.qdocument.undo()
    qtbot.waitUntil(lambda: not cards(window.problems))
    assert window.focusWidget() is window.canvas


def test_the_list_stays_where_it_was_when_a_fix_is_pressed(
    problems: ProblemsPanel, lenet: QDocument, qtbot: Any
) -> None:
    """Fails if the list runs to its end because a button went away with the focus, or a new problem is out of sight."""
    problems.resize(900, 150)
    problems.activateWindow()
    wire = next(w for w in lenet.project.graph.wires if w.target == "fc1")
    lenet.do(Disconnect("", (wire,)))
    lenet.do(Connect("", (Wire("pool1", "output", "fc1", "x"),)))
    qtbot.waitUntil(lambda: len(cards(problems)) > 3)
    bar = problems.findChild(QScrollArea).verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    button = next(b for b in cards(problems)[0].findChildren(QPushButton) if "Flatten" in b.text())
    button.setFocus()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Problem" not in words(problems))  # what the wire went around is noted all the same
    qtbot.wait(20)
    assert bar.value() == 0
    bar.setValue(bar.maximum())
    lenet.undo()
    qtbot.waitUntil(lambda: "Problem" in words(problems))
    qtbot.wait(20)
    assert bar.value() == 0


@pytest.mark.parametrize("width", [480, 664, 760, 1000, 1350])
def test_buttons_leave_the_sentence_its_room(lenet: QDocument, qtbot: Any, width: int) -> None:
    """Fails if several buttons beside a sentence make a column of single words of it, or one of them is cut off."""
    fixes = (SetTraining("lr", 1e-7), UseInstead("LeakyReLU"))
    sentence = "relu1 gives nothing but zeros for all samples that were tried, so nothing before it learns any more."
    card = ProblemCard(lenet, "", ProblemEntry("finding", Problem("relu1", sentence, "dead", fixes)), named=True)
    qtbot.addWidget(card)
    card.resize(width, 200)
    card.show()
    settle()
    said = next(label for label in card.findChildren(QLabel) if label.text() == sentence)
    assert said.width() >= min(380, width - 80)
    made = card.findChildren(QPushButton)
    assert len(made) == 2
    for button in made:
        assert card.rect().contains(button.geometry())
        assert button.width() == button.sizeHint().width()
