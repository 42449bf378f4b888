"""Choices that ask for the room of their words."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.ui.inspector.boxes import CalmCombo
from tests.support.patience import settle


def test_a_choice_is_as_wide_as_its_longest_word_where_there_is_room(qtbot: QtBot) -> None:
    """Fails if "paintedpoints1" or "Mean absolute error" is cut beside a field that has room to give, or the choice
    keeps a narrow window from becoming narrower."""
    row, choice, field = QWidget(), CalmCombo(), QLineEdit()
    qtbot.addWidget(row)
    choice.ask_for_all()
    layout = QHBoxLayout(row)
    layout.addWidget(choice)
    layout.addWidget(field, 1)
    row.resize(800, 40)
    row.show()
    choice.addItems(["digits", "Mean absolute error of all answers"])
    settle()
    assert choice.width() > choice.fontMetrics().horizontalAdvance("Mean absolute error of all answers")
    assert choice.minimumSizeHint().width() < choice.fontMetrics().horizontalAdvance(
        "Mean absolute error of all answers"
    )
