"""Where panels stand, how they come back, and themes."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractAnimation, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QMenu,
    QTabBar,
    QToolButton,
    QWidget,
)

from app.core.commands import SetSetting
from app.ui import theme
from app.ui.docks import PANELS
from app.ui.panel_places import TitleBar
from app.ui.settings import Settings
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import Open, press


def test_panels_close_and_come_back(window: MainWindow, qtbot: Any) -> None:
    """Fails if a closed panel cannot be brought back, by menu or by key."""
    for panel in PANELS:
        dock = window.docks.docks[panel.name]
        dock.close()
        assert dock.isHidden()
        window.docks.actions()[PANELS.index(panel)].trigger()
        assert not dock.isHidden()
    window.canvas.setFocus()
    press(qtbot, window, "Ctrl+5")
    qtbot.waitUntil(lambda: window.code.isVisible())


def test_the_entry_of_a_panel_keeps_its_keys_while_its_title_counts(window: MainWindow) -> None:
    """Fails if the menu no longer tells the keys of Problems once there were some, because Qt names it anew."""
    entry = window.docks.docks["problems"].toggleViewAction()
    assert entry.text() == "Problems\tCtrl+4"
    window.qdocument.do(SetSetting("", ("conv2",), "kernel_size", (30, 30)))
    settle()
    words, keys = entry.text().split("\t")
    assert words.startswith("Problems (")
    assert keys == "Ctrl+4"


def test_a_tab_has_no_second_title(window: MainWindow, qtbot: Any) -> None:
    """Fails if tabs and title bars both say the name, which takes a line from the curves; or neither does."""
    docks = window.docks
    settle()
    assert docks.docks["training"].titleBarWidget().sizeHint().height() == 0
    assert docks.docks["inspector"].titleBarWidget().sizeHint().height() > 10
    docks.docks["code"].setFloating(True)
    qtbot.waitUntil(lambda: docks.docks["code"].titleBarWidget().sizeHint().height() > 10)
    docks.docks["code"].setFloating(False)
    qtbot.waitUntil(lambda: docks.docks["code"].titleBarWidget().sizeHint().height() == 0)


def test_what_is_behind_a_tab_is_dressed_when_it_is_first_seen(open_window: Open, qtbot: Any) -> None:
    """Fails if all panels are styled and arranged at the start, which takes a tenth of it; if one comes without its
    content or its size when it is first seen; or if a panel is made outside its place and then moved there."""
    window = open_window()
    settle()
    behind = [panel.name for panel in PANELS if window.docks.docks[panel.name].visibleRegion().isEmpty()]
    assert len(behind) > 8
    for name in behind:
        panel = getattr(window, name)
        assert panel.parentWidget() is window.docks.place(name)
        assert panel.isHidden()
    for name in behind:
        window.show_panel(name)
        panel = getattr(window, name)
        qtbot.waitUntil(panel.isVisible)
        settle()
        needed = panel.minimumSizeHint()
        assert panel.size() == window.docks.place(name).size()
        assert panel.width() >= needed.width()
        assert panel.height() >= needed.height()
        others = [getattr(window, other) for other in behind if other != name]
        assert not any(other.isVisible() for other in others)  # such as curves that are drawn for nobody
        assert not window.training.isVisible()
    window.hide()
    qtbot.waitUntil(lambda: not panel.isVisible())
    window.show()
    qtbot.waitUntil(panel.isVisible)


def test_the_arrangement_is_remembered_and_reset(open_window: Open, settings: Settings, qtbot: Any) -> None:
    """Fails if the next start does not look like the last, or there is no way back from a muddle."""
    first = open_window()
    first.docks.docks["layers"].close()
    first.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, first.docks.docks["code"])
    first.close()
    second = open_window()
    assert second.docks.docks["layers"].isHidden()
    assert second.dockWidgetArea(second.docks.docks["code"]) == Qt.DockWidgetArea.LeftDockWidgetArea
    second.docks.arrange()
    settle()
    assert not second.docks.docks["layers"].isHidden()
    assert second.dockWidgetArea(second.docks.docks["code"]) == Qt.DockWidgetArea.BottomDockWidgetArea
    assert second.training.isVisible()


def test_an_arrangement_from_before_a_panel_existed_is_kept(window: MainWindow) -> None:
    """Fails if a new panel throws away how somebody has put the others, or is nowhere to be seen."""
    docks = window.docks
    new = docks.docks["views"]
    new.setObjectName("another")  # so that what is saved says nothing of it
    docks.docks["layers"].close()
    docks.docks["code"].setFloating(True)
    before = docks.saved()
    new.setObjectName("views")
    window.docks.arrange()
    assert docks.restore(before)
    settle()
    assert docks.docks["layers"].isHidden()
    assert docks.docks["code"].isFloating()
    assert not new.isHidden()
    assert window.dockWidgetArea(new) == Qt.DockWidgetArea.BottomDockWidgetArea
    window.show_panel("views")
    settle()
    assert window.views.isVisible()


def test_a_damaged_arrangement_is_no_obstacle(open_window: Open, settings: Settings) -> None:
    """Fails if settings of another version leave a window without panels."""
    settings.change(arrangement=b"nonsense", geometry=b"\x00\x01")
    window = open_window()
    assert all(isinstance(dock, QDockWidget) and not dock.isHidden() for dock in window.docks.docks.values())


def test_every_theme_dresses_everything_and_is_remembered(window: MainWindow, settings: Settings) -> None:
    """Fails if a theme raises somewhere while the window is open, or the next start has another."""
    for name in theme.NAMES:
        window.menus.themes[name].trigger()
        settle()
        assert theme.current().name == name
        assert Settings(settings.path).values.theme == name
    assert window.menus.themes["high_contrast"].isChecked()


def test_keys_and_about_open(window: MainWindow, qtbot: Any) -> None:
    """Fails if a help window raises, or stays behind when its window goes."""
    for show, title in ((window.show_keys, "Keys and gestures"), (window.show_about, "About Netloom")):
        show()
        dialog = next(each for each in window.findChildren(QWidget) if each.windowTitle() == title)
        assert dialog.isVisible()
        dialog.close()


def test_explain_shows_the_help(window: MainWindow, qtbot: Any) -> None:
    """Fails if F1 does not bring the help of the selected layer into view."""
    window.canvas.select(("conv1",))
    window.docks.docks["inspector"].close()
    window.canvas.setFocus()
    press(qtbot, window, "F1")
    settle()
    text = window.inspector.nodes.help
    assert text.isVisible()
    assert not text.visibleRegion().isEmpty()


def test_a_panel_behind_a_tab_asks_for_no_pictures(window: MainWindow, qtbot: Any) -> None:
    """Fails if panels that nobody sees have pictures made, which costs every edit and every training its time; or if
    one asks for none when it comes to the front."""
    wanted = window.session.looker._views
    settle()
    assert not wanted.keys() & {"filters", "activations", "samples", "view", "view samples"}
    assert not window.views._begun
    window.docks.show("filters")
    qtbot.waitUntil(lambda: "filters" in wanted)
    window.docks.show("activations")
    qtbot.waitUntil(lambda: "activations" in wanted)
    window.session.looker.refresh()  # whatever it shows, it learns then that it cannot be seen
    qtbot.waitUntil(lambda: "filters" not in wanted)
    assert "activations" in wanted
    window.docks.show("views")
    qtbot.waitUntil(lambda: window.views._begun)


def _height(window: MainWindow) -> int:
    return window.docks.docks["views"].height()


def test_panels_below_can_be_large_and_come_back(open_window: Open, qtbot: Any) -> None:
    """Fails if keys or a double-click on a tab do not make a panel large, if the canvas is gone meanwhile, if a window
    of another size loses it, if a height given by hand does not come back, or if it is kept for the next start."""
    window = open_window()
    window.show_panel("views")
    settle()
    before, action = _height(window), window.actions_table["large_panel"]
    press(qtbot, window, "Ctrl+Shift+M")
    qtbot.waitUntil(lambda: _height(window) > 1.7 * before)
    assert action.isChecked()
    assert window.canvas.height() > 40
    window.resize(window.width() - 60, window.height() - 40)
    settle()
    assert _height(window) > 1.5 * before
    press(qtbot, window, "Ctrl+Shift+M")
    qtbot.waitUntil(lambda: abs(_height(window) - before) < 12)
    assert not action.isChecked()

    window.resizeDocks([window.docks.docks["views"]], [before + 90], Qt.Orientation.Vertical)
    window.docks.by_hand = True  # as after dragging the edge
    settle()
    by_hand = _height(window)
    bar = next(
        bar for bar in window.findChildren(QTabBar) if "Look inside" in [bar.tabText(i) for i in range(bar.count())]
    )
    tab = next(i for i in range(bar.count()) if bar.tabText(i) == "Look inside")
    for large in (True, False):
        qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(tab).center())
        qtbot.mouseDClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(tab).center())
        qtbot.waitUntil(lambda large=large: (_height(window) > by_hand + 60) is large)
        assert not window.docks.docks["views"].isFloating()
    settle()
    assert abs(_height(window) - by_hand) < 3

    press(qtbot, window, "Ctrl+Shift+M")
    kept = window.docks.saved()
    assert not window.docks.large.on
    assert window.docks.restore(kept)
    settle()
    assert abs(_height(window) - by_hand) < 12


def test_a_large_panel_is_large_in_a_low_window(open_window: Open, qtbot: Any) -> None:
    """Fails if the canvas keeps so much of a window on a screen at 200 % that nothing becomes larger, or has less than
    before once the panel is small again."""
    window = open_window()
    window.resize(683, 384)
    window.show_panel("views")
    settle()
    before, canvas = _height(window), window.canvas.height()
    press(qtbot, window, "Ctrl+Shift+M")
    qtbot.waitUntil(lambda: _height(window) > before + 40)
    assert window.canvas.height() > 40
    press(qtbot, window, "Ctrl+Shift+M")
    qtbot.waitUntil(lambda: abs(window.canvas.height() - canvas) < 12)


def test_a_panel_from_behind_floats_where_it_is_seen(open_window: Open, qtbot: Any) -> None:
    """Fails if a panel that stood behind another floats beyond the screen or as a stamp, also after the next start, or
    if one that was moved by hand is put elsewhere."""
    window = open_window()
    window.show_panel("training")
    settle()
    dock = window.docks.docks["filters"]
    dock.setFloating(True)

    def seen() -> bool:
        inside = window.screen().availableGeometry().contains(dock.geometry().center())
        return bool(inside and dock.width() >= 300 and dock.height() >= 200)

    qtbot.waitUntil(seen)
    dock.resize(320, 210)
    dock.move(60, 70)
    settle()
    there = dock.geometry()
    dock.setFloating(False)
    settle()
    dock.setFloating(True)
    settle()
    assert seen()
    dock.setGeometry(there)
    assert window.docks.restore(window.docks.saved())
    settle()
    assert dock.isFloating()
    assert dock.geometry() == there


def test_a_panel_that_is_dropped_beside_another_can_be_read(window: MainWindow, qtbot: Any) -> None:
    """Fails if two panels at one side share the width of one; if one that is alone there loses its own."""
    window.resize(1366, 768)
    settle()
    layers, inspector = window.docks.docks["layers"], window.docks.docks["inspector"]
    wide = layers.width(), inspector.width()
    inspector.setFloating(True)
    settle()
    window.splitDockWidget(layers, inspector, Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: inspector.width() >= wide[1] - 2)
    assert layers.width() >= wide[0] - 2
    inspector.setFloating(True)
    settle()
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, inspector)
    qtbot.waitUntil(lambda: abs(inspector.width() - wide[1]) <= 2)
    assert abs(layers.width() - wide[0]) <= 2


def test_a_right_click_on_the_arrows_lists_every_tab(open_window: Open, qtbot: Any) -> None:
    """Fails if the tabs at the end of a row that is too long are reached by pressing arrows alone, if the list names
    others than the row has, or if choosing one does not bring it to the front."""
    window = open_window()
    window.resize(683, 768)
    settle()
    for name in ("results", "poke", "training"):
        window.show_panel(name)
        settle()
    bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    bar = next(bar for bar in bars if bar.isVisible())
    qtbot.waitUntil(lambda: any(each.isVisible() for each in bar.findChildren(QToolButton)))
    arrow = next(each for each in bar.findChildren(QToolButton) if each.isVisible() and each.isEnabled())
    middle = arrow.rect().center()
    asked = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, middle, arrow.mapToGlobal(middle))
    QApplication.sendEvent(arrow, asked)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    entries = [entry.text() for entry in menu.actions()]
    assert entries == [bar.tabText(index) for index in range(bar.count())]
    wanted = next(entry for entry in menu.actions() if entry.text() == "Inspector")
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(wanted).center())
    qtbot.waitUntil(lambda: window.docks.in_front() is window.docks.docks["inspector"])


def test_a_panel_that_is_put_back_stands_in_its_place(open_window: Open, qtbot: Any) -> None:
    """Fails if a panel that comes back keeps the place that it had on the screen, lower than before and over the tabs,
    as happens where a window manager tells Qt of the window that it was."""
    window = open_window()
    window.resize(1200, 700)
    settle()
    for name in ("inspector", "layers"):
        dock = window.docks.docks[name]
        before = dock.geometry()
        for floating in (True, False):
            head = dock.titleBarWidget()
            assert isinstance(head, TitleBar)
            qtbot.mouseClick(head.float_button, Qt.MouseButton.LeftButton)
            qtbot.waitUntil(lambda dock=dock, floating=floating: dock.isFloating() is floating)
            qtbot.waitUntil(lambda: not window.findChildren(QAbstractAnimation))
        settle()
        assert dock.geometry() == before
        dock.setFloating(True)
        settle()
        dock.setFloating(False)
        dock.setGeometry(before.translated(1, 20))  # what is told late
        qtbot.waitUntil(lambda dock=dock, before=before: dock.geometry() == before)


def test_a_wide_panel_floats_with_its_buttons_on_the_screen(open_window: Open, qtbot: Any) -> None:
    """Fails if a panel from below the canvas, as wide as the window, floats with its buttons beyond the edge of the
    screen, where nobody can put it back."""
    window = open_window()
    window.resize(window.screen().availableGeometry().width(), 700)
    window.show_panel("results")
    settle()
    dock = window.docks.docks["results"]
    dock.setFloating(True)
    dock.move(300, 200)
    head = dock.titleBarWidget()
    qtbot.waitUntil(lambda: isinstance(dock.titleBarWidget(), TitleBar))
    head = dock.titleBarWidget()
    assert isinstance(head, TitleBar)
    room = window.screen().availableGeometry()
    qtbot.waitUntil(lambda: room.contains(head.close_button.mapToGlobal(head.close_button.rect().center())))
    assert dock.width() >= 480
    qtbot.mouseClick(head.float_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dock.isFloating())
