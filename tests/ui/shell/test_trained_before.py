"""A drawing that was trained says so when it is opened, and one click brings that back; other runs cost no undo."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

import main
from app.cli.main import run as run_command
from app.core.commands import Rename, SetRecipe, SetSetting
from app.core.compile.net import compile_net
from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.core.storage import recovery, templates
from app.core.storage.files import save_project
from app.core.storage.processes import Process, this_machine, this_process
from app.training.checkpoints import load_run
from app.training.events import EpochDone
from app.training.loop import train
from app.training.run_description import about, change_about, noting
from app.ui.autosave import folder_of
from app.ui.insight.subject_cache import TrainedRun
from app.ui.training import runs
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import Open, answer, press

ROOT = Path(main.__file__).parent
LEFT = Qt.MouseButton.LeftButton
RECIPE = Recipe(lr=0.003, epochs=3, batch_size=256, validation=0.2, device="cpu")


def mlp(**settings: Any) -> Project:
    project = replace(templates.load("mlp_digits"), recipe=RECIPE)
    for name, value in settings.items():
        project = SetSetting("", ("fc1",), name, value).apply(project)
    return project


def a_run(name: str, project: Project, file: Path | None = None, stop_after: int = 99) -> Path:
    """A run among the window's own, as a training writes it."""
    folder = runs.home() / f"{name}-20260131-140502"
    running = noting(train(compile_net(project), project.recipe, out=folder), folder, file)
    for event in running:
        if isinstance(event, EpochDone) and event.epoch == stop_after:
            running.close()
            break
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.netloom"
    save_project(mlp(), path)
    return path


@pytest.fixture
def run(file: Path) -> Path:
    """The training of the file, stopped after two of three epochs."""
    return a_run("mlp", mlp(), file, stop_after=2)


@pytest.fixture
def shown(open_window: Open, file: Path, qtbot: Any) -> Iterator[Any]:
    """Opens the file, or another one, in a window of its own and waits until a training is offered."""
    made: list[MainWindow] = []

    def make(path: Path | str | None = None) -> MainWindow:
        window = open_window(path if path is not None else file)
        made.append(window)
        qtbot.waitUntil(window.runs.notice.isVisible)
        return window

    yield make
    for window in made:
        for other in window.windows.others(window):
            other._may_close = True
            other.close()


def accuracy(folder: Path) -> str:
    last = json.loads((folder / "metrics.jsonl").read_text().splitlines()[-1])
    return f"{100 * last['val_accuracy']:.1f} %"


def click(qtbot: Any, button: Any) -> None:
    qtbot.mouseClick(button, LEFT)


def nothing_offered(window: MainWindow, qtbot: Any) -> bool:
    qtbot.waitUntil(lambda: not window.runs._look.isActive())
    settle()
    return not window.runs.notice.isVisible()


@pytest.mark.parametrize("place", ["beside", "far away"])
def test_a_training_on_the_command_line_counts(place: str, file: Path, shown: Any, qtbot: Any, tmp_path: Path) -> None:
    """Fails if only what a window has trained is offered, or it cannot be brought back and continued."""
    out = tmp_path / "runs" / "mine" if place == "beside" else tmp_path / "far" / "away"
    assert run_command(["train", str(file), "--epochs", "2", "--out", str(out)]) == 0
    window = shown()
    assert f"Trained before, {accuracy(out)} (2 epochs), today at" in window.runs.notice.text.text()
    click(qtbot, window.runs.notice.action)
    assert window.session.trained is not None
    assert window.session.trained.run == out
    window.qdocument.do(SetRecipe(setting="epochs", value=3))
    press(qtbot, window, "Shift+F5")
    qtbot.waitUntil(lambda: window.session.trained is not None and window.session.trained.epoch == 3)
    qtbot.waitUntil(lambda: not window.session.busy)
    assert [json.loads(line)["epoch"] for line in (out / "metrics.jsonl").read_text().splitlines()] == [1, 2, 3]
    assert [past.folder for past in runs.latest(None)] == [out]


