"""The interface larger and smaller, in the real window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QLabel,
    QLayout,
    QMenu,
    QScrollArea,
    QStatusBar,
    QTableWidget,
    QToolButton,
    QWidget,
)

from app.ui import dialogs, scale, theme
from app.ui.docks import PANELS
from app.ui.inspector.boxes import NARROW_WIDTH
from app.ui.inspector.fields import NoteField
from app.ui.inspector.settings_form import SettingsForm
from app.ui.labels import Title
from app.ui.settings import Settings
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import Open, press


@pytest.fixture(autouse=True)
def _as_before(qapp: QApplication) -> Iterator[None]:
    yield
    scale.apply(100)


def sizes(window: MainWindow) -> dict[QWidget, tuple[Any, ...]]:
    """What is fixed in pixels, of every widget of the window."""
    found: dict[QWidget, tuple[Any, ...]] = {}
    for widget in window.findChildren(QWidget):
        if widget.objectName().startswith("qt_") or isinstance(widget, QDockWidget | QStatusBar):
            continue  # parts that Qt lays out by itself, some with a new layout each time
        layout = widget.layout()
        margins = layout.contentsMargins() if isinstance(layout, QLayout) else None
        icon = widget.iconSize() if isinstance(widget, QToolButton) else None
        found[widget] = (type(widget).__name__, widget.minimumSize(), widget.maximumSize(), margins, icon)
    return found


def test_menu_and_keys_change_everything_at_once(window: MainWindow, qtbot: Any) -> None:
    """Fails if type, icons, spacing or panels keep their size, or the entry of the menu is not marked."""
    font = QApplication.font().pointSizeF()
    train = window.toolbar.widgetForAction(window.actions_table["train"])
    assert isinstance(train, QToolButton)
    icon, left = train.iconSize().width(), window.docks.docks["layers"].width()
    window.scaling.entries["150"].trigger()
    assert QApplication.font().pointSizeF() == pytest.approx(1.5 * font)
    assert train.iconSize().width() == 1.5 * icon
    qtbot.waitUntil(lambda: window.docks.docks["layers"].width() > left)
    press(qtbot, window, "Ctrl+Alt+-")
    assert window.scaling.percent == 125
    assert window.scaling.entries["125"].isChecked()
    press(qtbot, window, "Ctrl+Alt++")
    press(qtbot, window, "Ctrl+Alt++")
    assert window.scaling.percent == 175
    assert [key for key, entry in window.scaling.entries.items() if entry.isChecked()] == ["175"]


class Dressings(QObject):
    """Counts how often a widget is dressed in a style sheet."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.StyleChange
        return False


def test_what_is_worn_already_is_not_put_on_again(window: MainWindow, qtbot: Any) -> None:
    """Fails if a large window stands still for the scale or theme it has already, or twice for a presentation, or if a
    button becomes larger once more when its scale is chosen again."""
    dressings = Dressings(window.menuBar())
    window.scaling.choose(150)
    once = dressings.count
    assert once
    for panel in window.docks.docks:  # dressed for the first time when they are seen
        window.show_panel(panel)
        settle()
    before = sizes(window)
    window.scaling.choose(150)
    window.scaling.entries["150"].trigger()
    settle()
    after = sizes(window)
    assert {widget: after[widget] for widget in before if widget in after} == {
        widget: size for widget, size in before.items() if widget in after
    }
    window.menus.themes[theme.current().name].trigger()
    assert dressings.count == once
    window.settings.change(light_presentation=True)
    press(qtbot, window, "F11")
    settle()
    assert theme.current().name == "light"
    press(qtbot, window, "F11")
    settle()
    assert theme.current().name == "dark"
    assert dressings.count == 3 * once


def test_there_and_back_changes_nothing(window: MainWindow, qtbot: Any) -> None:
    """Fails if a size is scaled twice, rounded away, or does not come back."""
    for panel in PANELS:
        getattr(window, panel.name)  # of those, too, that are made when somebody looks
    settle()
    before = sizes(window)
    for percent in (200, 75, 125, 175, 100):
        window.scaling.choose(percent)
        settle()
    after = sizes(window)  # menus that were opened meanwhile, and the order of children, do not matter
    assert len(after.keys() & before.keys()) > 100
    assert {widget: after[widget] for widget in before if widget in after} == {
        widget: size for widget, size in before.items() if widget in after
    }
    assert QApplication.font().pointSizeF() == theme.base_font(1.0).pointSizeF()


