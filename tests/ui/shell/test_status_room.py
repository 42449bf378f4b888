"""Sentences in the status bar can be read, and a chosen entry of a menu with its icon too."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt

from app.ui import theme
from app.ui.window import MainWindow
from tests.ui.shell.hands import press


def test_a_sentence_takes_the_room_of_the_totals_where_both_do_not_fit(window: MainWindow, qtbot: Any) -> None:
    """Fails if at a large scale the answer to a key is three letters long, or the totals do not come back."""
    status = window.status
    window.resize(1366, 736)
    try:
        window.scaling.choose(200)
        window.say("")  # that of the scale itself
        qtbot.waitUntil(lambda: status.totals.width() > 100)
        window.canvas.select(())
        press(qtbot, window, "F1")
        qtbot.waitUntil(lambda: status.message.text() == status.message.full_text != "")
        assert status.problems.isVisible()
        window.say("")
        qtbot.waitUntil(lambda: status.totals.width() > 100)
    finally:
        window.scaling.choose(100)
    window.say("Short.")
    qtbot.wait(20)
    assert status.totals.text() == status.totals.full_text
    assert status.message.text() == "Short."


def test_the_icon_of_a_chosen_menu_entry_is_seen_in_high_contrast(window: MainWindow, qtbot: Any) -> None:
    """Fails if a white icon stands on the bright ground of the chosen entry."""
    try:
        window.choose_theme("high_contrast")
        menu = window.actions_table.menus[2]
        menu.popup(window.mapToGlobal(QPoint(40, 40)))
        qtbot.waitUntil(menu.isVisible)
        action = window.actions_table["command_palette"]
        menu.setActiveAction(action)
        qtbot.wait(20)
        box = menu.actionGeometry(action)
        picture = menu.grab().toImage()
        ground = picture.pixelColor(box.center().x(), box.top() + 4)
        assert abs(ground.lightness() - theme.color("text").lightness()) > 100
        qtbot.keyClick(menu, Qt.Key.Key_Escape)
    finally:
        window.choose_theme("dark")
