"""The panel of the runs of a drawing: what it tells, names and notes, overlay, export, and what is thrown away."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox, QStyle, QStyleOptionFrame

from app.core.commands import SetRecipe, SetSetting
from app.core.compile.net import compile_net
from app.core.graph.model import Project
from app.core.storage import templates
from app.core.storage.files import save_project
from app.training import kept_runs
from app.training.checkpoints import load_run
from app.training.folder import FILES
from app.training.loop import train
from app.training.outcome import settings_of
from app.training.run_description import about, change_about, noting
from app.ui.settings import Settings
from app.ui.training import runs
from app.ui.training.run_names import usual_name
from app.ui.training.runs_bin import _into_bin
from app.ui.training.runs_panel import COLUMNS, MOST_OVERLAID, RunsPanel
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.live.desk import choose_in_dialog
from tests.ui.shell.hands import Open, answer, press


def project_of(**changes: Any) -> Project:
    project = templates.load("mlp_digits")
    recipe = project.recipe.with_settings(epochs=2, batch_size=256, device="cpu", **changes)
    return replace(project, recipe=recipe)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three runs of the drawing, the newest first, and before them one of another drawing. Nobody changes them."""
    plain = project_of()
    wide = SetSetting("", ("fc1",), "out_features", 128).apply(project_of(lr=0.01))
    made = []
    every = [("plain", plain), ("faster", project_of(lr=0.01)), ("wider", wide), ("moons", templates.load("moons"))]
    home = tmp_path_factory.mktemp("trained")
    for number, (name, project) in enumerate(every):
        folder = home / f"{name}-20260131-14000{number}"
        recipe = replace(project.recipe, epochs=2, device="cpu")
        list(noting(train(compile_net(replace(project, recipe=recipe)), recipe, out=folder), folder, None))
        os.utime(folder / "weights.safetensors", (1e9 + 60 * number,) * 2)
        made.insert(0, folder)
    return made


@pytest.fixture
def folders(originals: list[Path], _no_runs: None) -> list[Path]:
    """Three runs of the drawing, the newest first; one of another drawing is there, too."""
    runs.home().mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copytree(each, runs.home() / each.name)) for each in originals][1:]


@pytest.fixture
def panel(folders: list[Path], open_window: Open) -> RunsPanel:
    window = open_window("mlp_digits")
    window.resize(1366, 768)
    window.docks.show("run_list")
    settle()
    found = window.run_list
    assert isinstance(found, RunsPanel)
    return found


def test_no_head_is_cut_off(panel: RunsPanel) -> None:
    """Fails if a column is narrower than its own name."""
    head = panel.list.header()
    for column in range(len(COLUMNS)):
        assert head.sectionSize(column) >= head.sectionSizeHint(column), COLUMNS[column]


def window_of(panel: RunsPanel) -> MainWindow:
    return panel._window  # type: ignore[return-value]


def row_of(panel: RunsPanel, folder: Path) -> Any:
    return next(row for row in panel.rows() if row.run.past.folder == folder)


def texts(panel: RunsPanel, column: str) -> list[str]:
    return [row.text(COLUMNS.index(column)) for row in panel.rows() if not row.isHidden()]


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def choose(panel: RunsPanel, *folders: Path) -> None:
    panel.list.clearSelection()
    for folder in folders:
        row_of(panel, folder).setSelected(True)


def tick(panel: RunsPanel, folder: Path) -> None:
    """Click into the box at the left of a row."""
    row = row_of(panel, folder)
    panel.list.scrollToItem(row)
    place = panel.list.visualItemRect(row)
    QTest.mouseClick(
        panel.list.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        QPoint(place.left() + 11, place.center().y()),
    )


def write(panel: RunsPanel, text: str) -> None:
    """Type into the field that is open."""
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle()


