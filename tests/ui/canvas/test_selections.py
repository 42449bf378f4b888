"""Undo and redo bring the selection back with what they show."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt

from app.core.graph.model import Wire
from app.ui.canvas.view import CanvasView
from tests.ui.canvas.hand import Hand

KEY = Qt.Key


def test_what_comes_back_is_selected(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if undo of a Delete left nothing, or something else, selected."""
    canvas.select(["conv1", "relu1"])
    canvas.delete_selection()
    hand.click(hand.middle("loss"))
    canvas.qdocument.undo()
    assert canvas.selected == ("conv1", "relu1")
    canvas.qdocument.redo()
    assert canvas.selected == ("loss",)


def test_undo_of_a_new_layer_goes_back_to_the_one_before(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if after undo nothing were selected, or after redo not the layer that came back."""
    hand.click(hand.middle("relu1"))
    name = canvas.add_layer("Dropout")
    assert canvas.selected == (name,)
    canvas.qdocument.undo()
    assert canvas.selected == ("relu1",)
    canvas.qdocument.redo()
    assert canvas.selected == (name,)


def test_frames_and_wires_come_back_selected(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if only layers were remembered."""
    wire = Wire("conv1", "output", "relu1", "x")
    line = canvas.scene.wires[wire]
    hand.click((line.start + line.end) / 2)
    canvas.delete_selection()
    hand.click(hand.middle("loss"))
    canvas.qdocument.undo()
    assert list(canvas.highlight.wires) == [wire]
    assert canvas.selected == ()
    canvas.select(["conv1"])
    canvas.framing.add_frame()
    hand.key(KEY.Key_Return)
    (frame,) = canvas.selected_frames
    canvas.delete_selection()
    canvas.qdocument.undo()
    assert canvas.selected_frames == (frame,)


def test_undo_of_a_change_leaves_the_selection(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if undo of a move took the selection away from what the user turned to meanwhile."""
    start = hand.middle("conv1")
    hand.drag(start, start + QPointF(0, 100))
    hand.click(hand.middle("loss"))
    canvas.qdocument.undo()
    assert canvas.selected == ("loss",)


def test_another_drawing_knows_nothing_of_the_one_before(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the states of a drawing that was closed were kept in memory."""
    canvas.select(["conv1"])
    canvas.delete_selection()
    canvas.qdocument.new(canvas.qdocument.project)
    assert canvas.selected == ()
    assert not canvas._recalled._kept
