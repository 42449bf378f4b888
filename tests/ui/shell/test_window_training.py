"""Training, as the controls of the window see it. The session itself is tested beside its own code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPushButton

from app.core.commands import SetRecipe, SetSetting
from app.core.graph.recipe import Recipe
from app.core.storage import templates
from app.core.storage.files import save_project
from app.jobs.messages import Bundle
from app.training.events import Cancelled, Failed, Finished, Started
from app.training.run_description import about
from app.ui.window import MainWindow
from tests.support.epochs import epoch_done
from tests.support.patience import settle
from tests.training.nets import autoencoder
from tests.ui.shell.hands import (
    Open,
    answer,
    change,
    file_dialog,
    long_training,
    press,
    question,
    type_file,
    type_over,
)


def test_controls_follow_the_state(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a button can be pressed that does nothing, or one that is needed cannot."""
    expected = {
        "idle": {"train", "step"},
        "starting": {"stop"},
        "running": {"pause", "step", "stop"},
        "paused": {"train", "pause", "step", "stop"},
        "stopping": set(),
    }
    for state, names in expected.items():
        monkeypatch.setattr(window.session, "_state", state)
        window.controls.refresh()
        enabled = {name for name in ("train", "pause", "step", "stop") if window.actions_table[name].isEnabled()}
        assert enabled == names, state
        assert window.actions_table["pause"].isChecked() == (state == "paused")
        assert window.controls.device.isEnabled() == (state == "idle")


