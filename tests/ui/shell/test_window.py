"""The whole window with real keys and clicks; afterwards the document is asked."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLineEdit,
    QPushButton,
    QToolButton,
)

from app.core.commands import SetSetting
from app.core.storage import templates
from app.core.storage.files import save_project
from app.ui import theme
from app.ui.actions import specs
from app.ui.docks import PANELS
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import Open, change, out_channels, press

# The table of actions


def test_every_action_leads_somewhere(window: MainWindow) -> None:
    """Fails if a menu entry calls a method that does not exist."""
    for spec in specs():
        assert callable(attrgetter(spec.slot)(window)), spec.name


def test_no_two_actions_share_a_key(window: MainWindow) -> None:
    """Fails if Qt would call a shortcut ambiguous and do nothing at all."""
    keys = [QKeySequence(each).toString() for spec in specs() for each in spec.keys]
    keys += [QKeySequence(panel.keys).toString() for panel in PANELS]
    assert len(keys) == len(set(keys))
    for spec in specs():
        assert spec.tip, spec.name


def test_everything_can_be_reached_and_is_named(window: MainWindow) -> None:
    """Fails if a control has no tooltip, no accessible name, or cannot be focused from the keyboard."""
    lacking = []
    for kind in (QToolButton, QPushButton, QComboBox):
        for control in window.findChildren(kind):
            if (
                not control.isVisible()
                or control.objectName().startswith("qt_")
                or isinstance(control.parent(), QLineEdit)
            ):
                continue
            name = control.accessibleName() or getattr(control, "text", lambda: "")()
            if not name or not control.toolTip():
                lacking.append(f"{type(control).__name__} {name!r} in {control.parent()}")
            if control.focusPolicy() == Qt.FocusPolicy.NoFocus and control.isEnabled():
                lacking.append(f"{type(control).__name__} {name!r} takes no focus")
    assert not lacking


# Start


def test_the_first_start_shows_lenet_without_a_file(window: MainWindow) -> None:
    """Fails if a new user sees an empty window, or Save would write into the program's own folder."""
    assert window.qdocument.project == templates.load("lenet_digits")
    assert window.qdocument.document.path is None
    assert not window.isWindowModified()
    assert "61,706 parameters · 0.24 MiB · 0.4 M multiply-adds per image" in window.status.totals.text()
    assert window.status.problems.text() == "no problems"


@pytest.mark.parametrize("what", ["mlp_digits", None])
def test_it_opens_what_it_is_told(open_window: Open, what: str | None, tmp_path: Path) -> None:
    """Fails if the argument of the command line is ignored."""
    if what is None:
        path = tmp_path / "mine.netloom"
        save_project(templates.load("mlp_digits"), path)
        window = open_window(path)
        assert window.qdocument.document.path == path
        assert window.windowTitle().startswith("mine.netloom")
    else:
        window = open_window(what)
        assert window.qdocument.document.path is None
    assert window.qdocument.project == templates.load("mlp_digits")


def test_nothing_is_cut_off_on_a_small_laptop(window: MainWindow, qtbot: Any) -> None:
    """Fails if the window needs more than 1366×768, or a button of the toolbar goes into an overflow menu."""
    assert window.minimumSizeHint().width() <= 1366
    assert window.minimumSizeHint().height() <= 768
    window.resize(1366, 768)
    settle()
    assert (window.width(), window.height()) == (1366, 768)
    for name in ("train", "pause", "step", "stop"):
        tool = window.toolbar.widgetForAction(window.actions_table[name])
        assert tool.isVisible()
        assert tool.width() >= tool.sizeHint().width()
    for panel in PANELS:
        window.show_panel(panel.name)
        settle()
        assert (window.width(), window.height()) == (1366, 768), panel.name
    assert window.canvas.width() >= 700
    assert window.canvas.height() >= 380


# Editing with keys and mouse


def test_palette_search_adds_after_the_selected_layer(window: MainWindow, qtbot: Any) -> None:
    """Fails if the way from the search field to a wired layer is broken anywhere."""
    window.canvas.select(("conv1",))
    press(qtbot, window, "Ins")
    assert QApplication.focusWidget() is window.layers.search
    qtbot.keyClicks(window.layers.search, "batch norm")
    qtbot.keyClick(window.layers.search, Qt.Key.Key_Return)
    graph = window.qdocument.project.graph
    added = next(name for name, node in graph.nodes.items() if node.type == "BatchNorm2d")
    assert graph.into(added)[0].source == "conv1"
    assert not window.qdocument.document.report.problems


def test_undo_and_redo_by_key_with_their_titles(window: MainWindow, qtbot: Any) -> None:
    """Fails if the keys do nothing, or the menu does not say what they would do."""
    change(window)
    window.canvas.setFocus()
    assert window.actions_table["undo"].text() == "&Undo Set filters of conv1"
    press(qtbot, window, "Ctrl+Z")
    assert out_channels(window) == 6
    assert window.actions_table["redo"].text() == "&Redo Set filters of conv1"
    press(qtbot, window, "Ctrl+Shift+Z")
    assert out_channels(window) == 9
    assert window.isWindowModified()


