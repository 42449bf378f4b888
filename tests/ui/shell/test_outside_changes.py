"""A drawing whose file another program writes, moves or deletes while it is open."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QMessageBox, QPushButton

from app.core.storage import templates
from app.core.storage.files import open_project, save_project
from app.ui.window import MainWindow
from tests.ui.shell.hands import answer, change, out_channels, question


@pytest.fixture
def path(window: MainWindow, tmp_path: Path) -> Path:
    """The file of the drawing that the window shows."""
    made = tmp_path / "shared.netloom"
    save_project(templates.load("lenet_digits"), made)
    window.files.load(made)
    return made


def click(qtbot: Any, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def come_back(window: MainWindow) -> None:
    """As the window system tells that somebody has gone to this window."""
    QCoreApplication.sendEvent(window, QEvent(QEvent.Type.WindowActivate))


def no_questions(window: MainWindow) -> bool:
    return not [box for box in window.findChildren(QMessageBox) if box.isVisible()]


def test_what_another_program_wrote_is_told_and_can_be_loaded(window: MainWindow, qtbot: Any, path: Path) -> None:
    """Fails if the change is told only when saving, the offer loads something else, loses what was here for good, or
    leaves a drawing that counts as unsaved."""
    change(window, 13)
    notice = window.outside.notice
    assert not notice.isVisible()
    save_project(templates.load("perceptron"), path)
    qtbot.waitUntil(notice.isVisible)
    assert "shared.netloom was changed by another program" in notice.text.text()
    click(qtbot, notice.action)
    assert not notice.isVisible()
    assert window.qdocument.project == open_project(path).project == templates.load("perceptron")
    assert not window.isWindowModified()
    window.undo()
    assert out_channels(window) == 13
    assert window.isWindowModified()
    window.files.save()
    assert no_questions(window)
    assert open_project(path).project == window.qdocument.project


def test_a_program_that_renames_its_file_into_place_is_heard_each_time(
    window: MainWindow, qtbot: Any, path: Path
) -> None:
    """Fails if only the first of several changes is told, because the system takes the new file for another one."""
    for name in ("perceptron", "mlp_digits"):
        save_project(templates.load(name), path)  # it writes beside the file, and renames
        qtbot.waitUntil(window.outside.notice.isVisible)
        click(qtbot, window.outside.notice.action)
        assert window.qdocument.project.title == templates.load(name).title


def test_the_drawing_here_can_be_kept(window: MainWindow, qtbot: Any, path: Path) -> None:
    """Fails if what was kept counts as saved, so that closing loses it, or if Save asks what was answered already."""
    save_project(templates.load("perceptron"), path)
    qtbot.waitUntil(window.outside.notice.isVisible)
    click(qtbot, window.outside.notice.other)
    assert not window.outside.notice.isVisible()
    assert window.isWindowModified()
    assert not window.close()
    answer(qtbot, window, "Save")
    qtbot.waitUntil(lambda: not window.isVisible())
    assert open_project(path).project == templates.load("lenet_digits")


def test_whoever_decides_later_is_asked_when_saving(window: MainWindow, qtbot: Any, path: Path) -> None:
    """Fails if the cross counts as an answer, or the same change is told again with each return to the window."""
    save_project(templates.load("perceptron"), path)
    qtbot.waitUntil(window.outside.notice.isVisible)
    click(qtbot, window.outside.notice.close_button)
    come_back(window)
    qtbot.waitUntil(lambda: not window.outside._soon.isActive())
    assert not window.outside.notice.isVisible()
    change(window)
    window.files.save()
    assert "another program" in question(window).text()
    answer(qtbot, window, "Cancel")


def test_a_return_to_the_window_is_enough(window: MainWindow, qtbot: Any, path: Path) -> None:
    """Fails if a drive whose system tells nothing, such as one of a network, is never looked at."""
    assert window.outside._watcher is not None
    window.outside._watcher.blockSignals(True)
    save_project(templates.load("perceptron"), path)
    come_back(window)
    qtbot.waitUntil(window.outside.notice.isVisible)


def test_a_file_that_was_only_touched_is_no_change(window: MainWindow, qtbot: Any, path: Path) -> None:
    """Fails if another time of the same content is told, or asked about when saving."""
    os.utime(path, (1, 1))
    qtbot.waitUntil(window.outside._soon.isActive)
    qtbot.waitUntil(lambda: not window.outside._soon.isActive())
    assert not window.outside.notice.isVisible()
    change(window)
    window.files.save()
    assert no_questions(window)
    qtbot.waitUntil(lambda: not window.outside._soon.isActive())
    assert not window.outside.notice.isVisible(), "it was this window that saved"


def test_a_file_that_cannot_be_read_any_more_is_told(window: MainWindow, qtbot: Any, path: Path) -> None:
    """Fails if half a file, or one with the marks of a merge, is offered, ends in a traceback, or keeps the drawing
    from being saved."""
    path.write_text("<<<<<<< HEAD\n")
    notice = window.outside.notice
    qtbot.waitUntil(notice.isVisible)
    assert "cannot be opened any more" in notice.text.text()
    assert not notice.action.isVisible()
    click(qtbot, notice.other)
    window.files.save()
    assert no_questions(window)
    assert open_project(path).project == templates.load("lenet_digits")


def test_a_file_that_is_gone_is_told_and_written_again(window: MainWindow, qtbot: Any, path: Path) -> None:
    """Fails if the only copy of a drawing can be closed without a word, or cannot be written to its place again."""
    path.unlink()
    notice = window.outside.notice
    qtbot.waitUntil(notice.isVisible)
    assert "shared.netloom was moved or deleted" in notice.text.text()
    assert window.isWindowModified()
    click(qtbot, notice.action)
    assert open_project(path).project == window.qdocument.project
    assert not notice.isVisible()
    assert not window.isWindowModified()
    path.unlink()
    qtbot.waitUntil(notice.isVisible)
    save_project(templates.load("perceptron"), path)  # as when a stick is back in its place
    come_back(window)
    qtbot.waitUntil(lambda: "was changed" in notice.text.text())


def test_a_window_that_is_closed_looks_no_more(window: MainWindow, path: Path) -> None:
    """Fails if a change that comes while the window closes is told to nobody, or raises because the parts are gone."""
    save_project(templates.load("perceptron"), path)
    window.outside._look_soon()
    assert window.close()
    assert not window.outside._soon.isActive()
    assert window.outside._watcher is not None
    assert window.outside._watcher.files() == []
    come_back(window)
    assert not window.outside._soon.isActive()
