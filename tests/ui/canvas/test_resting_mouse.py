"""The view or the drawing moves below a mouse that rests: what is marked lies under it now, or nothing is marked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.core.commands import MoveNodes
from app.core.graph.model import MAIN, Wire
from app.ui.canvas.view import CanvasView
from tests.support.drawings import block_net
from tests.support.patience import move_mouse, settle
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import LEFT, NONE, Hand

Marked = tuple[str | None, Wire | None, str | None, tuple[str, ...]]
NOTHING: Marked = (None, None, None, ())
WIRE = Wire("conv1", "output", "relu1", "x")


def marked(canvas: CanvasView) -> Marked:
    settle()
    shown = canvas.highlight
    return shown.node, shown.wire, shown.frame, shown.hover_inside


def felt_anew(canvas: CanvasView) -> Marked:
    """What is marked once the mouse has really moved: by one pixel to and fro."""
    before = canvas.mapFromGlobal(canvas.cursor().pos())
    move_mouse(canvas, before + QPoint(0, 1))
    move_mouse(canvas, before)
    return marked(canvas)


def onto_wire(canvas: CanvasView, hand: Hand) -> None:
    hand.move((hand.output("conv1") + hand.input("relu1")) / 2)
    assert marked(canvas) == (None, WIRE, None, ())


MOVES: dict[str, Callable[[CanvasView, Hand], object]] = {
    "frame all": lambda canvas, _: canvas.frame_all(),
    "key": lambda _, hand: hand.key(Qt.Key.Key_F),
    "closer": lambda canvas, _: canvas.zoom_in(),
    "away": lambda canvas, _: [canvas.zoom_out() for _ in range(3)],
    "another layer": lambda canvas, _: canvas.reveal("loss"),
    "onto a layer": lambda canvas, _: canvas.pan_by(120, 0),
    "onto nothing": lambda canvas, _: canvas.pan_by(0, 150),
    "window": lambda canvas, _: canvas.resize(1100, 600),
    "other place": lambda canvas, _: canvas.come_close(canvas.scene.nodes["loss"].rect),
    "undo": lambda canvas, _: canvas.qdocument.do(MoveNodes(MAIN, {"relu1": (480.0, 300.0)})),
}


@pytest.mark.parametrize("move", MOVES)
def test_what_lies_under_the_mouse_now_is_marked(canvas: CanvasView, hand: Hand, move: str) -> None:
    """Fails if the wire that lay under the mouse stays marked where the view has moved below it."""
    onto_wire(canvas, hand)
    MOVES[move](canvas, hand)
    now = marked(canvas)
    assert now == felt_anew(canvas)
    if move in ("onto a layer", "onto nothing"):
        assert now == (("conv1", None, None, ()) if move == "onto a layer" else NOTHING)


def test_a_port_keeps_its_cross_only_while_it_is_there(canvas: CanvasView, hand: Hand) -> None:
    """Fails if the cursor still promises a wire after the port has gone from under the mouse, or does not promise one
    where a port has come."""
    hand.move(hand.output("conv1"))
    assert (marked(canvas)[0], canvas.cursor().shape()) == ("conv1", Qt.CursorShape.CrossCursor)
    canvas.pan_by(0, 200)
    assert (marked(canvas), canvas.cursor().shape()) == (NOTHING, Qt.CursorShape.ArrowCursor)
    canvas.pan_by(0, -200)
    assert (marked(canvas)[0], canvas.cursor().shape()) == ("conv1", Qt.CursorShape.CrossCursor)


def test_layers_inside_of_a_block_are_followed_too(open_canvas: Open) -> None:
    """Fails if a layer in an expanded block stays marked where the block has moved away from the mouse."""
    canvas = open_canvas(block_net(1))
    canvas.select(("first",))
    canvas.toggle_expanded()
    canvas.frame_all()
    settle()
    figure = canvas.scene.nodes["first"]
    assert figure.inside is not None
    place = next(
        point
        for x in range(0, int(figure.width), 6)
        for y in range(0, int(figure.height), 6)
        if (point := figure.rect.topLeft() + QPointF(x, y))
        and canvas.expanded_blocks.hover(point) is not None
        and canvas.highlight.hover_inside
    )
    canvas.highlight.hover_inside = ()
    hand = Hand(canvas)
    hand.move(place)
    assert marked(canvas)[3][:1] == ("first",)
    canvas.pan_by(0, 2000)
    assert marked(canvas) == NOTHING


def test_on_the_minimap_nothing_of_the_drawing_is_marked(qtbot: QtBot, canvas: CanvasView) -> None:
    """Fails if what lay beside the minimap stays marked while the hand is on it and moves the view."""
    canvas.camera.scale = 2.0
    canvas.camera.x, canvas.camera.y = -40.0, -100.0
    canvas.update()
    qtbot.waitUntil(canvas.minimap.isVisible)
    box = canvas.minimap.geometry()
    figure = canvas.scene.nodes["conv1"]
    beside = QPointF(box.left() - 4.0, box.center().y())
    away = beside - canvas.camera.to_view(figure.rect.center())
    canvas.pan_by(away.x(), away.y())
    move_mouse(canvas, beside.toPoint())
    assert canvas.minimap.geometry() == box
    assert marked(canvas)[0] == "conv1"
    move_mouse(canvas.minimap, QPoint(12, box.height() // 2))
    assert marked(canvas) == NOTHING
    QTest.mouseClick(canvas.minimap, LEFT, NONE, QPoint(20, 20))
    assert marked(canvas) == NOTHING
