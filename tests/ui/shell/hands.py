"""What a person does with the window, for tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QWidget,
)

from app.core.commands import SetSetting
from app.core.storage import templates
from app.core.storage.files import save_project
from app.ui.inspector.editor import Editor
from app.ui.inspector.panel import InspectorPanel
from app.ui.qdocument import QDocument
from app.ui.window import MainWindow

Open = Callable[..., MainWindow]
Show = Callable[..., InspectorPanel]


def throw_away(window: MainWindow) -> None:
    """Close a window, whatever is unsaved in it, and delete it now.

    pytest holds the window a little longer, and with it pyqtgraph's menus, which have no parent: so it is emptied. What
    arrives between the two, like the look at a file, would find a window without its parts.
    """
    for box in window.findChildren(QMessageBox):
        box.close()
    window._may_close = True
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)
    vars(window).clear()


def editor(panel: InspectorPanel, name: str) -> Editor:
    """The editor of a setting in the inspector."""
    assert panel.nodes._form is not None
    return panel.nodes._form.rows[name].editor


def hint(panel: InspectorPanel, name: str) -> str:
    """What stands below a setting."""
    assert panel.nodes._form is not None
    row = panel.nodes._form.rows[name]
    return row.hint.text() if row.hint.isVisible() else ""


def value(qdocument: QDocument, name: str, param: str) -> Any:
    """A setting as the drawing has it."""
    return qdocument.project.graph.nodes[name].params[param]


def type_over(qtbot: Any, field: QWidget, text: str) -> None:
    """Type in the place of what stands in a field."""
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(field, text)


def press(qtbot: Any, window: MainWindow, keys: str) -> None:
    """Press a shortcut wherever the focus is now."""
    combination = QKeySequence(keys)[0]
    target = QApplication.focusWidget() or window
    qtbot.keyClick(target, combination.key(), combination.keyboardModifiers())


def question(window: MainWindow) -> QMessageBox:
    boxes = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    assert len(boxes) == 1, [box.text() for box in boxes]
    return boxes[0]


def answer(qtbot: Any, window: MainWindow, words: str) -> None:
    button = next(button for button in question(window).buttons() if button.text().replace("&", "") == words)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def file_dialog(window: MainWindow) -> QFileDialog:
    return next(dialog for dialog in window.findChildren(QFileDialog) if dialog.isVisible())


def type_file(qtbot: Any, window: MainWindow, path: Path) -> None:
    dialog = file_dialog(window)
    field = dialog.findChild(QLineEdit, "fileNameEdit")
    field.setFocus()
    field.setText(str(path))
    qtbot.keyClick(field, Qt.Key.Key_Return)


def change(window: MainWindow, value: int = 9) -> None:
    window.qdocument.do(SetSetting("", ("conv1",), "out_channels", value))


def long_training(path: Path) -> Path:
    """A file with LeNet-5, whose training is not over by itself however late the window looks."""
    project = templates.load("lenet_digits")
    save_project(replace(project, recipe=replace(project.recipe, epochs=100_000)), path)
    return path


def out_channels(window: MainWindow) -> Any:
    return window.qdocument.project.graph.nodes["conv1"].params["out_channels"]