def test_selecting_on_the_canvas_fills_inspector_and_code(window: MainWindow, qtbot: Any) -> None:
    """Fails if a panel does not hear of the selection."""
    canvas = window.canvas
    place = canvas.camera.to_view(canvas.scene.nodes["fc2"].rect.center()).toPoint()
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place)
    assert canvas.selected == ("fc2",)
    assert window.inspector.nodes.name.text() == "fc2"
    window.show_panel("code")
    qtbot.waitUntil(lambda: bool(window.code.view.extraSelections()))
    assert window.filters.node == "fc2"


def test_a_line_of_code_selects_its_layer(window: MainWindow, qtbot: Any) -> None:
    """Fails if the way from the text to the canvas is broken."""
    window.show_panel("code")
    qtbot.waitUntil(lambda: bool(window.code.text))
    window.code.node_clicked.emit("", "pool2")
    assert window.canvas.selected == ("pool2",)


def test_typing_in_the_inspector_changes_the_drawing(window: MainWindow, qtbot: Any) -> None:
    """Fails if the inspector of the window edits another document than the canvas shows."""
    window.canvas.select(("conv1",))
    assert window.inspector.nodes._form is not None
    box = window.inspector.nodes._form.rows["out_channels"].editor.fields()[0]
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(box, "10")
    assert out_channels(window) == 10
    assert "10×28×28" in str(window.qdocument.document.report.main.nodes["conv1"].outputs["output"])
    press(qtbot, window, "Ctrl+Z")
    assert out_channels(window) == 6


def test_rename_by_key(window: MainWindow, qtbot: Any) -> None:
    """Fails if F2 does not reach the name, or the renamed layer loses the selection."""
    window.canvas.select(("conv1",))
    window.canvas.setFocus()
    press(qtbot, window, "F2")
    field = window.inspector.nodes.name
    assert QApplication.focusWidget() is field
    qtbot.keyClicks(field, "edges")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "edges" in window.qdocument.project.graph.nodes
    assert window.canvas.selected == ("edges",)
    window.canvas.select(())
    window.canvas.setFocus()
    press(qtbot, window, "F2")
    assert "Select one layer" in window.status.message.full_text


def test_an_empty_canvas_is_no_mistake(window: MainWindow, qtbot: Any) -> None:
    """Fails if somebody who has done nothing yet is told of a problem in red."""
    press(qtbot, window, "Ctrl+N")
    qtbot.waitUntil(lambda: not window.qdocument.project.graph.nodes)
    assert window.status.problems.text() == "nothing drawn yet"
    red = theme.color("error")
    assert window.status.problems.palette().buttonText().color() != red


def test_a_problem_leads_to_its_place(window: MainWindow, qtbot: Any) -> None:
    """Fails if tab, status bar or list do not tell of a problem, or a click does not travel."""
    window.qdocument.do(SetSetting("", ("conv2",), "kernel_size", (40, 40)))
    assert window.status.problems.text() == "1 problem"
    assert window.docks.docks["problems"].windowTitle() == "Problems (1)"
    qtbot.mouseClick(window.status.problems, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.problems.isVisible())
    window.problems.travel.emit("conv2")
    assert window.canvas.selected == ("conv2",)
    window.undo()
    assert window.docks.docks["problems"].windowTitle() == "Problems"


def test_letters_typed_into_fields_are_no_commands(window: MainWindow, qtbot: Any) -> None:
    """Fails if M or Delete in a text field mutes or removes the selected layer."""
    window.canvas.select(("conv1",))
    before = window.qdocument.project
    window.layers.focus_search()
    qtbot.keyClicks(window.layers.search, "mf")
    qtbot.keyClick(window.layers.search, Qt.Key.Key_Delete)
    window.layers.tree.setFocus()
    qtbot.keyClick(window.layers.tree, Qt.Key.Key_M)
    qtbot.keyClick(window.layers.tree, Qt.Key.Key_Delete)
    assert window.qdocument.project == before
    window.canvas.setFocus()
    press(qtbot, window, "M")
    assert window.qdocument.project.graph.nodes["conv1"].bypassed
    press(qtbot, window, "Del")
    assert "conv1" not in window.qdocument.project.graph.nodes


def test_the_device_is_part_of_the_recipe(window: MainWindow) -> None:
    """Fails if the choice in the toolbar is forgotten, cannot be undone, or does not follow the drawing."""
    combo = window.controls.device
    combo.setCurrentIndex(combo.findData("cpu"))
    combo.activated.emit(combo.currentIndex())
    assert window.qdocument.project.recipe.device == "cpu"
    window.undo()
    assert combo.currentData() == "auto"


@pytest.mark.real_window
def test_a_layer_is_dragged_from_the_palette(window: MainWindow, qtbot: Any) -> None:
    """Fails if the palette and the canvas do not agree on what is carried."""
    from PySide6.QtCore import QMimeData, QPointF
    from PySide6.QtGui import QDragEnterEvent, QDropEvent

    from app.ui.palette.panel import MIME

    data = QMimeData()
    data.setData(MIME, b"Dropout")
    place = QPoint(120, window.canvas.height() - 30)
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window.canvas, QDragEnterEvent(place, Qt.DropAction.CopyAction, data, buttons, keys))
    QApplication.sendEvent(window.canvas, QDropEvent(QPointF(place), Qt.DropAction.CopyAction, data, buttons, keys))
    assert "Dropout" in {node.type for node in window.qdocument.project.graph.nodes.values()}
