"""A problem is a badge, a sentence and a button that mends it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.core.commands import Connect, SetSetting
from app.core.graph.model import Wire
from app.ui.canvas import tooltips
from app.ui.canvas.view import CanvasView
from tests.ui.canvas.hand import Hand


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


def test_escape_closes_the_card(broken: CanvasView, hand: Hand) -> None:
    """Would fail if the card stayed open, or took the focus with it."""
    broken.open_remedy("fc1")
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
    canvas.mark_failed("conv1", "There is not enough memory for this layer.")
    hand.click(canvas.scene.nodes["conv1"].badge_at)
    assert canvas.popups.card.isVisible()
    canvas.mark_failed(None)
    assert not canvas.scene.nodes["conv1"].troubled


def test_tooltips_say_what_is_there(broken: CanvasView) -> None:
    """Would fail if tooltips lacked shapes, weights or the sentence of a problem, or broke on any figure."""
    scene = broken.scene
    conv = tooltips.of_node(scene.nodes["conv1"])
    assert "4×6×6" in conv.replace("(4, 6, 6)", "4×6×6")
    assert "40 weights" in conv
    assert "Flatten" in tooltips.of_badge(scene.nodes["fc1"])
    assert "Flatten" in tooltips.of_wire(scene, scene.wires[Wire("relu1", "output", "fc1", "x")])
    for figure in scene.nodes.values():
        assert tooltips.of_node(figure)
    for line in scene.wires.values():
        assert tooltips.of_wire(scene, line)
