"""Frames and notes over the clipboard, duplicated and cut; the document is asked what came of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QGuiApplication

from app.core.graph.frames import holds
from app.core.graph.model import Project
from app.ui.canvas.view import CanvasView
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import Hand
from tests.ui.canvas.test_frames import CTRL, FRAME, KEY, NOTE, TITLE_BAR, frame_of, framed


@pytest.fixture
def canvas(open_canvas: Open) -> CanvasView:
    return open_canvas(framed(FRAME, NOTE))


def test_copy_takes_a_frame_with_its_contents_to_another_window(
    canvas: CanvasView, hand: Hand, open_canvas: Open
) -> None:
    """Fails if the clipboard carries a frame without its layers, or the layers without the frame."""
    hand.click(TITLE_BAR)
    hand.key(KEY.Key_C, CTRL)
    other = open_canvas(Project())
    other.paste()
    graph = other.qdocument.document.graph()
    assert set(graph.nodes) == {"conv1", "relu1"}
    assert len(graph.wires) == 1
    frame = graph.frames["frame1"]
    assert (frame.text, frame.color, frame.size) == (FRAME.text, FRAME.color, FRAME.size)
    for node in graph.nodes.values():
        assert holds(frame, (*node.position, 184.0, 90.0))
    other.qdocument.undo()
    assert not other.qdocument.document.graph().frames


def test_duplicate_and_cut(canvas: CanvasView, hand: Hand) -> None:
    """Fails if a duplicate covers its original, or cutting a frame leaves its layers behind."""
    hand.click(TITLE_BAR)
    hand.key(KEY.Key_D, CTRL)
    copy = frame_of(canvas, "frame2")
    assert copy.position[1] >= FRAME.position[1] + FRAME.size[1]
    assert set(canvas.selected) == {"conv2", "relu2"}
    canvas.qdocument.undo()
    hand.click(TITLE_BAR)
    hand.key(KEY.Key_X, CTRL)
    graph = canvas.qdocument.document.graph()
    assert "conv1" not in graph.nodes
    assert "frame1" not in graph.frames
    assert canvas.qdocument.document.undo_title.startswith("Cut")  # type: ignore[union-attr]


def test_a_note_alone_goes_over_the_clipboard(canvas: CanvasView, hand: Hand) -> None:
    """Fails if the clipboard is taken for empty when no layer is in it."""
    hand.click(QPointF(900, 300))
    hand.key(KEY.Key_C, CTRL)
    assert "Hello" in QGuiApplication.clipboard().text()
    hand.key(KEY.Key_V, CTRL)
    assert frame_of(canvas, "note2").text == NOTE.text
