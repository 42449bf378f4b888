"""The list of all runs: everything is in it, can be found, opened, continued and thrown away."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from app.core.commands import SetSetting
from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.core.storage import templates
from app.core.storage.files import save_project
from app.training.loop import train
from app.training.run_description import change_about, noting
from app.ui.training import runs
from app.ui.training.runs_dialog import RunsDialog
from app.ui.window import MainWindow
from tests.ui.shell.hands import Open, press

RECIPE = Recipe(epochs=2, batch_size=256, validation=0.2, device="cpu")
COUNT = 40  # more than a menu shows, and more than are kept of runs that nobody's file needs


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was stopped after one of two epochs."""
    folder = tmp_path_factory.mktemp("all") / "run"
    running = noting(train(compile_net(templates.load("mlp_digits")), RECIPE, out=folder), folder, None)
    for event in running:
        if type(event).__name__ == "EpochDone":
            break
    running.close()
    return folder


@pytest.fixture
def folders(original: Path, tmp_path: Path, _no_runs: None) -> list[Path]:
    """Many runs, the newest first; each reached another accuracy, and every second has a file of its own."""
    made = []
    for number in range(COUNT):
        folder = runs.home() / f"mlp-20260131-14{number // 60:02d}{number % 60:02d}"
        shutil.copytree(original, folder)
        line = json.loads((folder / "metrics.jsonl").read_text().splitlines()[0])
        (folder / "metrics.jsonl").write_text(json.dumps({**line, "val_accuracy": (number * 7 % COUNT) / 100}) + "\n")
        if number % 2:
            change_about(folder, tmp_path / f"drawing{number}.netloom")
        os.utime(folder / "weights.safetensors", (1e9 - 60 * number,) * 2)
        made.append(folder)
    return made


@pytest.fixture
def dialog(folders: list[Path], open_window: Open) -> Iterator[RunsDialog]:
    window = open_window()
    window.actions_table["all_runs"].trigger()
    assert window.runs.dialog is not None
    yield window.runs.dialog
    for other in window.windows.others(window):
        other._may_close = True
        other.close()


def window_of(dialog: RunsDialog) -> MainWindow:
    return dialog._window


def rows(dialog: RunsDialog) -> list[Any]:
    items: list[Any] = [dialog.list.topLevelItem(index) for index in range(dialog.list.topLevelItemCount())]
    return [item for item in items if not item.isHidden()]


def choose(dialog: RunsDialog, *folders: Path) -> None:
    dialog.list.clearSelection()
    for item in rows(dialog):
        item.setSelected(item.run.past.folder in folders)


def answer(qtbot: Any, dialog: RunsDialog, words: str) -> None:
    (box,) = [box for box in dialog.findChildren(QMessageBox) if box.isVisible()]
    qtbot.mouseClick(next(b for b in box.buttons() if b.text() == words), Qt.MouseButton.LeftButton)


def test_every_run_is_there_the_newest_first(dialog: RunsDialog, folders: list[Path]) -> None:
    """Fails if some can only be reached by removing others, or two rows say the same."""
    assert [item.run.past.folder for item in rows(dialog)] == folders
    assert len({item.run.line for item in rows(dialog)}) == COUNT
    assert f"{COUNT} runs" in dialog.words.text()


def test_search_finds_by_file_and_result(dialog: RunsDialog, folders: list[Path], qtbot: Any) -> None:
    """Fails if words are not looked for in all that a row says, or a hidden row stays chosen."""
    assert dialog.search.hasFocus()
    qtbot.keyClicks(dialog.search, "DRAWING7 adam")
    assert [item.run.past.folder for item in rows(dialog)] == [folders[7]]
    assert [run.past.folder for run in dialog.chosen()] == [folders[7]]
    dialog.search.setText("39.0 %")
    assert [item.run.result for item in rows(dialog)] == ["39.0 %"]
    dialog.search.setText("nothing like it")
    assert rows(dialog) == []
    assert "No run" in dialog.words.text()
    assert not dialog.open_button.isEnabled()