def test_it_tells_what_the_folders_hold(panel: RunsPanel, folders: list[Path]) -> None:
    """Fails if a run of this drawing is missing, one of another is there, or a number is not that of metrics.jsonl."""
    assert [row.run.past.folder for row in panel.rows()] == folders
    results = [f"{100 * lines(folder)[-1]['val_accuracy']:.1f} %" for folder in folders]
    assert texts(panel, "Result") == results
    assert texts(panel, "Since the run before") == ["fc1: 64 → 128 outputs", "learning rate 0.002 → 0.01", ""]
    assert texts(panel, "Parameters") == [f"{64 * n + n + n * 10 + 10:,}" for n in (128, 64, 64)]
    assert texts(panel, "Epochs") == ["2 epochs"] * 3
    assert [row._keys[COLUMNS.index("Took")] for row in panel.rows()] == [
        sum(line["seconds"] for line in lines(folder)) for folder in folders
    ]


def test_a_training_becomes_a_row(panel: RunsPanel, qtbot: Any) -> None:
    """Fails if the list stays as it was, or the difference to the run before is not told."""
    window = window_of(panel)
    for setting, value in (("epochs", 1), ("batch_size", 256), ("lr", 0.05)):
        window.qdocument.do(SetRecipe(setting=setting, value=value))
    press(qtbot, window, "F5")
    qtbot.waitUntil(lambda: window.session.trained is not None and not window.session.busy)
    qtbot.waitUntil(lambda: len(panel.rows()) == 4 and "training" not in texts(panel, "Epochs")[0])
    assert "learning rate 0.01 → 0.05" in texts(panel, "Since the run before")[0]
    assert "fc1: 128 → 64 outputs" in texts(panel, "Since the run before")[0]


def test_names_and_notes_are_kept(panel: RunsPanel, folders: list[Path], open_window: Open, qtbot: Any) -> None:
    """Fails if F2 renames nothing, a name or note is gone in the next window, or Escape writes one."""
    choose(panel, folders[1])
    panel.list.setFocus()
    qtbot.keyClick(panel.list, Qt.Key.Key_F2)
    write(panel, "Larger steps")
    qtbot.waitUntil(lambda: "Larger steps" in texts(panel, "Run"))
    qtbot.mouseClick(panel.note_button, Qt.MouseButton.LeftButton)
    write(panel, "the loss jumps")
    qtbot.waitUntil(lambda: "the loss jumps" in texts(panel, "Note"))
    assert (about(folders[1]).name, about(folders[1]).note) == ("Larger steps", "the loss jumps")
    choose(panel, folders[0])
    qtbot.mouseClick(panel.rename_button, Qt.MouseButton.LeftButton)
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    QTest.keyClicks(field, "no")
    option = QStyleOptionFrame()
    field.initStyleOption(option)
    inside = field.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, field)
    assert inside.height() >= field.fontMetrics().height(), "letters are cut off"
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert about(folders[0]).name == ""
    again = open_window("mlp_digits")
    again.docks.show("run_list")
    settle()
    assert texts(again.run_list, "Run")[1] == "Larger steps"
    again.run_list.search.setFocus()
    qtbot.keyClicks(again.run_list.search, "JUMPS 0.01")
    assert [row.run.past.folder for row in again.run_list.rows() if not row.isHidden()] == [folders[1]]


def test_a_tick_lays_curves_over(panel: RunsPanel, folders: list[Path], qtbot: Any) -> None:
    """Fails if the curves of a ticked run are not those of its metrics.jsonl, stay without the tick, or need a
    training in this window first."""
    window = window_of(panel)
    tick(panel, folders[0])
    tick(panel, folders[1])
    window.docks.show("training")
    settle()
    curves: Any = window.training.curves
    qtbot.waitUntil(lambda: curves is not None and curves.isVisible() and len(curves.loss._raw["other1"][0]) == 2)
    for name, folder in (("other0", folders[0]), ("other1", folders[1])):
        assert np.allclose(curves.loss._raw[name][1], [line["val_loss"] for line in lines(folder)])
        assert np.allclose(curves.accuracy._raw[name][1], [100 * line["val_accuracy"] for line in lines(folder)])
    window.docks.show("run_list")
    settle()
    tick(panel, folders[0])
    window.docks.show("training")
    settle()
    assert np.allclose(curves.loss._raw["other0"][1], [line["val_loss"] for line in lines(folders[1])])
    assert not len(curves.loss._raw["other1"][0])
    assert MOST_OVERLAID >= 3


