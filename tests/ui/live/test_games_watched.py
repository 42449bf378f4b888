"""A net that learns to play, in the window: its game beside its training, and the settings that belong to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.core.commands import RemoveNodes
from app.ui.training.recipe_form import RecipeForm
from tests.support.games import playing_net
from tests.support.patience import settle
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG
from tests.ui.live.test_view_panel import PanelAt, panel_at, pick, type_number

__all__ = ["panel_at"]


def test_the_game_goes_on_with_the_weights_of_now(desk: Make, panel_at: PanelAt) -> None:
    """Fails if the game stands still, cannot be stopped, or is played on with the weights that it began with while the
    training goes on."""
    here = desk(playing_net("GridWorld", 4, most=20), epochs=LONG)
    here.load_torch()
    panel = panel_at(here)
    pick(panel, "Play")
    assert panel.view.sentence.startswith("Press Start")
    type_number(panel, "episodes", "1000")
    here.session.train()
    here.until(lambda: here.states and here.states[-1] == "running")
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.view.tiles is not None)
    first = panel.view.tiles
    here.until(lambda: panel.view.tiles is not first and panel.view.tiles is not None)
    assert not np.array_equal(first.maps, panel.view.tiles.maps)  # type: ignore[union-attr]
    (run,) = here.session.slow._at_work
    assert run._followed is not None
    copied = run._followed.taken[1]
    before = [value.clone() for value in copied.parameters()]
    here.until(lambda: not all(map(torch.equal, before, copied.parameters())))
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: not here.session.slow.busy)
    here.session.stop()
    here.until_ended()


def test_settings_of_games_are_there_where_a_net_plays(desk: Make, qtbot: QtBot) -> None:
    """Fails if every drawing offers a policy, or one that plays hides it, also after the game was taken away."""
    here = desk("mlp_digits")
    form = RecipeForm(here.qdocument)
    qtbot.addWidget(form)
    form.show()
    settle()
    names = {"policy", "replay", "target", "epsilon-greedy.start", "uniform.every", "hard.every"}
    assert not names & {name for name, editor in form.editors.items() if editor.isVisible()}
    usual = playing_net()
    other = desk(replace(usual, recipe=replace(usual.recipe, own=())))
    form = RecipeForm(other.qdocument)
    qtbot.addWidget(form)
    form.show()
    settle()
    assert names <= {name for name, editor in form.editors.items() if editor.isVisible()}
    other.qdocument.do(RemoveNodes("", ("game",)))
    settle()
    assert not names & {name for name, editor in form.editors.items() if editor.isVisible()}