def test_columns_are_sorted_by_what_they_mean(dialog: RunsDialog) -> None:
    """Fails if 9 % comes before 10 %, or days are sorted by their letters."""
    dialog.list.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    found = [float(item.run.result.split()[0]) for item in rows(dialog)]
    assert found == sorted(found, reverse=True)
    assert found[0] == COUNT - 1
    dialog.list.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    times = [item.run.past.when for item in rows(dialog)]
    assert times == sorted(times)


def test_the_search_leads_to_what_it_found(dialog: RunsDialog, folders: list[Path], qtbot: Any) -> None:
    """Fails if somebody who has typed what to look for must take the mouse: Enter opens the first that is found, the
    arrow goes down into the list."""
    qtbot.keyClicks(dialog.search, "drawing7")
    qtbot.keyClick(dialog.search, Qt.Key.Key_Return)
    assert window_of(dialog).session.trained is not None
    assert window_of(dialog).session.trained.run == folders[7]  # type: ignore[union-attr]
    assert dialog.isVisible()
    qtbot.keyClick(dialog.search, Qt.Key.Key_Down)
    assert dialog.list.hasFocus()


def test_enter_opens_a_run(dialog: RunsDialog, folders: list[Path], qtbot: Any) -> None:
    """Fails if the list cannot be used by keys, or opens another run than the one that is chosen."""
    dialog.search.setText("drawing7")
    dialog.list.setFocus()
    qtbot.keyClick(dialog.list, Qt.Key.Key_Return)
    assert window_of(dialog).session.trained is not None
    assert window_of(dialog).session.trained.run == folders[7]  # type: ignore[union-attr]


def test_continue_trains_the_run_that_is_chosen(dialog: RunsDialog, folders: list[Path], qtbot: Any) -> None:
    """Fails if it does nothing, goes on with another run, or says nothing where a run is complete."""
    window = window_of(dialog)
    choose(dialog, folders[0])
    qtbot.mouseClick(dialog.continue_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.trained is not None and window.session.trained.epoch == 2)
    qtbot.waitUntil(lambda: not window.session.busy)
    assert window.session.trained is not None
    assert window.session.trained.run == folders[0]
    dialog.refresh()
    choose(dialog, folders[0])
    qtbot.mouseClick(dialog.continue_button, Qt.MouseButton.LeftButton)
    assert "All epochs are done" in dialog.words.text()


def test_weights_of_no_use_are_not_offered_to_go_on_with(dialog: RunsDialog, folders: list[Path]) -> None:
    """Fails if Continue can be pressed for a run that would end in the same way again, or for no other after it."""
    change_about(folders[3], ending="failed", sentence="The loss is no longer a number.", useless=True)
    dialog.refresh()
    choose(dialog, folders[3])
    assert not dialog.continue_button.isEnabled()
    assert "no use" in dialog.continue_button.toolTip()
    assert dialog.open_button.isEnabled()
    choose(dialog, folders[4])
    assert dialog.continue_button.isEnabled()


def test_into_the_bin_and_only_what_is_chosen(dialog: RunsDialog, folders: list[Path], qtbot: Any) -> None:
    """Fails if something is deleted without a question, something else goes, or a run that is shown."""
    choose(dialog, folders[3], folders[5])
    qtbot.mouseClick(dialog.delete_button, Qt.MouseButton.LeftButton)
    answer(qtbot, dialog, "Keep")
    assert all(folder.exists() for folder in folders)
    qtbot.mouseClick(dialog.delete_button, Qt.MouseButton.LeftButton)
    answer(qtbot, dialog, "Into the bin")
    if folders[3].exists():  # no bin on this system
        answer(qtbot, dialog, "Delete")
    assert [folder for folder in folders if not folder.exists()] == [folders[3], folders[5]]
    assert len(rows(dialog)) == COUNT - 2
    window_of(dialog).files.open_run(folders[0])
    choose(dialog, folders[0])
    qtbot.mouseClick(dialog.delete_button, Qt.MouseButton.LeftButton)
    assert not [box for box in dialog.findChildren(QMessageBox) if box.isVisible()]
    assert "stays" in dialog.words.text()
    assert folders[0].exists()


