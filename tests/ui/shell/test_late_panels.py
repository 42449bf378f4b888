"""Panels that are made when somebody wants them: by a tab, by a key, with the arrangement of last time."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTabBar

from app.ui.docks import PANELS
from app.ui.panels import LATE
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import Open, press

KEYS = {panel.name: panel.keys for panel in PANELS}
TITLES = {panel.name: panel.title for panel in PANELS}


def made(window: MainWindow) -> set[str]:
    """Which of them there are."""
    return {name for name in LATE if window.has_panel(name)}


def test_a_window_makes_only_what_is_seen(window: MainWindow, qtbot: Any) -> None:
    """Fails if an idle window holds panels that nobody has looked at, or a click on a tab shows an empty place."""
    settle()
    window.canvas.select(("conv2",))
    window.canvas.select(())
    settle()
    assert made(window) == set()
    assert window.docks.docks["problems"].titleBarWidget().sizeHint().height() == 0
    bar = next(bar for bar in window.findChildren(QTabBar) if bar.count() > 8)
    at = next(place for place in range(bar.count()) if bar.tabText(place) == TITLES["filters"])
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(at).center())
    settle()
    assert made(window) == set()
    at = next(place for place in range(bar.count()) if bar.tabText(place) == TITLES["code"])
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(at).center())
    qtbot.waitUntil(lambda: window.has_panel("code") and window.code.isVisible())
    assert window.code.size() == window.docks.place("code").size()
    assert made(window) == {"code"}


@pytest.mark.parametrize("name", sorted(LATE))
def test_its_key_brings_it_whole(window: MainWindow, qtbot: Any, name: str) -> None:
    """Fails if a panel cannot be made by its key, comes twice, or brings others with it."""
    settle()
    press(qtbot, window, KEYS[name])
    qtbot.waitUntil(lambda: window.has_panel(name) and getattr(window, name).isVisible())
    panel = getattr(window, name)
    settle()
    assert made(window) == {name}
    press(qtbot, window, KEYS["training"])
    qtbot.waitUntil(lambda: not panel.isVisible())
    press(qtbot, window, KEYS[name])
    qtbot.waitUntil(panel.isVisible)
    assert getattr(window, name) is panel
    assert [child for child in window.docks.place(name).children() if child.isWidgetType()] == [panel]


def test_one_that_comes_late_shows_what_is_selected(window: MainWindow, qtbot: Any) -> None:
    """Fails if a panel misses what was selected before it was made."""
    window.canvas.select(("conv2",))
    settle()
    assert not window.has_panel("dream")
    press(qtbot, window, KEYS["dream"])
    qtbot.waitUntil(lambda: window.dream.isVisible())
    assert window.dream.node == "conv2"
    assert window.dream.what.text() == "conv2"
    press(qtbot, window, KEYS["code"])
    qtbot.waitUntil(lambda: bool(window.code.text))
    marked = [each.cursor.block().text() for each in window.code.view.extraSelections()]
    assert marked
    assert all("conv2" in line for line in marked)
    press(qtbot, window, KEYS["poke"])
    qtbot.waitUntil(lambda: window.poke.isVisible())
    assert window.poke.node == "conv2"


def test_the_samples_of_data_are_let_go_when_the_panel_goes_behind(window: MainWindow, qtbot: Any) -> None:
    """Fails if a panel that came late is not told that it went behind another, and holds the data for nobody."""
    window.session.load_torch()
    press(qtbot, window, KEYS["samples"])
    qtbot.waitUntil(lambda: window.samples.browser is not None)
    press(qtbot, window, KEYS["training"])
    qtbot.waitUntil(lambda: window.samples.browser is None)


def test_one_that_was_in_front_is_there_at_the_next_start(open_window: Open, qtbot: Any) -> None:
    """Fails if a window begins with an empty place where a panel stood when it was closed."""
    first = open_window()
    press(qtbot, first, KEYS["predict"])
    qtbot.waitUntil(lambda: first.predict.isVisible())
    first.close()
    second = open_window()
    qtbot.waitUntil(lambda: second.has_panel("predict") and second.predict.isVisible())
    assert made(second) == {"predict"}


def test_a_panel_is_asked_for_by_name_before_it_is_seen(window: MainWindow) -> None:
    """Fails if a part of the window that speaks to a panel finds none, or one that stands elsewhere."""
    assert not window.has_panel("results")
    assert window.results.parentWidget() is window.docks.place("results")
    assert window.results.isHidden()
    with pytest.raises(AttributeError, match="no surprise"):
        _ = window.surprise
