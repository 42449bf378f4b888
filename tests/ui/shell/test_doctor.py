"""The Doctor's page in the real window."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app.ui.doctor.dialog import DoctorDialog
from app.ui.window import MainWindow


def opened(qtbot: Any, window: MainWindow) -> DoctorDialog:
    window.actions_table["doctor"].trigger()
    page = next(each for each in window.findChildren(DoctorDialog) if each.isVisible())
    assert "Interface scale: 100 %" in page.text  # what the window knows is there at once
    qtbot.waitUntil(lambda: page.done_gathering, timeout=60_000)
    return page


def test_it_shows_everything_and_copies_it(window: MainWindow, qtbot: Any) -> None:
    """Fails if a section is missing on the page or in the copied text, or the button copies nothing."""
    page = opened(qtbot, window)
    assert page.state.text() == "Everything that Netloom needs works here."
    QGuiApplication.clipboard().clear()
    qtbot.mouseClick(page.copy_button, Qt.MouseButton.LeftButton)
    text = QGuiApplication.clipboard().text()
    for word in ("[torch]", "OpenMP: ", "CUDA: ", "This program: ", "Qt: ", "Platform: ", "Screen 1: ", "pyqtgraph: "):
        assert word in text, word
    assert str(window.settings.path) in text
    shown = {page.tree.topLevelItem(i).text(0) for i in range(page.tree.topLevelItemCount())}
    assert shown == {section.title for section in page.found}
    assert len(shown) == 7
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert not page.isVisible()


def test_it_works_without_torch(window: MainWindow, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the page that should say why nothing trains cannot be opened just then."""
    monkeypatch.setitem(sys.modules, "torch", None)
    page = opened(qtbot, window)
    assert page.state.text() == "1 thing does not work."
    assert "NOT WORKING: torch: is not installed" in page.text
    page.close()


def test_it_may_be_closed_while_it_still_looks(window: MainWindow, qtbot: Any) -> None:
    """Fails if an answer that comes too late reaches a page that is gone."""
    window.show_doctor()
    page = next(each for each in window.findChildren(DoctorDialog) if each.isVisible())
    page.close()
    qtbot.waitUntil(lambda: not window.session.runner.busy, timeout=60_000)


def test_it_follows_when_the_device_becomes_known(window: MainWindow, qtbot: Any) -> None:
    """Fails if the page says that torch is still loading below the version of the torch that has loaded."""
    page = opened(qtbot, window)
    window.session.load_torch()
    qtbot.waitUntil(lambda: window.session.device != "")
    qtbot.waitUntil(lambda: f"This drawing computes on: {window.session.device}" in page.text)
    assert "still loading" not in page.text