def test_a_folder_with_other_work_in_it_stays(dialog: RunsDialog, folders: list[Path], qtbot: Any) -> None:
    """Fails if a run goes into the bin together with what somebody has put beside it."""
    (folders[3] / "homework.txt").write_text("mine")
    choose(dialog, folders[3], folders[5])
    qtbot.mouseClick(dialog.delete_button, Qt.MouseButton.LeftButton)
    assert not [box for box in dialog.findChildren(QMessageBox) if box.isVisible()]
    assert "homework.txt" in dialog.words.text()
    assert all(folder.exists() for folder in folders)


def test_it_fits_on_a_small_screen(dialog: RunsDialog) -> None:
    """Fails if the list is larger than the screen that its window is on."""
    assert dialog.screen().availableGeometry().size().expandedTo(dialog.frameGeometry().size()) == (
        dialog.screen().availableGeometry().size()
    )


def test_escape_closes_it_and_it_comes_again(dialog: RunsDialog, qtbot: Any) -> None:
    """Fails if it is a dead end, or a second opening shows a window that is being deleted."""
    window = window_of(dialog)
    press(qtbot, window, "Escape")
    qtbot.waitUntil(lambda: window.runs.dialog is None)
    window.actions_table["all_runs"].trigger()
    assert window.runs.dialog is not None
    assert window.runs.dialog.isVisible()
    assert len(rows(window.runs.dialog)) == COUNT


def test_without_runs_it_says_so(open_window: Open) -> None:
    """Fails if an empty list says nothing."""
    window = open_window()
    window.actions_table["all_runs"].trigger()
    assert window.runs.dialog is not None
    assert window.runs.dialog.words.text() == "Nothing trained yet."


def test_the_last_training_of_a_file_is_never_cleared_away(folders: list[Path], tmp_path: Path) -> None:
    """Fails if a saved drawing forgets its training because others were trained more often since."""
    files = {folder: tmp_path / f"drawing{number}.netloom" for number, folder in enumerate(folders) if number % 2}
    for number, folder in enumerate(folders):
        os.utime(folder, (1e9 - 60 * number,) * 2)
    mine = [folders[-1], folders[-3]]
    for folder in mine:
        save_project(replace(templates.load("mlp_digits"), title="Mine"), files[folder])
    change_about(folders[-5], files[mine[0]])  # an earlier one of the same file: written now, so it is the newest
    runs.prune(most=4)
    left = {folder for folder in folders if folder.exists()}
    assert folders[-5] in left
    assert mine[1] in left
    assert mine[0] not in left
    assert len(left) == 5


def test_the_menu_names_runs_and_leads_to_all(folders: list[Path], open_window: Open) -> None:
    """Fails if entries of the menu are called alike, or do not say file, data, settings and result."""
    window = open_window()
    menu = window.actions_table.submenus["runs"]
    menu.aboutToShow.emit()
    texts = [action.text() for action in menu.actions()]
    assert len(set(texts)) == len(texts) == 12
    assert texts[1].startswith("drawing1.netloom · Handwritten digits, 8×8 · Adam 0.002, batch 256 · 7.0 % (1 of 2 ep")
    window.qdocument.do(SetSetting("", ("conv1",), "out_channels", 9))
    menu.actions()[1].trigger()
    assert window.qdocument.project.graph.nodes["conv1"].params["out_channels"] == 9
    for other in window.windows.others(window):
        assert other.session.trained is not None
        assert other.session.trained.run == folders[1]
        other._may_close = True
        other.close()
