"""A panel for data on the screen, for the tests of it."""

from __future__ import annotations

from collections.abc import Callable

from pytestqt.qtbot import QtBot

from app.core.graph.model import Project
from app.ui.data.panel import DataPanel
from tests.support.own_data import own_net
from tests.ui.live.conftest import Make
from tests.ui.live.desk import Desk

Opened = Callable[..., tuple[Desk, DataPanel]]


def opener(desk: Make, qtbot: QtBot) -> Opened:
    """What opens a panel on the screen that shows the samples of a drawing."""

    def make(project: Project | str, size: tuple[int, int] = (900, 300)) -> tuple[Desk, DataPanel]:
        here = desk(project)
        panel = DataPanel(here.session, here.qdocument)
        qtbot.addWidget(panel)
        panel.resize(*size)
        panel.show()
        qtbot.waitExposed(panel)
        here.load_torch()
        return here, panel

    return make


def browsed(kind: str = "pictures", count: int = 60) -> Project:
    return own_net("Browsed", ("flatten", "Flatten"), kind=kind, count=count)
