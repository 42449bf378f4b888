"""The editor for the path of a file: typed, chosen, dropped; what is refused and what is only missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from app.ui.inspector.boxes import DIFFERENT
from app.ui.inspector.editors import editor_for
from app.ui.inspector.paths import FileEditor
from nodes.api import BadSetting, File
from tests.support.patience import wait_active
from tests.ui.shell.hands import type_over


class Watched:
    """An editor on the screen, with what it told."""

    def __init__(self, qtbot: Any, param: File) -> None:
        made = editor_for(param)
        assert isinstance(made, FileEditor)
        self.editor = made
        made.describe("tip", param.title)
        self.values: list[object] = []
        self.hints: list[str] = [""]
        made.edited.connect(self.values.append)
        made.hinted.connect(self.hints.append)
        qtbot.addWidget(made)
        made.show_value(param.default)
        made.resize(220, 30)
        made.show()
        made.activateWindow()
        wait_active(made)


@pytest.fixture
def watched(qtbot: Any) -> Watched:
    return Watched(qtbot, File("path", endings=(".csv", ".tsv"), help="The table."))


def test_a_path_is_typed(watched: Watched, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a path cannot be typed, a wrong ending gets in, or a file that is not there is not told of."""
    line = watched.editor.line
    type_over(qtbot, line, "table.txt")
    assert watched.values == []
    assert "the path of a file (.csv, .tsv)" in watched.hints[-1]
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert line.text() == ""
    type_over(qtbot, line, "table.CSV")
    assert watched.values[-1] == "table.CSV"
    assert watched.hints[-1] == "There is no file table.CSV there now."
    table = tmp_path / "table.csv"
    table.write_text("1,2")
    type_over(qtbot, line, str(table))
    assert watched.values[-1] == str(table)
    assert watched.hints[-1] == ""
    qtbot.keyClick(line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(line, Qt.Key.Key_Delete)
    assert watched.values[-1] == ""


def test_a_file_is_chosen(watched: Watched, qtbot: Any, tmp_path: Path) -> None:
    """Fails if the button opens nothing, blocks the program, or what is chosen does not count."""
    table = tmp_path / "table.csv"
    table.write_text("1,2")
    watched.editor.show_value(str(tmp_path / "other.csv"))
    qtbot.mouseClick(watched.editor.choose, Qt.MouseButton.LeftButton)
    dialog = watched.editor.findChild(QFileDialog)
    assert dialog is not None
    assert dialog.isVisible()
    assert dialog.directory().path() == str(tmp_path)
    field = dialog.findChild(QLineEdit, "fileNameEdit")
    assert field is not None
    field.setFocus()
    field.setText(str(table))
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert watched.values == [str(table)]
    assert watched.editor.line.text() == str(table)
    qtbot.waitUntil(lambda: watched.editor._dialog is None)


def test_a_file_is_dropped(watched: Watched, tmp_path: Path) -> None:
    """Fails if a file that is dragged from elsewhere is not taken, or one of the wrong kind is."""
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for name, taken in (("table.csv", True), ("picture.png", False)):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(tmp_path / name))])
        place = QPointF(10, 10)
        enter = QDragEnterEvent(place.toPoint(), Qt.DropAction.CopyAction, data, left, none)
        QApplication.sendEvent(watched.editor.line, enter)
        assert enter.isAccepted()
        drop = QDropEvent(place, Qt.DropAction.CopyAction, data, left, none)
        QApplication.sendEvent(watched.editor.line, drop)
        assert (str(tmp_path / name) in watched.values) is taken
    assert "table.csv" in watched.editor.line.text()


def test_paths_that_differ(watched: Watched, qtbot: Any) -> None:
    """Fails if one of several paths is shown as everybody's, or leaving the field sets them."""
    watched.editor.show_different(["a.csv", "b.csv"])
    assert watched.editor.line.text() == ""
    assert watched.editor.line.placeholderText() == DIFFERENT
    qtbot.keyClick(watched.editor.line, Qt.Key.Key_Return)
    assert watched.values == []
    watched.editor.show_value("a.csv")
    assert watched.editor.line.text() == "a.csv"


def test_what_the_setting_takes() -> None:
    """Fails if a file with something else in the place of a path is not refused in a sentence."""
    anything = File("path")
    assert anything.check("") == anything.default == ""
    assert anything.check("C:\\data\\x.bin") == "C:\\data\\x.bin"
    assert anything.format("C:\\data\\x.bin") == anything.format("/data/x.bin") == "x.bin"
    for wrong in (None, 3, ["x"], "a\nb", "x" * 5000):
        with pytest.raises(BadSetting, match="path must be the path of a file, or empty"):
            anything.check(wrong)
