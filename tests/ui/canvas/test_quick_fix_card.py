"""A problem is a badge, a sentence and a button that mends it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit

from app.core.checks.problems import Problem
from app.core.commands import Connect, Disconnect, SetRecipe, SetSetting
from app.core.graph.model import Node, Wire
from app.ui.canvas import tooltips
from app.ui.canvas.view import CanvasView
from app.ui.problems.entries import ProblemEntry
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import Hand, net


@pytest.fixture
def broken(canvas: CanvasView) -> CanvasView:
    """relu1 is wired straight into fc1: an image where a list is needed."""
    canvas.qdocument.do(Connect("", (Wire("relu1", "output", "fc1", "x"),)))
    return canvas


def test_click_on_the_badge_shows_the_sentence_and_the_button_mends_in_one_step(broken: CanvasView, hand: Hand) -> None:
    """Would fail if the badge could not be clicked, the button did nothing, or undo needed more than one step."""
    before = broken.qdocument.project
    figure = broken.scene.nodes["fc1"]
    assert figure.troubled
    hand.click(figure.badge_at)
    card = broken.popups.card
    assert card.isVisible()
    assert "Flatten" in card.buttons[0].text()
    QTest.mouseClick(card.buttons[0], Qt.MouseButton.LeftButton)
    assert not broken.qdocument.document.report.problems
    assert not broken.scene.nodes["fc1"].troubled
    assert not card.isVisible()
    broken.qdocument.undo()
    assert broken.qdocument.project == before


def test_click_on_the_dashed_wire_offers_the_same(broken: CanvasView, hand: Hand) -> None:
    """Would fail if only the badge led to the remedy."""
    wire = broken.scene.wires[Wire("relu1", "output", "fc1", "x")]
    assert not wire.fits
    hand.click(wire.path.pointAtPercent(0.5))
    assert broken.popups.card.isVisible()
    assert broken.popups.card.buttons


def test_keyboard_reaches_the_remedy(broken: CanvasView, hand: Hand) -> None:
    """Would fail if a problem could only be mended with the mouse."""
    broken.select(["fc1"])
    hand.key(Qt.Key.Key_Return)
    assert broken.popups.card.isVisible()
    hand.key(Qt.Key.Key_Return)
    assert not broken.qdocument.document.report.problems


def test_the_card_goes_when_the_drawing_is_changed_elsewhere(broken: CanvasView, hand: Hand) -> None:
    """Fails if undo, or a quick fix in another list, leaves a card with a problem that is no more; if the cursor jumps
    out of a field in which somebody types; or if what changes no layer, such as the recipe, takes the card away."""
    hand.click(broken.scene.nodes["fc1"].badge_at)
    card = broken.popups.card
    broken.qdocument.do(SetRecipe(setting="epochs", value=3))
    assert card.isVisible()
    broken.qdocument.undo()
    broken.qdocument.undo()
    assert not broken.scene.nodes["fc1"].troubled
    assert not card.isVisible()
    assert broken.hasFocus()
    broken.qdocument.redo()
    hand.click(broken.scene.nodes["fc1"].badge_at)
    assert card.isVisible()
    field = QLineEdit(broken)
    field.show()
    field.setFocus()
    broken.qdocument.undo()
    assert not card.isVisible()
    assert field.hasFocus()


def test_escape_closes_the_card(broken: CanvasView, hand: Hand) -> None:
    """Would fail if the card stayed open, or took the focus with it."""
    broken.open_quick_fixes("fc1")
    hand.key(Qt.Key.Key_Escape)
    assert not broken.popups.is_open
    assert broken.hasFocus()


def test_fix_of_a_setting(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a kernel that is too large offered no button, or the wrong setting were changed."""
    canvas.qdocument.do(SetSetting("", ("conv1",), "kernel_size", (20, 20)))
    hand.click(canvas.scene.nodes["conv1"].badge_at)
    texts = [button.text() for button in canvas.popups.card.buttons]
    assert any("kernel" in text for text in texts)
    which = next(button for button in canvas.popups.card.buttons if "kernel" in button.text())
    QTest.mouseClick(which, Qt.MouseButton.LeftButton)
    assert not canvas.scene.nodes["conv1"].troubled
    assert canvas.qdocument.project.graph.nodes["conv1"].params["kernel_size"] == (8, 8)


