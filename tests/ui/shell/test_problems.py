"""The list of problems: never blank, travels, mends."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from app.core.commands import AddNodes, SetSetting
from app.core.document import Document
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.ui.problems.card import ProblemCard
from app.ui.problems.panel import MOST_SHOWN, ProblemsPanel
from app.ui.qdocument import QDocument


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
    assert "No problems." in words(problems)


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
    qtbot.wait(20)
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


def test_a_problem_inside_a_block_has_its_path_and_no_button(qapp: Any, qtbot: Any) -> None:
    """Fails if a fix is offered that would be carried out on a node of the same name outside of the block."""
    inner = Graph.of([Node("inp", "In"), Node("conv1", "Conv2d", {"kernel_size": (9, 9)}), Node("out", "Out")],
                     [Wire("inp", "output", "conv1", "x"), Wire("conv1", "output", "out", "x")])  # fmt: skip
    outer = Graph.of([Node("input1", "Input", {"shape": (1, 4, 4)}), Node("b", "block:part")],
                     [Wire("input1", "output", "b", "inp")])  # fmt: skip
    qdocument = QDocument(Document(Project(graph=outer).with_block("part", Block(inner))))
    panel = shown(qdocument, qtbot)
    qtbot.waitUntil(lambda: bool(cards(panel)))
    first = next(card for card in cards(panel) if card.problem.node == "b/conv1")
    assert not first.findChildren(QPushButton)
    with qtbot.waitSignal(panel.travel) as travel:
        qtbot.mouseClick(first, Qt.MouseButton.LeftButton)
    assert travel.args == ["b/conv1"]
