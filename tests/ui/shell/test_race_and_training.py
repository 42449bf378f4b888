"""A race beside the training of the window: who may begin, what is said of it and until when, and where the keys go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.core.commands import SetRecipe
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import Open
from tests.ui.shell.sweeps import click, vary, window_with_sweep


@pytest.fixture
def window(_no_runs: None, open_window: Open, qtbot: Any) -> Iterator[MainWindow]:
    yield from window_with_sweep(open_window, qtbot)


def test_a_race_goes_by_the_keys_alone(window: MainWindow, qtbot: Any) -> None:
    """Fails if Start moves away when Race is ticked, or a press of it lets the keys go to a button elsewhere in the
    window, where Space would do something that nobody wants."""
    panel = window.sweep
    window.qdocument.do(SetRecipe(setting="epochs", value=5000))
    vary(panel, qtbot, "lr", "0.01, 0.0001")
    before = panel.start_button.x()
    panel.race.setFocus()
    QTest.keyClick(panel.race, Qt.Key.Key_Space)
    settle()
    assert panel.race.isChecked()
    assert panel.start_button.x() == before
    QTest.keyClick(panel.race, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is panel.start_button
    QTest.keyClick(panel.start_button, Qt.Key.Key_Space)
    settle()
    assert panel.desk.state == "running"
    assert QApplication.focusWidget() is panel.pause_button
    QTest.keyClick(panel.pause_button, Qt.Key.Key_Space)
    assert panel.desk.state == "paused"
    click(panel.stop_button)
    qtbot.waitUntil(lambda: panel.desk.state == "idle")
    assert panel.isAncestorOf(QApplication.focusWidget())


def test_that_a_training_is_on_is_said_only_while_it_is(window: MainWindow, qtbot: Any) -> None:
    """Fails if the sentence that refuses a race stays when the training in its way was stopped, or takes another's
    place then."""
    panel = window.sweep
    vary(panel, qtbot, "lr", "0.01, 0.0001")
    said = panel.words.text()
    window.qdocument.do(SetRecipe(setting="epochs", value=5000))
    window.session.train()
    qtbot.waitUntil(lambda: window.session.state == "running")
    for _ in range(2):
        click(panel.start_button)
        assert "A training is on" in panel.words.text()
    window.session.stop()
    qtbot.waitUntil(lambda: not window.session.busy)
    assert panel.words.text() == said
    window.session.train()
    qtbot.waitUntil(lambda: window.session.state == "running")
    click(panel.start_button)
    panel.vary("seed")
    other = panel.words.text()
    window.session.stop()
    qtbot.waitUntil(lambda: not window.session.busy)
    assert panel.words.text() == other


def test_train_during_a_race_is_refused_only_while_it_is_on(window: MainWindow, qtbot: Any) -> None:
    """Fails if the reason stands behind another press, counts as a problem of the drawing, stays when the race is
    over, or hides what was said of the run before."""
    panel = window.sweep
    window.session.train()
    qtbot.waitUntil(lambda: window.training.story.ending is not None and not window.session.busy)
    before, status = window.training.words.full_text, window.status.training.full_text
    window.qdocument.do(SetRecipe(setting="seed", value=3))
    window.qdocument.do(SetRecipe(setting="seed", value=0))
    vary(panel, qtbot, "lr", "0.01, 0.0001")
    panel.race.setChecked(True)
    window.qdocument.do(SetRecipe(setting="epochs", value=5000))
    click(panel.start_button)
    assert panel.desk.state == "running"
    button = window.toolbar.widgetForAction(window.actions_table["train"])
    click(button)
    assert window.banner.isVisible()
    assert "Stop it in the Sweep panel" in window.banner.text.text()
    assert not [entry for entry in window.listing.entries if "race" in str(entry.problem)]
    click(panel.stop_button)
    qtbot.waitUntil(lambda: panel.desk.state == "idle")
    settle()
    assert not window.banner.isVisible()
    assert window.training.words.full_text == before
    assert window.status.training.full_text.startswith(status)
    click(button)
    qtbot.waitUntil(lambda: window.session.state == "running")
    window.session.stop()
    qtbot.waitUntil(lambda: not window.session.busy)
