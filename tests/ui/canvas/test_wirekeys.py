"""Wires without a mouse: real keys, then questions to the document and to what a screen reader hears."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.core.graph.model import Graph, Project, Wire
from app.ui.canvas.view import CanvasView
from tests.support.drawings import chain, node
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import Hand, in_a_row

ALT = Qt.KeyboardModifier.AltModifier
CONV_RELU = Wire("conv1", "output", "relu1", "x")


def selected(canvas: CanvasView) -> list[Wire]:
    return list(canvas.highlight.wires)


def test_from_a_layer_to_its_wires_and_on(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a wire could only be selected with the mouse, or one were caught on it."""
    canvas.select(["conv1"])
    hand.key(Qt.Key.Key_Right, ALT)
    assert selected(canvas) == [CONV_RELU]
    assert canvas.selected == ()
    hand.key(Qt.Key.Key_Right)
    assert (selected(canvas), canvas.selected) == ([], ("relu1",))
    hand.key(Qt.Key.Key_Left, ALT)
    assert selected(canvas) == [CONV_RELU]
    hand.key(Qt.Key.Key_Left, ALT)
    assert canvas.selected == ("conv1",)


def test_what_the_wire_carries_is_heard(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a screen reader or the status bar did not say which wire it is."""
    words: list[str] = []
    canvas.status.connect(words.append)
    canvas.select(["conv1"])
    hand.key(Qt.Key.Key_Right, ALT)
    assert "Wire from conv1 to relu1, carries 4×6×6." in canvas.accessibleDescription()
    assert words == ["Wire from conv1 to relu1, carries 4×6×6."]
    hand.key(Qt.Key.Key_Escape)
    assert "Wire from" not in canvas.accessibleDescription()


def test_up_and_down_lead_to_the_other_wires(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if only the first of several wires could be reached, or the end of the list led astray."""
    canvas.select(["digits"])
    hand.key(Qt.Key.Key_Right, ALT)
    assert selected(canvas) == [Wire("digits", "image", "conv1", "x")]
    assert "image of digits to conv1" in canvas.accessibleDescription()
    hand.key(Qt.Key.Key_Down)
    assert selected(canvas) == [Wire("digits", "label", "loss", "target")]
    hand.key(Qt.Key.Key_Down)
    assert selected(canvas) == [Wire("digits", "label", "loss", "target")]
    hand.key(Qt.Key.Key_Up)
    assert selected(canvas) == [Wire("digits", "image", "conv1", "x")]
    canvas.select(["loss"])
    hand.key(Qt.Key.Key_Left, ALT)
    hand.key(Qt.Key.Key_Down)
    hand.key(Qt.Key.Key_Up)
    assert selected(canvas) == [Wire("fc1", "output", "loss", "prediction")]


def test_where_no_wire_is_it_is_said(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the key did nothing in silence."""
    words: list[str] = []
    canvas.status.connect(words.append)
    canvas.select(["digits"])
    hand.key(Qt.Key.Key_Left, ALT)
    assert words == ["No wire arrives at digits."]
    assert canvas.selected == ("digits",)


def test_delete_removes_the_wire_and_the_keys_go_on(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the layer went too, or the way along the drawing began anew at its left end."""
    before = canvas.qdocument.project
    canvas.select(["conv1"])
    hand.key(Qt.Key.Key_Right, ALT)
    hand.key(Qt.Key.Key_Delete)
    assert CONV_RELU not in canvas.qdocument.project.graph.wires
    assert set(canvas.qdocument.project.graph.nodes) == set(before.graph.nodes)
    assert canvas.selected == ("conv1",)
    canvas.qdocument.undo()
    assert canvas.qdocument.project == before
    canvas.select(["relu1"])
    hand.key(Qt.Key.Key_Left, ALT)
    hand.key(Qt.Key.Key_Delete)
    assert canvas.selected == ("relu1",)


def test_tab_inserts_a_layer_into_the_wire(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the new layer stood beside the wire instead of in it."""
    canvas.select(["conv1"])
    hand.key(Qt.Key.Key_Right, ALT)
    hand.key(Qt.Key.Key_Tab)
    assert "between conv1 and relu1" in canvas.popups.box.hint.text()
    hand.type("batch")
    hand.key(Qt.Key.Key_Return)
    name = canvas.selected[0]
    wires = canvas.qdocument.project.graph.wires
    assert Wire("conv1", "output", name, "x") in wires
    assert Wire(name, "output", "relu1", "x") in wires
    assert CONV_RELU not in wires


def test_enter_on_a_wire_that_does_not_fit_offers_help(open_canvas: Open) -> None:
    """Would fail if the remedy of a wire needed a mouse."""
    graph = Graph.of(
        [node("digits", "Digits", size="8×8"), node("lstm", "LSTM")], [Wire("digits", "image", "lstm", "x")]
    )
    canvas = open_canvas(in_a_row(Project(graph=graph)))
    hand = Hand(canvas)
    canvas.select(["digits"])
    hand.key(Qt.Key.Key_Right, ALT)
    assert "Problem:" in canvas.accessibleDescription()
    hand.key(Qt.Key.Key_Return)
    assert canvas.popups.card.isVisible()


def test_a_wire_out_of_sight_comes_into_view(open_canvas: Open) -> None:
    """Would fail if keys selected something that cannot be seen."""
    names = ["picture", *(f"relu{i}" for i in range(12))]
    nodes = [node("picture", "Input", shape=(8,)), *(node(n, "ReLU") for n in names[1:])]
    canvas = open_canvas(in_a_row(Project(graph=Graph.of(nodes, chain(*names)))))
    hand = Hand(canvas)
    canvas.select([names[-1]])
    hand.key(Qt.Key.Key_Left, ALT)
    place = canvas.wire_keys.place()
    assert place is not None
    assert canvas.rect().contains(place.toPoint())
