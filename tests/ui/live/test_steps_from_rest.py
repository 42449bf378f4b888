"""Single steps from rest: what they begin, what they go on with, and when they ask first."""

from __future__ import annotations

import pytest

from app.core.commands import SetRecipe, SetSetting
from app.core.graph.model import MAIN
from app.training.events import BatchDone, Cancelled, Failed
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG


def test_a_step_from_rest_trains_one_batch(desk: Make) -> None:
    """Fails if Step at the beginning runs off, makes two batches, or does nothing because nothing is on yet."""
    here = desk()
    here.session.step()
    here.until(lambda: here.of(BatchDone))
    here.qtbot.wait(150)
    assert len(here.of(BatchDone)) == 1
    assert here.session.state == "paused"
    here.session.step()
    here.until(lambda: len(here.of(BatchDone)) == 2)
    here.session.stop()
    assert isinstance(here.until_ended(), Cancelled)


def test_a_step_goes_on_with_a_run_that_was_stopped(desk: Make) -> None:
    """Fails if Step behind a Stop throws away what was learned and begins again at the first batch."""
    here = desk(epochs=LONG)
    session = here.session
    session.train()
    here.until(lambda: len(here.of(BatchDone)) > 5)
    session.stop()
    here.until_ended()
    folder, last = session.run.folder, here.of(BatchDone)[-1]
    count = len(here.of(BatchDone))
    session.step()
    here.until(lambda: len(here.of(BatchDone)) > count)
    assert session.run.folder == folder
    following = here.of(BatchDone)[-1]
    place = [(event.epoch - 1) * event.batches + event.batch for event in (last, following)]
    assert place[1] == place[0] + 1
    assert session.state == "paused"
    session.stop()
    here.until_ended()


def test_a_step_behind_a_finished_run_begins_no_other_without_a_word(desk: Make) -> None:
    """Fails if F7 after the last epoch starts over in silence, does nothing in silence, or cannot begin anew at all."""
    here = desk(epochs=1)
    session = here.session
    session.train()
    here.until_ended()
    folder, count = session.run.folder, len(here.of(BatchDone))
    session.step()
    assert session.state == "idle"
    assert "finished" in here.sentences[-1]
    assert session.run.folder == folder
    session.step(anew=True)
    here.until(lambda: len(here.of(BatchDone)) == count + 1)
    assert session.run.folder != folder
    session.stop()
    here.until_ended()


@pytest.mark.parametrize("meanwhile", ["", "rate", "drawing"])
def test_a_step_behind_a_failed_run_begins_no_other_without_a_word(meanwhile: str, desk: Make) -> None:
    """Fails if F7 after a divergence starts over in silence, also where something was changed while it trained; or if
    it asks although something was changed since."""
    here = desk(epochs=LONG, optimizer="SGD", weight_decay=1.0, lr=0.01 if meanwhile else 10.0)
    session = here.session
    if meanwhile:
        session.step()
        here.until(lambda: here.of(BatchDone))
        if meanwhile == "drawing":
            here.qdocument.do(SetSetting(MAIN, ("fc1",), "out_features", 65))
        here.qdocument.do(SetRecipe(setting="lr", value=10.0))
    session.train()
    assert isinstance(here.until_ended(), Failed)
    folder = session.run.folder
    session.step()
    assert session.state == "idle"
    assert "failed" in here.sentences[-1]
    assert session.run.folder == folder
    here.qdocument.do(SetRecipe(setting="lr", value=0.01))
    assert session.why_not_step() is None
    here.qdocument.do(SetRecipe(setting="lr", value=10.0))
    assert session.why_not_step() is not None
    count = len(here.of(BatchDone))
    session.step(anew=True)
    here.until(lambda: len(here.of(BatchDone)) > count)
    assert session.run.folder != folder
    session.stop()
    here.until(lambda: session.state == "idle")


def test_a_step_behind_a_finished_run_whose_drawing_was_changed_meanwhile(desk: Make) -> None:
    """Fails if F7 begins a run of the changed drawing in silence, where nothing was done since the run has ended."""
    here = desk(epochs=1)
    session = here.session
    session.step()
    here.until(lambda: here.of(BatchDone))
    session.train()
    here.qdocument.do(SetSetting(MAIN, ("fc1",), "out_features", 65))  # it is on, and no pause follows
    here.until_ended()
    session.step()
    assert session.state == "idle"
    assert "has changed since it began" in here.sentences[-1]
    here.qdocument.do(SetSetting(MAIN, ("fc1",), "out_features", 66))
    assert session.why_not_step() is None


@pytest.mark.parametrize("setting", ["drawing", "epochs", "seed"])
def test_a_step_after_a_change_needs_no_question(setting: str, desk: Make) -> None:
    """Fails if Step is refused although the drawing or recipe has changed, so that there is something to do."""
    here = desk(epochs=1)
    session = here.session
    session.train()
    here.until_ended()
    folder, count = session.run.folder, len(here.of(BatchDone))
    if setting == "drawing":
        here.qdocument.do(SetSetting(MAIN, ("fc1",), "out_features", 65))
    else:
        here.qdocument.do(SetRecipe(setting=setting, value=7))
    session.step()
    here.until(lambda: len(here.of(BatchDone)) == count + 1)
    assert (session.run.folder == folder) is (setting == "epochs")
    session.stop()
    here.until_ended()
