"""Blocks on the canvas: real keys and clicks, then questions to the document."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QToolButton

from app.core.commands import Rename, RenameBlock, SetNodeField, SetSetting
from app.core.graph.model import MAIN, Project, Wire
from app.ui.canvas.menu import menu_at
from app.ui.canvas.ranking import offers
from app.ui.canvas.view import CanvasView
from tests.support.drawings import block_net
from tests.ui.canvas.hand import Hand, in_a_row, net

Open = Callable[[Project], CanvasView]
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


def heard(canvas: CanvasView) -> list[str]:
    """What the canvas says from now on."""
    words: list[str] = []
    canvas.status.connect(words.append)
    return words


def group_by_hand(hand: Hand, *names: str) -> str:
    """Click the layers one after the other and press Ctrl+G; gives the instance's name."""
    for index, name in enumerate(names):
        hand.click(hand.middle(name), keys=SHIFT if index else Qt.KeyboardModifier.NoModifier)
    hand.key(Qt.Key.Key_G, CTRL)
    return hand.canvas.selected[0]


def test_ctrl_g_groups_the_selection_in_one_step(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the canvas did not follow, asked something, or needed two undos."""
    start = canvas.qdocument.project
    name = group_by_hand(hand, "conv1", "relu1")
    assert name == "block1"
    assert canvas.selected == ("block1",)
    assert set(canvas.scene.nodes) == {"digits", "block1", "flatten1", "fc1", "loss"}
    assert not canvas.qdocument.document.report.problems
    assert canvas.scene.nodes["block1"].look.category == "block"
    canvas.qdocument.undo()
    assert canvas.qdocument.project == start
    assert set(canvas.scene.nodes) == set(start.graph.nodes)


def test_ctrl_shift_g_unpacks_what_was_grouped(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if layers or wires were lost on the way, or the layers were not selected afterwards."""
    start = canvas.qdocument.project
    group_by_hand(hand, "conv1", "relu1")
    hand.key(Qt.Key.Key_G, CTRL | SHIFT)
    assert canvas.qdocument.project.graph.nodes == start.graph.nodes
    assert set(canvas.qdocument.project.graph.wires) == set(start.graph.wires)
    assert set(canvas.selected) == {"conv1", "relu1"}
    assert set(canvas.scene.wires) == set(start.graph.wires)


def test_what_cannot_be_done_is_said(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a key did nothing in silence."""
    words = heard(canvas)
    hand.key(Qt.Key.Key_G, CTRL)
    hand.key(Qt.Key.Key_G, CTRL | SHIFT)
    hand.click(hand.middle("digits"))
    hand.key(Qt.Key.Key_G, CTRL)
    hand.key(Qt.Key.Key_G, CTRL | SHIFT)
    canvas.own_copy()
    assert [text.split(",")[0] for text in words] == [
        "Select the layers that should become a block",
        "Select a block first",
        "digits (Handwritten digits) belongs in the main drawing and cannot stand inside a block. "
        "Leave it out of the selection.",
        "Select a block first",
        "Select a block first",
    ]


def test_double_click_enters_and_the_crumb_leads_back(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a block were a box that cannot be opened, or a room without a door."""
    group_by_hand(hand, "conv1", "relu1")
    canvas.camera.scale = 1.0
    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=hand.at(hand.middle("block1")))
    assert canvas.where == "block1"
    assert {figure.node.type for figure in canvas.scene.nodes.values()} == {"In", "Conv2d", "ReLU", "Out"}
    button = canvas.crumbs.findChildren(QToolButton)[0]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert canvas.where == MAIN
    canvas.enter("block1")
    hand.key(Qt.Key.Key_Up, ALT)
    assert canvas.where == MAIN


def test_the_block_that_was_double_clicked_is_shown(open_canvas: Open) -> None:
    """Fails if the second use of a block shows the settings and shapes of the first, or loses them with an edit."""
    canvas = open_canvas(in_a_row(block_net()))
    hand = Hand(canvas)
    canvas.frame_all()

    def shown() -> tuple[object, str]:
        wire = canvas.scene.wires[Wire("conv", "output", "norm", "x")]
        return canvas.scene.nodes["conv"].node.params["out_channels"], wire.text

    for name, channels in (("second", 6), ("first", 8)):
        QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=hand.at(hand.middle(name)))
        assert canvas.where == "unit"
        assert canvas.instance == name
        assert shown() == (channels, f"{channels}×12×12")
        assert f"<b>{name}: unit</b>" in [label.text() for label in canvas.crumbs.findChildren(QLabel)]
        canvas.leave()
    canvas.enter("unit", "second")
    canvas.qdocument.do(SetSetting("unit", ("conv",), "padding", (0, 0)))
    assert shown() == (6, "6×8×8")
    canvas.qdocument.do(SetSetting(MAIN, ("second",), "filters", 7))
    assert shown() == (7, "7×8×8")
    canvas.qdocument.do(Rename(MAIN, "second", "other"))  # as by an undo: what was entered is not there any more
    assert canvas.where == "unit"
    assert canvas.instance == "first"
    assert shown() == (8, "8×10×10")