def test_letters_of_a_size_of_their_own_follow(window: MainWindow, qtbot: Any) -> None:
    """Fails if a title that is larger than the rest keeps its size while all around it grows, or grows once more with
    each change."""
    press(qtbot, window, "Alt+Home")
    settle()

    def shares() -> dict[QWidget, float]:
        usual = QApplication.font().pointSizeF()
        return {each: round(each.font().pointSizeF() / usual, 2) for each in window.findChildren(QLabel)}

    before = shares()
    title = next(each for each in before if isinstance(each, Title))
    assert before[title] == 1.6
    wide = title.sizeHint().width()
    for percent in (150, 100):
        window.scaling.choose(percent)
        settle()
        now = shares()
        assert {each.text(): now[each] for each in before if each in now and now[each] != before[each]} == {}
    assert title.sizeHint().width() == wide


def test_nothing_is_written_smaller_than_nine_points(window: MainWindow) -> None:
    """Fails if 75 % makes type that nobody can read."""
    window.scaling.choose(75)
    assert QApplication.font().pointSizeF() >= theme.SMALLEST_POINTS


def test_the_ends_say_so(window: MainWindow) -> None:
    """Fails if a step beyond the last one does something or says nothing."""
    window.scaling.choose(200)
    window.scaling.larger()
    assert window.scaling.percent == 200
    assert "as far as it goes" in window.status.message.full_text


def test_it_is_remembered(window: MainWindow, settings: Settings) -> None:
    """Fails if the next start forgets the scale, or takes a senseless one from a damaged file."""
    window.scaling.choose(175)
    assert Settings(settings.path).values.scale == 175
    settings.path.write_text('{"scale": 5000}', encoding="utf-8")
    assert Settings(settings.path).values.scale == 100


def test_a_window_that_opens_later_has_the_same_sizes(open_window: Open, qtbot: Any) -> None:
    """Fails if a window, or a part of it, that is made at 200 % differs from one that was brought there."""
    brought = open_window()
    brought.scaling.choose(200)
    made = open_window()
    settle()
    for name in ("float_button", "close_button"):
        first, second = (getattr(each.docks._heads["layers"][0], name) for each in (brought, made))
        assert first.size() == second.size()
    notes = [each.findChild(NoteField) for each in (brought, made)]
    assert abs(notes[0].height() - notes[1].height()) <= 6
    assert abs(brought.toolbar.height() - made.toolbar.height()) <= 2


def test_dialogs_grow_too_and_stay_on_the_screen(window: MainWindow, qtbot: Any) -> None:
    """Fails if a dialog keeps its size at 200 %, or becomes larger than the screen."""
    small = dialogs.show_keys(window).size()
    for dialog in (window.scaling.choose(200), dialogs.show_keys(window))[1:]:
        assert dialog.width() > small.width()
        room = dialog.screen().availableSize()
        assert dialog.width() <= room.width()
        assert dialog.height() <= room.height()
        assert dialog.findChild(QTableWidget).isVisible()
        dialog.close()


@pytest.mark.parametrize("percent", [75, 125, 150, 175, 200])
def test_nothing_is_cut_off_on_a_small_laptop(window: MainWindow, qtbot: Any, percent: int) -> None:
    """Fails if the window does not fit on 1366×768, or a button of the toolbar falls off its end."""
    window.scaling.choose(percent)
    window.resize(1366, 768 - 32)
    settle()
    for panel in window.docks.docks:
        window.show_panel(panel)
        settle()
        assert window.minimumSizeHint().width() <= 1366, panel
        assert (window.width(), window.height()) == (1366, 736), panel
    for action in window.toolbar.actions():
        tool = window.toolbar.widgetForAction(action)
        assert tool.isVisible(), action.text()
    assert window.controls.device.isVisible()
    assert window.canvas.width() >= 600
    assert window.canvas.height() >= 240


