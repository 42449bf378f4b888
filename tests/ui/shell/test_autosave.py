"""What is not saved is kept, and comes back after a crash; what is saved or thrown away leaves nothing behind."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

import main
from app.core.storage import processes, recovery, templates
from app.core.storage.files import open_project, save_project
from app.core.storage.processes import Process
from app.ui import autosave
from app.ui.autosave import folder_of
from app.ui.window import MainWindow
from tests.ui.shell.hands import Open, answer, change, out_channels, press, question

ROOT = Path(main.__file__).parent
DEAD = Process(2**22 + 5, "long ago", processes.this_machine())  # beyond the largest number Linux gives


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps at once, so that a test need not wait."""
    monkeypatch.setattr(autosave, "DELAY_MS", 30)


def kept(window: MainWindow) -> list[Path]:
    folder = folder_of(window)
    return sorted(folder.glob("kept-*.netloom")) if folder.exists() else []


def crashed(window: MainWindow, path: Path | None = None, value: int = 9, name: str = "LeNet-5 on digits") -> Path:
    """What a crashed process would have left for this window's folder."""
    from app.core.commands import SetSetting

    project = SetSetting("", ("conv1",), "out_channels", value).apply(templates.load("lenet_digits"))
    file = recovery.fresh_place(folder_of(window))
    recovery.keep(file, project, path, recovery.stamp_of(path), name, ("changed conv1",), DEAD)
    return file


@pytest.fixture
def others(window: MainWindow, qtbot: Any) -> Iterator[list[MainWindow]]:
    """The windows that the window has opened; they are closed at the end."""
    made: list[MainWindow] = []
    yield made
    for other in (*made, *window.windows.others(window)):
        if other in window.windows.all:
            for box in other.findChildren(QMessageBox):
                box.close()
            other._may_close = True
            other.close()


