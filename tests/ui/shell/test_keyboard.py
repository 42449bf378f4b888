"""The window without a mouse: names for a screen reader, a ring around the focus, no trap, and a true list of keys."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QTabBar,
    QTableWidget,
    QToolButton,
    QWidget,
)

from app.core.commands import GroupNodes, SetSetting
from app.ui import dialogs
from app.ui.actions import specs
from app.ui.canvas import keys as canvas_keys
from app.ui.dialogs import GESTURES
from app.ui.docks import PANELS
from app.ui.labels import CLEAR
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import change, press

_WITH_TOOLTIP = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QPlainTextEdit)


def focusable(root: QWidget) -> Iterator[QWidget]:
    """Everything that Tab may reach, but for parts that Qt makes inside of its own widgets."""
    for widget in root.findChildren(QWidget):
        if not widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value:
            continue
        parent = widget.parentWidget()
        in_list = parent is not None and parent.metaObject().className() == "QComboBoxPrivateContainer"
        if widget.objectName().startswith("qt_") or in_list or isinstance(parent, QTabBar):
            continue
        if widget.focusProxy() is None:
            yield widget


def spoken(widget: QWidget) -> str:
    """What a screen reader says of a control: its accessible name, its text, or that of the label beside it."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name).strip() if interface is not None else ""


def lacking(root: QWidget) -> set[str]:
    """Controls without a name or a tooltip."""
    found = set()
    for widget in focusable(root):
        where = f"{type(widget).__name__} {widget.objectName()!r} in {type(widget.parent()).__name__}"
        if not spoken(widget):
            found.add(f"no name: {where}")
        if isinstance(widget, _WITH_TOOLTIP) and not widget.toolTip() and not isinstance(root, QMessageBox):
            found.add(f"no tooltip: {where} {spoken(widget)!r}")
    return found


# Names


def test_every_control_of_the_window_has_a_name(window: MainWindow, qtbot: Any) -> None:
    """Fails if a screen reader would say nothing, or a tooltip is missing: each panel, each page of the inspector."""
    found = lacking(window)
    for names in (("digits",), ("conv1",), ("fc1",), ("loss",), ("conv1", "conv2"), ("conv1", "relu1")):
        window.canvas.select(names)
        found |= lacking(window.inspector)
    window.qdocument.do(GroupNodes("", ("conv1", "relu1")))
    block = next(iter(window.qdocument.project.blocks))
    window.canvas.select((next(n for n, node in window.qdocument.project.graph.nodes.items() if block in node.type),))
    found |= lacking(window.inspector)
    window.canvas.where = block
    found |= lacking(window)
    window.canvas.where = ""
    window.qdocument.do(SetSetting("", ("conv2",), "kernel_size", (40, 40)))
    window.show_panel("problems")
    window.canvas.select(("conv2",))
    found |= lacking(window)
    window.start.show()
    assert not found | lacking(window)
    window.start.leave()


@pytest.mark.parametrize("action", ["keys", "about", "doctor", "own_layers", "export_picture", "present", "find"])
def test_every_dialog_is_named_too(window: MainWindow, qtbot: Any, action: str) -> None:
    """Fails if a control of a dialog, or the dialog itself, has no name."""
    window.actions_table[action].trigger()
    settle()
    assert not lacking(window)
    for dialog in window.findChildren(QDialog):
        if dialog.isVisible():
            if not isinstance(dialog, QFileDialog):
                assert not lacking(dialog)
                assert dialog.windowTitle() or dialog.accessibleName()
            dialog.close()
    window.presentation.leave()
    qtbot.waitUntil(lambda: not window.session.runner.busy, timeout=60_000)


def test_questions_are_named(window: MainWindow, qtbot: Any) -> None:
    """Fails if a question has a button without words."""
    change(window)
    window.files.new()
    (box,) = (each for each in window.findChildren(QMessageBox) if each.isVisible())
    assert not lacking(box)
    box.close()


# Going round


def walked(qtbot: Any, window: MainWindow, key: str, most: int) -> list[QWidget]:
    """Where the keys come to, press after press, until the canvas."""
    found = []
    for _ in range(most):
        press(qtbot, window, key)
        focus = QApplication.focusWidget()
        assert focus is not None
        found.append(focus)
        if focus is window.canvas:
            break
    return found


