"""A drawing that is edited while its training is paused, as a session takes it over."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.commands import Rename, SetRecipe, SetSetting
from app.core.commands.nodes import RemoveNodes
from app.training.events import BatchDone, Edited
from app.training.folder import DRAWING
from app.training.kept_runs import drawing_of
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG


@pytest.fixture
def held(desk: Make) -> Any:
    """A training that rests."""
    made: Any = desk("mlp_digits", epochs=LONG, device="cpu", batch_size=100)
    made.load_torch()
    made.refused = []
    made.session.edit_refused.connect(lambda node, sentence: made.refused.append((node, sentence)))
    made.session.train()
    made.until(lambda: made.of(BatchDone))
    made.session.pause()
    made.until_at_rest()
    return made


def go_on(held: Any) -> Edited:
    before, batches = len(held.of(Edited)), len(held.of(BatchDone))
    held.session.resume()
    held.until(lambda: len(held.of(Edited)) > before)
    held.until(lambda: len(held.of(BatchDone)) > batches + 1)
    last: Edited = held.of(Edited)[-1]
    return last


def test_going_on_takes_the_edited_drawing(held: Any) -> None:
    """Fails if the training goes on with the drawing of before, or the run's folder keeps it."""
    held.qdocument.do(SetSetting("", ("fc1",), "out_features", 7))
    assert held.session.edited
    assert held.session.differs
    told = go_on(held)
    assert not told.refused
    assert "fc1" in told.sentence
    assert "another size" in told.sentence
    assert not held.session.differs
    assert not held.session.edited
    assert held.session.run is not None
    kept = drawing_of(held.session.run.folder)
    assert kept is not None, DRAWING
    assert kept.graph.nodes["fc1"].params["out_features"] == 7


def test_undo_before_going_on_changes_nothing(held: Any) -> None:
    """Fails if an edit that was taken back is told, or costs what was learned."""
    held.qdocument.do(SetSetting("", ("fc1",), "out_features", 7))
    held.qdocument.undo()
    assert not held.session.edited
    batches = len(held.of(BatchDone))
    held.session.resume()
    held.until(lambda: len(held.of(BatchDone)) > batches)
    assert not held.of(Edited)


def test_undo_after_going_on_goes_back(held: Any) -> None:
    """Fails if the drawing of before cannot be trained on, or its other layers start fresh."""
    held.qdocument.do(SetSetting("", ("fc1",), "out_features", 7))
    go_on(held)
    held.session.pause()
    held.until_at_rest()
    held.qdocument.undo()
    assert held.session.edited
    told = go_on(held)
    assert "fc1" in told.sentence
    assert not held.session.differs


def test_a_rename_and_what_else_was_edited_are_followed(held: Any) -> None:
    """Fails if a layer with another name starts fresh because something else was edited, too."""
    held.qdocument.do(SetRecipe(setting="clip_norm", value=1.0))
    held.qdocument.do(Rename(old="fc1", new="first"))
    held.qdocument.do(SetSetting("", ("fc2",), "bias", False))
    held.qdocument.do(Rename(old="first", new="hidden"))
    told = go_on(held)
    assert told.sentence == "Every layer goes on with what it has learned."


def test_a_drawing_with_problems_waits_until_it_is_mended(held: Any) -> None:
    """Fails if going on ends the training, goes on with the drawing of before, or is silent."""
    layer = next(name for name, node in held.qdocument.project.graph.nodes.items() if node.type == "Flatten")
    held.qdocument.do(RemoveNodes("", (layer,)))
    batches = len(held.of(BatchDone))
    held.session.resume()
    assert held.session.state == "paused"
    assert len(held.refused) == 1
    assert held.refused[0][1].endswith("Mend the drawing, then train it.")
    held.session.step()
    assert len(held.refused) == 2
    held.qtbot.wait(30)
    assert len(held.of(BatchDone)) == batches
    held.qdocument.undo()
    held.session.resume()
    held.until(lambda: len(held.of(BatchDone)) > batches)


def test_another_seed_waits(held: Any) -> None:
    """Fails if samples that were held out are trained on after a pause."""
    held.qdocument.do(SetRecipe(setting="seed", value=9))
    held.session.resume()
    assert held.session.state == "paused"
    assert "held out" in held.refused[0][1]


def test_what_waits_for_the_next_epoch_is_no_edit(held: Any) -> None:
    """Fails if another batch size cuts the epoch anew."""
    held.qdocument.do(SetRecipe(setting="batch_size", value=50))
    held.qdocument.do(SetRecipe(setting="lr", value=0.001))
    assert not held.session.edited


def test_freezing_counts_at_once_in_a_training_that_is_on(held: Any) -> None:
    """Fails if a layer that is unfrozen while the training runs waits for the next one, or costs what was learned."""
    held.session.resume()
    held.qdocument.do(SetSetting("", ("fc1",), "frozen", True))
    held.until(lambda: len(held.of(Edited)) == 1)
    held.qdocument.undo()
    held.until(lambda: len(held.of(Edited)) == 2)
    assert all(each.sentence == "Every layer goes on with what it has learned." for each in held.of(Edited))
    assert held.session.state == "running"
    assert not held.session.differs