def test_one_click_brings_curves_filters_and_accuracy_back(run: Path, shown: Any, qtbot: Any) -> None:
    """Fails if it is not said, needs more than a click, brings other numbers or weights, or touches the drawing."""
    window = shown()
    text = window.runs.notice.text.text()
    assert f"Trained before, {accuracy(run)} (2 of 3 epochs), today at" in text
    assert not window.banner.isVisible()
    project = window.qdocument.project
    click(qtbot, window.runs.notice.action)
    assert not window.runs.notice.isVisible()
    assert window.qdocument.project is project
    assert not window.qdocument.document.dirty
    assert window.qdocument.document.undo_title is None
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [done.train_loss for done in window.training.story.done] == [line["train_loss"] for line in lines]
    assert f"validation accuracy {accuracy(run)}" in window.training.words.accessibleName()
    assert "trained, 2 epochs" in window.status.training.full_text
    assert window.canvas.hasFocus()
    window.session.load_torch()
    qtbot.waitUntil(lambda: window.session.torch_loaded)
    origin = window.session.origin_of("fc1")
    assert isinstance(origin, TrainedRun)
    weights = window.session._kept.subject(origin).model.state_dict()
    assert all(torch.equal(weights[name], value) for name, value in load_run(run).model.state_dict().items())


def test_continue_works_after_it_came_back(run: Path, tmp_path: Path, shown: Any, qtbot: Any) -> None:
    """Fails if Continue is off, begins anew, or ends with other weights than a training without a break."""
    whole = tmp_path / "whole"  # trained before there is a window, which draws from the same random numbers
    list(train(compile_net(mlp()), RECIPE, out=whole))
    window = shown()
    action = window.actions_table["train_on"]
    assert not action.isEnabled()
    click(qtbot, window.runs.notice.action)
    assert action.isEnabled()
    press(qtbot, window, "Shift+F5")
    qtbot.waitUntil(lambda: window.session.trained.epoch == 3 and not window.session.busy)
    assert window.session.trained.run == run
    assert [done.epoch for done in window.training.story.done] == [1, 2, 3]
    one, other = load_run(run), load_run(whole)
    for name, value in one.model.state_dict().items():
        assert torch.allclose(value, other.model.state_dict()[name], atol=1e-5), name
    assert not action.isEnabled()
    window.qdocument.do(SetRecipe(setting="epochs", value=4))
    assert action.isEnabled()


def test_it_is_found_again_where_the_file_was_moved_to(run: Path, file: Path, shown: Any, tmp_path: Path) -> None:
    """Fails if a file that is renamed or lies in another folder has lost its training."""
    (tmp_path / "elsewhere").mkdir()
    moved = file.rename(tmp_path / "elsewhere" / "renamed.netloom")
    window = shown(moved)
    assert "Trained before as mine.netloom" in window.runs.notice.text.text()
    window.runs.notice.action.click()
    assert about(run).files == (str(file), str(moved))  # so that it stays known when it is changed later


def test_a_template_that_was_never_saved_is_known(shown: Any) -> None:
    """Fails if only drawings with a file are remembered."""
    project = templates.load("mlp_digits")
    folder = a_run("mlp", replace(project, recipe=replace(project.recipe, epochs=1, batch_size=256, device="cpu")))
    window = shown("mlp_digits")
    assert accuracy(folder) in window.runs.notice.text.text()


def test_a_drawing_that_is_saved_later_keeps_its_training(
    open_window: Open, shown: Any, tmp_path: Path, qtbot: Any
) -> None:
    """Fails if a training before the first save is lost as soon as the drawing is changed after it."""
    folder = a_run("mlp", mlp())
    window = open_window("mlp_digits")
    qtbot.waitUntil(window.runs.notice.isVisible)
    window.runs.notice.action.click()
    window.files.write(tmp_path / "first.netloom")
    window.qdocument.do(SetSetting("", ("fc1",), "out_features", 40))
    window.files.write(tmp_path / "second.netloom")
    assert about(folder).files == (str(tmp_path / "first.netloom"), str(tmp_path / "second.netloom"))
    other = shown(tmp_path / "second.netloom")
    assert "Since then: changed fc1" in other.runs.notice.text.text()


