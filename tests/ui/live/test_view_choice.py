"""The list of all views in Look inside."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.core.document import Document
from app.core.graph.model import Project
from app.core.storage.templates import load
from app.insight.view import GROUPS
from app.insight.views import views
from app.ui.insight.view_choice import FIRST, ViewChoice


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


def test_the_list_opens_on_what_fits_and_leaves_a_choice_alone(choice: ViewChoice) -> None:
    """Fails if a game is looked at as a classifier, if a view that somebody chose is taken from under their hands, or
    if the next drawing is shown what fitted the last one."""
    choice.fit(Document(load("perceptron")))
    assert choice.currentData() == "truth"
    QTest.keyClick(choice, Qt.Key.Key_Home)
    chosen = choice.currentData()
    choice.activated.emit(choice.currentIndex())
    choice.fit(Document(load("perceptron")))
    assert choice.currentData() == chosen
    choice.another_drawing()
    choice.fit(Document(load("dqn_cartpole")))
    assert choice.currentData() == "play"
    choice.another_drawing()
    choice.fit(Document(load("lenet_digits")))
    assert choice.currentData() == FIRST
    choice.choose("errors")
    choice.another_drawing()
    choice.fit(Document(load("lenet_digits")))
    assert choice.currentData() == "errors"
    choice.another_drawing()
    choice.fit(Document(Project()))
    assert choice.currentData() == "errors"