def test_failure_of_a_run_is_a_badge_until_it_is_cleared(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a failure in training left no mark on its node, or the mark could not be removed."""
    sentence = "There is not enough memory for this layer."
    canvas.show_said({"conv1": (ProblemEntry("finding", Problem("conv1", sentence, "failed"), True),)})
    hand.click(canvas.scene.nodes["conv1"].badge_at)
    assert canvas.popups.card.isVisible()
    assert any(sentence in label.text() for label in canvas.popups.card.findChildren(QLabel))
    canvas.show_said({})
    assert not canvas.scene.nodes["conv1"].troubled


def test_tooltips_say_what_is_there(broken: CanvasView) -> None:
    """Would fail if tooltips lacked shapes, weights or the sentence of a problem, or broke on any figure."""
    scene = broken.scene
    conv = tooltips.of_node(scene.nodes["conv1"])
    assert "4×6×6" in conv.replace("(4, 6, 6)", "4×6×6")
    assert "40 parameters" in conv
    assert "Flatten" in tooltips.of_badge(scene.nodes["fc1"])
    assert "Flatten" in tooltips.of_wire(scene, scene.wires[Wire("relu1", "output", "fc1", "x")])
    for figure in scene.nodes.values():
        assert tooltips.of_node(figure)
    for line in scene.wires.values():
        assert tooltips.of_wire(scene, line)


def press_fix(canvas: CanvasView, words: str) -> None:
    """Click the button of the open card that begins with these words."""
    buttons = canvas.popups.card.buttons
    found = [button for button in buttons if button.text().strip().startswith(words)]
    assert found, [button.text() for button in buttons]
    QTest.mouseClick(found[0], Qt.MouseButton.LeftButton)


def test_global_pool_is_the_other_way_into_a_fully_connected_layer(broken: CanvasView, hand: Hand) -> None:
    """Would fail if only Flatten were offered, or the pool came somewhere else."""
    hand.click(broken.scene.nodes["fc1"].badge_at)
    press_fix(broken, "Insert Global average pooling")
    assert not broken.qdocument.document.report.problems
    pool = broken.qdocument.project.graph.into("fc1")[0].source
    assert broken.qdocument.project.graph.nodes[pool].type == "GlobalAvgPool"
    broken.qdocument.undo()
    assert broken.scene.nodes["fc1"].troubled


def test_layer_at_which_nothing_arrives_is_wired_with_one_click(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if "nothing arrives" had no button, or the wire came from the wrong end of the drawing."""
    canvas.qdocument.do(Disconnect("", (Wire("conv1", "output", "relu1", "x"),)))
    hand.click(canvas.scene.nodes["relu1"].badge_at)
    press_fix(canvas, "Wire conv1 to relu1")
    assert Wire("conv1", "output", "relu1", "x") in canvas.qdocument.project.graph.wires
    assert not canvas.qdocument.document.report.problems


def test_wire_to_a_port_that_does_not_exist_is_drawn_to_the_right_one(open_canvas: Open) -> None:
    """Would fail if such a wire could only be removed."""
    project = net()
    wires = [replace(w, target_port="input") if w.target == "relu1" else w for w in project.graph.wires]
    canvas = open_canvas(project.with_graph("", project.graph.with_wires(wires)))
    hand = Hand(canvas)
    hand.click(canvas.scene.nodes["relu1"].badge_at)
    press_fix(canvas, "Wire conv1 to relu1.x")
    assert canvas.qdocument.project == project
    assert canvas.qdocument.document.undo_title == "Rewire conv1 to relu1"


def test_layer_of_the_wrong_dimension_becomes_the_right_one(open_canvas: Open) -> None:
    """Would fail if the layer had to be removed, added and wired again."""
    project = net()
    wrong = Node("relu1", "BatchNorm1d", position=project.graph.nodes["relu1"].position)
    canvas = open_canvas(project.with_graph("", project.graph.with_nodes(wrong)))
    hand = Hand(canvas)
    hand.click(canvas.scene.nodes["relu1"].badge_at)
    press_fix(canvas, "Use Batch norm 2-D instead")
    assert canvas.scene.nodes["relu1"].look.type_word == "BatchNorm2d"
    assert canvas.qdocument.project.graph.wires == project.graph.wires
    assert not canvas.qdocument.document.report.problems


def test_no_line_of_the_sentence_is_cut_off(broken: CanvasView, hand: Hand) -> None:
    """Would fail if the card were made for a width that its border then takes away: the last word would be missing."""
    hand.click(broken.scene.nodes["fc1"].badge_at)
    card = broken.popups.card
    for words in ("word " * count for count in range(12, 60)):
        card.close_card()
        card.open(card.pos(), broken.qdocument.project, "", "fc1", [Problem("fc1", words.strip(), "shape")])
        label = next(each for each in card.findChildren(QLabel) if each.text() == words.strip())
        assert label.height() >= label.heightForWidth(label.width()), words
