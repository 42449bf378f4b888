"""Several runs in the panel Runs: as an ensemble."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.core.compile.net import compile_net
from app.core.storage import templates
from app.training.loop import train
from app.training.run_description import noting
from app.ui.training import runs
from app.ui.training.runs_panel import RunsPanel
from tests.support.patience import settle
from tests.ui.shell.hands import Open

_RATES = (0.02, 0.002, 0.0002)


@pytest.fixture
def panel(_no_runs: None, open_window: Open) -> RunsPanel:
    """Three short runs of the digits, the last one with another net than the first."""
    project = templates.load("mlp_digits")
    for number, rate in enumerate(_RATES):
        recipe = project.recipe.with_settings(epochs=3 - number, batch_size=256, device="cpu", lr=rate)
        folder = runs.home() / f"mlp-20260131-14000{number}"
        list(noting(train(compile_net(replace(project, recipe=recipe)), recipe, out=folder), folder, None))
        os.utime(folder / "weights.safetensors", (1e9 + 60 * number,) * 2)
    window = open_window("mlp_digits")
    window.resize(1366, 768)
    window.docks.show("run_list")
    settle()
    return window.run_list


def click_rows(panel: RunsPanel, rates: Sequence[float]) -> None:
    """Click the rows of these learning rates, with Ctrl from the second on."""
    chosen = Qt.KeyboardModifier.NoModifier
    for row in panel.rows():
        project = runs.drawing_of(row.run.past.folder)
        assert project is not None
        if project.recipe.lr in rates:
            panel.list.scrollToItem(row)
            place = panel.list.visualItemRect(row).center()
            QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, chosen, QPoint(200, place.y()))
            chosen = Qt.KeyboardModifier.ControlModifier
    settle()


def ask(panel: RunsPanel) -> None:
    QTest.mouseClick(panel.ensemble_button, Qt.MouseButton.LeftButton)


class _NeverRuns:
    """In the place of a runner: its jobs do not begin."""

    def start(self, *_what: Any, **_how: Any) -> object:
        return object()


def test_an_ensemble_waits_for_torch(panel: RunsPanel, qtbot: Any) -> None:
    """Fails if "As an ensemble", pressed while torch still loads, has to be pressed again, does not say that it waits,
    waits without a word for what does not come, or asks for a drawing that was left."""
    window = panel._window
    session = window.session
    click_rows(panel, _RATES[:2])
    session.runner, real = _NeverRuns(), session.runner  # type: ignore[assignment]
    session._torch_loaded, session._torch_job = False, None
    ask(panel)
    assert panel.words.text() == "Loading torch. The 2 runs are asked when it is there."
    session._torch_failure = "torch could not be loaded."
    session.said.emit("torch could not be loaded; why stands under Problems.")
    assert panel.words.text() == session._torch_failure
    session._torch_failure, session._torch_job, session.runner = "", None, real
    ask(panel)
    qtbot.waitUntil(lambda: panel.ensembling.dialog is not None)
    dialog = panel.ensembling.dialog
    assert dialog is not None
    assert dialog.table.rowCount() == 3
    dialog.reject()
    qtbot.waitUntil(lambda: not panel.ensembling.busy)
    panel.ensembling.dialog = None
    session.runner, session._torch_loaded = _NeverRuns(), False  # type: ignore[assignment]
    ask(panel)
    window.qdocument.new(templates.load("moons"))
    session.runner, session._torch_job, session._torch_loaded = real, None, True
    session.torch_ready.emit()
    assert not panel.ensembling.busy
