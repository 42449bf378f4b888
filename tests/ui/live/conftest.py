"""What the tests of training and of looking inside share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.graph.model import Project
from app.core.storage.templates import load
from app.ui import theme
from tests.ui.live.desk import Desk

Make = Callable[..., Desk]


@pytest.fixture(autouse=True)
def _dressed(qapp: QApplication) -> None:
    """Every test begins in the dark theme, whatever the one before chose."""
    if theme.current().name != "dark" or not qapp.styleSheet():
        theme.apply(qapp, "dark")


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes a desk for a template or a project, with changes to the recipe; all are closed after the test."""
    monkeypatch.setenv("NETLOOM_HOME", str(tmp_path / "home"))
    made: list[Desk] = []

    def make(what: str | Project = "mlp_digits", **recipe: Any) -> Desk:
        project = load(what) if isinstance(what, str) else what
        made.append(Desk(qtbot, replace(project, recipe=project.recipe.with_settings(**recipe))))
        return made[-1]

    yield make
    for one in made:
        one.session.close()