def test_keys_go_round_the_panes(window: MainWindow, qtbot: Any) -> None:
    """Fails if a pane in sight is left out, or the keys do not come back to where they were in it."""
    canvas = window.canvas
    canvas.setFocus()
    seen = walked(qtbot, window, "Ctrl+Tab", 10)
    panes = [next(pane for pane in window.panes.all() if pane is each or pane.isAncestorOf(each)) for each in seen]
    assert [pane.objectName() for pane in panes[:-1]] == ["inspector", "training", "layers", "toolbar"]
    assert seen[-1] is canvas
    back = walked(qtbot, window, "Ctrl+Shift+Tab", 10)
    assert [id(each) for each in back] == [id(each) for each in [*reversed(seen[:-1]), canvas]]
    field = window.training.recipe.editors["seed"].fields()[0]
    field.setFocus()
    press(qtbot, window, "Ctrl+Tab")
    press(qtbot, window, "Ctrl+Shift+Tab")
    assert QApplication.focusWidget() is field
    window.docks.docks["training"].close()
    window.docks.docks["layers"].setFloating(True)
    settle()
    assert window.docks.docks["training"] not in window.panes.all()
    window.docks.docks["layers"].setFloating(False)


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_tab_leads_through_everything_and_is_caught_nowhere(window: MainWindow, qtbot: Any, key: str) -> None:
    """Fails if Tab stays in one field for ever, or does not come to the inspector, the recipe and the palette."""
    window.canvas.select(("conv1",))
    start = window.inspector.nodes.name if key == "Tab" else window.canvas
    start.setFocus()
    found = []
    for _ in range(300):
        press(qtbot, window, key)
        focus = QApplication.focusWidget()
        assert focus is not None
        assert not found or focus is not found[-1], f"{type(focus).__name__} {spoken(focus)} keeps the keys"
        if focus is window.canvas:  # where Tab asks for a layer; the others lead on from there
            window.canvas.popups.close()
            break
        found.append(focus)
    else:
        pytest.fail("Tab never comes round to the canvas")
    assert len(found) >= 5
    window.canvas.setFocus()
    press(qtbot, window, "Shift+Tab")
    assert QApplication.focusWidget() is not window.canvas


def test_the_focus_can_be_seen(window: MainWindow, qtbot: Any) -> None:
    """Fails if a control looks the same with and without the keys."""
    window.canvas.select(("conv1",))
    settle()
    unseen = []
    for widget in list(focusable(window)):
        if not widget.isVisible() or not widget.isEnabled() or widget.visibleRegion().isEmpty():
            continue
        elsewhere = window.canvas if widget is not window.canvas else window.layers.search
        elsewhere.setFocus(Qt.FocusReason.OtherFocusReason)
        settle()
        before = widget.grab().toImage()
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        settle()
        if widget.grab().toImage() == before:
            unseen.append(f"{type(widget).__name__} {spoken(widget)!r} in {type(widget.parent()).__name__}")
    assert not unseen


# The list of keys


def rows(dialog: QDialog) -> dict[str, str]:
    table = dialog.findChild(QTableWidget)
    assert isinstance(table, QTableWidget)
    cells = [[table.item(row, column).text() for column in (0, 1)] for row in range(table.rowCount())]
    dialog.close()
    return dict(cells)


def test_the_list_names_every_key_of_the_menu(window: MainWindow) -> None:
    """Fails if an action, a panel or one of several keys of an action is missing in Help > Keys and gestures."""
    listed = " or ".join(rows(dialogs.show_keys(window)))
    native = QKeySequence.SequenceFormat.NativeText
    for spec in specs():
        for key in spec.keys:
            assert QKeySequence(key).toString(native) in listed, spec.name
    for panel in PANELS:
        assert panel.keys in listed


def test_the_list_names_what_the_canvas_reads_itself() -> None:
    """Fails if the canvas listens to a key that stands neither in the menu nor in the list."""
    tree = ast.parse(inspect.getsource(canvas_keys))
    read = {
        node.elts[0].attr.removeprefix("Key_")
        for node in ast.walk(tree)
        if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[0], ast.Attribute)
        if node.elts[0].attr.startswith("Key_")
    }
    assert {"Tab", "C", "Menu", "Return"} <= read
    in_menu = {part for spec in specs() for key in spec.keys for part in [key.rpartition("+")[2] or "+"]}
    same = {"Delete": "Del", "Plus": "+", "Minus": "-", "Return": "Enter"}
    words = " ".join(gesture for gesture, _ in GESTURES)
    for key in read:
        name = same.get(key, key)
        assert name in in_menu or name in words.replace(",", " ").split(), key