def test_grouping_inside_a_block_goes_deeper(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the canvas grouped in the wrong graph, or lost its way."""
    group_by_hand(hand, "conv1", "relu1")
    canvas.enter("block1")
    canvas.select(("conv1",))
    hand.key(Qt.Key.Key_G, CTRL)
    assert canvas.where == "block1"
    assert "block2" in canvas.scene.nodes
    assert not canvas.qdocument.document.report.problems
    canvas.enter("block2")
    canvas.select(("conv1",))
    hand.key(Qt.Key.Key_Delete)
    assert "conv1" not in canvas.qdocument.project.blocks["block2"].graph.nodes
    canvas.qdocument.undo()
    canvas.qdocument.undo()
    assert canvas.where == MAIN  # the block that was shown is no longer there
    assert "conv1" in canvas.qdocument.project.blocks["block1"].graph.nodes


def test_a_renamed_block_stays_open(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a new name threw the student out of the block, or its content were drawn twice."""
    group_by_hand(hand, "conv1", "relu1")
    canvas.enter("block1")
    inside = set(canvas.scene.nodes)
    told: list[str] = []
    canvas.where_changed.connect(told.append)
    canvas.qdocument.do(RenameBlock(old="block1", new="edges"))
    assert canvas.where == "edges"
    assert told == ["edges"]
    assert set(canvas.scene.nodes) == inside
    canvas.qdocument.undo()
    assert canvas.where == "block1"
    canvas.leave()
    assert canvas.where == MAIN


def test_ports_added_and_removed_inside_show_outside(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if an instance kept ports that its block no longer has, or a wire stayed drawn."""
    group_by_hand(hand, "conv1", "relu1")
    canvas.enter("block1")
    canvas.add_layer("In", QPointF(0, 400))
    assert [port.name for port in canvas.qdocument.project.blocks["block1"].graph.nodes.values() if port.type == "In"]
    canvas.leave()
    assert [port.name for port in canvas.scene.nodes["block1"].look.inputs] == ["x", "inp1"]
    canvas.enter("block1")
    canvas.select(("y",))
    hand.key(Qt.Key.Key_Delete)
    canvas.leave()
    assert canvas.scene.nodes["block1"].look.outputs == ()
    assert all(wire.source != "block1" for wire in canvas.scene.wires)


def test_an_own_copy_from_the_menu(open_canvas: Open) -> None:
    """Would fail if the menu entry did not reach the document, or named the wrong block."""
    canvas = open_canvas(in_a_row(block_net(1)))
    words = heard(canvas)
    canvas.select(("second",))
    menu = menu_at(canvas, canvas.camera.to_view(canvas.scene.nodes["second"].rect.center()))
    next(action for action in menu.actions() if action.text().startswith("Make own copy")).trigger()
    menu.deleteLater()
    assert canvas.qdocument.project.graph.nodes["second"].type == "block:unit2"
    assert canvas.scene.nodes["second"].look.type_word == "unit2"
    assert "second is unit2 now" in words[-1]


def test_several_blocks_are_unpacked_in_one_step(open_canvas: Open) -> None:
    """Would fail if only one were unpacked, or undo took two steps."""
    canvas = open_canvas(in_a_row(block_net(1)))
    start = canvas.qdocument.project
    canvas.select(("first", "second"))
    canvas.unpack()
    assert {"conv", "conv2", "norm", "norm2"} <= set(canvas.selected)
    assert canvas.qdocument.document.undo_title == "Unpack 2 blocks"
    canvas.qdocument.undo()
    assert canvas.qdocument.project == start


def test_pasting_brings_the_block_along(open_canvas: Open) -> None:
    """Would fail if an instance arrived in another drawing without what it is an instance of."""
    canvas = open_canvas(in_a_row(block_net(1)))
    canvas.select(("first", "second"))
    canvas.copy()
    canvas.paste()
    assert list(canvas.qdocument.project.blocks) == ["unit"]
    other = open_canvas(net())
    before = other.qdocument.project
    other.paste()
    assert other.qdocument.project.graph.nodes["first"].type == "block:unit"
    assert set(other.qdocument.project.blocks) == {"unit"}
    other.qdocument.undo()
    assert other.qdocument.project == before
    other.qdocument.redo()
    other.enter("unit")
    words = heard(other)
    other.paste()
    assert words == ["The block unit cannot stand inside itself. Make another block, or repeat this one outside."]
    QGuiApplication.clipboard().clear()


@pytest.mark.parametrize(("where", "block", "offered"), [("", "unit", True), ("unit", "unit", False)])
def test_the_search_offers_no_block_that_would_contain_itself(where: str, block: str, offered: bool) -> None:
    """Would fail if a choice of the list led to a refusal."""
    assert (f"block:{block}" in {offer.type_id for offer in offers(block_net(), where)}) is offered


def test_repeat_and_mute_of_a_block_follow(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a block could not be muted or repeated like a layer."""
    group_by_hand(hand, "conv1", "relu1")
    hand.key(Qt.Key.Key_M)
    assert canvas.scene.nodes["block1"].look.bypassed
    hand.key(Qt.Key.Key_M)
    canvas.qdocument.do(SetNodeField(MAIN, ("block1",), "repeat", 2))
    assert canvas.scene.nodes["block1"].troubled
    assert "shape" in canvas.scene.nodes["block1"].look.problems[0]


def test_a_block_that_was_left_is_selected_again(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if whoever comes out of a block had to look for it and click it again, to unpack it for example."""
    group_by_hand(hand, "conv1", "relu1")
    canvas.select(("block1",))
    canvas.enter("block1")
    assert canvas.selected == ()
    canvas.select(("conv1",))
    canvas.leave()
    assert canvas.selected == ("block1",)
    canvas.enter("block1")
    assert canvas.selected == ()
