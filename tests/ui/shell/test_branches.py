"""Continue from here: a kept epoch of the curves begins a run of its own."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph
import pytest
import torch
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from app.core.commands import SetRecipe, SetSetting
from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training import batches
from app.training.checkpoints import weights_at
from app.training.events import Changed, Edited
from app.training.folder import read_metrics
from app.training.run_description import about
from app.training.snapshots import kept_epochs
from app.ui import theme
from app.ui.training.branch_curves import CurvePlace, drawing_at, place_of
from app.ui.training.curve_plot import CurvePlot
from app.ui.training.run_curves import RunCurves
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import Open, press


@pytest.fixture
def window(open_window: Open, qtbot: Any) -> MainWindow:
    """A window in which four epochs were trained."""
    made = open_window("mlp_digits")
    for setting, value in (("epochs", 4), ("batch_size", 200), ("device", "cpu")):
        made.qdocument.do(SetRecipe(setting=setting, value=value))
    made.show_panel("training")
    made.canvas.setFocus()
    press(qtbot, made, "F5")
    qtbot.waitUntil(lambda: made.session.trained is not None and not made.session.busy)
    made.training._draw()
    settle()
    return made


def spot(plot: CurvePlot, epoch: float, up: int) -> QPoint:
    """A place on a plot: an epoch, and so many pixels above the axis."""
    box = plot._box.sceneBoundingRect()
    across = plot._box.mapViewToScene(QPointF(epoch, 0.0)).x()
    return plot.view.mapFromScene(QPointF(across, box.bottom() - up))


def click(plot: CurvePlot, epoch: float, up: int, button: Qt.MouseButton) -> None:
    viewport, place = plot.view.viewport(), spot(plot, epoch, up)
    QTest.mouseMove(viewport, place)
    QTest.mouseClick(viewport, button, Qt.KeyboardModifier.NoModifier, place)
    settle()


def chosen(menu: QMenu | None, words: str) -> None:
    """Click an entry of a menu."""
    assert menu is not None
    action = next(each for each in menu.actions() if each.text().startswith(words))
    QTest.mouseClick(
        menu, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, menu.actionGeometry(action).center()
    )


def plots(window: MainWindow) -> tuple[CurvePlot, CurvePlot]:
    curves: Any = window.training.curves
    return curves.loss, curves.accuracy


def ended(window: MainWindow, qtbot: Any, before: Path) -> Path:
    qtbot.waitUntil(lambda: window.session.run.folder != before and not window.session.busy)  # type: ignore[union-attr]
    assert window.session.run is not None
    return window.session.run.folder


@pytest.mark.parametrize("way", ["a mark", "a right click", "the list"])
def test_a_kept_epoch_opens_as_a_run_that_begins_there(way: str, window: MainWindow, qtbot: Any) -> None:
    """Fails if the click leads nowhere or to another epoch, or if the same recipe ends with other weights."""
    assert window.session.run is not None
    parent = window.session.run.folder
    if way == "a mark":
        click(plots(window)[0], 2.0, 5, Qt.MouseButton.LeftButton)
        chosen(window.branches.menu, "Continue from epoch 2")
    elif way == "a right click":
        click(plots(window)[1], 2.2, 40, Qt.MouseButton.RightButton)
        chosen(window.branches.menu, "Continue from epoch 2")
    else:
        press(qtbot, window, "Ctrl+Shift+F5")
        dialog = window.branches.dialog
        assert dialog is not None
        assert dialog.list.count() == 5
        places = [dialog.list.visualItemRect(dialog.list.item(row)) for row in range(5)]
        assert all(a.bottom() < b.top() for a, b in itertools.pairwise(places)), "rows lie over each other"
        dialog.list.setCurrentRow(2)
        assert dialog.list.currentItem().text().startswith("Epoch 2 · loss")
        QTest.keyClick(dialog.list, Qt.Key.Key_Return)
    branch = ended(window, qtbot, parent)
    assert about(branch).parent == str(parent)
    assert about(branch).left == 2
    one, other = weights_at(parent, 4), weights_at(branch, 4)
    assert all(bool((one[name] == other[name]).all()) for name in one)


def test_the_branch_starts_on_the_curve_that_it_leaves(window: MainWindow, qtbot: Any) -> None:
    """Fails if the new curve begins at nothing, repeats what its parent did, or its parent is gone or not pale."""
    assert window.session.run is not None
    parent = window.session.run.folder
    window.qdocument.do(SetRecipe(setting="lr", value=0.02))
    window.branches.begin(parent, 2)
    branch = ended(window, qtbot, parent)
    window.training._draw()
    losses = {entry["epoch"]: entry["train_loss"] for entry in read_metrics(parent)}
    later = {entry["epoch"]: entry["train_loss"] for entry in read_metrics(branch)}
    plot = plots(window)[0]
    x, y = plot._raw["train"]
    assert x.tolist() == [2, 3, 4]
    assert y.tolist() == [losses[2], later[3], later[4]]
    assert later[3] != losses[3]
    x, y = plot._raw["earlier"]
    assert x.tolist() == [1, 2, 3, 4]
    shown = {entry["epoch"]: entry["val_loss"] for entry in read_metrics(parent)}
    assert np.allclose(y, [shown[epoch] for epoch in (1, 2, 3, 4)])
    assert "run it left" in plot.legend.text().replace("&nbsp;", " ")
    # and again when it is brought back from its folder
    window.files.open_run(parent)
    window.files.open_run(branch)
    window.training._draw()
    assert plots(window)[0]._raw["train"][0].tolist() == [2, 3, 4]
    assert plots(window)[0]._raw["earlier"][0].tolist() == [1, 2, 3, 4]


def test_a_drawing_that_was_changed_is_shown_as_it_was(window: MainWindow, qtbot: Any) -> None:
    """Fails if a branch of another net fails, or costs the drawing as it is now."""
    assert window.session.run is not None
    parent, before = window.session.run.folder, window.qdocument.project
    window.qdocument.do(SetSetting("", ("fc1",), "out_features", 7))
    changed = window.qdocument.project
    window.branches.begin(parent, 1)
    ended(window, qtbot, parent)
    assert window.qdocument.project.graph.nodes["fc1"].params == before.graph.nodes["fc1"].params
    window.undo()
    assert window.qdocument.project.graph.nodes["fc1"].params == changed.graph.nodes["fc1"].params


@pytest.mark.parametrize(("setting", "value", "words"), [("epochs", 2, "Set more epochs"), ("seed", 5, "held out")])
def test_a_recipe_that_cannot_go_on_from_there_is_said(
    setting: str, value: int, words: str, window: MainWindow
) -> None:
    """Fails if nothing happens and nobody says why."""
    assert window.session.run is not None
    window.qdocument.do(SetRecipe(setting=setting, value=value))
    window.branches.begin(window.session.run.folder, 3)
    assert not window.session.busy
    assert words in window.banner.text.text()


def test_marks_stand_at_the_epochs_that_are_kept(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a mark stands where nothing was kept, or a click beside all of them opens a menu."""
    # pyqtgraph leaves out a move of the mouse that comes within 10 ms of the last one.
    monkeypatch.setitem(pyqtgraph.CONFIG_OPTIONS, "mouseRateLimit", 0)
    assert window.session.run is not None
    plot = plots(window)[0]
    kept = [each.epoch for each in kept_epochs(window.session.run.folder)]
    assert kept == [0, 1, 2, 3, 4]
    picture = plot.view.grab().toImage()

    def foot(epoch: float) -> QPoint:
        scene = plot._box.mapViewToScene(QPointF(epoch, plot._box.viewRect().top()))
        return plot.view.mapFromScene(scene) - QPoint(0, 5)

    def drawn(epoch: float) -> bool:
        beside = (picture.pixelColor(foot(epoch) + QPoint(off, 0)) for off in (-2, -1, 0, 1, 2))
        ink = theme.color("accent").getRgb()[:3]
        return any(max(abs(a - b) for a, b in zip(each.getRgb()[:3], ink, strict=True)) < 12 for each in beside)

    assert [each / 4 for each in range(1, 16) if drawn(each / 4)] == [1, 2, 3]  # those at the ends touch the frame
    QTest.mouseMove(plot.view.viewport(), foot(2.0))
    settle()
    assert plot._kept._strokes.toolTip() == "Epoch 2 was kept. Click to continue from here."
    QTest.mouseMove(plot.view.viewport(), foot(2.5))
    settle()
    assert plot._kept._strokes.toolTip() == ""
    click(plot, 2.5, 5, Qt.MouseButton.LeftButton)
    assert window.branches.menu is None
    click(plot, 2.0, 60, Qt.MouseButton.LeftButton)
    assert window.branches.menu is None


