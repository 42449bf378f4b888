"""Mouse gestures on a real canvas; afterwards the document is asked, not the pixels."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.core.graph.model import Graph, Project, Wire
from app.ui.canvas.view import CanvasView
from tests.support.drawings import chain, node
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import EMPTY_SPOT, WIDTH, Hand, in_a_row

CTRL = Qt.KeyboardModifier.ControlModifier


def test_click_selects_and_ctrl_click_toggles(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a click did not select alone, or Ctrl did not add and take away."""
    heard: list[tuple[str, ...]] = []
    canvas.selection_changed.connect(heard.append)
    hand.click(hand.middle("conv1"))
    assert canvas.selected == ("conv1",)
    hand.click(hand.middle("fc1"), keys=CTRL)
    assert canvas.selected == ("conv1", "fc1")
    hand.click(hand.middle("conv1"), keys=CTRL)
    assert canvas.selected == ("fc1",)
    hand.click(EMPTY_SPOT)
    assert canvas.selected == ()
    assert heard == [("conv1",), ("conv1", "fc1"), ("fc1",), ()]


def test_frame_drawn_over_nodes_selects_what_it_touches(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the frame selected only what lies wholly inside, or forgot what Shift keeps."""
    hand.drag(QPointF(200, 200), QPointF(500, 20))
    assert set(canvas.selected) == {"conv1", "relu1"}
    hand.drag(QPointF(940, 200), QPointF(1000, 20), keys=Qt.KeyboardModifier.ShiftModifier)
    assert set(canvas.selected) == {"conv1", "relu1", "fc1"}


def test_escape_during_the_frame_brings_the_old_selection_back(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if Escape left what the frame had touched so far."""
    canvas.select(["loss"])
    hand.hold(QPointF(200, 200), QPointF(500, 20))
    assert "conv1" in canvas.selected
    hand.key(Qt.Key.Key_Escape)
    assert canvas.selected == ("loss",)
    hand.release(QPointF(500, 20))
    assert canvas.selected == ("loss",)


def test_drag_moves_all_selected_nodes_in_one_step(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if each mouse move were a step, or nodes lost their distance from each other."""
    canvas.select(["conv1", "relu1"])
    before = canvas.qdocument.project
    start = hand.middle("conv1")
    hand.drag(start, start + QPointF(50, 150))
    graph = canvas.qdocument.project.graph
    assert graph.nodes["conv1"].position == (290.0, 150.0)
    assert graph.nodes["relu1"].position == (530.0, 150.0)
    assert graph.nodes["fc1"].position == before.graph.nodes["fc1"].position
    canvas.qdocument.undo()
    assert canvas.qdocument.project == before
    assert not canvas.qdocument.undo()


def test_two_drags_are_two_steps(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the second drag merged with the first, so that one undo took both back."""
    for _ in range(2):
        start = hand.middle("conv1")
        hand.drag(start, start + QPointF(0, 100))
    assert canvas.qdocument.project.graph.nodes["conv1"].position == (240.0, 200.0)
    canvas.qdocument.undo()
    assert canvas.qdocument.project.graph.nodes["conv1"].position == (240.0, 100.0)


def test_nothing_changes_before_release_and_escape_cancels_a_drag(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the document changed while the button is down, or Escape did not put the node back."""
    before = canvas.qdocument.project
    start = hand.middle("conv1")
    hand.hold(start, start + QPointF(50, 150))
    assert canvas.qdocument.project is before
    assert canvas.scene.offset == QPointF(50, 150)
    hand.key(Qt.Key.Key_Escape)
    hand.release(start + QPointF(50, 150))
    assert canvas.qdocument.project is before
    assert not canvas.scene.lifted


def test_an_edit_from_elsewhere_ends_a_drag_safely(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a node that is removed during a drag were moved afterwards."""
    start = hand.middle("conv1")
    hand.hold(start, start + QPointF(50, 150))
    canvas.select(["conv1"])
    canvas.delete_selection()
    hand.release(start + QPointF(50, 150))
    assert "conv1" not in canvas.qdocument.project.graph.nodes


def test_drag_snaps_level_with_a_neighbour_unless_alt_is_held(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a nearly straight wire were not pulled straight, or Alt did not switch that off."""
    start = hand.middle("conv1")
    hand.drag(start, start + QPointF(0, 6))
    assert canvas.qdocument.project.graph.nodes["conv1"].position[1] == 0.0
    hand.drag(start, start + QPointF(0, 6), keys=Qt.KeyboardModifier.AltModifier)
    assert canvas.qdocument.project.graph.nodes["conv1"].position[1] == 6.0


def loose_nodes() -> Project:
    """Digits, a convolution and a fully connected layer, not wired."""
    return in_a_row(
        Project(
            graph=Graph.of(
                [node("digits", "Digits"), node("conv1", "Conv2d"), node("fc1", "Linear"), node("r", "ReLU")]
            )
        )
    )


def test_wire_from_output_to_input(open_canvas: Open) -> None:
    """Would fail if a drag between fitting ports drew no wire, or needed more than one step."""
    canvas = open_canvas(loose_nodes())
    hand = Hand(canvas)
    hand.drag(hand.output("digits", "image"), hand.input("conv1"))
    assert canvas.qdocument.project.graph.wires == (Wire("digits", "image", "conv1", "x"),)
    assert canvas.qdocument.document.undo_title == "Connect digits to conv1"
    canvas.qdocument.undo()
    assert canvas.qdocument.project.graph.wires == ()


def test_wire_from_input_to_output(open_canvas: Open) -> None:
    """Would fail if a wire could only be drawn in the direction of the data."""
    canvas = open_canvas(loose_nodes())
    hand = Hand(canvas)
    hand.drag(hand.input("conv1"), hand.output("digits", "image"))
    assert canvas.qdocument.project.graph.wires == (Wire("digits", "image", "conv1", "x"),)


def test_wire_dropped_on_the_body_of_a_node_finds_the_port_that_fits(open_canvas: Open) -> None:
    """Would fail if the label went to the first port (prediction) instead of the one that takes labels."""
    project = in_a_row(
        Project(
            graph=Graph.of(
                [
                    node("digits", "Digits"),
                    node("flatten1", "Flatten"),
                    node("fc1", "Linear", out_features=10),
                    node("loss", "CrossEntropyLoss"),
                ],
                chain("digits.image", "flatten1", "fc1", "loss.prediction"),
            )
        )
    )
    canvas = open_canvas(project)
    hand = Hand(canvas)
    hand.drag(hand.output("digits", "label"), hand.middle("loss"))
    assert Wire("digits", "label", "loss", "target") in canvas.qdocument.project.graph.wires
    assert not canvas.qdocument.document.report.problems


def test_wire_that_does_not_fit_is_drawn_and_explained(open_canvas: Open) -> None:
    """Would fail if what does not fit were refused, or drawn as if it fitted."""
    canvas = open_canvas(loose_nodes())
    hand = Hand(canvas)
    hand.drag(hand.output("digits", "image"), hand.input("fc1"))
    wire = Wire("digits", "image", "fc1", "x")
    assert canvas.qdocument.project.graph.wires == (wire,)
    figure = canvas.scene.wires[wire]
    assert not figure.fits
    assert "Flatten" in figure.sentence


def test_wire_that_would_close_a_loop_is_refused_with_its_reason(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a loop could be drawn, the reason did not stand where the hand let go, or were said twice."""
    heard: list[str] = []
    canvas.status.connect(heard.append)
    before = canvas.qdocument.project
    canvas.qdocument.document.do(_disconnect(canvas, "conv1"))
    without = canvas.qdocument.project
    hand.drag(hand.output("relu1"), hand.input("conv1"))
    assert canvas.qdocument.project is without
    assert without is not before
    assert "circle" in canvas.saying.text
    assert canvas.saying.at.toPoint() == hand.at(hand.input("conv1"))
    assert heard == []


def _disconnect(canvas: CanvasView, target: str):  # type: ignore[no-untyped-def]
    from app.core.commands import Disconnect

    return Disconnect("", canvas.qdocument.project.graph.into(target))


def test_carrying_the_end_of_a_wire_to_another_port_rewires_in_one_step(open_canvas: Open) -> None:
    """Would fail if the old wire stayed, or taking it away and joining were two steps."""
    project = in_a_row(
        Project(
            graph=Graph.of([node("digits", "Digits"), node("a", "ReLU"), node("b", "ReLU")], chain("digits.image", "a"))
        )
    )
    canvas = open_canvas(project)
    hand = Hand(canvas)
    hand.drag(hand.input("a"), hand.input("b"))
    assert canvas.qdocument.project.graph.wires == (Wire("digits", "image", "b", "x"),)
    canvas.qdocument.undo()
    assert canvas.qdocument.project == project


def test_carrying_the_end_of_a_wire_into_empty_space_removes_it(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the wire snapped back, or the search box opened instead."""
    hand.drag(hand.input("relu1"), EMPTY_SPOT)
    assert Wire("conv1", "output", "relu1", "x") not in canvas.qdocument.project.graph.wires
    assert not canvas.popups.is_open


def test_escape_while_drawing_a_wire_changes_nothing(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if Escape drew the wire, or left the carried wire hidden."""
    before = canvas.qdocument.project
    hand.hold(hand.input("relu1"), EMPTY_SPOT)
    hand.key(Qt.Key.Key_Escape)
    hand.release(EMPTY_SPOT)
    assert canvas.qdocument.project is before
    assert canvas.highlight.hidden_wire is None


def test_wire_into_empty_space_asks_for_layers_that_fit_and_joins(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a layer that cannot read an image stood among those that can, or the new one were not joined."""
    hand.drag(hand.output("relu1"), EMPTY_SPOT)
    box = canvas.popups.box
    assert box.isVisible()
    offered = [box.list.item(i).data(Qt.ItemDataRole.UserRole) for i in range(box.list.count())]
    assert offered.index("MaxPool2d") < offered.index("Linear")
    assert offered.index("GELU") < offered.index("LSTM")
    assert "Digits" not in offered
    hand.type("max pool")
    hand.key(Qt.Key.Key_Return)
    graph = canvas.qdocument.project.graph
    assert (
        Wire("relu1", "output", "maxpool1", "x") in graph.wires or Wire("relu1", "output", "pool1", "x") in graph.wires
    )
    canvas.qdocument.undo()
    assert len(canvas.qdocument.project.graph.nodes) == 6


def test_wheel_and_press_on_the_search_box_leave_the_canvas_alone(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if scrolling to the end of the list zoomed the drawing and closed the box."""
    hand.drag(hand.output("relu1"), EMPTY_SPOT)
    box, scale = canvas.popups.box, canvas.camera.scale
    place = QPointF(box.width() / 2, box.height() - 30)
    event = QWheelEvent(
        place,
        box.mapToGlobal(place),
        QPoint(),
        QPoint(0, -2400),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, event)
    assert event.isAccepted()
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert box.isVisible()
    assert canvas.camera.scale == scale


def test_wire_from_an_input_into_empty_space_offers_what_can_stand_before(open_canvas: Open) -> None:
    """Would fail if a loss were offered as the origin of a wire, or the wire were joined the wrong way round."""
    canvas = open_canvas(loose_nodes())
    hand = Hand(canvas)
    hand.drag(hand.input("conv1"), EMPTY_SPOT)
    box = canvas.popups.box
    offered = {box.list.item(i).data(Qt.ItemDataRole.UserRole) for i in range(box.list.count())}
    assert {"Digits", "ReLU"} <= offered
    assert not {"CrossEntropyLoss", "Output"} & offered
    hand.type("relu")
    hand.key(Qt.Key.Key_Return)
    assert any(w.target == "conv1" for w in canvas.qdocument.project.graph.wires)


def test_a_node_held_by_its_header_is_inserted_where_the_hand_lets_go(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if only the ports of the dragged node, and not the hand that holds it, had to be over the wire."""
    name = canvas.add_layer("MaxPool2d", QPointF(600, 300))
    assert name is not None
    wire = canvas.scene.wires[Wire("conv1", "output", "relu1", "x")]
    figure = canvas.scene.nodes[name]
    hold = QPointF(figure.x + 10, figure.y + 6)
    hand.drag(hold, (wire.start + wire.end) / 2, keys=Qt.KeyboardModifier.AltModifier)
    assert Wire("conv1", "output", name, "x") in canvas.qdocument.project.graph.wires


def test_loose_node_dropped_on_a_wire_is_inserted_and_neighbours_make_room(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the drop only moved the node, or the nodes behind stayed where they overlap it."""
    name = canvas.add_layer("MaxPool2d", QPointF(600, 300))
    assert name is not None
    before = canvas.qdocument.project
    wire = canvas.scene.wires[Wire("relu1", "output", "flatten1", "x")]
    middle = (wire.start + wire.end) / 2
    figure = canvas.scene.nodes[name]
    offset = middle - QPointF(figure.x + WIDTH / 2, figure.y + canvas.scene.nodes[name].input_at("x").y() - figure.y)
    start = hand.middle(name)
    hand.drag(start, start + offset)
    graph = canvas.qdocument.project.graph
    assert Wire("relu1", "output", name, "x") in graph.wires
    assert Wire(name, "output", "flatten1", "x") in graph.wires
    assert Wire("relu1", "output", "flatten1", "x") not in graph.wires
    inserted, following = graph.nodes[name].position[0], graph.nodes["flatten1"].position[0]
    assert following >= inserted + WIDTH
    assert inserted >= graph.nodes["relu1"].position[0] + WIDTH
    canvas.qdocument.undo()
    assert canvas.qdocument.project == before


def test_middle_button_and_space_pan(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if panning moved nodes or selected something, or went the wrong way."""
    before, x = canvas.qdocument.project, canvas.camera.x
    hand.press(EMPTY_SPOT, Qt.MouseButton.MiddleButton)
    hand._move_held(EMPTY_SPOT + QPointF(60, 0), Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier)
    hand.release(EMPTY_SPOT, Qt.MouseButton.MiddleButton)
    assert canvas.camera.x == x - 60
    assert canvas.qdocument.project is before


def test_pinch_zooms_at_the_fingers(canvas: CanvasView) -> None:
    """Would fail if two fingers on a touchpad did nothing, or the point between them slid away."""
    touchpad = QPointingDevice(
        "touchpad",
        1,
        QInputDevice.DeviceType.TouchPad,
        QPointingDevice.PointerType.Finger,
        QInputDevice.Capability.Position,
        2,
        0,
    )
    place = QPointF(420.0, 260.0)
    under, before = canvas.camera.to_scene(place), canvas.camera.scale
    zoom = Qt.NativeGestureType.ZoomNativeGesture
    whole = canvas.mapToGlobal(place)
    QApplication.sendEvent(canvas, QNativeGestureEvent(zoom, touchpad, 2, place, place, whole, 0.25, QPointF()))
    assert canvas.camera.scale == pytest.approx(before * 1.25)
    assert canvas.camera.to_view(under).x() == pytest.approx(place.x(), abs=0.5)
    assert canvas.camera.to_view(under).y() == pytest.approx(place.y(), abs=0.5)


def test_wheel_zooms_at_the_pointer(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the point under the mouse slid away while zooming."""
    place = QPointF(400, 300)
    held = canvas.camera.to_scene(place)
    event = QWheelEvent(
        place,
        canvas.mapToGlobal(place),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)
    assert canvas.camera.scale > 1.2
    assert (canvas.camera.to_scene(place) - held).manhattanLength() < 1e-6


def test_click_on_a_wire_selects_it_and_delete_removes_only_it(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if Delete after a click on a wire removed a node, or nothing."""
    wire = Wire("conv1", "output", "relu1", "x")
    figure = canvas.scene.wires[wire]
    hand.click((figure.start + figure.end) / 2)
    hand.key(Qt.Key.Key_Delete)
    graph = canvas.qdocument.project.graph
    assert wire not in graph.wires
    assert len(graph.nodes) == 6


def test_ctrl_drag_leaves_the_nodes_and_drops_a_copy(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if Ctrl moved the nodes themselves, or the copies lacked the wire among them."""
    canvas.select(["conv1", "relu1"])
    before = canvas.qdocument.project
    start = hand.middle("conv1")
    hand.drag(start, start + QPointF(40, 200), keys=CTRL)
    graph = canvas.qdocument.project.graph
    assert {name: graph.nodes[name] for name in before.graph.nodes} == dict(before.graph.nodes)
    conv, relu = canvas.selected
    assert {conv, relu} == set(graph.nodes) - set(before.graph.nodes)
    assert Wire(conv, "output", relu, "x") in graph.wires
    assert graph.nodes[conv].position == (280.0, 200.0)
    canvas.qdocument.undo()
    assert canvas.qdocument.project == before


def test_escape_takes_a_copying_drag_back(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a copy were made before the hand lets go, or in spite of Escape."""
    before = canvas.qdocument.project
    start = hand.middle("conv1")
    hand.hold(start, start + QPointF(40, 200), keys=CTRL)
    hand.key(Qt.Key.Key_Escape)
    hand.release(start + QPointF(40, 200), keys=CTRL)
    assert canvas.qdocument.project is before
