"""Layers that come from the palette: where they land and how they are wired."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from app.core.graph.model import Graph, Project, Wire
from app.ui.canvas import placing
from app.ui.canvas.tools.drop import MIME
from app.ui.canvas.view import CanvasView
from tests.support.drawings import chain, node
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import EMPTY_SPOT, WIDTH, Hand, in_a_row


def start(*nodes: str) -> Project:
    """Digits with an image, and these layers behind it."""
    made = [node("digits", "Digits"), *(node(f"n{i}", type_) for i, type_ in enumerate(nodes))]
    wires = chain("digits.image", *(f"n{i}" for i in range(len(nodes)))) if nodes else []
    return in_a_row(Project(graph=Graph.of(made, wires)))


def overlapping(canvas: CanvasView) -> list[tuple[str, str]]:
    figures = list(canvas.scene.nodes.values())
    return [(a.name, b.name) for i, a in enumerate(figures) for b in figures[i + 1 :] if a.rect.intersects(b.rect)]


def test_layer_comes_after_the_selected_one_already_wired(open_canvas: Open) -> None:
    """Would fail if it were placed elsewhere, or had to be wired by hand."""
    canvas = open_canvas(start("Conv2d"))
    canvas.select(["n0"])
    name = canvas.add_layer("MaxPool2d")
    graph = canvas.qdocument.project.graph
    assert Wire("n0", "output", name, "x") in graph.wires
    assert graph.nodes[name].position[0] >= graph.nodes["n0"].position[0] + WIDTH
    assert canvas.selected == (name,)
    canvas.qdocument.undo()
    assert canvas.qdocument.project == start("Conv2d")


def test_layers_one_after_the_other_make_a_chain(open_canvas: Open) -> None:
    """Would fail if the second layer did not follow the first, or covered it."""
    canvas = open_canvas(start())
    canvas.select(["digits"])
    for type_id in ("Conv2d", "ReLU", "Flatten", "Linear"):
        canvas.add_layer(type_id)
    assert not canvas.qdocument.document.report.problems
    assert len(canvas.qdocument.project.graph.wires) == 4
    assert not overlapping(canvas)


def test_loss_is_wired_to_scores_and_labels(open_canvas: Open) -> None:
    """Would fail if the student had to find out where the target comes from."""
    project = start("Flatten")
    graph = project.graph.with_nodes(node("fc", "Linear", out_features=10)).with_wires(
        [*project.graph.wires, *chain("n0", "fc")]
    )
    canvas = open_canvas(in_a_row(Project(graph=graph)))
    canvas.select(["fc"])
    canvas.add_layer("CrossEntropyLoss")
    wires = canvas.qdocument.project.graph.wires
    assert Wire("fc", "output", "loss", "prediction") in wires
    assert Wire("digits", "label", "loss", "target") in wires
    assert not canvas.qdocument.document.report.problems


def test_layer_added_in_the_middle_of_a_chain_goes_between(canvas: CanvasView) -> None:
    """Would fail if it dangled beside the chain, or something overlapped."""
    canvas.select(["conv1"])
    name = canvas.add_layer("BatchNorm2d")
    wires = canvas.qdocument.project.graph.wires
    assert Wire("conv1", "output", name, "x") in wires
    assert Wire(name, "output", "relu1", "x") in wires
    assert not overlapping(canvas)
    assert not canvas.qdocument.document.report.problems


def test_layer_that_would_break_what_follows_stands_beside(canvas: CanvasView) -> None:
    """Would fail if adding an LSTM after a convolution tore the working chain apart."""
    before = set(canvas.qdocument.project.graph.wires)
    canvas.select(["conv1"])
    name = canvas.add_layer("LSTM")
    assert before <= set(canvas.qdocument.project.graph.wires)
    assert not any(w.target == name for w in canvas.qdocument.project.graph.wires)
    assert not overlapping(canvas)


def test_a_shape_error_that_can_be_mended_is_wired_so_that_the_quick_fix_is_offered(open_canvas: Open) -> None:
    """Would fail if Linear after an image stayed alone, and the student never heard of Flatten."""
    canvas = open_canvas(start("Conv2d"))
    canvas.select(["n0"])
    name = canvas.add_layer("Linear")
    assert Wire("n0", "output", name, "x") in canvas.qdocument.project.graph.wires
    assert canvas.scene.nodes[name].troubled


def test_without_selection_layers_land_in_view_and_do_not_cover_each_other(open_canvas: Open) -> None:
    """Would fail if two double-clicks in a row put two nodes on one place."""
    canvas = open_canvas(Project())
    for _ in range(4):
        canvas.select(())
        canvas.add_layer("ReLU")
    assert len(canvas.scene.nodes) == 4
    assert not overlapping(canvas)


def test_unknown_type_is_said(canvas: CanvasView) -> None:
    """Would fail if a wrong id raised or did nothing silently."""
    heard: list[str] = []
    canvas.status.connect(heard.append)
    assert canvas.add_layer("Conv7d") is None
    assert "Conv7d" in heard[-1]


class Drag:
    """A drag and drop as Qt reports it to the canvas."""

    def __init__(self, canvas: CanvasView, type_id: str) -> None:
        self.canvas = canvas
        self.data = QMimeData()
        self.data.setData(MIME, QByteArray(type_id.encode()))

    def _arguments(self, point: QPointF):  # type: ignore[no-untyped-def]
        place = self.canvas.camera.to_view(point)
        return place, Qt.DropAction.CopyAction, self.data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier

    def enter(self, point: QPointF) -> bool:
        place, *rest = self._arguments(point)
        event = QDragEnterEvent(place.toPoint(), *rest)
        QApplication.sendEvent(self.canvas, event)
        return event.isAccepted()

    def move(self, point: QPointF) -> None:
        place, *rest = self._arguments(point)
        QApplication.sendEvent(self.canvas, QDragMoveEvent(place.toPoint(), *rest))

    def drop(self, point: QPointF) -> None:
        QApplication.sendEvent(self.canvas, QDropEvent(*self._arguments(point)))


def test_drop_from_the_palette_puts_the_layer_under_the_pointer(canvas: CanvasView) -> None:
    """Would fail if the node landed elsewhere, or the document changed before the drop."""
    before = canvas.qdocument.project
    drag = Drag(canvas, "MaxPool2d")
    assert drag.enter(QPointF(100, 200))
    drag.move(EMPTY_SPOT)
    canvas.grab()
    assert canvas.qdocument.project is before
    drag.drop(EMPTY_SPOT)
    name = canvas.selected[0]
    assert canvas.qdocument.project.graph.nodes[name].type == "MaxPool2d"
    assert canvas.scene.nodes[name].rect.contains(EMPTY_SPOT)


def test_drop_from_the_palette_on_a_wire_inserts(canvas: CanvasView) -> None:
    """Would fail if the new layer lay on the wire without being part of it."""
    wire = canvas.scene.wires[Wire("conv1", "output", "relu1", "x")]
    drag = Drag(canvas, "BatchNorm2d")
    middle = (wire.start + wire.end) / 2
    drag.enter(middle)
    drag.drop(middle)
    name = canvas.selected[0]
    wires = canvas.qdocument.project.graph.wires
    assert Wire("conv1", "output", name, "x") in wires
    assert Wire(name, "output", "relu1", "x") in wires
    assert not overlapping(canvas)
    assert canvas.qdocument.document.undo_title == f"Insert {name}"


def test_drop_between_two_wires_takes_the_one_that_fits(canvas: CanvasView) -> None:
    """Would fail if a layer landed on the wire with the labels because that one is a little closer."""
    label = next(wire for wire in canvas.qdocument.project.graph.wires if wire.source_port == "label")
    data = next(line for line in canvas.scene.wires.values() if line.wire.target_port == "x")
    middle = (data.start + data.end) / 2
    near = [canvas.scene.wires[label], data]
    canvas.scene.wires_near = lambda _point, _reach: near  # type: ignore[method-assign]
    fresh = placing.fresh_node(canvas.situation, "Dropout")
    assert fresh is not None
    assert placing.wire_below(canvas.situation, canvas.scene, fresh, middle) == data.wire
    near.remove(data)
    assert placing.wire_below(canvas.situation, canvas.scene, fresh, middle) is None


@pytest.mark.parametrize("type_id", ["NoSuchLayer", "block:none", ""])
def test_foreign_drops_are_turned_away(canvas: CanvasView, type_id: str) -> None:
    """Would fail if something that is no layer could be dropped."""
    assert not Drag(canvas, type_id).enter(EMPTY_SPOT)


def test_drag_that_leaves_again_leaves_no_trace(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the preview stayed, or blocked the next gesture."""
    from PySide6.QtGui import QDragLeaveEvent

    drag = Drag(canvas, "ReLU")
    drag.enter(EMPTY_SPOT)
    QApplication.sendEvent(canvas, QDragLeaveEvent())
    assert canvas.tool is None
    hand.click(hand.middle("conv1"))
    assert canvas.selected == ("conv1",)


def test_drop_on_a_crowded_place_lands_beside_and_in_view(canvas: CanvasView) -> None:
    """Would fail if the new node covered another, or was moved out of sight."""
    drag = Drag(canvas, "ReLU")
    place = canvas.scene.nodes["conv1"].rect.center()
    drag.enter(place)
    drag.drop(place)
    name = canvas.selected[0]
    assert not overlapping(canvas)
    assert (canvas.scene.nodes[name].rect.center() - place).manhattanLength() < 220
    assert canvas.rect().contains(canvas.camera.rect_to_view(canvas.scene.nodes[name].rect).toAlignedRect())
