"""Dragging to the edge of a real canvas: the view moves, and what is dragged stays under the pointer."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.canvas import autopan
from app.ui.canvas.tools.drop import MIME
from app.ui.canvas.view import CanvasView
from tests.ui.canvas.hand import EMPTY_SPOT, LEFT, NONE, Hand


def move_held(canvas: CanvasView, place: QPointF, button: Qt.MouseButton = LEFT) -> None:
    """The mouse at a point of the widget, also outside of it, with the button down."""
    event = QMouseEvent(QEvent.Type.MouseMove, place, canvas.mapToGlobal(place), Qt.MouseButton.NoButton, button, NONE)
    QApplication.sendEvent(canvas, event)


def let_go(canvas: CanvasView, place: QPointF, button: Qt.MouseButton = LEFT) -> None:
    QTest.mouseRelease(canvas, button, NONE, place.toPoint())


def test_a_node_dragged_to_the_edge_stays_under_the_pointer(qtbot: QtBot, canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the view stood still, or the node fell behind while it moves."""
    canvas.snaps = False
    start = hand.middle("conv1")
    grasp = start - QPointF(canvas.scene.nodes["conv1"].x, canvas.scene.nodes["conv1"].y)
    before = canvas.camera.x
    hand.hold(start, start + QPointF(0, 100))
    edge = QPointF(canvas.width() - 6.0, 300.0)
    move_held(canvas, edge)
    qtbot.waitUntil(lambda: canvas.camera.x > before + 150)
    seen = canvas.camera.to_view(QPointF(canvas.scene.nodes["conv1"].x, canvas.scene.nodes["conv1"].y) + grasp)
    dragged = seen + canvas.scene.offset * canvas.camera.scale
    assert (dragged - edge).manhattanLength() < 1.0
    let_go(canvas, edge)
    x, y = canvas.qdocument.project.graph.nodes["conv1"].position
    assert (canvas.camera.to_view(QPointF(x, y) + grasp) - edge).manhattanLength() < 2.0
    canvas.qdocument.undo()
    assert canvas.qdocument.project.graph.nodes["conv1"].position == (240.0, 0.0)


