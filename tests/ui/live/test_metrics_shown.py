"""Whatever a training measures can be chosen, seen as a curve and read; typed and clicked as a student does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.core.commands import SetRecipe
from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training.events import EpochDone, Finished, Started
from app.training.folder import ABOUT
from app.training.loop import train
from app.training.run_description import about, change_about, noting
from app.ui.training import runs
from app.ui.training.curves import Curves
from app.ui.training.run_curves import RunCurves
from app.ui.training.run_names import in_short, outcome
from tests.support.epochs import epoch_done
from tests.ui.live.conftest import Make
from tests.ui.live.test_training_panel import points, shown


def test_a_metric_is_chosen_measured_and_drawn(qtbot: QtBot, desk: Make) -> None:
    """Fails if a metric that is typed into the recipe is not measured, or has no curve."""
    here = desk("mlp_digits", epochs=3)
    panel = shown(qtbot, here)
    line = panel.recipe.editors["metrics"].fields()[0]
    assert isinstance(line, QLineEdit)
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, "f1, accuracy")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert here.qdocument.project.recipe.metrics == ("accuracy", "f1")
    here.session.train()
    here.until_ended()
    done, curves = here.of(EpochDone), panel.curves
    assert curves is not None
    assert [curves.which.itemText(place) for place in range(curves.which.count())] == ["Accuracy", "F1"]
    assert curves.which.isVisible()
    curves.which.setFocus()
    QTest.keyClick(curves.which, Qt.Key.Key_Down)
    _, drawn = points(panel, "accuracy", "validation")
    assert np.allclose(drawn, [100 * each.metrics["val_f1"] for each in done])
    assert "F1" in curves.accuracy._label.text()
    QTest.keyClick(curves.which, Qt.Key.Key_Up)
    _, drawn = points(panel, "accuracy", "validation")
    assert np.allclose(drawn, [100 * each.metrics["val_accuracy"] for each in done])


def test_the_rate_is_drawn_before_the_training(qtbot: QtBot, desk: Make) -> None:
    """Fails if the learning rate is not shown as it will become, or a curve stays that nobody can know or needs."""
    here = desk("mlp_digits", epochs=10, lr=0.1)
    form = shown(qtbot, here).recipe
    assert form.rate.isHidden()
    here.qdocument.do(SetRecipe(setting="schedule", value="cosine"))
    assert form.rate.isVisibleTo(form)
    assert form.rate.points[0] == (0.0, 0.1)
    assert form.rate.points[-1][1] < 0.01
    here.qdocument.do(SetRecipe(setting="warmup", value=2))
    assert form.rate.points[0] == (0.0, 0.0)
    assert max(rate for _, rate in form.rate.points) == 0.1
    assert "highest 0.1" in form.rate.toolTip()
    here.qdocument.do(SetRecipe(setting="schedule", value="reduce-on-plateau"))
    assert form.rate.isHidden()
    here.qdocument.undo()
    here.qdocument.undo()
    here.qdocument.undo()
    assert form.rate.isHidden()


def test_a_schedule_brings_its_settings_and_takes_them_away(qtbot: QtBot, desk: Make) -> None:
    """Fails if the settings of a schedule cannot be reached, do not count, or stay when another is chosen."""
    here = desk("mlp_digits", epochs=4)
    panel = shown(qtbot, here)
    here.qdocument.do(SetRecipe(setting="schedule", value="step"))
    box = panel.recipe.editors["step.step_size"].fields()[0]
    box.setFocus()
    box.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(box, "2")
    here.session.train()
    here.until_ended()
    assert np.allclose([each.lr for each in here.of(EpochDone)], [0.002, 0.002, 0.0002, 0.0002])
    here.qdocument.do(SetRecipe(setting="schedule", value="constant"))
    assert not panel.recipe.editors["step.step_size"].isVisible()


def test_single_losses_can_be_looked_at(qtbot: QtBot, desk: Make) -> None:
    """Fails if the losses of a pair are told but cannot be seen, side by side and one by one."""
    here = desk("mlp_digits", epochs=2)
    panel = shown(qtbot, here)
    here.session.train()
    here.until_ended()
    curves = panel.curves
    assert curves is not None
    assert not curves.which.isVisible()
    metrics = {"train_loss": 2.0, "train_loss.judge": 1.5, "train_loss.fool": 0.5}
    story = RunCurves(done=[replace(epoch_done(epoch, 2), metrics=metrics) for epoch in (1, 2)], position=2.0)
    curves.show_story(story)
    assert curves.which.isVisible()
    assert curves.which.currentText() == "Each loss"
    assert [words for _, words, _ in curves.accuracy._others] == ["judge", "fool"]
    drawn = [list(curves.accuracy._curves[name].getData()[1]) for name, *_ in curves.accuracy._others]
    assert drawn == [[1.5, 1.5], [0.5, 0.5]]
    curves.which.setFocus()
    QTest.keyClick(curves.which, Qt.Key.Key_Down)
    assert curves.which.currentText() == "Loss judge"
    assert not curves.accuracy._others
    assert list(points(panel, "accuracy", "train")[1]) == [1.5, 1.5]


def test_an_early_end_is_told() -> None:
    """Fails if a training that ended early seems to have trained all its epochs, or with the last weights."""
    story = RunCurves(done=[epoch_done(each, 20, train_loss=0.5) for each in (1, 2, 3)], position=3.0)
    story.hear(Finished(3, "no-better", {"epoch": 1, "train_loss": 0.4}))
    assert story.last_words() == (
        "Stopped early after 3 epochs, as nothing became better; the weights are those of epoch 1 · loss 0.5"
    )


def test_an_early_end_is_still_known_once_the_run_is_opened_again(qtbot: QtBot, desk: Make, tmp_path: Path) -> None:
    """Fails if a run that its rule has ended is said to have been stopped by somebody, the epoch that it kept or the
    value of that is forgotten, or a run that goes on remembers the earlier end."""
    folder = tmp_path / "early"
    recipe = replace(load("mlp_digits").recipe, epochs=40, lr=0.05, device="cpu").with_settings(
        stopping="no-better", patience=1
    )
    project = replace(load("mlp_digits"), recipe=recipe)
    *_, end = noting(train(compile_net(project), recipe, out=folder), folder, None)
    assert isinstance(end, Finished)
    assert end.reason == "no-better"
    past = runs.past(folder)
    assert past is not None
    here = desk(project)
    panel = shown(qtbot, here)
    here.session.recall(past)
    refusal = here.session.why_not_continue()
    assert refusal is not None
    assert "has ended early" in refusal
    words = panel.story.last_words()
    kept = past.epochs[int(end.metrics["epoch"] or 0) - 1]
    accuracy = end.metrics["val_accuracy"]
    assert words.startswith(f"Stopped early after {end.epoch} epochs, as nothing became better")
    assert f"the weights are those of epoch {kept.epoch} · " in words
    assert accuracy is not None
    assert f"validation accuracy {100 * accuracy:.1f} %" in words
    assert in_short(past, project) == f"{100 * accuracy:.1f} % ({end.epoch} epochs, stopped early)"
    short = runs.past(folder, last=True)
    assert short is not None
    assert outcome(short) == f"{100 * accuracy:.1f} %"
    change_about(folder, rule="", best=0)
    past = runs.past(folder)
    assert past is not None
    here.session.recall(past)
    assert panel.story.last_words().startswith("Stopped after")


def test_only_a_rule_that_there_is_has_ended_a_run(tmp_path: Path) -> None:
    """Fails if what a stranger wrote into a run's folder is shown as the rule, or as the best epoch."""
    (tmp_path / ABOUT).write_text(json.dumps({"ending": "finished", "rule": "<b>x</b>", "best": -3}))
    known = about(tmp_path)
    assert (known.rule, known.best) == ("", 0)


