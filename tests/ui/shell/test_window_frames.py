"""Frames and notes in the whole window: menu entries, keys that reach the right widget, closing, files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

from app.core.storage.files import open_project
from app.ui.canvas.frames.editor import TitleField, WordsField
from app.ui.window import MainWindow
from tests.ui.shell.hands import Open

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


def focused() -> TitleField | WordsField:
    field = QApplication.focusWidget()
    assert isinstance(field, (TitleField, WordsField))
    return field


def test_frame_and_title_by_keys(window: MainWindow) -> None:
    """Fails if the keys of the menu and those of the canvas hinder each other, or F2 looks for a layer's name."""
    canvas = window.canvas
    canvas.setFocus()
    canvas.select(("conv1", "relu1"))
    QTest.keyClick(canvas, Qt.Key.Key_F, CTRL | SHIFT)
    QTest.keyClicks(focused(), "First")
    QTest.keyClick(focused(), Qt.Key.Key_Return)
    frames = window.qdocument.document.graph().frames
    assert [frame.text for frame in frames.values()] == ["First"]
    QTest.keyClick(canvas, Qt.Key.Key_F2)
    QTest.keyClicks(focused(), "Second")
    QTest.keyClick(focused(), Qt.Key.Key_Return)
    assert [frame.text for frame in window.qdocument.document.graph().frames.values()] == ["Second"]
    window.undo()
    window.undo()
    window.undo()
    assert not window.qdocument.document.dirty


def test_a_note_from_the_menu_is_saved(window: MainWindow, tmp_path: Path) -> None:
    """Fails if the entry of the menu does nothing, or saving by its key leaves out what is being written."""
    window.qdocument.document.path = tmp_path / "a.netloom"
    window.actions_table["add_note"].trigger()
    QTest.keyClicks(focused(), "keep me")
    QTest.keyClick(focused(), Qt.Key.Key_S, CTRL)
    (note,) = open_project(tmp_path / "a.netloom").project.graph.frames.values()
    assert note.text == "keep me"
    assert note.is_note


def test_closing_does_not_forget_what_is_being_written(window: MainWindow) -> None:
    """Fails if the window closes without a question while a note is being written."""
    window.canvas.framing.add_note()
    QTest.keyClicks(focused(), "nearly lost")
    window.close()
    assert window.isVisible()
    assert [frame.text for frame in window.qdocument.document.graph().frames.values()] == ["nearly lost"]
    assert window.findChildren(QMessageBox)


def test_undo_while_writing_belongs_to_the_words(window: MainWindow) -> None:
    """Fails if Ctrl+Z in a field takes back a step of the drawing, which may be the frame itself."""
    canvas = window.canvas
    canvas.select(("conv1",))
    canvas.framing.add_frame()
    QTest.keyClicks(focused(), "abc")
    QTest.keyClick(focused(), Qt.Key.Key_Z, CTRL)
    assert len(window.qdocument.document.graph().frames) == 1
    assert isinstance(QApplication.focusWidget(), TitleField)


def test_delete_while_writing_belongs_to_the_words(window: MainWindow) -> None:
    """Fails if keys in a field do to the drawing what they do on the canvas: remove, mute, duplicate, walk, tidy."""
    canvas = window.canvas
    nodes = len(canvas.scene.nodes)
    canvas.select(("conv1",))
    canvas.framing.add_frame()
    QTest.keyClick(focused(), Qt.Key.Key_Delete)
    QTest.keyClick(focused(), Qt.Key.Key_M)
    for key in (Qt.Key.Key_D, Qt.Key.Key_G, Qt.Key.Key_Delete):
        QTest.keyClick(focused(), key, CTRL)
    QTest.keyClick(focused(), Qt.Key.Key_Up)
    assert canvas.selected_frames == ("frame1",)
    assert focused().keep() is None
    graph = window.qdocument.document.graph()
    assert [frame.text for frame in graph.frames.values()] == ["m"]
    assert len(graph.nodes) == nodes
    assert not graph.nodes["conv1"].bypassed


def test_two_windows_share_frames_by_the_clipboard(open_window: Open) -> None:
    """Fails if a frame copied in one window cannot be pasted in another."""
    first, second = open_window(), open_window()
    first.canvas.select(("conv1", "relu1"))
    first.canvas.framing.add_frame()
    first.canvas.framing.finish()
    first.canvas.copy()
    second.canvas.paste()
    assert len(second.qdocument.document.graph().frames) == 1
    assert len(second.canvas.selected) == 2