def test_the_view_stops_at_release(qtbot: QtBot, canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the view ran on after the button came up."""
    hand.hold(EMPTY_SPOT, EMPTY_SPOT + QPointF(40, 0))
    edge = QPointF(300.0, canvas.height() - 2.0)
    move_held(canvas, edge)
    qtbot.waitUntil(lambda: canvas.camera.y > -250.0 + 60)
    let_go(canvas, edge)
    assert not canvas.edge.is_moving
    place = canvas.camera.place
    QTest.qWait(60)
    assert canvas.camera.place == place


def test_the_rubber_band_grows_over_what_comes_into_view(qtbot: QtBot, canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the frame of the selection did not move its corner with the view."""
    canvas.camera.x = -700.0
    canvas.update()
    move_from = QPointF(680, 20)
    QTest.mousePress(canvas, LEFT, NONE, canvas.camera.to_view(QPointF(-30, 200)).toPoint())
    move_held(canvas, move_from)
    assert "loss" not in canvas.selected
    move_held(canvas, QPointF(canvas.width() - 3.0, 240.0))
    qtbot.waitUntil(lambda: "loss" in canvas.selected, timeout=3000)
    assert set(canvas.selected) == set(canvas.scene.nodes)
    let_go(canvas, QPointF(canvas.width() - 3.0, 240.0))


def test_escape_stops_the_view_and_takes_the_drag_back(qtbot: QtBot, canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the view ran on, or the drag were kept."""
    before = canvas.qdocument.project
    start = hand.middle("conv1")
    hand.hold(start, start + QPointF(0, 100))
    move_held(canvas, QPointF(300.0, 3.0))
    qtbot.waitUntil(lambda: canvas.camera.y < -280)
    hand.key(Qt.Key.Key_Escape)
    place = canvas.camera.place
    QTest.qWait(60)
    assert canvas.camera.place == place
    assert not canvas.edge.is_moving
    assert canvas.qdocument.project is before


def test_a_wire_is_carried_to_a_port_out_of_view(qtbot: QtBot, canvas: CanvasView, hand: Hand) -> None:
    """Would fail if drawing a wire did not move the view, or its end did not follow."""
    canvas.camera.x = canvas.scene.nodes["fc1"].x + 184 + 60 - canvas.width()  # fc1 is the last that is seen
    canvas.update()
    goal = canvas.scene.nodes["loss"].input_at("prediction")
    hand.press(hand.output("fc1"))
    move_held(canvas, QPointF(canvas.width() - 100.0, 300.0))
    move_held(canvas, QPointF(canvas.width() - 4.0, 300.0))
    qtbot.waitUntil(
        lambda: canvas.rect().contains(canvas.camera.to_view(goal).toPoint() + QPoint(100, 0)), timeout=3000
    )
    move_held(canvas, canvas.camera.to_view(goal))
    assert canvas.tool is not None
    hand.key(Qt.Key.Key_Escape)


@pytest.mark.parametrize("outside", [QPointF(2000, 300), QPointF(300, -autopan.GONE - 5)])
def test_far_outside_of_the_canvas_nothing_moves(canvas: CanvasView, hand: Hand, outside: QPointF) -> None:
    """Would fail if the view ran away while the hand is over a panel."""
    start = hand.middle("conv1")
    hand.hold(start, start + QPointF(0, 100))
    move_held(canvas, outside)
    assert not canvas.edge.is_moving
    hand.key(Qt.Key.Key_Escape)


def test_closer_to_the_edge_is_faster(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the speed did not grow, or grew towards the middle."""
    start = hand.middle("conv1")
    hand.hold(start, start + QPointF(0, 100))
    speeds = []
    for away in (autopan.BAND + 5, 30.0, 15.0, 0.0):
        move_held(canvas, QPointF(canvas.width() - away, 300.0))
        speeds.append(-canvas.edge._speed().x())
    assert speeds[0] == 0
    assert speeds == sorted(set(speeds))
    assert speeds[-1] == pytest.approx(autopan.FASTEST)
    hand.key(Qt.Key.Key_Escape)


def drag_in(canvas: CanvasView, type_id: str) -> tuple[QMimeData, QPoint]:
    """A layer of the palette comes in over the left edge."""
    data = QMimeData()
    data.setData(MIME, type_id.encode())
    place = QPoint(1, 300)
    action = Qt.DropAction.CopyAction
    QApplication.sendEvent(canvas, QDragEnterEvent(place, action, data, LEFT, NONE))
    return data, place


def drag_to(canvas: CanvasView, data: QMimeData, place: QPoint) -> None:
    event = QDragMoveEvent(place, Qt.DropAction.CopyAction, data, LEFT, NONE)
    QApplication.sendEvent(canvas, event)


def test_a_layer_from_the_palette_does_not_push_the_view_as_it_comes_in(canvas: CanvasView) -> None:
    """Would fail if the view ran off to the left whenever a layer enters over the left edge."""
    data, _ = drag_in(canvas, "ReLU")
    drag_to(canvas, data, QPoint(8, 300))
    assert not canvas.edge.is_moving
    drag_to(canvas, data, QPoint(400, 300))
    assert not canvas.edge.is_moving
    QApplication.sendEvent(canvas, QDragLeaveEvent())


def test_a_layer_from_the_palette_moves_the_view_and_lands_under_the_pointer(qtbot: QtBot, canvas: CanvasView) -> None:
    """Would fail if a drop near the edge did not move the view, or landed where the view was before."""
    data, _ = drag_in(canvas, "ReLU")
    drag_to(canvas, data, QPoint(400, 400))
    place = QPoint(700, canvas.height() - 4)
    drag_to(canvas, data, place)
    qtbot.waitUntil(lambda: canvas.camera.y > -250.0 + 200)
    event = QDropEvent(QPointF(place), Qt.DropAction.CopyAction, data, LEFT, NONE)
    view = canvas.camera.place
    QApplication.sendEvent(canvas, event)
    at = QPointF(place.x() / view[2] + view[0], place.y() / view[2] + view[1])
    x, y = canvas.qdocument.project.graph.nodes["relu2"].position
    assert abs(x + 92 - at.x()) < 12
    assert abs(y - at.y()) < 60
    assert not canvas.edge.is_moving


def test_leaving_with_a_layer_of_the_palette_stops_the_view(qtbot: QtBot, canvas: CanvasView) -> None:
    """Would fail if the view ran on after the drag left the canvas."""
    data, _ = drag_in(canvas, "ReLU")
    drag_to(canvas, data, QPoint(400, 400))
    drag_to(canvas, data, QPoint(canvas.width() - 2, 300))
    qtbot.waitUntil(lambda: canvas.camera.x > 0)
    QApplication.sendEvent(canvas, QDragLeaveEvent())
    place = canvas.camera.place
    QTest.qWait(60)
    assert canvas.camera.place == place
    assert not canvas.edge.is_moving


def test_panning_by_hand_is_not_sped_up_at_the_edge(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the middle button near the edge set the view in motion."""
    hand.hold(EMPTY_SPOT, EMPTY_SPOT + QPointF(30, 0), Qt.MouseButton.MiddleButton)
    move_held(canvas, QPointF(2.0, 300.0), Qt.MouseButton.MiddleButton)
    assert not canvas.edge.is_moving
    let_go(canvas, QPointF(2.0, 300.0), Qt.MouseButton.MiddleButton)


def test_a_dragged_node_follows_the_pointer_through_a_zoom(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the wheel during a drag left the node behind."""
    start = hand.middle("conv1")
    hand.hold(start, start + QPointF(60, 120))
    at = canvas.camera.to_view(start + QPointF(60, 120))
    under = canvas.camera.to_scene(at)
    pan = QWheelEvent(
        at, canvas.mapToGlobal(at), QPoint(), QPoint(0, -240), Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.ShiftModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    before = QPointF(canvas.scene.offset)
    QApplication.sendEvent(canvas, pan)
    moved = canvas.camera.to_scene(at) - under
    assert moved.x() == 240
    assert abs(canvas.scene.offset.x() - before.x() - 240) <= 10
    hand.key(Qt.Key.Key_Escape)