def test_status_tells_how_it_goes(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if epoch or speed is not what the events say."""
    monkeypatch.setattr(window.session, "_state", "running")
    window.session.progress.emit(Bundle(1, (Started("cpu", 1437, 360, 45, 20, 61706),)))
    done = epoch_done(3, 20, train_loss=0.1, val_loss=0.1, samples_per_second=9400.4)
    window.session.progress.emit(Bundle(1, (done,)))
    assert window.status.training.full_text == "· epoch 3/20 · 9,400 img/s"
    monkeypatch.setattr(window.session, "_state", "idle")
    window.session.ended.emit(Finished(20))
    assert window.status.training.full_text == "· trained, 20 epochs, loss 0.1"
    window.session.ended.emit(Cancelled(1))
    assert window.status.training.full_text == "· stopped after 1 epoch, loss 0.1"
    window.session.ended.emit(Failed("conv2", "conv2: too large for the memory."))
    assert window.banner.isVisible()
    window.banner.action.click()
    assert window.canvas.selected == ("conv2",)


@pytest.mark.parametrize("key", ["F5", "F7"])
def test_the_number_that_is_shown_is_the_one_that_trains(key: str, window: MainWindow, qtbot: Any) -> None:
    """Fails if F5 in a field with too large a number trains with the digits that fitted, while all of them are seen."""
    box = window.training.recipe.editors["epochs"].fields()[0]
    type_over(qtbot, box, "5000000")
    press(qtbot, window, key)
    assert window.session.busy
    assert window.qdocument.project.recipe.epochs == 100_000
    assert box.text() == "100000"  # type: ignore[attr-defined]
    window.stop()
    qtbot.waitUntil(lambda: not window.session.busy)


def test_status_tells_what_came_of_it(window: MainWindow, qtbot: Any) -> None:
    """Fails if the result cannot be read while another panel than Training is in front, is not that of the epoch whose
    weights were kept, is cut in half a window, or stays when the next training ends within its first epoch."""
    recipe = {"epochs": 3, "batch_size": 64, "device": "cpu", "stopping": "no-better"}
    for setting, value in recipe.items():
        window.qdocument.do(SetRecipe(setting=setting, value=value))
    window.show_panel("code")
    window.canvas.setFocus()
    press(qtbot, window, "F5")
    qtbot.waitUntil(lambda: not window.session.busy)
    run = window.session.run
    assert run is not None
    lines = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    kept = about(run.folder).best or len(lines)
    assert window.status.training.full_text == f"· trained, 3 epochs, {100 * lines[kept - 1]['val_accuracy']:.1f} %"
    assert window.status.training.toolTip().startswith("Accuracy on validation data")
    window.resize(683, 736)
    settle()
    assert window.status.training.text() == window.status.training.full_text  # the totals stand back
    assert window.status.totals.text().startswith("61,706 parameters")
    window.resize(1366, 736)
    settle()
    press(qtbot, window, "F7")
    qtbot.mouseClick(window.banner.action, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.state == "paused")
    window.stop()
    qtbot.waitUntil(lambda: not window.session.busy)
    assert window.status.training.full_text == "· stopped"


def test_training_a_drawing_with_problems_says_why(window: MainWindow, qtbot: Any) -> None:
    """Fails if Train on a broken drawing does nothing, or begins."""
    window.qdocument.do(SetSetting("", ("conv2",), "kernel_size", (40, 40)))
    window.canvas.setFocus()
    press(qtbot, window, "F5")
    assert not window.session.busy
    assert "conv2" in window.banner.text.text()
    window.qdocument.do(SetSetting("", ("conv2",), "kernel_size", (5, 5)))
    assert not window.banner.isVisible()  # mended, so it is no longer true
    window.status.show_training("trained, 3 epochs")
    window.qdocument.new()
    assert window.status.training.full_text == ""


def test_a_step_behind_a_finished_run_asks(window: MainWindow, qtbot: Any) -> None:
    """Fails if F7 begins a new run by itself, or the button in the sentence does not."""
    window.qdocument.do(SetRecipe(setting="epochs", value=1))
    window.canvas.setFocus()
    press(qtbot, window, "F5")
    qtbot.waitUntil(lambda: not window.session.busy)
    folder = window.session.run.folder  # type: ignore[union-attr]
    press(qtbot, window, "F7")
    assert not window.session.busy
    assert "finished" in window.banner.text.text()
    qtbot.mouseClick(window.banner.action, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.state == "paused")
    assert window.session.run.folder != folder  # type: ignore[union-attr]
    assert not window.banner.isVisible()
    window.stop()
    qtbot.waitUntil(lambda: not window.session.busy)


@pytest.mark.slow
def trained_for_long(open_window: Open, qtbot: Any, folder: Path) -> MainWindow:
    """A window in which a training is on that does not end by itself."""
    window = open_window(long_training(folder / "long.netloom"))
    window.after_first_paint()
    window.canvas.setFocus()
    press(qtbot, window, "F5")
    qtbot.waitUntil(lambda: window.session.state == "running")
    return window


def test_train_pause_step_stop_and_close(open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a key does not reach the session, or closing during training leaves a worker or does not ask."""
    window = trained_for_long(open_window, qtbot, tmp_path)
    press(qtbot, window, "F6")
    assert window.session.state == "paused"
    press(qtbot, window, "F7")
    assert window.session.state == "paused"
    press(qtbot, window, "F6")
    assert window.session.state == "running"
    qtbot.waitUntil(lambda: window.controls.epoch >= 2)
    assert not window.close()
    assert "Stop the training?" in question(window).text()
    answer(qtbot, window, "Let it train")
    assert window.isVisible()
    assert window.session.busy
    press(qtbot, window, "F8")
    qtbot.waitUntil(lambda: not window.session.busy)
    assert "stopped" in window.status.training.full_text
    press(qtbot, window, "F5")
    qtbot.waitUntil(lambda: window.session.state == "running")
    window.close()
    answer(qtbot, window, "Stop the training")
    qtbot.waitUntil(lambda: not window.isVisible())


def test_a_training_is_stopped_only_for_a_file_that_was_chosen(open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if Ctrl+O alone ends a training or asks about it, or a chosen file is opened without the question."""
    other = tmp_path / "other.netloom"
    save_project(templates.load("mlp_digits"), other)
    window = trained_for_long(open_window, qtbot, tmp_path)
    press(qtbot, window, "Ctrl+O")
    qtbot.keyClick(file_dialog(window), Qt.Key.Key_Escape)
    assert window.session.state == "running"
    assert not window.findChildren(QMessageBox)
    press(qtbot, window, "Ctrl+O")
    type_file(qtbot, window, other)
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)))
    assert window.session.state == "running"
    answer(qtbot, window, "Stop the training")
    qtbot.waitUntil(lambda: window.qdocument.document.path == other)
    assert not window.session.busy


def test_a_stopped_run_goes_on_by_its_key(open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if Continue can be reached by a button alone, or begins anew, or could be pressed where nothing stopped."""
    window = open_window(long_training(tmp_path / "long.netloom"))
    action = window.actions_table["train_on"]
    assert not action.isEnabled()
    window.after_first_paint()
    window.canvas.setFocus()
    press(qtbot, window, "F5")
    qtbot.waitUntil(lambda: window.controls.epoch >= 2)
    press(qtbot, window, "F8")
    qtbot.waitUntil(action.isEnabled)
    stopped = window.session.trained
    assert stopped is not None
    press(qtbot, window, "Shift+F5")
    qtbot.waitUntil(lambda: window.session.state == "running")
    assert not action.isEnabled()
    assert window.session.run is not None
    assert (window.session.run.folder, window.session.run.resumed) == (stopped.run, True)
    press(qtbot, window, "F8")
    qtbot.waitUntil(lambda: not window.session.busy)
    change(window)
    assert not action.isEnabled()
    assert "trained anew" in action.toolTip()


def test_a_diverged_run_is_trained_again_and_not_gone_on_with(open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if the menu goes on with weights of no use, or the banner still says why the run before failed while the
    drawing is trained again."""
    recipe = Recipe(optimizer="SGD", lr=5.0, epochs=2, batch_size=256, device="cpu")
    path = tmp_path / "diverging.netloom"
    save_project(replace(autoencoder(), recipe=recipe), path)
    window = open_window(path)
    window.after_first_paint()
    window.canvas.setFocus()
    press(qtbot, window, "F5")
    qtbot.waitUntil(window.banner.isVisible)
    action = window.actions_table["train_on"]
    assert not action.isEnabled()
    assert "of no use" in action.toolTip()
    qtbot.waitUntil(window.training.mending.isVisible)
    (again,) = [each for each in window.training.mending.findChildren(QPushButton) if each.isVisible()]
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.trained is not None and not window.session.busy)
    assert not window.banner.isVisible()
    assert "Trained for 2 epochs" in window.training.words.full_text
    window.canvas.setFocus()
    press(qtbot, window, "Ctrl+Z")
    assert window.qdocument.project.recipe == recipe


def test_a_step_of_a_pair_is_that_of_one_side_and_says_whose(open_window: Open, qtbot: Any) -> None:
    """Fails if one press trains judge and generator at once, or nothing tells whose step it was."""
    window = open_window("gan_points")
    for said in ("step 1 of 2: judge", "step 2 of 2: generator", "step 1 of 2: judge"):
        qtbot.waitUntil(window.actions_table["step"].isEnabled)
        press(qtbot, window, "F7")
        qtbot.waitUntil(lambda said=said: said in window.status.training.full_text, timeout=30_000)
    assert "batch 2/32" in window.status.training.full_text
    window.session.stop()
    qtbot.waitUntil(lambda: window.session.state == "idle", timeout=30_000)