def test_a_plot_is_headed_by_what_will_come(qtbot: QtBot) -> None:
    """Fails if a pair of nets that judge each other is promised an accuracy before its first epoch, or a net without
    any metric a second plot that goes away again."""
    curves = Curves()
    qtbot.addWidget(curves)
    curves.resize(900, 240)
    curves.show()
    story = RunCurves()
    story.hear(Started("cpu", 9, 0, 3, 2, 5, measures=("loss.judge", "loss.fool")))
    curves.show_story(story)
    assert "Each loss" in curves.accuracy.legend.text()
    assert [curves.which.itemText(place) for place in range(3)] == ["Each loss", "Loss judge", "Loss fool"]
    story.hear(epoch_done(1, 2, **{"train_loss": 2.0, "train_loss.judge": 1.5, "train_loss.fool": 0.5}))
    curves.show_story(story)
    assert "Each loss" in curves.accuracy.legend.text()
    bare = RunCurves()
    bare.hear(Started("cpu", 9, 0, 3, 2, 5, measures=()))
    curves.show_story(bare)
    assert curves.accuracy.isHidden()
    unknown = RunCurves()
    unknown.hear(Started("cpu", 9, 0, 3, 2, 5))
    curves.show_story(unknown)
    assert not curves.accuracy.isHidden()