def test_what_was_changed_since_is_named(run: Path, file: Path, shown: Any, qtbot: Any) -> None:
    """Fails if weights of another net are promised, or the drawing as it was cannot be had as a step of undo."""
    save_project(mlp(out_features=40), file)
    window = shown()
    notice = window.runs.notice
    assert "changed fc1" in notice.text.text()
    assert "train anew" in notice.text.text()
    click(qtbot, notice.action)
    assert [done.epoch for done in window.training.story.done] == [1, 2]
    assert not window.actions_table["train_on"].isEnabled()
    window.session.load_torch()
    qtbot.waitUntil(lambda: window.session.torch_loaded)
    assert not isinstance(window.session.origin_of("fc1"), TrainedRun)
    assert isinstance(window.session.origin_of("relu1"), TrainedRun)
    assert window.qdocument.project.graph.nodes["fc1"].params["out_features"] == 40


def test_the_drawing_as_it_was_trained_is_a_step(run: Path, file: Path, shown: Any, qtbot: Any) -> None:
    """Fails if showing it throws the changed drawing away, or asks about it."""
    save_project(mlp(out_features=40), file)
    window = shown()
    click(qtbot, window.runs.notice.other)
    assert window.qdocument.project.graph.nodes["fc1"].params["out_features"] == 64
    assert window.qdocument.document.undo_title == "Show an earlier run"
    assert window.actions_table["train_on"].isEnabled()
    assert not window.findChildren(QMessageBox)
    window.undo()
    assert window.qdocument.project.graph.nodes["fc1"].params["out_features"] == 40
    assert not window.qdocument.document.dirty


def test_renamed_layers_still_show_their_filters(run: Path, file: Path, shown: Any, qtbot: Any) -> None:
    """Fails if a layer that only has another name since shows fresh weights."""
    save_project(Rename(old="fc1", new="first").apply(mlp()), file)
    window = shown()
    assert "other names" in window.runs.notice.text.text()
    click(qtbot, window.runs.notice.action)
    window.session.load_torch()
    qtbot.waitUntil(lambda: window.session.torch_loaded)
    origin = window.session.origin_of("first")
    assert isinstance(origin, TrainedRun)
    weights = window.session._kept.subject(origin).model.state_dict()
    assert torch.equal(weights["first.weight"], load_run(run).model.state_dict()["fc1.weight"])


def test_continue_works_under_other_names(run: Path, file: Path, tmp_path: Path, shown: Any, qtbot: Any) -> None:
    """Fails if a drawing whose layers were renamed, saved and opened again cannot go on, or ends with other weights
    than a training without a break."""
    whole = tmp_path / "whole"
    list(train(compile_net(mlp()), RECIPE, out=whole))
    project = mlp()
    for old, new in (("fc1", "between"), ("fc2", "fc1"), ("between", "fc2"), ("digits", "pictures"), ("loss", "cost")):
        project = Rename(old=old, new=new).apply(project)
    save_project(project, file)
    window = shown()
    click(qtbot, window.runs.notice.action)
    assert window.actions_table["train_on"].isEnabled()
    press(qtbot, window, "Shift+F5")
    qtbot.waitUntil(lambda: window.session.trained.epoch == 3 and not window.session.busy)
    assert window.session.trained.run == run
    assert [done.epoch for done in window.training.story.done] == [1, 2, 3]
    one, other = load_run(run).model.state_dict(), load_run(whole).model.state_dict()
    assert list(one) == ["fc2.weight", "fc2.bias", "fc1.weight", "fc1.bias"]
    for found, expected in zip(one.values(), other.values(), strict=True):
        assert torch.allclose(found, expected, atol=1e-5)


def test_it_follows_edits_while_it_is_offered(run: Path, shown: Any, qtbot: Any) -> None:
    """Fails if it goes on promising what an edit has made untrue, or does not come back with undo."""
    window = shown()
    notice = window.runs.notice
    window.qdocument.do(SetSetting("", ("fc1",), "out_features", 40))
    qtbot.waitUntil(lambda: "changed fc1" in notice.text.text())
    window.undo()
    qtbot.waitUntil(lambda: "changed" not in notice.text.text())
    assert notice.isVisible()
    window.qdocument.do(SetSetting("", ("fc1",), "out_features", 40))
    click(qtbot, notice.action)  # in the same moment: what counts is the drawing as it is now
    assert not window.actions_table["train_on"].isEnabled()
    assert window.qdocument.document.undo_title is not None
    window.undo()
    assert window.actions_table["train_on"].isEnabled()


