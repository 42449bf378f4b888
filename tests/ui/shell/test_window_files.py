"""Opening, saving and closing, with the questions before something is lost."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox

from app.cli.main import run
from app.core.commands import RemoveNodes, SetRecipe, SetSetting
from app.core.compile.net import compile_net
from app.core.storage import templates
from app.core.storage.files import open_project, save_project
from app.training.loop import train
from app.ui.files import file_name
from app.ui.window import MainWindow
from tests.ui.shell.hands import Open, answer, change, out_channels, press, question, type_file


def test_save_asks_for_a_name_and_adds_the_ending(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a drawing without a file is saved nowhere, or under a name that Open does not list."""
    change(window)
    window.canvas.setFocus()
    press(qtbot, window, "Ctrl+S")
    type_file(qtbot, window, tmp_path / "mine")
    saved = tmp_path / "mine.netloom"
    qtbot.waitUntil(saved.exists)
    assert open_project(saved).project == window.qdocument.project
    assert not window.isWindowModified()
    assert window.windowTitle().startswith("mine.netloom")
    assert window.settings.values.recent == (str(saved),)
    change(window, 11)
    press(qtbot, window, "Ctrl+S")
    assert open_project(saved).project == window.qdocument.project


def test_a_file_that_another_program_has_written_is_not_overwritten_unasked(
    window: MainWindow, qtbot: Any, tmp_path: Path
) -> None:
    """Fails if Save throws away what somebody else wrote, or asks although only this window has saved."""
    path = tmp_path / "shared.netloom"
    save_project(templates.load("lenet_digits"), path)
    window.files.load(path)
    for channels in (9, 11):
        change(window, channels)
        window.files.save()
        assert not window.isWindowModified()
    window.files.save()
    save_project(templates.load("perceptron"), path)
    theirs = path.read_bytes()
    change(window, 13)
    window.files.save()
    assert "another program" in question(window).text()
    assert path.read_bytes() == theirs
    answer(qtbot, window, "Cancel")
    assert window.isWindowModified()
    window.files.save()
    answer(qtbot, window, "Save anyway")
    assert open_project(path).project == window.qdocument.project
    path.unlink()
    change(window, 15)
    window.files.save()
    assert path.exists()