def test_a_slow_click_is_a_click(window: MainWindow) -> None:
    """Fails if a right button that is held for long, by a hand that trembles, zooms a little and opens no menu, or if
    a frame can no longer be drawn."""
    plot = plots(window)[0]
    viewport, place, none = plot.view.viewport(), spot(plot, 2.0, 40), Qt.KeyboardModifier.NoModifier
    before = plot._box.viewRange()

    def held(button: Qt.MouseButton, by: QPoint) -> None:
        QTest.mouseMove(viewport, place)
        QTest.mousePress(viewport, button, none, place)
        for pressed in plot.view.scene().clickEvents:
            pressed._time -= 5.0  # as if that was five seconds ago
        QTest.mouseMove(viewport, place + by)
        settle()
        QTest.mouseRelease(viewport, button, none, place + by)
        settle()

    held(Qt.MouseButton.RightButton, QPoint(1, 1))
    assert window.branches.menu is not None
    assert plot._box.viewRange() == before
    QTest.keyClick(window.branches.menu, Qt.Key.Key_Escape)
    settle()
    held(Qt.MouseButton.LeftButton, QPoint(60, -40))
    assert plot._box.viewRange() != before


def test_the_batch_behind_a_point_of_the_curve_is_opened(window: MainWindow, qtbot: Any) -> None:
    """Fails if other samples are shown than those that gave this loss, or some of them, or if the click is answered
    by nothing until they are found."""
    story = window.training.story
    plot = plots(window)[0]
    click(plot, story.steps[0], 40, Qt.MouseButton.RightButton)
    chosen(window.branches.menu, "Open batch 1 of epoch 1, with loss")
    assert window.status.message.full_text == "Looking for the samples of batch 1 of epoch 1 …"
    qtbot.waitUntil(lambda: window.samples.samples.model.count == 200)
    page = window.samples.samples
    assert page.only.text() == "batch 1 of epoch 1 (200)"
    net = compile_net(window.session.run.project)  # type: ignore[union-attr]
    data = batches.load(net.plan)
    numbers = batches.samples_of(net.plan, net.plan.recipe, 1, 1)  # in the order in which they were dropped from
    assert sorted(numbers) == [page.model.number(place) for place in range(page.model.count)]
    batch = batches.DeviceData(data, torch.device("cpu")).at(torch.tensor(numbers))
    model = net.model(net.plan.recipe.seed)
    torch.manual_seed(net.plan.recipe.seed)  # it drops what it dropped then
    scores = model(*net.inputs_from(batch))
    label = batches.label_of(net.plan)
    loss = torch.nn.functional.cross_entropy(scores, batch[label or ""])
    assert loss.item() == pytest.approx(story.losses[0], rel=1e-5)
    QTest.mouseClick(page.only, Qt.MouseButton.LeftButton)
    assert page.model.count == data.length