def test_it_goes_when_something_else_is_trained_or_opened(run: Path, file: Path, shown: Any, qtbot: Any) -> None:
    """Fails if an offer stays beside the training that makes it old, or beside another drawing."""
    window = shown()
    window.files.open_template("lenet_digits")
    assert nothing_offered(window, qtbot)
    window.files.load(file)
    qtbot.waitUntil(window.runs.notice.isVisible)
    press(qtbot, window, "F5")
    assert not window.runs.notice.isVisible()
    window.stop()
    qtbot.waitUntil(lambda: not window.session.busy)
    assert nothing_offered(window, qtbot)


def test_its_cross_is_the_last_word(run: Path, file: Path, shown: Any, qtbot: Any) -> None:
    """Fails if an offer that was closed comes again with every opening, or the run cannot be reached any more."""
    window = shown()
    click(qtbot, window.runs.notice.close_button)
    assert not window.runs.notice.isVisible()
    window.files.open_template("lenet_digits")
    window.files.load(file)
    assert nothing_offered(window, qtbot)
    window.files.open_run(run)
    assert window.session.trained.run == run


def test_a_run_that_was_deleted_meanwhile(run: Path, shown: Any, qtbot: Any) -> None:
    """Fails if a click on what is gone ends in an error, or in silence."""
    window = shown()
    shutil.rmtree(run)
    click(qtbot, window.runs.notice.action)
    assert not window.runs.notice.isVisible()
    assert window.session.trained is None
    assert "not there any more" in window.status.message._full


def test_nothing_is_said_where_there_is_nothing(open_window: Open, file: Path, qtbot: Any) -> None:
    """Fails if a drawing that was never trained has a strip above it."""
    assert nothing_offered(open_window(file), qtbot)


@pytest.mark.parametrize("width", [1366, 683])
def test_all_of_it_is_seen(width: int, run: Path, file: Path, shown: Any, qtbot: Any) -> None:
    """Fails if words are cut off or a button lies beyond the edge, in half of a small screen too."""
    save_project(mlp(out_features=40), file)
    window = shown()
    window.resize(width, 736)
    notice = window.runs.notice
    qtbot.waitUntil(lambda: window.width() == width and notice.width() < width)
    settle()
    assert notice.text.height() >= notice.text.heightForWidth(notice.text.width())
    for part in (notice.text, notice.action, notice.other, notice.close_button):
        place = part.rect().translated(part.mapTo(notice, part.rect().topLeft()))
        assert notice.rect().contains(place), part
    assert window.canvas.height() > 100


def test_unsaved_changes_that_come_back_bring_the_training(
    run: Path, open_window: Open, file: Path, qtbot: Any
) -> None:
    """Fails if a drawing that is restored after a crash does not know that it was trained."""
    window = open_window()
    dead = Process(2**22 + 5, "long ago", this_machine())
    changed = SetSetting("", ("fc1",), "bias", False).apply(mlp())
    place = recovery.fresh_place(folder_of(window))
    recovery.keep(place, changed, file, recovery.stamp_of(file), "mine.netloom", ("changed fc1",), dead)
    window.after_first_paint()
    answer(qtbot, window, "Restore")
    qtbot.waitUntil(window.runs.notice.isVisible)
    assert "changed fc1" in window.runs.notice.text.text()
    window.undo()
    qtbot.waitUntil(lambda: "changed" not in window.runs.notice.text.text())
    window.redo()
    window.runs.notice.action.click()
    assert window.session.trained.run == run
    assert window.qdocument.document.undo_title == "Restore unsaved changes"


# Other runs and undo


def test_a_run_of_the_same_net_leaves_drawing_and_undo_alone(run: Path, shown: Any) -> None:
    """Fails if opening a run from the menu replaces the drawing, so that what was done cannot be undone."""
    window = shown()
    window.qdocument.do(SetRecipe(setting="epochs", value=9))
    project = window.qdocument.project
    window.files.open_run(run)
    assert window.qdocument.project is project
    assert window.session.trained.run == run
    window.undo()
    assert window.qdocument.project.recipe.epochs == 3


