"""The start page as a person uses it: what it shows, what keys and clicks choose, and when it goes away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

from app.core.storage import templates
from app.core.storage.files import save_project
from app.ui import theme
from app.ui.startpage.page import StartPage
from app.ui.startpage.tiles import Card, RecentRow, Tile
from app.ui.window import MainWindow
from tests.support.patience import PATIENCE, settle
from tests.ui.shell.hands import answer, change, file_dialog, out_channels, press

_CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(autouse=True)
def _closed(window: MainWindow) -> Iterator[None]:
    yield
    for other in window.windows.others(window):
        for box in other.findChildren(QMessageBox):
            box.close()
        other._may_close = True
        other.close()


@pytest.fixture
def page(window: MainWindow, qtbot: Any) -> StartPage:
    return shown(window, qtbot)


def shown(window: MainWindow, qtbot: Any) -> StartPage:
    press(qtbot, window, "Alt+Home")
    page = window.start.page
    assert page is not None
    qtbot.waitUntil(lambda: not page.isHidden() and not page._idle.isActive() and drawn(page.go_on))
    return page


def drawn(tile: Tile) -> bool:
    return tile.picture is not None or tile.isHidden()


def card(page: StartPage, title: str) -> Card:
    return next(card for card in page.cards if card.title == title)


def focused() -> Any:
    return QApplication.focusWidget()


def test_every_template_has_a_card_with_picture_and_sentence(page: StartPage) -> None:
    """Fails if a template is missing, in two groups, without its sentence, or its picture stays empty."""
    assert sorted(card.title for card in page.cards) == sorted(templates.load(n).title for n in templates.names())
    for each in page.cards:
        assert each.words
        assert each.picture is not None
        image = each.picture.toImage()
        colors = {image.pixel(x, y) for x in range(0, image.width(), 5) for y in range(0, image.height(), 5)}
        assert len(colors) > 3, each.title


def test_every_template_stands_in_one_topic() -> None:
    """Fails if a new template is forgotten in the topics, or a topic names one that does not exist."""
    topics = templates.topics()
    assert sorted(name for _, names in topics for name in names) == sorted(templates.names())
    assert "More drawings" not in dict(topics)


def test_nothing_is_cut_off_or_overlaps(page: StartPage, window: MainWindow, qtbot: Any) -> None:
    """Fails if cards lie over each other, or beyond the edge, on a small screen or a very small one."""
    for width, height in ((1366, 700), (700, 420), (1900, 900)):
        window.resize(width, height)
        qtbot.waitUntil(lambda: page.width() == window.width())
        settle()
        for _, grid in page._groups:
            cards = [each for each in grid.cards if not each.isHidden()]
            for index, one in enumerate(cards):
                assert grid.rect().contains(one.geometry()), one.title
                assert one.height() >= one.heightForWidth(one.width())
                assert not any(one.geometry().intersects(other.geometry()) for other in cards[index + 1 :])
        assert page.area.widget().width() <= page.area.viewport().width()


def test_it_lies_over_all_else_in_a_narrow_window_too(page: StartPage, window: MainWindow, qtbot: Any) -> None:
    """Fails if the canvas covers the page once the panels were put below it, for want of room beside it."""
    window.resize(683, 736)
    qtbot.waitUntil(lambda: page.width() == 683 and window.docks.compact)
    for place in (QPoint(340, 200), QPoint(340, 600)):
        qtbot.waitUntil(lambda place=place: page.isAncestorOf(window.childAt(place)))


def test_a_click_opens_a_template_and_asks_first(page: StartPage, window: MainWindow, qtbot: Any) -> None:
    """Fails if unsaved work goes without a question, or the page stays in the way of the new drawing."""
    change(window)
    assert not window.start.shown  # an edit needs to be seen
    press(qtbot, window, "Alt+Home")
    qtbot.mouseClick(card(page, "MLP on digits"), Qt.MouseButton.LeftButton)
    answer(qtbot, window, "Cancel")
    assert out_channels(window) == 9
    assert window.start.shown
    qtbot.mouseClick(card(page, "MLP on digits"), Qt.MouseButton.LeftButton)
    answer(qtbot, window, "Do not save")
    assert window.qdocument.project.title == "MLP on digits"
    assert not window.start.shown
    assert window.canvas.hasFocus()


def test_arrows_and_enter(page: StartPage, window: MainWindow, qtbot: Any) -> None:
    """Fails if the page cannot be used without a mouse."""
    assert focused() is page.go_on
    qtbot.keyClick(focused(), Qt.Key.Key_Down)
    assert focused() is page.new
    qtbot.keyClick(focused(), Qt.Key.Key_Right)
    first = focused()
    assert isinstance(first, Card)
    qtbot.keyClick(focused(), Qt.Key.Key_Right)
    second = focused()
    assert second.geometry().left() > first.geometry().left()
    qtbot.keyClick(focused(), Qt.Key.Key_Down)
    below = focused()
    assert below.mapTo(page, QPoint()).y() > second.mapTo(page, QPoint()).y()
    for _ in page.cards:
        qtbot.keyClick(focused(), Qt.Key.Key_Down)
    last = focused()
    assert last.title == "Deep Q-learning: grid world"  # the first of the last topic
    assert page.area.viewport().rect().contains(last.mapTo(page.area.viewport(), last.rect().center()))
    qtbot.keyClick(last, Qt.Key.Key_Return)
    assert window.qdocument.project.title == "Deep Q-learning: grid world"


def test_tab_stays_on_the_page_and_everything_has_a_name(page: StartPage, qtbot: Any) -> None:
    """Fails if Tab leads to a field below the page, skips a tile, or a screen reader has nothing to say."""
    seen = []
    for _ in range(len(page.cards) + 20):
        qtbot.keyClick(focused(), Qt.Key.Key_Tab)
        if focused() in seen:
            break
        seen.append(focused())
    assert all(page.isAncestorOf(widget) for widget in seen)
    assert set(page.tiles()) <= set(seen)
    assert page.search in seen
    for widget in seen:
        assert widget.accessibleName()
        assert widget.toolTip()


def test_typing_searches(page: StartPage, window: MainWindow, qtbot: Any) -> None:
    """Fails if letters are lost, the topic is not searched, or Enter opens another card than the first one found."""
    qtbot.keyClicks(focused(), "r")
    assert focused() is page.search
    qtbot.keyClicks(page.search, "esidual 50")
    assert [each.title for each in page.cards if each.isVisible()] == ["ResNet-50"]
    qtbot.keyClick(page.search, Qt.Key.Key_Escape)
    assert page.search.text() == ""
    assert window.start.shown
    qtbot.keyClicks(page.search, "nothing like it")
    assert page._nothing.isVisible()
    qtbot.keyClick(page.search, Qt.Key.Key_Return)
    assert window.start.shown
    page.search.setText("perceptron")
    qtbot.keyClick(page.search, Qt.Key.Key_Return)
    assert window.qdocument.project.title == "Perceptron"


def test_letters_in_the_middle_of_a_sentence_find_nothing(page: StartPage, qtbot: Any) -> None:
    """Fails if "gan" finds every drawing whose sentence says "began" or "organised", or a part of a name finds none."""
    qtbot.keyClicks(page.search, "gan")
    found = {each.title for each in page.cards if each.isVisible()}
    assert {"DCGAN on digits", "Generator and judge in the plane", "Coarse to fine"} <= found
    assert "AlexNet" not in found


def test_escape_goes_back(page: StartPage, window: MainWindow, qtbot: Any) -> None:
    """Fails if the page is a dead end, or the keys do not come back to the drawing."""
    qtbot.keyClick(focused(), Qt.Key.Key_Escape)
    assert not window.start.shown
    assert window.canvas.hasFocus()
    assert not window.actions_table["start_page"].isChecked()


def test_it_goes_where_something_else_is_wanted(page: StartPage, window: MainWindow, qtbot: Any) -> None:
    """Fails if a panel that was asked for stays hidden below the page."""
    window.show_panel("problems")
    assert not window.start.shown


def test_control_click_opens_a_new_window(page: StartPage, window: MainWindow, qtbot: Any) -> None:
    """Fails if Ctrl is not looked at: the drawing that is open would be replaced."""
    change(window)
    press(qtbot, window, "Alt+Home")
    qtbot.mouseClick(card(page, "Perceptron"), Qt.MouseButton.LeftButton, _CTRL)
    (other,) = window.windows.others(window)
    assert QTest.qWaitForWindowExposed(other, PATIENCE)
    assert other.qdocument.project.title == "Perceptron"
    assert out_channels(window) == 9


def test_new_and_open(page: StartPage, window: MainWindow, qtbot: Any) -> None:
    """Fails if the two plainest wishes lead nowhere."""
    qtbot.mouseClick(page.open, Qt.MouseButton.LeftButton)
    file_dialog(window).close()
    qtbot.mouseClick(page.new, Qt.MouseButton.LeftButton)
    assert not window.qdocument.project.graph.nodes
    press(qtbot, window, "Alt+Home")
    assert page.go_on.isHidden()  # there is nothing to go on with
    assert focused() is page.new


def test_recent_files(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a file that is gone looks like the others, cannot be forgotten, or one that is there does not open."""
    here, gone = tmp_path / "here.netloom", tmp_path / "gone.netloom"
    save_project(templates.load("mlp_digits"), here)
    for path in (here, gone):
        window.settings.add_recent(path)
    page = shown(window, qtbot)
    missing, there = page.recent
    qtbot.waitUntil(lambda: bool(missing.second and there.second))
    assert (missing.title, there.title) == ("gone.netloom", "here.netloom")
    assert missing.off
    assert "not there any more" in missing.accessibleDescription()
    assert there.second.startswith("Changed today at")
    assert there.picture is not None
    qtbot.mouseClick(missing, Qt.MouseButton.LeftButton)
    assert window.start.shown
    assert missing.forget_button is not None
    qtbot.mouseClick(missing.forget_button, Qt.MouseButton.LeftButton)
    assert window.settings.values.recent == (str(here),)
    assert [row.title for row in page.recent] == ["here.netloom"]
    assert focused() is page.recent[0]
    qtbot.keyClick(focused(), Qt.Key.Key_Return)
    assert window.qdocument.document.path == here
    assert not window.start.shown


