"""Data with several labels a sample in the window: Results and Predict name each label, beside plain numpy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from pytestqt.qtbot import QtBot

from app.core.starting.first_net import drawing_for
from app.data.catalog import schema_of
from app.training.checkpoints import load_run
from app.ui.predict.panel import PredictPanel
from app.ui.results.pages import LABEL_HEADS
from app.ui.results.panel import CLASSES, MATRIX, ResultsPanel
from nodes.api.registry import find
from tests.support.patience import settle
from tests.training.test_labels import NAMES, numbers, table
from tests.ui.live.conftest import Make
from tests.ui.live.desk import Desk


@pytest.fixture
def here(desk: Make, tmp_path: Path) -> Desk:
    layer = find("Table")
    assert layer is not None
    settings = layer.defaults() | {"path": str(table(tmp_path / "weather.csv"))}
    made = drawing_for(layer, settings, schema_of(layer, settings)).project
    made = replace(made, recipe=made.recipe.with_settings(epochs=3, lr=0.01))
    found = desk(made)
    found.load_torch()
    found.session.train()
    found.until_ended()
    return found


def likely(here: Desk) -> np.ndarray:
    assert here.session.trained is not None
    with torch.no_grad():
        scores = load_run(here.session.trained.run).model(torch.tensor(numbers()[0], dtype=torch.float32))
    return np.asarray(1 / (1 + np.exp(-scores.numpy().astype(float))))


def test_each_label_has_its_line_in_results(here: Desk, qtbot: QtBot) -> None:
    """Fails if labels are shown as the classes 0 and 1, by wrong names, with a matrix, or without their accuracy."""
    panel = ResultsPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(1366, 232)
    panel.show()
    here.until(lambda: panel.shown is not None and not panel.shown.live)
    pages = [panel.pages.tabData(at) for at in range(panel.pages.count())]
    assert CLASSES in pages
    assert MATRIX not in pages
    panel.pages.setCurrentIndex(pages.index(CLASSES))
    settle()
    facts = panel.classes.facts
    assert tuple(facts.heads) == LABEL_HEADS
    assert [line[0].text for line in facts.lines] == list(NAMES)
    assert panel.shown is not None
    places = panel.shown.judgement.answers.numbers
    told, truth = likely(here)[places] > 0.5, numbers()[1][places] == 1
    for at, line in enumerate(facts.lines):
        assert line[-1].text == f"{100 * np.mean(told[:, at] == truth[:, at]):.1f} %"


def test_predict_shows_each_label_with_its_probability(here: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    """Fails if Predict shows numbers, shares that add up to one, or other names than those of the columns."""
    panel = PredictPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(1366, 200)
    panel.show()
    settle()
    panel.take_paths([tmp_path / "weather.csv"])
    here.until(lambda: len(panel.bars.rows) == len(NAMES) and panel.title.text().startswith("row 2"))
    wanted = likely(here)[0]
    told = {name for name, share in zip(NAMES, wanted, strict=True) if share > 0.5}
    assert {name for name in NAMES if name in panel.title.text()} == told
    assert [row[0] for row in panel.bars.rows] == list(NAMES)
    assert [row[1] for row in panel.bars.rows] == pytest.approx(list(wanted), abs=1e-5)
