"""The list of all views in Look inside."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.insight.view import GROUPS
from app.insight.views import views
from app.ui.insight.view_choice import ViewChoice


@pytest.fixture
def choice(qtbot: Any) -> ViewChoice:
    made = ViewChoice()
    qtbot.addWidget(made)
    made.show()
    return made


def enabled(choice: ViewChoice, row: int) -> bool:
    return bool(choice.model().index(row, 0).flags() & Qt.ItemFlag.ItemIsEnabled)


def test_every_view_stands_once_under_its_heading(choice: ViewChoice) -> None:
    """Fails if a view is missing or listed twice, stands under another heading, or a heading holds nothing."""
    under: dict[str, list[str]] = {}
    heading = ""
    for row in range(choice.count()):
        if enabled(choice, row):
            under[heading].append(choice.itemData(row))
        else:
            heading = choice.itemText(row)
            assert heading not in under
            under[heading] = []
    assert list(under) == [group for group in GROUPS if group in under]
    assert all(under.values())
    assert sorted(name for names in under.values() for name in names) == sorted(views())
    assert {name: group for group, names in under.items() for name in names} == {
        each.name: each.group for each in views().values()
    }


def test_keys_go_from_view_to_view(choice: ViewChoice) -> None:
    """Fails if a heading can be chosen by key, or a view cannot."""
    choice.setFocus()
    QTest.keyClick(choice, Qt.Key.Key_Home)
    met = [choice.currentData()]
    for _ in range(len(views()) - 1):
        QTest.keyClick(choice, Qt.Key.Key_Down)
        met.append(choice.currentData())
    assert sorted(met) == sorted(views())