def test_another_version_is_a_step_and_undo_brings_both_back(run: Path, file: Path, shown: Any, qtbot: Any) -> None:
    """Fails if the steps before are lost, or undo shows one drawing beside what another one has learned."""
    wider = a_run("wide", mlp(out_features=40), file)
    window = shown()
    window.qdocument.do(Rename(old="fc1", new="first"))
    window.undo()
    window.qdocument.do(Rename(old="fc2", new="second"))
    window.files.open_run(run)
    assert window.session.trained.run == run
    window.files.open_run(wider)
    assert not window.findChildren(QMessageBox)
    assert window.qdocument.project.graph.nodes["fc1"].params["out_features"] == 40
    assert window.session.trained.run == wider
    assert [done.epoch for done in window.training.story.done] == [1, 2, 3]
    window.undo()
    assert "second" in window.qdocument.project.graph.nodes
    assert window.session.trained.run == run
    assert [done.epoch for done in window.training.story.done] == [1, 2]
    window.redo()
    assert window.session.trained.run == wider
    window.undo()
    window.undo()
    assert "fc2" in window.qdocument.project.graph.nodes
    assert not window.qdocument.document.dirty


def test_a_run_of_another_drawing_comes_into_another_window(open_window: Open, qtbot: Any) -> None:
    """Fails if it takes the place of a drawing on which something was done."""
    folder = a_run("mlp", mlp())
    window = open_window()
    window.qdocument.do(SetSetting("", ("conv1",), "out_channels", 9))
    window.files.open_run(folder)
    (other,) = window.windows.others(window)
    try:
        assert other.session.trained is not None
        assert other.session.trained.run == folder
        assert other.qdocument.document.path is None
        assert window.session.trained is None
        window.undo()
        assert window.qdocument.project.graph.nodes["conv1"].params["out_channels"] == 6
    finally:
        other._may_close = True
        other.close()


def test_the_file_of_a_run_is_opened_like_a_run(run: Path, shown: Any) -> None:
    """Fails if the drawing in a run's folder, dropped on the window, takes the place of the drawing and its undo."""
    window = shown()
    window.qdocument.do(SetRecipe(setting="epochs", value=9))
    window.files.open_recent(run / "drawing.netloom")
    assert window.session.trained.run == run
    assert window.qdocument.document.undo_title is not None
    assert not window.findChildren(QMessageBox)


def test_two_windows_do_not_train_one_run(run: Path, shown: Any, qtbot: Any) -> None:
    """Fails if the second one writes its weights into the folder in which the first one is training."""
    window = shown()
    window.runs.notice.action.click()
    change_about(run, ending="", process=this_process())
    before = (run / "weights.safetensors").read_bytes()
    press(qtbot, window, "Shift+F5")
    qtbot.waitUntil(window.banner.isVisible)
    assert window.banner.text.text() == "Nothing was trained."
    assert any("Another window is training this run" in entry.problem.sentence for entry in window.listing.entries)
    assert not window.session.busy
    assert (run / "weights.safetensors").read_bytes() == before


TRAINS = """
import sys
import main
from app.training.events import EpochDone
from app.ui.window import MainWindow

usual = MainWindow.after_first_paint

def hear(bundle):
    if any(isinstance(event, EpochDone) and event.epoch >= 2 for event in bundle.events):
        print("two", flush=True)

def after(window):
    usual(window)
    window.session.progress.connect(hear)
    window.train()

MainWindow.after_first_paint = after
sys.exit(main.main(sys.argv[1:]))
"""


@pytest.mark.real_window
def test_killed_in_the_middle_of_a_training(display: str | None, file: Path, shown: Any, qtbot: Any) -> None:
    """Fails if kill -9 costs what was learned, or the next opening does not offer it."""
    save_project(replace(mlp(), recipe=replace(RECIPE, epochs=100_000)), file)
    environment = {**os.environ, "NETLOOM_HOME": str(runs.home().parent)}
    command = [sys.executable, "-c", TRAINS, str(file)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "two\n"
        finally:
            process.send_signal(signal.SIGKILL)
    window = shown()
    assert "of 100,000 epochs" in window.runs.notice.text.text()
    assert "Netloom ended before the rest." in window.runs.notice.text.text()
    window.runs.notice.action.click()
    assert window.session.trained.epoch >= 1
    before = window.session.trained.epoch
    press(qtbot, window, "Shift+F5")
    qtbot.waitUntil(lambda: window.controls.epoch > before + 1)
    assert window.session.run.resumed
    window.stop()
    qtbot.waitUntil(lambda: not window.session.busy)
