"""A finding says why such a thing happens, when it is asked."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.core.checks.severity import known
from app.training.events import Diagnosed
from app.ui.training.panel import TrainingPanel
from tests.support.patience import settle
from tests.training.nets import linear_net
from tests.ui.live.conftest import Make


def test_why_shows_the_reason_and_asks_for_no_node(qtbot: QtBot, desk: Make) -> None:
    """Fails if Why leads to a node of that name, or shows nothing, or the reason stands there unasked."""
    here = desk(linear_net())
    panel = TrainingPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(1366, 400)
    panel.show()
    column = panel.findings
    went: list[str] = []
    column.linkActivated.connect(went.append)
    column.show_findings([Diagnosed("fc1", "The gradient vanishes.", "vanishing")])
    settle()

    def texts() -> str:
        return " ".join(label.text() for label in column.findChildren(QLabel))

    reason = known("vanishing").why
    assert reason not in texts()
    label = next(each for each in column.findChildren(QLabel) if "Why?" in each.text())
    label.linkActivated.emit("why:vanishing")
    here.until(lambda: reason in texts())
    assert went == []
    assert "Why?" not in texts()
    shows = next(each for each in column.findChildren(QLabel) if "Show fc1" in each.text())
    shows.linkActivated.emit("fc1")
    assert went == ["fc1"]


def test_a_finding_without_a_reason_is_not_asked(qtbot: QtBot, desk: Make) -> None:
    """Fails if Why is offered where there is no answer."""
    here = desk(linear_net())
    panel = TrainingPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.findings.show_findings([Diagnosed("digits", "One sample was corrected.", "corrections")])
    settle()
    assert not any("Why?" in label.text() for label in panel.findings.findChildren(QLabel))