def test_ticked_runs_on_other_data_are_told(panel: RunsPanel, folders: list[Path]) -> None:
    """Fails if curves of other data, or of another share that is held out, are laid over each other without a word, or
    two runs that differ in net and recipe are said to be unlike."""
    tick(panel, folders[0])
    tick(panel, folders[1])
    assert "one to one" not in panel.words.text()
    drawing = folders[1] / "drawing.netloom"
    project = runs.drawing_of(folders[1])
    assert project is not None
    recipe = project.recipe.with_settings(validation=0.5)
    save_project(replace(project, recipe=recipe), drawing)
    tick(panel, folders[0])
    assert "one to one" not in panel.words.text()
    tick(panel, folders[0])
    settle()
    said = panel.words.text()
    names = [row_of(panel, folder).name for folder in (folders[1], folders[0])]
    assert f"{names[0]} is checked on 50 % of the data, {names[1]} on 20 % of the data." in said


def test_selecting_reads_no_drawing(panel: RunsPanel, folders: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the drawings of ticked runs are read from their files at each selection, or one that has changed is
    still told as it was."""
    tick(panel, folders[0])
    tick(panel, folders[1])
    read: list[Path] = []
    plain = kept_runs.open_project

    def opened(path: Path) -> Any:
        read.append(path)
        return plain(path)

    monkeypatch.setattr(kept_runs, "open_project", opened)
    for folder in (*folders, *folders):
        choose(panel, folder)
        settle()
    assert not read
    changed = runs.drawing_of(folders[0])
    assert changed is not None
    recipe = changed.recipe.with_settings(validation=0.4)
    save_project(replace(changed, recipe=recipe), folders[0] / "drawing.netloom")
    choose(panel, folders[1])
    settle()
    assert read == [folders[0] / "drawing.netloom"]
    assert "40 % of the data" in panel.words.text()


def test_sorted_by_what_columns_mean(panel: RunsPanel) -> None:
    """Fails if results or weights are sorted by their letters."""
    panel.list.sortByColumn(COLUMNS.index("Parameters"), Qt.SortOrder.AscendingOrder)
    assert texts(panel, "Parameters") == ["4,810", "4,810", "9,610"]
    panel.list.sortByColumn(COLUMNS.index("Result"), Qt.SortOrder.DescendingOrder)
    found = [float(text.split()[0]) for text in texts(panel, "Result")]
    assert found == sorted(found, reverse=True)


def test_open_and_throw_away(panel: RunsPanel, folders: list[Path], qtbot: Any) -> None:
    """Fails if Enter does not bring a run back, one that is shown can be deleted, or Delete takes it without asking."""
    window = window_of(panel)
    choose(panel, folders[2])
    panel.list.setCurrentItem(row_of(panel, folders[2]))
    panel.list.setFocus()
    qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.session.trained is not None)
    assert window.session.trained is not None
    assert window.session.trained.run == folders[2]
    said = window.status.message.full_text
    now, then = window.qdocument.project.recipe, load_run(folders[2]).project.recipe
    assert ("The recipe has changed since then" in said) == (now != then)
    assert f"epochs 2 → {now.epochs}" in said
    window.docks.show("run_list")
    settle()
    choose(panel, folders[2])
    qtbot.mouseClick(panel.delete_button, Qt.MouseButton.LeftButton)
    assert "stays" in panel.words.text()
    choose(panel, folders[1])
    panel.list.setFocus()
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    (box,) = [each for each in panel.findChildren(QMessageBox) if each.isVisible()]
    assert folders[1].exists()
    qtbot.mouseClick(next(b for b in box.buttons() if b.text() == "Into the bin"), Qt.MouseButton.LeftButton)
    settle()
    if folders[1].exists():  # no bin on this system
        (box,) = [each for each in panel.findChildren(QMessageBox) if each.isVisible()]
        qtbot.mouseClick(next(b for b in box.buttons() if b.text() == "Delete"), Qt.MouseButton.LeftButton)
    assert [folder.exists() for folder in folders] == [True, False, True]
    assert len(panel.rows()) == 2


def test_folds_are_told_apart() -> None:
    """Fails if two runs that began in the same second have one name, as quick folds do, or the first of four looks
    like a run without any."""
    assert usual_name(Path("moons-20261201-040806")) == "04:08:06"
    assert usual_name(Path("moons-20261201-040806-2")) == "04:08:06 (2)"
    every = [settings_of(project_of(folds=4, fold=fold)).rpartition(", ")[2] for fold in (1, 2, 4)]
    assert every == ["fold 1 of 4", "fold 2 of 4", "fold 4 of 4"]
    assert "fold" not in settings_of(project_of())


@pytest.mark.parametrize("way", ["button", "key"])
def test_after_one_is_thrown_away_the_keys_go_on_with_the_next(
    panel: RunsPanel, folders: list[Path], qtbot: Any, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Fails if the keys stand in "Keep the last 30" afterwards, where an arrow would change how many runs are kept, or
    the run that is marked is not the one below, and above that of the last one."""
    monkeypatch.setattr("app.ui.training.runs_bin._into_bin", lambda folder: shutil.rmtree(folder) is None)
    window = window_of(panel)
    for gone, then in ((folders[1], folders[2]), (folders[2], folders[0])):
        if gone is folders[1]:
            choose(panel, gone)
        if way == "key":
            panel.list.setFocus()
            qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
        else:
            panel.delete_button.setFocus()
            qtbot.keyClick(panel.delete_button, Qt.Key.Key_Space)
        answer(qtbot, window, "Into the bin")
        settle()
        assert not gone.exists()
        assert window.focusWidget() is panel.list
        assert [run.past.folder for run in panel.chosen()] == [then]
        assert panel.list.currentItem() is row_of(panel, then)
    kept = window.settings.values.keep_runs
    press(qtbot, window, "Down")
    assert window.settings.values.keep_runs == kept


def test_how_many_epochs_is_read_whole(panel: RunsPanel) -> None:
    """Fails if the number of epochs of a long run that was stopped is cut, as it was after "82 of 400"; if the
    column keeps room for words that are gone, or a width that somebody has drawn does not stay."""
    row = panel.rows()[0]
    row.setText(COLUMNS.index("Epochs"), "8,200 of 40,000 epochs")
    panel.list.show_rows([panel.list.takeTopLevelItem(0)], ())
    column = COLUMNS.index("Epochs")
    wide = panel.list.columnWidth(column)
    assert panel.list.sizeHintForColumn(column) <= wide
    panel.refresh()  # the words of a training that is on are gone
    assert panel.list.columnWidth(column) < wide
    panel.list.setColumnWidth(column, wide + 7)
    panel.refresh()
    assert panel.list.columnWidth(column) == wide + 7


def test_files_hold_every_number(panel: RunsPanel, folders: list[Path], tmp_path: Path) -> None:
    """Fails if the table has other numbers than metrics.jsonl, or the zip lacks a file of a run."""
    choose(panel, *folders[:2])
    choose_in_dialog(panel.export_button, tmp_path / "runs.csv")
    settle()
    table = list(csv.DictReader(io.StringIO((tmp_path / "runs.csv").read_text())))
    expected = [line for folder in folders[:2] for line in lines(folder)]
    assert sorted(float(row["val_loss"]) for row in table) == sorted(line["val_loss"] for line in expected)
    assert {row["run"] for row in table} == {folder.name for folder in folders[:2]}
    choose(panel, *folders[:2])
    choose_in_dialog(panel.export_button, tmp_path / "runs.zip")
    settle()
    with zipfile.ZipFile(tmp_path / "runs.zip") as packed:
        for folder in folders[:2]:
            for name in FILES:
                if (folder / name).exists():
                    assert packed.read(f"{folder.name}/{name}") == (folder / name).read_bytes()


def test_how_many_are_kept(panel: RunsPanel, folders: list[Path]) -> None:
    """Fails if the number is forgotten, or what has a name is deleted with the others."""
    panel.keep.setFocus()
    QTest.keyClick(panel.keep, Qt.Key.Key_Up)
    QTest.keyClick(panel.keep, Qt.Key.Key_Up)
    kept = Settings(window_of(panel).settings.path).values.keep_runs
    assert kept == panel.keep.currentData() == 5
    for number, folder in enumerate(folders):
        os.utime(folder, (1e9 - 60 * number,) * 2)
    change_about(folders[2], name="The first")
    os.utime(folders[2], (1e9 - 120,) * 2)
    runs.prune(most=1)
    assert folders[2].exists()
    assert not folders[1].exists()


@pytest.mark.usefixtures("_no_runs")
def test_a_drawing_without_runs_says_so(open_window: Open) -> None:
    """Fails if an empty list says nothing."""
    window = open_window("lenet_digits")
    window.docks.show("run_list")
    settle()
    assert "not trained yet" in window.run_list.words.text()
    assert not window.run_list.open_button.isEnabled()


@pytest.mark.usefixtures("_no_runs")
def test_a_run_that_was_sent_is_a_row_once_it_was_opened(
    originals: list[Path], tmp_path: Path, open_window: Open
) -> None:
    """Fails if the panel says that a drawing was never trained while it shows what its training has left behind."""
    sent = Path(shutil.copytree(originals[1], tmp_path / "from a friend"))
    window = open_window("mlp_digits")
    window.docks.show("run_list")
    settle()
    assert window.run_list.rows() == []
    window.files.open_run(sent)
    window.docks.show("run_list")
    settle()
    found = window.run_list
    assert isinstance(found, RunsPanel)
    assert [row.run.past.folder for row in found.rows()] == [sent]
    assert "not trained" not in found.words.text()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have bins of their own")
@pytest.mark.parametrize("new", [True, False], ids=["a new account", "an account with data"])
def test_runs_lie_in_the_bin_of_the_system(new: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if an account whose folder for data was never made is told that its system has no bin, or a run that was
    thrown away cannot be taken out of it again."""
    data = tmp_path / "home" / ".local" / "share"
    monkeypatch.setenv("XDG_DATA_HOME", str(data))
    if not new:
        data.mkdir(parents=True)
    run = tmp_path / "runs" / "first"
    run.mkdir(parents=True)
    (run / "weights.safetensors").write_bytes(b"what was learned")
    assert _into_bin(run)
    assert not run.exists()
    assert (data / "Trash" / "files" / "first" / "weights.safetensors").read_bytes() == b"what was learned"
    assert f"Path={run}" in (data / "Trash" / "info" / "first.trashinfo").read_text()


def test_numbers_that_cannot_be_read_are_named(panel: RunsPanel, folders: list[Path]) -> None:
    """Fails if a run whose numbers are damaged looks whole."""
    assert "cannot be read" not in panel.words.text()
    metrics = folders[1] / "metrics.jsonl"
    metrics.write_text(metrics.read_text() + "{oops}\n")
    panel.refresh()
    assert f"Line 3 of {metrics} cannot be read" in panel.words.text()
    panel.search.setText("no such words")
    assert "cannot be read" not in panel.words.text()
