"""Frames and notes among wires and layers: what a click takes, and where a new note goes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu

from app.core.graph.frames import Frame
from app.core.graph.model import Wire
from app.ui.canvas.view import CanvasView
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import Hand, net

CTRL = Qt.KeyboardModifier.ControlModifier
FRAME = Frame("frame1", "Features", False, "blue", (440.0, 20.0), (30.0, 200.0))  # between conv1 and relu1


@pytest.fixture
def canvas(open_canvas: Open) -> CanvasView:
    project = net()
    return open_canvas(replace(project, graph=project.graph.with_frames(FRAME)))


def frame_of(canvas: CanvasView) -> Frame:
    return canvas.qdocument.project.graph.frames["frame1"]


def menu_at(canvas: CanvasView, point: QPointF) -> QMenu:
    spot = canvas.camera.to_view(point).toPoint()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, spot, canvas.mapToGlobal(spot))
    QApplication.sendEvent(canvas, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def test_the_title_wins_over_a_wire_that_passes_it(canvas: CanvasView, hand: Hand) -> None:
    """Fails if a click on a title selects the wire there, a drag does not move it, or its menu is the wire's.

    Beside the title, the same wire is still what a click takes.
    """
    wire = Wire("conv1", "output", "relu1", "x")
    line = canvas.scene.wires[wire]
    middle = (line.start + line.end) / 2
    assert canvas.scene.frames["frame1"].bar(1.0).contains(middle)
    hand.click(middle)
    assert canvas.selected_frames == ("frame1",)
    assert not canvas.highlight.wires
    menu = menu_at(canvas, middle)
    assert "Colour" in [action.text() for action in menu.actions()]
    menu.close()
    hand.drag(middle, middle + QPointF(0, 60))
    assert frame_of(canvas).position == (440.0, 80.0)
    hand.click(middle)
    assert list(canvas.highlight.wires) == [wire]


def test_a_note_by_its_key_covers_no_layer(canvas: CanvasView, hand: Hand) -> None:
    """Fails if Ctrl+Alt+N with the mouse over a layer writes a note below that layer, where nobody can read it."""
    canvas.camera.look_at(hand.middle("relu1"), canvas.width(), canvas.height())
    canvas.framing.add_note()
    hand.type("Seen")
    hand.key(Qt.Key.Key_Return, CTRL)
    note = next(frame for frame in canvas.qdocument.project.graph.frames.values() if frame.text == "Seen")
    assert not list(canvas.scene.nodes_in(canvas.scene.frames[note.name].rect))
    assert canvas.rect().contains(canvas.camera.rect_to_view(canvas.scene.frames[note.name].rect).toAlignedRect())


def test_ctrl_drag_of_a_frame_drops_a_copy(canvas: CanvasView, hand: Hand) -> None:
    """Fails if Ctrl moves the frame itself."""
    title = canvas.scene.frames["frame1"].bar(1.0).center() + QPointF(0, -4)
    hand.drag(title, title + QPointF(40, 300), keys=CTRL)
    assert frame_of(canvas) == FRAME
    (copy,) = canvas.selected_frames
    assert canvas.qdocument.project.graph.frames[copy].position == (480.0, 320.0)
    assert canvas.qdocument.document.undo_title == "Duplicate a frame"


def test_the_menu_of_the_keyboard_is_that_of_what_is_selected(canvas: CanvasView, hand: Hand) -> None:
    """Fails if the event that Qt sends besides the key opened a second menu, for whatever stands in the middle."""
    hand.click(canvas.scene.frames["frame1"].bar(1.0).center() + QPointF(0, -4))
    chosen = canvas.selected_frames
    assert chosen
    none = Qt.KeyboardModifier.NoModifier
    middle = canvas.rect().center()
    for key, held in ((Qt.Key.Key_Menu, none), (Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier), (None, none)):
        if key is not None:
            hand.key(key, held)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, middle, canvas.mapToGlobal(middle))
        QApplication.sendEvent(canvas, event)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        assert "Colour" in [action.text() for action in menu.actions()]
        menu.close()
        assert QApplication.activePopupWidget() is None
        assert canvas.selected_frames == chosen
        assert not canvas.selected
