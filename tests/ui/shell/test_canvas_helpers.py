"""Minimap, snapping, find and align as the window offers them: menus, keys and what is remembered."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.actions import ALIGN, DISTRIBUTE, specs
from app.ui.settings import Settings
from tests.ui.shell.conftest import Open

CTRL = Qt.KeyboardModifier.ControlModifier


def test_minimap_and_snap_are_remembered(open_window: Open, settings: Settings) -> None:
    """Would fail if the next window forgot what was switched off, or the menu showed the wrong mark."""
    window = open_window("lenet_digits")
    table = window.actions_table
    assert table["minimap"].isChecked()
    assert table["snap"].isChecked()
    table["minimap"].trigger()
    table["snap"].trigger()
    assert not window.canvas.minimap.wanted
    assert not window.canvas.snaps
    kept = Settings(settings.path)
    assert not kept.values.minimap
    assert not kept.values.snap
    second = open_window("lenet_digits")
    assert not second.actions_table["minimap"].isChecked()
    assert not second.canvas.minimap.wanted
    assert not second.canvas.snaps
    second.actions_table["snap"].trigger()
    assert second.canvas.snaps
    assert Settings(settings.path).values.snap


def test_arranging_is_offered_when_it_makes_sense(open_window: Open) -> None:
    """Would fail if one layer could be aligned, or an entry that is off did not say what it waits for."""
    window = open_window("lenet_digits")
    canvas, table = window.canvas, window.actions_table
    names = list(canvas.scene.nodes)
    for count, aligns, distributes in ((0, False, False), (1, False, False), (2, True, False), (3, True, True)):
        canvas.select(names[:count])
        assert {table[spec.name].isEnabled() for spec in ALIGN} == {aligns}
        assert {table[spec.name].isEnabled() for spec in DISTRIBUTE} == {distributes}
        for spec, works in [*((s, aligns) for s in ALIGN), *((s, distributes) for s in DISTRIBUTE)]:
            assert ("first." in table[spec.name].toolTip()) is not works
            assert spec.tip in table[spec.name].toolTip()


def test_the_arrange_menu_aligns(open_window: Open) -> None:
    """Would fail if an entry led nowhere."""
    window = open_window("lenet_digits")
    canvas = window.canvas
    for spec in (*ALIGN, *DISTRIBUTE):
        names = list(canvas.scene.nodes)[:4]
        canvas.select(names)
        before = window.qdocument.project
        window.actions_table[spec.name].trigger()
        title = window.qdocument.document.undo_title
        if window.qdocument.project is not before:
            assert title is not None
            assert "4 layers" in title
            window.qdocument.undo()
        assert window.qdocument.project == before


def test_keys_that_are_off_still_say_why(open_window: Open) -> None:
    """Would fail if the key of an entry that is off did nothing without a word."""
    window = open_window("lenet_digits")
    said: list[str] = []
    window.canvas.status.connect(said.append)
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_X, Qt.KeyboardModifier.ShiftModifier)
    assert said == ["Select two or more layers, then align them."]


def test_ctrl_f_finds_from_a_field_of_another_panel(qtbot: QtBot, open_window: Open) -> None:
    """Would fail if the key worked only on the canvas, or the inspector did not follow what was found."""
    window = open_window("lenet_digits")
    window.search_layers()
    focused = QApplication.focusWidget()
    assert focused is not None
    assert focused is not window.canvas
    QTest.keyClick(focused, Qt.Key.Key_F, CTRL)
    bar = window.canvas.find_bar
    qtbot.waitUntil(lambda: QApplication.focusWidget() is bar.edit)
    QTest.keyClicks(bar.edit, "conv")
    QTest.keyClick(bar.edit, Qt.Key.Key_Return)
    assert window.canvas.selected == (bar.found[0].name,)
    assert QApplication.focusWidget() is bar.edit
    QTest.keyClick(bar.edit, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is window.canvas


def test_icons_are_there_when_a_menu_is(open_window: Open) -> None:
    """Would fail if an icon that is not drawn before somebody sees it were not drawn at all."""
    window = open_window("lenet_digits")
    named = {spec.name for spec in specs() if spec.icon}
    assert named
    menu = window.actions_table.menus[0]
    menu.popup(window.mapToGlobal(window.rect().center()))
    there = {action.objectName(): action for action in menu.actions()}
    menu.close()
    shown = named & there.keys()
    assert shown
    assert not [name for name in shown if there[name].icon().isNull()]
    assert not [name for name in named if window.actions_table[name].icon().isNull()]