def test_a_change_is_kept_and_saving_removes_it(soon: None, open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a crash would lose the change, or if the kept copy stays after the drawing was saved."""
    window = open_window()
    assert kept(window) == []
    change(window)
    qtbot.waitUntil(lambda: len(kept(window)) == 1)
    project = open_project(kept(window)[0]).project
    assert project.graph == window.qdocument.project.graph
    change(window, 11)
    qtbot.waitUntil(lambda: open_project(kept(window)[0]).project.graph == window.qdocument.project.graph)
    window.files.write(tmp_path / "mine.netloom")
    qtbot.waitUntil(lambda: kept(window) == [])


def test_undoing_everything_removes_it(soon: None, open_window: Open, qtbot: Any) -> None:
    """Fails if a drawing with nothing to lose is offered after a crash."""
    window = open_window()
    change(window)
    qtbot.waitUntil(lambda: len(kept(window)) == 1)
    window.canvas.setFocus()
    press(qtbot, window, "Ctrl+Z")
    qtbot.waitUntil(lambda: kept(window) == [])
    press(qtbot, window, "Ctrl+Shift+Z")
    qtbot.waitUntil(lambda: len(kept(window)) == 1)


def test_closing_without_saving_removes_it(soon: None, open_window: Open, qtbot: Any) -> None:
    """Fails if what somebody chose not to save comes back at the next start."""
    window = open_window()
    change(window)
    qtbot.waitUntil(lambda: len(kept(window)) == 1)
    window.close()
    answer(qtbot, window, "Do not save")
    qtbot.waitUntil(lambda: not window.isVisible())
    assert kept(window) == []


def test_a_second_change_does_not_put_the_first_off(
    open_window: Open, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if steady work is never kept."""
    monkeypatch.setattr(autosave, "DELAY_MS", 300)
    window = open_window()
    values = itertools.count(20)

    def one_more() -> bool:
        change(window, next(values))
        return bool(kept(window))

    qtbot.waitUntil(one_more)


def test_it_begins_to_write_well_within_five_seconds(window: MainWindow) -> None:
    """Fails if a crash costs more than the last five seconds, of which two are left for a slow disk."""
    timer = window.autosave._timer
    change(window)
    first = timer.remainingTime()
    assert 0 < first <= 3000
    change(window, 12)
    assert timer.remainingTime() <= first


def test_a_folder_that_cannot_be_written_is_said_once(soon: None, open_window: Open, qtbot: Any) -> None:
    """Fails if a full or locked disk is silent, a traceback, or a message with every change."""
    window = open_window()
    folder = folder_of(window)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")
    change(window)
    qtbot.waitUntil(window.banner.isVisible)
    assert "cannot be kept" in window.banner.text.text()
    assert str(folder) in window.banner.text.text()
    window.banner.clear()
    change(window, 12)
    qtbot.wait(200)
    assert not window.banner.isVisible()
    folder.unlink()
    change(window, 13)
    qtbot.waitUntil(lambda: len(kept(window)) == 1)


def test_a_crashed_drawing_is_offered_and_restored(
    soon: None, window: MainWindow, others: list[MainWindow], qtbot: Any
) -> None:
    """Fails if the question does not say what there is, or restoring is not an undoable, unsaved change."""
    file = crashed(window)
    window.after_first_paint()
    box = question(window)
    assert "LeNet-5 on digits" in box.text()
    assert "changed conv1" in box.informativeText()
    assert "today at" in box.informativeText()
    assert "14 layers" in box.informativeText()
    answer(qtbot, window, "Restore")
    assert out_channels(window) == 9
    assert window.isWindowModified()
    assert window.qdocument.document.undo_title == "Restore unsaved changes"
    assert not file.exists()
    assert len(kept(window)) == 1  # until it is kept anew, the old copy stays, under a name of this process
    qtbot.waitUntil(lambda: kept(window) == [window.autosave.file])


def test_it_comes_back_to_its_file_which_stays_untouched(
    soon: None, window: MainWindow, others: list[MainWindow], qtbot: Any, tmp_path: Path
) -> None:
    """Fails if restoring writes into the file, or forgets where the drawing belongs."""
    path = tmp_path / "mine.netloom"
    save_project(templates.load("lenet_digits"), path)
    before = path.read_bytes()
    crashed(window, path, name="mine.netloom")
    window.after_first_paint()
    answer(qtbot, window, "Restore")
    assert window.qdocument.document.path == path
    assert out_channels(window) == 9
    assert path.read_bytes() == before
    press(qtbot, window, "Ctrl+Z")
    assert out_channels(window) == 6


def test_a_newer_file_is_not_overwritten(
    soon: None, window: MainWindow, others: list[MainWindow], qtbot: Any, tmp_path: Path
) -> None:
    """Fails if a stale copy takes the place of a file that was saved after it: Ctrl+S would destroy that."""
    path = tmp_path / "mine.netloom"
    save_project(templates.load("lenet_digits"), path)
    crashed(window, path, name="mine.netloom")
    save_project(templates.load("mlp_digits"), path)
    window.after_first_paint()
    assert "written since" in question(window).informativeText()
    answer(qtbot, window, "Restore")
    assert window.qdocument.document.path is None
    assert out_channels(window) == 9
    assert open_project(path).project == templates.load("mlp_digits")


def test_two_crashed_windows_come_back_in_two(
    soon: None, window: MainWindow, others: list[MainWindow], qtbot: Any
) -> None:
    """Fails if one of two drawings is lost, or takes the other's place."""
    crashed(window, value=9)
    time.sleep(0.02)
    crashed(window, value=10)
    window.after_first_paint()
    assert question(window).windowTitle().startswith("Unsaved drawing (1 of 2)")
    answer(qtbot, window, "Restore")
    answer(qtbot, window, "Restore")
    others += window.windows.others(window)
    assert [out_channels(each) for each in (window, *others)] == [10, 9]
    assert all(each.isWindowModified() for each in (window, *others))
    assert window.windowTitle() != others[0].windowTitle()
    qtbot.waitUntil(lambda: set(kept(window)) == {window.autosave.file, others[0].autosave.file})


def test_later_keeps_it_and_thrown_away_is_gone(window: MainWindow, qtbot: Any) -> None:
    """Fails if Escape throws the drawing away, or the word for that does not."""
    file = crashed(window)
    window.after_first_paint()
    qtbot.keyClick(question(window), Qt.Key.Key_Escape)
    assert file.exists()
    window.windows.recovered = False
    window.after_first_paint()
    answer(qtbot, window, "Throw away")
    assert not file.exists()
    assert out_channels(window) == 6


def test_what_a_living_window_keeps_is_not_offered(soon: None, open_window: Open, qtbot: Any) -> None:
    """Fails if a second program, or a second window, is offered the drawing that somebody works on."""
    first = open_window()
    change(first)
    qtbot.waitUntil(lambda: len(kept(first)) == 1)
    second = open_window()
    second.after_first_paint()
    assert not [box for box in second.findChildren(QMessageBox) if box.isVisible()]
    assert len(kept(first)) == 1


EDITS = """
import sys
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
import main
from app.ui.window import MainWindow

usual = MainWindow.after_first_paint

def act(window):
    window.start.leave()
    canvas = window.canvas
    figure = canvas.scene.nodes["conv1"]
    at = canvas.camera.rect_to_view(figure.rect).center().toPoint()
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    QTest.keyClick(canvas, Qt.Key.Key_M)
    assert window.qdocument.project.graph.nodes["conv1"].bypassed
    print("edited", window.autosave._timer.remainingTime(), flush=True)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    QTest.mouseMove(canvas, at + QPoint(60, 40))  # and there it is killed: a gesture that never ends

def after(window):
    usual(window)
    QTimer.singleShot(0, window, lambda: act(window))

MainWindow.after_first_paint = after
sys.exit(main.main(sys.argv[1:]))
"""
RESTORES = """
import json, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
import main
from app.ui.window import MainWindow

usual = MainWindow.after_first_paint

def act(window):
    (box,) = window.findChildren(QMessageBox)
    said = box.text(), box.informativeText()
    next(button for button in box.buttons() if button.text() == "Restore").click()
    document = window.qdocument.document
    print(json.dumps({
        "said": said,
        "bypassed": document.project.graph.nodes["conv1"].bypassed,
        "dirty": document.dirty,
        "path": str(document.path),
    }), flush=True)
    window.files.save()
    QApplication.exit(0)

def after(window):
    window.session.load_torch = lambda: None  # not needed, and the end of the program waits for it
    usual(window)
    QTimer.singleShot(0, window, lambda: act(window))

MainWindow.after_first_paint = after
sys.exit(main.main(sys.argv[1:]))
"""


@pytest.mark.real_window
def test_killed_in_the_middle_of_an_edit(display: str | None, tmp_path: Path) -> None:
    """Fails if kill -9 costs more than the last five seconds, or the next start does not bring the rest back."""
    path = tmp_path / "mine.netloom"
    save_project(templates.load("lenet_digits"), path)
    home = tmp_path / "home"
    environment = {**os.environ, "NETLOOM_HOME": str(home)}
    command = [sys.executable, "-c", EDITS, str(path)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            word, left = process.stdout.readline().split()
            assert word == "edited"
            assert 0 <= int(left) <= 3000  # milliseconds
            end = time.monotonic() + 60
            while not list(home.glob("recovery/kept-*.netloom")) and time.monotonic() < end:
                time.sleep(0.05)
        finally:
            process.send_signal(signal.SIGKILL)
    assert not open_project(path).project.graph.nodes["conv1"].bypassed
    done = subprocess.run(
        [sys.executable, "-c", RESTORES],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert "mine.netloom" in told["said"][0]
    assert "conv1" in told["said"][1]
    assert (told["bypassed"], told["dirty"], told["path"]) == (True, True, str(path))
    assert open_project(path).project.graph.nodes["conv1"].bypassed
    assert list(home.glob("recovery/*")) == []
