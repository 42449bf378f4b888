"""Keys in fields of the inspector, sent as the window system sends them: to the window, which finds their way."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from app.core.graph.model import Wire
from app.ui.problems.card import ProblemCard
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import editor, value

CTRL = Qt.KeyboardModifier.ControlModifier
WIRE = Wire("relu4", "output", "fc3", "x")


def press(window: MainWindow, key: Qt.Key, keys: Qt.KeyboardModifier = CTRL) -> None:
    handle = window.windowHandle()
    assert handle is not None
    QTest.keyClick(handle, key, keys)
    settle()


def test_the_undo_key_in_a_number_box_undoes_the_drawing(window: MainWindow, qtbot: Any) -> None:
    """Fails if a number that has the focus swallows Ctrl+Z, so that nothing happens at all."""
    window.canvas.select(["conv1"])
    settle()
    box = editor(window.inspector, "out_channels").fields()[0]
    box.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is box)
    press(window, Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier)
    assert value(window.qdocument, "conv1", "out_channels") == 7
    press(window, Qt.Key.Key_Z)
    assert value(window.qdocument, "conv1", "out_channels") == 6
    assert QApplication.focusWidget() is box
    press(window, Qt.Key.Key_Y)
    assert value(window.qdocument, "conv1", "out_channels") == 7


def test_a_fix_leaves_the_keys_where_they_are(window: MainWindow, qtbot: Any) -> None:
    """Fails if after a click on a fix, which goes with it, the next key is typed into some number."""
    canvas = window.canvas
    canvas.select_wire(WIRE)
    canvas.delete_selection()
    canvas.select(["fc3"])
    canvas.setFocus()
    settle()
    card = window.inspector.findChild(ProblemCard)
    assert card is not None
    fix = next(button for button in card.findChildren(QPushButton) if "Wire relu4" in button.text())
    QTest.mouseClick(fix, Qt.MouseButton.LeftButton, pos=QPoint(12, 8))
    settle()
    assert WIRE in window.qdocument.project.graph.wires
    assert QApplication.focusWidget() is canvas
    press(window, Qt.Key.Key_Z)
    assert WIRE not in window.qdocument.project.graph.wires