def test_a_panel_with_little_room_scrolls(window: MainWindow, qtbot: Any) -> None:
    """Fails if what does not fit into a panel cannot be reached at all."""
    window.scaling.choose(200)
    window.show_panel("training")
    window.resize(900, 640)
    settle()
    holder = window.docks.docks["training"].widget()
    assert holder is not None
    area = holder.area
    needed = window.training.minimumSizeHint()
    assert area.viewport().width() >= needed.width() or area.horizontalScrollBar().maximum() > 0
    assert window.training.width() >= needed.width()
    field = window.training.recipe.editors["seed"].fields()[0]
    field.setFocus(Qt.FocusReason.TabFocusReason)
    assert QApplication.focusWidget() is field


def test_the_settings_of_a_convolution_fit_at_every_scale(window: MainWindow, qtbot: Any) -> None:
    """Fails if the inspector scrolls sideways at 200 %, or its numbers lose their arrows for good after that."""
    window.resize(1366, 768 - 32)
    window.canvas.select(["conv1"])
    settle()
    area = window.inspector.nodes.parentWidget().parentWidget()
    form = window.inspector.findChild(SettingsForm)
    assert isinstance(area, QScrollArea)
    assert form is not None
    for percent, tight in ((100, False), (200, True), (100, False)):
        window.scaling.choose(percent)
        qtbot.waitUntil(lambda tight=tight: form.tight == tight and area.horizontalScrollBar().maximum() == 0)
        assert window.inspector.nodes.width() <= area.viewport().width()
    window.scaling.choose(200)
    window.canvas.select(["pool1"])
    qtbot.waitUntil(
        lambda: window.inspector.findChild(SettingsForm).tight and area.horizontalScrollBar().maximum() == 0
    )
    box = window.inspector.findChild(SettingsForm).rows["kernel_size"].editor.fields()[0]
    assert box.minimumWidth() == 2 * NARROW_WIDTH


def test_it_says_what_it_does_while_everything_is_dressed_anew(window: MainWindow, qtbot: Any) -> None:
    """Fails if the window stands still for a part of a second without a word, or goes on with a pointer that waits."""
    seen: list[tuple[str, Qt.CursorShape | None]] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.StyleChange:
                cursor = QApplication.overrideCursor()
                seen.append((window.status.message.full_text, cursor.shape() if cursor is not None else None))
            return False

    watch = Watch()
    window.canvas.installEventFilter(watch)
    press(qtbot, window, "Ctrl+Alt++")
    assert seen[0] == ("Showing everything at 125 %…", Qt.CursorShape.WaitCursor)
    assert QApplication.overrideCursor() is None
    assert window.status.message.full_text == "Interface scale 125 %"


def mark_size(menu: QMenu, entry: QAction, *, ending: bool) -> int:
    """How high what is painted at the left end of an entry is, or at its right ``ending``, in pixels."""
    place = menu.actionGeometry(entry)
    end = menu.fontMetrics().height() * 4 // 3
    left = place.right() - end if ending else place.left()
    part = menu.grab(QRect(left, place.top(), end, place.height())).toImage()
    ground = part.pixel(part.width() // 2, 0)
    rows = [y for y in range(part.height()) if any(part.pixel(x, y) != ground for x in range(part.width()))]
    return rows[-1] - rows[0] + 1 if rows else 0


def test_menus_fit_a_small_screen_and_their_marks_follow_the_scale(window: MainWindow) -> None:
    """Fails if a menu at 200 % is wider than a small laptop, which hides the arrows of its last column, or if the tick
    of what is on and the arrow of a submenu stay as small as at 100 %."""
    entries = [entry for entry in window.menuBar().actions() if entry.isVisible()]
    table = window.actions_table
    sizes: list[tuple[int, int]] = []
    for percent in (100, 200):
        window.scaling.choose(percent)
        menus = [menu for menu in (entry.menu() for entry in entries) if isinstance(menu, QMenu)]
        assert len(menus) >= 6
        assert all(menu.sizeHint().width() <= 1366 for menu in menus), percent
        view = next(menu for menu in menus if table["minimap"] in menu.actions())
        view.ensurePolished()
        view.resize(view.sizeHint())
        theme_menu = table.submenus["themes"].menuAction()
        sizes.append((mark_size(view, table["minimap"], ending=False), mark_size(view, theme_menu, ending=True)))
    (tick, arrow), (large_tick, large_arrow) = sizes
    assert min(tick, arrow) >= 5
    assert large_tick >= 1.7 * tick
    assert large_arrow >= 1.7 * arrow