def test_delete_forgets(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if the list can only be tidied with the mouse."""
    window.settings.add_recent(tmp_path / "gone.netloom")
    page = shown(window, qtbot)
    row: RecentRow = page.recent[0]
    row.setFocus()
    qtbot.keyClick(row, Qt.Key.Key_Delete)
    assert window.settings.values.recent == ()
    assert page._no_recent.isVisible()
    assert focused() is page.new


def test_the_file_that_is_open_is_not_read_again(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if choosing the open file throws its unsaved changes away, or asks about them."""
    path = tmp_path / "here.netloom"
    save_project(templates.load("lenet_digits"), path)
    window.files.load(path)
    change(window)
    page = shown(window, qtbot)
    qtbot.mouseClick(page.recent[0], Qt.MouseButton.LeftButton)
    assert not window.start.shown
    assert out_channels(window) == 9


def test_another_theme_draws_the_pictures_anew(page: StartPage, window: MainWindow, qtbot: Any) -> None:
    """Fails if cards keep the colours of the theme before."""
    tile = page.cards[0]
    assert tile.picture is not None
    before = tile.picture.toImage().pixelColor(2, 2)
    window.choose_theme("light")
    qtbot.waitUntil(lambda: tile.picture is not None and tile.picture.toImage().pixelColor(2, 2) != before)
    assert tile.picture.toImage().pixelColor(2, 2).lightness() > 200
    theme.apply(QApplication.instance(), "dark")


def test_large_type_keeps_two_columns_and_readable_rows(window: MainWindow, page: StartPage, qtbot: Any) -> None:
    """Fails if a change of the scale leaves rows too narrow for their words, or makes one card as wide as the page."""
    window.resize(1366, 736)
    try:
        window.scaling.choose(200)
        qtbot.wait(50)
        words = QFontMetrics(page.new.font()).horizontalAdvance("An empty canvas")
        assert page.new.width() - page.new.picture_size().width() - 30 >= words
        assert page.cards[0].y() == page.cards[1].y()
    finally:
        window.scaling.choose(100)
        qtbot.wait(20)
    assert page.new.width() == 310