def test_a_failed_save_loses_nothing(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if the error is silent, a traceback, or the drawing counts as saved."""
    change(window)
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    window.files.write(blocked / "x.netloom")
    assert "could not be saved" in question(window).text()
    assert window.isWindowModified()
    assert out_channels(window) == 9
    answer(qtbot, window, "Close")


def test_unreadable_files_are_explained_and_change_nothing(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a broken file replaces the drawing, or the reason is not said."""
    broken = tmp_path / "broken.netloom"
    broken.write_bytes(b"\x89PNG\r\n")
    before = window.qdocument.project
    window.files.load(broken)
    assert "broken.netloom" in question(window).text()
    answer(qtbot, window, "Close")
    assert window.qdocument.project is before
    missing = tmp_path / "gone.netloom"
    window.settings.add_recent(missing)
    window.files.open_recent(missing)
    answer(qtbot, window, "Close")
    assert window.settings.values.recent == ()


def test_what_could_not_be_read_is_listed(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a partly damaged file is opened without a word."""
    path = tmp_path / "odd.netloom"
    save_project(templates.load("lenet_digits"), path)
    path.write_text(path.read_text().replace('"from": "relu1.output"', '"from": "nobody.output"'))
    window.files.load(path)
    assert window.banner.isVisible()
    assert "odd.netloom" in window.banner.text.text()
    qtbot.mouseClick(window.banner.action, Qt.MouseButton.LeftButton)
    dialog = QApplication.activeModalWidget() or next(
        each for each in QApplication.topLevelWidgets() if each.windowTitle() == "What could not be read"
    )
    dialog.close()
    window.files.open_template("mlp_digits")
    assert not window.banner.isVisible()


def test_closing_asks_and_names_what_would_be_lost(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if work is thrown away without a question, or Cancel does not cancel."""
    change(window)
    assert not window.close()
    box = question(window)
    assert "LeNet-5" in box.text()
    assert "changed conv1" in box.informativeText()
    answer(qtbot, window, "Cancel")
    assert window.isVisible()
    assert window.isWindowModified()
    assert not window.close()
    answer(qtbot, window, "Save")
    type_file(qtbot, window, tmp_path / "kept.netloom")
    qtbot.waitUntil(lambda: not window.isVisible())
    assert open_project(tmp_path / "kept.netloom").project.graph.nodes["conv1"].params["out_channels"] == 9


def test_closing_without_saving(window: MainWindow, qtbot: Any) -> None:
    """Fails if the middle answer saves, or does not close."""
    change(window)
    window.close()
    answer(qtbot, window, "Do not save")
    qtbot.waitUntil(lambda: not window.isVisible())


def test_a_clean_window_closes_without_a_question(window: MainWindow) -> None:
    """Fails if closing an untouched window needs a second click."""
    assert window.close()
    assert not window.isVisible()


def test_new_and_template_ask_first(window: MainWindow, qtbot: Any) -> None:
    """Fails if New or a template throws the drawing away."""
    change(window)
    window.canvas.setFocus()
    press(qtbot, window, "Ctrl+N")
    answer(qtbot, window, "Cancel")
    assert out_channels(window) == 9
    window.files.open_template("mlp_digits")
    answer(qtbot, window, "Do not save")
    assert window.qdocument.project.title == templates.load("mlp_digits").title
    press(qtbot, window, "Ctrl+N")
    assert not window.qdocument.project.graph.nodes


def test_menus_list_templates_and_recent_files(window: MainWindow, tmp_path: Path) -> None:
    """Fails if a menu that is filled when it opens stays empty."""
    window.settings.add_recent(tmp_path / "some.netloom")
    submenus = window.actions_table.submenus
    for name in ("templates", "recent"):
        submenus[name].aboutToShow.emit()
    titles = [action.text() for action in submenus["templates"].actions()]
    assert titles == [templates.load(name).title for name in templates.names()]
    assert [action.text() for action in submenus["recent"].actions()] == ["some.netloom"]


def test_export_writes_the_program(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if the file is not what the code panel shows, or a drawing with problems is exported."""
    window.canvas.setFocus()
    press(qtbot, window, "Ctrl+E")
    type_file(qtbot, window, tmp_path / "net")
    qtbot.waitUntil((tmp_path / "net.py").exists)
    window.code.refresh()
    assert (tmp_path / "net.py").read_text() == window.code.text
    window.qdocument.do(SetSetting("", ("conv2",), "kernel_size", (40, 40)))
    window.files.export()
    assert "has problems" in question(window).text()
    answer(qtbot, window, "Show problems")
    qtbot.waitUntil(lambda: window.problems.isVisible())


def test_the_training_script_of_the_menu_trains_by_itself(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if the file of the menu does nothing when plain Python runs it, or is another one than the command writes;
    if a drawing without a loss ends otherwise than in a sentence."""
    window.qdocument.do(SetRecipe(setting="epochs", value=1))
    window.actions_table["export_script"].trigger()
    type_file(qtbot, window, tmp_path / "net")
    qtbot.waitUntil((tmp_path / "net.py").exists, timeout=20_000)
    assert (
        "epoch 1"
        in subprocess.run(
            [sys.executable, "-I", "net.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
        ).stdout
    )
    save_project(window.qdocument.project, tmp_path / "same.netloom")
    assert run(["export", str(tmp_path / "same.netloom"), "--to", "training", "--out", str(tmp_path / "cli.py")]) == 0
    assert (tmp_path / "net.py").read_text() == (tmp_path / "cli.py").read_text()
    qtbot.waitUntil(lambda: not window.session.runner.busy)  # while one is written, another one is refused
    window.qdocument.do(RemoveNodes("", ("loss",)))
    window.actions_table["export_script"].trigger()
    type_file(qtbot, window, tmp_path / "none")
    qtbot.waitUntil(lambda: [box for box in window.findChildren(QMessageBox) if box.isVisible()] != [], timeout=20_000)
    assert "loss" in question(window).text()
    assert not (tmp_path / "none.py").exists()
    answer(qtbot, window, "Close")


def test_a_run_is_opened_with_what_it_learned(open_window: Open, tmp_path: Path, monkeypatch: Any) -> None:
    """Fails if an earlier run cannot be reached from the menu, or saving writes into its folder."""
    monkeypatch.setenv("NETLOOM_HOME", str(tmp_path))
    folder = tmp_path / "runs" / "mlp-20260131-140502"
    project = templates.load("mlp_digits")
    recipe = replace(project.recipe, epochs=1, device="cpu")
    list(train(compile_net(project), recipe, out=folder))
    window = open_window()
    menu = window.actions_table.submenus["runs"]
    menu.aboutToShow.emit()
    (entry,) = menu.actions()
    assert entry.text().startswith("MLP on digits · Handwritten digits, 8×8 · Adam 0.002, batch 32 · ")
    assert "1 epoch" in entry.text()
    entry.trigger()
    assert window.qdocument.project.title == project.title
    assert window.session.trained is not None
    assert window.session.trained.run == folder
    assert window.qdocument.document.path is None
    assert "trained, 1 epoch" in window.status.training.full_text


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("LeNet-5 on digits", "lenet-5_on_digits"),
        ("Für Ärzte", "für_ärzte"),
        ("数字", "数字"),
        ("a/b: ..", "a_b"),
        ("?", "drawing"),
    ],
)
def test_a_title_becomes_the_name_of_a_file(title: str, name: str) -> None:
    """Fails if letters with accents, or of another writing, fall out of the name that Save proposes."""
    assert file_name(title) == name
