"""The search for a learning rate in the window: pressed, watched, taken, taken back."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.core.commands import SetRecipe
from app.core.graph.model import Project
from app.ui.training.rate_finder import END, FIND
from tests.support.patience import settle
from tests.training.nets import linear_net
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG
from tests.ui.live.test_training_panel import shown

LEFT = Qt.MouseButton.LeftButton


def test_a_rate_is_found_and_used(qtbot: QtBot, desk: Make) -> None:
    """Fails if the curve or the suggestion do not come, if taking it is no step of undo, or if it trains something;
    if a press is silent, as the field stands out of sight, or a second one is a step of its own."""
    here = desk("mlp_digits", epochs=3, lr=1.5)
    panel = shown(qtbot, here)
    finder = panel.rate_finder
    assert finder.curve.isHidden()
    QTest.mouseClick(finder.search, LEFT)
    assert finder.searching
    assert finder.search.accessibleName() == END
    here.until(lambda: not finder.searching)
    assert finder.rate is not None
    assert not finder.curve.isHidden()
    assert len(finder.curve.points) > 30
    assert finder.curve.mark == finder.rate
    assert finder.use.text() == f"Use {finder.rate:g}"
    assert f"{finder.rate:g}" in finder.said.text()
    assert here.events == here.endings == []
    settle()
    before = finder.use.geometry(), finder.said.geometry()
    QTest.mouseClick(finder.use, LEFT)
    settle()
    assert (finder.use.geometry(), finder.said.geometry()) == before  # with large letters its end was pushed away
    assert here.qdocument.project.recipe.lr == finder.rate < 1.5
    assert finder.use.text() == f"{finder.rate:g} is set"
    QTest.mouseClick(finder.use, LEFT)
    here.qdocument.undo()
    assert here.qdocument.project.recipe.lr == 1.5
    assert finder.use.text() == f"Use {finder.rate:g}"
    assert "highest loss " in finder.curve.toolTip()
    assert finder.search.accessibleName() == FIND


def test_a_search_can_be_seen_from_its_beginning(qtbot: QtBot, desk: Make) -> None:
    """Fails if nothing in sight answers the press until the first rate was tried: they stand below the settings."""
    here = desk("mlp_digits", epochs=3)
    panel = shown(qtbot, here)
    panel.resize(1300, 200)
    settle()
    assert panel.rate_finder.said.visibleRegion().isEmpty()
    QTest.mouseClick(panel.rate_finder.search, LEFT)
    settle()
    assert panel.rate_finder.said.text()
    assert not panel.rate_finder.said.visibleRegion().isEmpty()
    here.until(lambda: not panel.rate_finder.searching)


def test_a_training_ends_the_search(qtbot: QtBot, desk: Make) -> None:
    """Fails if both run side by side, where they would draw from the same random numbers."""
    here = desk("mlp_digits", epochs=LONG)
    finder = shown(qtbot, here).rate_finder
    QTest.mouseClick(finder.search, LEFT)
    here.session.train()
    here.until(lambda: here.session.state == "running" and not finder.searching)
    assert not finder.search.isEnabled()
    here.session.stop()
    here.until_ended()
    assert finder.search.isEnabled()


def test_the_search_can_be_ended(qtbot: QtBot, desk: Make) -> None:
    """Fails if a second press does not end it, or leaves a suggestion that nothing stands behind."""
    here = desk("mlp_digits", epochs=3)
    finder = shown(qtbot, here).rate_finder
    QTest.mouseClick(finder.search, LEFT)
    QTest.mouseClick(finder.search, LEFT)
    here.until(lambda: not finder.searching)
    assert finder.search.accessibleName() == FIND
    if finder.rate is None:
        assert finder.use.isHidden()


def test_why_nothing_is_searched_is_said(qtbot: QtBot, desk: Make) -> None:
    """Fails if a drawing that cannot be trained gives silence."""
    here = desk(Project("Empty"), epochs=3)
    finder = shown(qtbot, here).rate_finder
    QTest.mouseClick(finder.search, LEFT)
    here.until(lambda: not finder.searching)
    assert finder.said.text()
    assert finder.use.isHidden()


def test_what_was_found_goes_with_the_drawing_it_was_found_for(qtbot: QtBot, desk: Make) -> None:
    """Fails if a suggestion stays for another net, or goes when another setting of the recipe changes."""
    here = desk("mlp_digits", epochs=3)
    finder = shown(qtbot, here).rate_finder
    QTest.mouseClick(finder.search, LEFT)
    here.until(lambda: not finder.searching)
    here.qdocument.do(SetRecipe(setting="epochs", value=5))
    assert not finder.use.isHidden()
    here.qdocument.new(linear_net())
    assert finder.use.isHidden()
    assert finder.curve.isHidden()
