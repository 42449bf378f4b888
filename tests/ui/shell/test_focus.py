"""Where the keys go, and that a training leaves the panels as they were chosen."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui.window import MainWindow
from tests.support.patience import settle

NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


def test_keys_go_to_the_canvas_after_a_double_click_in_the_palette(window: MainWindow) -> None:
    """Would fail if Delete after a double-click went to the list, and the layer stayed."""
    tree = window.layers.tree
    item = window.layers._items["ReLU"]
    tree.scrollToItem(item)
    settle()
    place = tree.visualItemRect(item).center()
    before = set(window.canvas.scene.nodes)
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, NONE, place)
    QTest.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, NONE, place)
    (fresh,) = set(window.canvas.scene.nodes) - before
    assert QApplication.focusWidget() is window.canvas
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Delete)
    assert fresh not in window.canvas.scene.nodes


def test_a_double_click_on_a_category_keeps_the_keys(window: MainWindow) -> None:
    """Would fail if opening a category took the arrows away from the list."""
    tree = window.layers.tree
    group = tree.topLevelItem(0)
    assert group is not None
    place = tree.visualItemRect(group).center() + QPoint(2, 0)
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, NONE, place)
    QTest.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, NONE, place)
    assert QApplication.focusWidget() is tree


@pytest.mark.parametrize(("typed", "key"), [("stem", "Return"), ("stem", "Enter"), ("stem", "Escape"), ("", "Return")])
def test_keys_go_to_the_canvas_after_naming(window: MainWindow, qtbot: Any, typed: str, key: str) -> None:
    """Would fail if M after naming a layer wrote an m into its name."""
    window.canvas.select(["conv1"])
    window.rename()
    field = window.inspector.nodes.name
    qtbot.waitUntil(field.hasFocus)
    if typed:
        qtbot.keyClicks(field, typed)
    qtbot.keyClick(field, getattr(Qt.Key, f"Key_{key}"))
    name = "stem" if typed and key != "Escape" else "conv1"
    assert QApplication.focusWidget() is window.canvas
    assert window.canvas.selected == (name,)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_M)
    assert window.qdocument.project.graph.nodes[name].bypassed


def test_a_name_that_is_refused_keeps_the_keys(window: MainWindow, qtbot: Any) -> None:
    """Would fail if a mistake in a name could not be mended where it was made."""
    window.canvas.select(["conv1"])
    window.rename()
    field = window.inspector.nodes.name
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClicks(field, "conv2")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is field


@pytest.mark.parametrize("panel", ["code", "filters", "problems"])
def test_a_training_leaves_the_chosen_panel_in_front(
    window: MainWindow, qtbot: Any, monkeypatch: pytest.MonkeyPatch, panel: str
) -> None:
    """Would fail if F5 pushed away the panel that somebody wants to watch while it trains."""
    started: list[bool] = []
    monkeypatch.setattr(window.session, "train", lambda: started.append(True))
    window.show_panel(panel)
    qtbot.waitUntil(lambda: not window.docks.docks[panel].visibleRegion().isEmpty())
    window.train()
    settle()
    assert started
    assert not window.docks.docks[panel].visibleRegion().isEmpty()
    assert window.docks.docks["training"].visibleRegion().isEmpty()


def _repeat(window: MainWindow, key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> None:
    """One repeat of a held key, as Qt gives it to the window of the system: first the question, then the key."""
    handle = window.windowHandle()
    question = QKeyEvent(QEvent.Type.ShortcutOverride, key, keys, "", True)
    question.ignore()
    QApplication.sendEvent(handle, question)
    QApplication.sendEvent(handle, QKeyEvent(QEvent.Type.KeyPress, key, keys, "", True))


def test_repeats_of_a_held_key_do_not_pile_up(window: MainWindow) -> None:
    """Would fail if the window went on for a second after the key was let go: all repeats are there at once here."""
    canvas = window.canvas
    canvas.setFocus()
    canvas.select(["conv1"])
    x = canvas.scene.nodes["conv1"].x
    for _ in range(50):
        _repeat(window, Qt.Key.Key_Right, CTRL)
    assert canvas.scene.nodes["conv1"].x == x + 10
    settle()
    _repeat(window, Qt.Key.Key_Right, CTRL)
    assert canvas.scene.nodes["conv1"].x == x + 20


def test_keys_that_are_pressed_anew_all_count(window: MainWindow) -> None:
    """Would fail if quick single presses were lost with the repeats."""
    canvas = window.canvas
    canvas.setFocus()
    canvas.select(["conv1"])
    x = canvas.scene.nodes["conv1"].x
    for _ in range(5):
        for kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            QApplication.sendEvent(window.windowHandle(), QKeyEvent(kind, Qt.Key.Key_Right, CTRL))
    assert canvas.scene.nodes["conv1"].x == x + 50
