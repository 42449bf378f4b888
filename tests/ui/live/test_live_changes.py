"""Settings that are edited while a training is on: taken over, marked on the curves, and no reason to begin anew."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.core.commands import SetRecipe, SetSetting
from app.core.graph.model import MAIN
from app.training.events import Changed, Diagnosed, Edited, EpochDone
from app.training.folder import read_changes
from app.ui.training.curves import Curves
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG
from tests.ui.live.test_training_panel import shown


def test_edits_count_in_the_training_that_is_on(qtbot: QtBot, desk: Make) -> None:
    """Fails if an edit does not reach the training, has no mark, or makes the drawing another than the one that
    trains."""
    here = desk("mlp_digits", epochs=LONG)
    panel = shown(qtbot, here)
    here.session.train()
    here.until(lambda: here.of(EpochDone))
    here.qdocument.do(SetRecipe(setting="weight_decay", value=0.02))
    here.qdocument.do(SetRecipe(setting="batch_size", value=64))
    here.qdocument.do(SetSetting(MAIN, ("dropout1",), "p", 0.4))
    here.until(lambda: len(here.of(Changed)) == 3)
    told = {each.setting: (each.before, each.value) for each in here.of(Changed)}
    assert told == {"Adam.weight_decay": (0.0, 0.02), "batch_size": (32, 64), "dropout1.p": (0.2, 0.4)}
    assert not here.session.differs
    run = here.session.run
    assert run is not None
    assert {each.setting for each in read_changes(run.folder)} == set(told)
    here.until(lambda: panel.curves is not None and len(panel.curves.loss._lines) == 3)
    assert isinstance(panel.curves, Curves)
    tips = {line.toolTip() for line in panel.curves.loss._lines}
    assert tips == {"weight decay 0 → 0.02", "batch size 32 → 64", "dropout1: drop rate 0.2 → 0.4"}
    here.session.stop()
    here.until_ended()
    assert here.session.why_not_continue() is None


def test_a_setting_that_waits_for_a_rest_is_told(qtbot: QtBot, desk: Make) -> None:
    """Fails if another optimizer, chosen while a training is on, neither counts nor is said to wait; if it is still
    said to wait once it counts; or if a setting that counts at once is said to wait."""
    here = desk("mlp_digits", epochs=LONG)
    panel = shown(qtbot, here)
    here.session.train()
    here.until(lambda: here.of(EpochDone))
    here.qdocument.do(SetRecipe(setting="lr", value=0.03))
    assert not panel.note.text()
    here.qdocument.do(SetRecipe(setting="optimizer", value="SGD"))
    assert panel.note.text() == "Not yet: optimizer Adam → SGD. Pause, then go on: the rest is trained so."
    here.qdocument.undo()
    assert not panel.note.text()
    here.qdocument.redo()
    here.session.pause()
    here.until_at_rest()
    here.session.resume()
    here.until(lambda: here.of(Edited))
    here.until(lambda: "Not yet" not in panel.note.text())
    run = here.session.run
    assert run is not None
    assert run.project.recipe.optimizer == "SGD"
    here.session.stop()
    here.until_ended()


def test_half_typed_numbers_are_kept_from_the_training(qtbot: QtBot, desk: Make) -> None:
    """Fails if a dropout of 0.1 that is being typed is 0 for a batch, with a mark on the curves; or if the value waits
    although somebody pauses and goes on at once."""
    here = desk("mlp_digits", epochs=LONG)
    shown(qtbot, here)
    here.session.train()
    here.until(lambda: here.of(EpochDone))
    for typed in (0.0, 0.1):  # "0", "0.", "0.1"
        here.qdocument.do(SetSetting(MAIN, ("dropout1",), "p", typed))
        qtbot.wait(20)
    assert here.session.edits.on_the_way
    here.until(lambda: here.of(Changed))
    assert [(each.before, each.value) for each in here.of(Changed)] == [(0.2, 0.1)]
    assert not here.session.edits.on_the_way
    here.session.pause()
    here.qdocument.do(SetRecipe(setting="lr", value=0.05))
    here.session.resume()
    assert not here.session.edits.on_the_way
    here.until(lambda: len(here.of(Changed)) == 2)
    here.session.stop()
    here.until_ended()


def test_edits_of_the_net_count_from_the_next_training_on(qtbot: QtBot, desk: Make) -> None:
    """Fails if an edit that makes it another net is taken for one that a training can take over."""
    here = desk("mlp_digits", epochs=LONG)
    shown(qtbot, here)
    here.session.train()
    here.until(lambda: here.of(EpochDone))
    here.qdocument.do(SetSetting(MAIN, ("fc1",), "out_features", 33))
    here.qdocument.do(SetRecipe(setting="seed", value=5))
    here.qdocument.do(SetRecipe(setting="optimizer", value="SGD"))
    here.qdocument.do(SetRecipe(setting="momentum", value=0.5))  # of another optimizer than the one that works
    assert here.session.differs
    seen = len(here.of(EpochDone))
    here.until(lambda: len(here.of(EpochDone)) > seen + 1)
    assert not here.of(Changed)
    assert not [each for each in here.of(Diagnosed) if each.code == "change"]
    here.session.stop()
    here.until_ended()