def test_a_spike_is_meant_by_who_points_beside_it() -> None:
    """Fails if among many batches in a few pixels the one beside the spike is opened."""
    story = RunCurves()
    for number in range(1, 1001):
        story.steps.append(number / 100)
        story.losses.append(9.0 if number == 503 else 1.0)
    assert place_of(story, 5.0, 0.05) == CurvePlace(5, 6, 3, 9.0)
    assert place_of(story, 5.0, 0.001) == CurvePlace(5, 5, 100, 1.0)


def test_a_batch_of_before_a_change_is_that_of_then() -> None:
    """Fails if the batch size of now cuts an epoch that was cut into others, or an edited drawing is asked."""
    project, story = load("mlp_digits"), RunCurves()
    now = replace(project, recipe=project.recipe.with_settings(batch_size=50))
    story.changes = [Changed(3, 1, "batch_size", 100, 50)]
    assert drawing_at(now, story, CurvePlace(2, 2, 4)).recipe.batch_size == 100  # type: ignore[union-attr]
    assert drawing_at(now, story, CurvePlace(3, 3, 4)).recipe.batch_size == 50  # type: ignore[union-attr]
    story.edits = [Edited(4, 2, "")]
    assert drawing_at(now, story, CurvePlace(3, 3, 4)) is None
    assert drawing_at(now, story, CurvePlace(4, 4, 2)) is not None


def test_a_batch_is_found_by_its_place_whatever_the_batches_were() -> None:
    """Fails if a place of the curve names another batch where the batch size was changed on the way."""
    story, wanted = RunCurves(), []
    for epoch, count in ((1, 4), (2, 4), (3, 7), (4, 1), (5, 1)):
        for batch in range(1, count + 1):
            story.steps.append(epoch - 1 + batch / count)
            story.losses.append(0.0)
            wanted.append((epoch, batch))
    assert [story.batch_of(index) for index in range(len(wanted))] == wanted