def test_keys_of_the_list_do_what_it_says(window: MainWindow, qtbot: Any) -> None:
    """Fails if one of the keys that only the list tells of does nothing."""
    canvas = window.canvas
    canvas.setFocus()
    canvas.select(("conv1",))
    place = window.qdocument.project.graph.nodes["conv1"].position
    press(qtbot, window, "Ctrl+Right")
    assert window.qdocument.project.graph.nodes["conv1"].position != place
    press(qtbot, window, "Shift+Right")
    assert len(canvas.selected) == 2
    canvas.select(("conv1",))
    press(qtbot, window, "Tab")
    assert canvas.popups.is_open
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not canvas.popups.is_open
    press(qtbot, window, "Backspace")
    assert "conv1" not in window.qdocument.project.graph.nodes


def test_tabs_can_be_chosen_by_key(window: MainWindow, qtbot: Any) -> None:
    """Fails if a panel behind a tab can only be brought to the front with the mouse."""
    for panel in PANELS:
        press(qtbot, window, panel.keys)
        settle()
        assert not window.docks.docks[panel.name].visibleRegion().isEmpty(), panel.name
    assert all(bar.accessibleName() or bar.count() for bar in window.findChildren(QTabBar))


def test_the_search_box_hands_the_keys_straight_to_the_canvas(window: MainWindow, qtbot: Any) -> None:
    """Fails if a field or list of another panel has the focus for a moment, and acts on getting or losing it."""
    window.activateWindow()
    window.canvas.setFocus()
    window.canvas.select(["conv1"])
    qtbot.waitUntil(window.canvas.hasFocus)
    heard: list[QWidget | None] = []

    def hear(_old: QWidget | None, now: QWidget | None) -> None:
        heard.append(now)

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.focusChanged.connect(hear)
    QTest.keyClick(window.canvas, Qt.Key.Key_Tab)
    box = window.canvas.popups.box
    QTest.keyClick(box.edit, Qt.Key.Key_Return)
    QTest.keyClick(window.canvas, Qt.Key.Key_Tab)
    QTest.keyClick(box.edit, Qt.Key.Key_Escape)
    app.focusChanged.disconnect(hear)
    assert heard == [box.edit, window.canvas, box.edit, window.canvas]


def test_keys_go_to_the_panel_that_comes_in_place_of_theirs(window: MainWindow, qtbot: Any) -> None:
    """Fails if a press of F3 in a field of Training leaves the keys to the head of some other panel, where Space would
    let it float, if they do not come back to the field, or if keys leave the canvas for a panel that is only shown."""
    field = window.training.recipe.editors["epochs"].fields()[0]
    docks = window.docks.docks
    field.setFocus()
    press(qtbot, window, "F3")
    qtbot.waitUntil(lambda: docks["run_list"].isAncestorOf(QApplication.focusWidget()))
    press(qtbot, window, "Ctrl+3")
    qtbot.waitUntil(lambda: QApplication.focusWidget() is field)
    docks["training"].close()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is window.canvas)
    press(qtbot, window, "F3")
    settle()
    assert QApplication.focusWidget() is window.canvas


def test_tab_leads_out_of_the_table_of_keys(window: MainWindow, qtbot: Any) -> None:
    """Fails if Tab goes from cell to cell through a hundred lines, so that Close is never reached."""
    window.actions_table["keys"].trigger()
    dialog = next(each for each in window.findChildren(QDialog) if each.isVisible())
    dialog.activateWindow()
    table = dialog.findChild(QTableWidget)
    assert table is not None
    table.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is table)
    qtbot.keyClick(table, Qt.Key.Key_Tab)
    button = QApplication.focusWidget()
    assert isinstance(button, QPushButton)
    assert button.text() == "Close"
    qtbot.keyClick(button, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not any(each.isVisible() for each in window.findChildren(QDialog)))


def test_the_cross_in_a_search_field_says_what_it_does(window: MainWindow, qtbot: Any) -> None:
    """Fails if the button that empties a field has no name or no tooltip, as Qt makes it."""
    window.canvas.setFocus()
    for keys in ("Ctrl+F", "Ctrl+P"):
        press(qtbot, window, keys)
        field = QApplication.focusWidget()
        assert isinstance(field, QLineEdit)
        qtbot.keyClicks(field, "c")
        cross = field.findChild(QToolButton)
        assert cross is not None
        assert cross.accessibleName() == cross.toolTip() == CLEAR
        qtbot.mouseClick(cross, Qt.MouseButton.LeftButton)
        assert field.text() == ""
        qtbot.keyClick(field, Qt.Key.Key_Escape)
