"""Presentation in the real window: in, a click, and back to exactly what was there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QApplication

from app.ui import scale, theme
from app.ui.settings import Settings
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import press


@pytest.fixture(autouse=True)
def _as_before(qapp: QApplication) -> Iterator[None]:
    yield
    scale.apply(100)
    theme.apply(qapp, "dark")


def arrangement(window: MainWindow) -> dict[str, tuple[bool, bool, QRect]]:
    """Where each panel stands."""
    return {
        # A panel behind another tab lies somewhere outside of the window.
        name: (dock.isVisible(), dock.isFloating(), QRect() if dock.visibleRegion().isEmpty() else dock.geometry())
        for name, dock in window.docks.docks.items()
    }


def test_only_canvas_and_curves_are_left_and_large(window: MainWindow, qtbot: Any) -> None:
    """Fails if bars or panels stay, the type stays small, or the window does not fill the screen."""
    points = QApplication.font().pointSizeF()
    press(qtbot, window, "F11")
    settle()
    assert window.isFullScreen()
    assert [name for name, dock in window.docks.docks.items() if dock.isVisible()] == ["training"]
    for part in (window.menuBar(), window.toolbar, window.statusBar(), window.training.recipe):
        assert not part.isVisible()
    assert QApplication.font().pointSizeF() >= 1.5 * points
    assert QFontInfo(window.presentation.bar.training.font()).pixelSize() >= int(0.02 * window.screen().size().height())
    assert window.canvas.isVisible()
    assert window.canvas.height() > window.height() / 2
    assert QApplication.focusWidget() is window.canvas
    press(qtbot, window, "F11")
    assert not window.isFullScreen()


@pytest.mark.parametrize("key", ["F11", "Escape"])
def test_the_arrangement_comes_back_exactly(window: MainWindow, qtbot: Any, key: str) -> None:
    """Fails if a panel that was closed, moved or in front is another one afterwards, or the window has another size."""
    window.resize(1200, 700)
    window.docks.docks["inspector"].close()
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, window.docks.docks["code"])
    window.show_panel("dream")
    window.resizeDocks([window.docks.docks["layers"]], [260], Qt.Orientation.Horizontal)
    window.layers.focus_search()
    settle()
    before, geometry = arrangement(window), window.geometry()
    press(qtbot, window, "F11")
    settle()
    press(qtbot, window, key)
    qtbot.waitUntil(lambda: window.geometry() == geometry)
    qtbot.waitUntil(lambda: arrangement(window) == before)
    assert theme.scale() == 1.0
    assert QApplication.focusWidget() is window.layers.search
    assert all(part.isVisible() for part in (window.menuBar(), window.toolbar, window.statusBar()))
    assert window.training.recipe.isVisibleTo(window.training)
    assert not window.actions_table["present"].isChecked()


def test_a_selected_layer_is_named(window: MainWindow, qtbot: Any) -> None:
    """Fails if a click selects nothing, or nobody in the last row could read what it was."""
    press(qtbot, window, "F11")
    settle()
    canvas, bar = window.canvas, window.presentation.bar
    assert bar is not None
    assert bar.layer.text() == "LeNet-5 on digits"
    place = canvas.camera.to_view(canvas.scene.nodes["conv2"].rect.center()).toPoint()
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place)
    assert bar.layer.text() == "conv2 · Convolution 2-D · Conv2d · 16×10×10"
    window.canvas.select(("loss",))
    assert bar.layer.text() == "loss · Cross-entropy · CrossEntropyLoss", "and not: loss, as the shape of a loss"
    window.canvas.select(("conv2",))
    assert bar.layer.font().pointSizeF() > 1.8 * theme.base_font(1.0).pointSizeF()
    qtbot.mouseClick(bar.leave_button, Qt.MouseButton.LeftButton)
    assert not window.presentation.on


def test_light_is_for_the_presentation_only(window: MainWindow, qtbot: Any, settings: Settings) -> None:
    """Fails if the chosen theme is lost, or the switch is not remembered for the next presentation."""
    window.choose_theme("high_contrast")
    press(qtbot, window, "F11")
    bar = window.presentation.bar
    assert bar is not None
    assert theme.current().name == "high_contrast"
    bar.light.click()
    assert theme.current().name == "light"
    press(qtbot, window, "F11")
    assert theme.current().name == "high_contrast"
    assert Settings(settings.path).values.theme == "high_contrast"
    assert Settings(settings.path).values.light_presentation
    press(qtbot, window, "F11")
    assert theme.current().name == "light"
    press(qtbot, window, "F11")
    assert theme.current().name == "high_contrast"


def test_the_box_says_which_theme_is_on(window: MainWindow, qtbot: Any) -> None:
    """Fails if the box is empty although all is light, does nothing then, or its theme stays on after the end."""
    window.choose_theme("light")
    press(qtbot, window, "F11")
    bar = window.presentation.bar
    assert bar is not None
    assert bar.light.isChecked()
    bar.light.click()
    assert theme.current().name == "dark"
    assert not bar.light.isChecked()
    window.choose_theme("light")
    assert bar.light.isChecked()
    bar.light.click()
    press(qtbot, window, "F11")
    assert theme.current().name == "light"
    window.choose_theme("dark")
    press(qtbot, window, "F11")
    assert theme.current().name == "dark"
    assert not bar.light.isChecked()
    press(qtbot, window, "F11")


def test_nothing_wrong_is_remembered(window: MainWindow, qtbot: Any, settings: Settings) -> None:
    """Fails if a crash or a close in the middle makes the next start begin as a presentation."""
    kept = window.docks.saved()
    press(qtbot, window, "F11")
    settle()
    crashed = Settings(settings.path).values
    assert (crashed.scale, crashed.geometry, crashed.arrangement) == (100, b"", b"")
    window.close()
    closed = Settings(settings.path).values
    assert closed.arrangement == kept
    assert closed.scale == 100
    assert theme.scale() == 1.0


def test_escape_ends_what_was_begun_first(window: MainWindow, qtbot: Any) -> None:
    """Fails if Escape in the command palette, or in the middle of a gesture, ends the presentation."""
    press(qtbot, window, "F11")
    press(qtbot, window, "Ctrl+P")
    assert window.command_box.isVisible()
    qtbot.keyClick(window.command_box.edit, Qt.Key.Key_Escape)
    assert not window.command_box.isVisible()
    assert window.presentation.on
    canvas = window.canvas
    place = canvas.camera.to_view(canvas.scene.nodes["conv2"].rect.center()).toPoint()
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=place)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=place)
    assert window.presentation.on
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert not window.presentation.on


def test_training_keys_still_work(window: MainWindow, qtbot: Any) -> None:
    """Fails if hiding the menu takes its keys away."""
    press(qtbot, window, "F11")
    press(qtbot, window, "F5")
    assert window.session.state == "starting"
    press(qtbot, window, "F8")
    qtbot.waitUntil(lambda: window.session.state == "idle", timeout=60_000)
    press(qtbot, window, "F11")


def test_a_larger_step_while_presenting_is_not_kept(window: MainWindow, qtbot: Any, settings: Settings) -> None:
    """Fails if the keys for larger type change what the window is after the presentation."""
    press(qtbot, window, "F11")
    press(qtbot, window, "Ctrl+Alt++")
    assert theme.scale() == 1.75
    press(qtbot, window, "F11")
    assert theme.scale() == 1.0
    assert Settings(settings.path).values.scale == 100


def test_another_panel_and_train_are_at_hand(window: MainWindow, qtbot: Any) -> None:
    """Fails if only the curves can stand below the canvas, or Train and the way out cannot be seen and pressed."""
    press(qtbot, window, "F11")
    settle()
    bar = window.presentation.bar
    assert bar is not None
    window.presentation.show_half("filters")
    settle()
    assert [name for name, dock in window.docks.docks.items() if dock.isVisible()] == ["filters"]
    assert bar.half.currentText() == "Filters"
    assert QApplication.focusWidget() is window.canvas
    for width in (1366, 683, 420):
        bar.resize(width, bar.height())
        for part in (bar.train, bar.leave_button):
            assert part.isVisible()
            assert bar.rect().contains(part.geometry()), width
    qtbot.mouseClick(bar.train, Qt.MouseButton.LeftButton)
    assert window.session.state == "starting"
    press(qtbot, window, "F8")
    qtbot.waitUntil(lambda: window.session.state == "idle", timeout=60_000)
    press(qtbot, window, "F11")
