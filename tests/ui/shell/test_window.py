"""The whole window with real keys and clicks; afterwards the document is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDockWidget,
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QToolButton,
    QWidget,
)

from app.core.commands import SetSetting
from app.core.storage import templates
from app.core.storage.files import open_project, save_project
from app.jobs.messages import Bundle
from app.training.events import Cancelled, EpochDone, Failed, Finished, Started
from app.ui import theme
from app.ui.actions import specs
from app.ui.docks import PANELS
from app.ui.settings import Settings
from app.ui.window import MainWindow

Open = Callable[..., MainWindow]


@pytest.fixture
def open_window(qtbot: Any, settings: Settings) -> Iterator[Open]:
    """Windows on the screen, with settings of nobody; whatever is unsaved at the end is thrown away."""
    made: list[MainWindow] = []

    def make(what: str | Path | None = None) -> MainWindow:
        window = MainWindow(what, settings)
        made.append(window)
        window.move(0, 0)
        window.show()
        window.activateWindow()
        assert QTest.qWaitForWindowActive(window)
        return window

    yield make
    for window in made:
        for box in window.findChildren(QMessageBox):
            box.close()
        window._may_close = True
        window.close()
        window.deleteLater()
        # pytest holds the window a little longer, and with it pyqtgraph's menus, which have no parent.
        vars(window).clear()
    QApplication.processEvents()


@pytest.fixture
def window(open_window: Open) -> MainWindow:
    return open_window()


def press(qtbot: Any, window: MainWindow, keys: str) -> None:
    """Press a shortcut wherever the focus is now."""
    combination = QKeySequence(keys)[0]
    target = QApplication.focusWidget() or window
    qtbot.keyClick(target, combination.key(), combination.keyboardModifiers())


def question(window: MainWindow) -> QMessageBox:
    boxes = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    assert len(boxes) == 1, [box.text() for box in boxes]
    return boxes[0]


def answer(qtbot: Any, window: MainWindow, words: str) -> None:
    button = next(button for button in question(window).buttons() if button.text().replace("&", "") == words)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def file_dialog(window: MainWindow) -> QFileDialog:
    return next(dialog for dialog in window.findChildren(QFileDialog) if dialog.isVisible())


def type_file(qtbot: Any, window: MainWindow, path: Path) -> None:
    dialog = file_dialog(window)
    field = dialog.findChild(QLineEdit, "fileNameEdit")
    field.setFocus()
    field.setText(str(path))
    qtbot.keyClick(field, Qt.Key.Key_Return)


def change(window: MainWindow, value: int = 9) -> None:
    window.qdocument.do(SetSetting("", ("conv1",), "out_channels", value))


def out_channels(window: MainWindow) -> Any:
    return window.qdocument.project.graph.nodes["conv1"].params["out_channels"]


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
    assert "61,706 weights · 0.24 MB · 0.4 M multiply-adds per image" in window.status.totals.text()
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
    qtbot.wait(50)
    assert (window.width(), window.height()) == (1366, 768)
    for name in ("train", "pause", "step", "stop"):
        tool = window.toolbar.widgetForAction(window.actions_table[name])
        assert tool.isVisible()
        assert tool.width() >= tool.sizeHint().width()
    for panel in PANELS:
        window.show_panel(panel.name)
        qtbot.wait(30)
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
    assert window.actions_table["undo"].text() == "&Undo Set out_channels of conv1"
    press(qtbot, window, "Ctrl+Z")
    assert out_channels(window) == 6
    assert window.actions_table["redo"].text() == "&Redo Set out_channels of conv1"
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
    assert window.qdocument.project.graph.nodes["conv1"].muted
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


# Files


def test_save_asks_for_a_name_and_adds_the_ending(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a drawing without a file is saved nowhere, or under a name that Open does not list."""
    change(window)
    window.canvas.setFocus()
    press(qtbot, window, "Ctrl+S")
    type_file(qtbot, window, tmp_path / "mine")
    saved = tmp_path / "mine.netloom"
    qtbot.waitUntil(saved.exists)
    assert open_project(saved).project == window.qdocument.project
    assert not window.isWindowModified()
    assert window.windowTitle().startswith("mine.netloom")
    assert window.settings.values.recent == (str(saved),)
    change(window, 11)
    press(qtbot, window, "Ctrl+S")
    assert open_project(saved).project == window.qdocument.project


def test_a_failed_save_loses_nothing(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if the error is silent, a traceback, or the drawing counts as saved."""
    change(window)
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    window.files.write(blocked / "x.netloom")
    assert "could not be saved" in question(window).text()
    assert window.isWindowModified()
    assert out_channels(window) == 9
    answer(qtbot, window, "Close")


def test_unreadable_files_are_explained_and_change_nothing(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a broken file replaces the drawing, or the reason is not said."""
    broken = tmp_path / "broken.netloom"
    broken.write_bytes(b"\x89PNG\r\n")
    before = window.qdocument.project
    window.files.load(broken)
    assert "broken.netloom" in question(window).text()
    answer(qtbot, window, "Close")
    assert window.qdocument.project is before
    missing = tmp_path / "gone.netloom"
    window.settings.add_recent(missing)
    window.files.open_recent(missing)
    answer(qtbot, window, "Close")
    assert window.settings.values.recent == ()


def test_what_could_not_be_read_is_listed(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a partly damaged file is opened without a word."""
    path = tmp_path / "odd.netloom"
    save_project(templates.load("lenet_digits"), path)
    path.write_text(path.read_text().replace('"from": "relu1.output"', '"from": "nobody.output"'))
    window.files.load(path)
    assert window.banner.isVisible()
    assert "odd.netloom" in window.banner.text.text()
    qtbot.mouseClick(window.banner.action, Qt.MouseButton.LeftButton)
    dialog = QApplication.activeModalWidget() or next(
        each for each in QApplication.topLevelWidgets() if each.windowTitle() == "What could not be read"
    )
    dialog.close()
    window.files.open_template("mlp_digits")
    assert not window.banner.isVisible()


def test_closing_asks_and_names_what_would_be_lost(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if work is thrown away without a question, or Cancel does not cancel."""
    change(window)
    assert not window.close()
    box = question(window)
    assert "LeNet-5" in box.text()
    assert "changed conv1" in box.informativeText()
    answer(qtbot, window, "Cancel")
    assert window.isVisible()
    assert window.isWindowModified()
    assert not window.close()
    answer(qtbot, window, "Save")
    type_file(qtbot, window, tmp_path / "kept.netloom")
    qtbot.waitUntil(lambda: not window.isVisible())
    assert open_project(tmp_path / "kept.netloom").project.graph.nodes["conv1"].params["out_channels"] == 9


def test_closing_without_saving(window: MainWindow, qtbot: Any) -> None:
    """Fails if the middle answer saves, or does not close."""
    change(window)
    window.close()
    answer(qtbot, window, "Do not save")
    qtbot.waitUntil(lambda: not window.isVisible())


def test_a_clean_window_closes_without_a_question(window: MainWindow) -> None:
    """Fails if closing an untouched window needs a second click."""
    assert window.close()
    assert not window.isVisible()


def test_new_and_template_ask_first(window: MainWindow, qtbot: Any) -> None:
    """Fails if New or a template throws the drawing away."""
    change(window)
    window.canvas.setFocus()
    press(qtbot, window, "Ctrl+N")
    answer(qtbot, window, "Cancel")
    assert out_channels(window) == 9
    window.files.open_template("mlp_digits")
    answer(qtbot, window, "Do not save")
    assert window.qdocument.project.title == templates.load("mlp_digits").title
    press(qtbot, window, "Ctrl+N")
    assert not window.qdocument.project.graph.nodes


def test_menus_list_templates_and_recent_files(window: MainWindow, tmp_path: Path) -> None:
    """Fails if a menu that is filled when it opens stays empty."""
    window.settings.add_recent(tmp_path / "some.netloom")
    submenus = window.actions_table.submenus
    for name in ("templates", "recent"):
        submenus[name].aboutToShow.emit()
    titles = [action.text() for action in submenus["templates"].actions()]
    assert titles == [templates.load(name).title for name in templates.names()]
    assert [action.text() for action in submenus["recent"].actions()] == ["some.netloom"]


def test_export_writes_the_program(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if the file is not what the code panel shows, or a drawing with problems is exported."""
    window.canvas.setFocus()
    press(qtbot, window, "Ctrl+E")
    type_file(qtbot, window, tmp_path / "net")
    qtbot.waitUntil((tmp_path / "net.py").exists)
    window.code.refresh()
    assert (tmp_path / "net.py").read_text() == window.code.text
    window.qdocument.do(SetSetting("", ("conv2",), "kernel_size", (40, 40)))
    window.files.export()
    assert "has problems" in question(window).text()
    answer(qtbot, window, "Show problems")
    qtbot.waitUntil(lambda: window.problems.isVisible())


# Panels and themes


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


def test_a_tab_has_no_second_title(window: MainWindow, qtbot: Any) -> None:
    """Fails if tabs and title bars both say the name, which takes a line from the curves; or neither does."""
    docks = window.docks
    qtbot.wait(30)
    assert docks.docks["training"].titleBarWidget().sizeHint().height() == 0
    assert docks.docks["inspector"].titleBarWidget().sizeHint().height() > 10
    docks.docks["code"].setFloating(True)
    qtbot.waitUntil(lambda: docks.docks["code"].titleBarWidget().sizeHint().height() > 10)
    docks.docks["code"].setFloating(False)
    qtbot.waitUntil(lambda: docks.docks["code"].titleBarWidget().sizeHint().height() == 0)


def test_the_arrangement_is_remembered_and_reset(open_window: Open, settings: Settings, qtbot: Any) -> None:
    """Fails if the next start does not look like the last, or there is no way back from a muddle."""
    first = open_window()
    first.docks.docks["layers"].close()
    first.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, first.docks.docks["code"])
    first.close()
    second = open_window()
    assert second.docks.docks["layers"].isHidden()
    assert second.dockWidgetArea(second.docks.docks["code"]) == Qt.DockWidgetArea.LeftDockWidgetArea
    second.reset_arrangement()
    qtbot.wait(30)
    assert not second.docks.docks["layers"].isHidden()
    assert second.dockWidgetArea(second.docks.docks["code"]) == Qt.DockWidgetArea.BottomDockWidgetArea
    assert second.training.isVisible()


def test_a_damaged_arrangement_is_no_obstacle(open_window: Open, settings: Settings) -> None:
    """Fails if settings of another version leave a window without panels."""
    settings.change(arrangement=b"nonsense", geometry=b"\x00\x01")
    window = open_window()
    assert all(isinstance(dock, QDockWidget) and not dock.isHidden() for dock in window.docks.docks.values())


def test_every_theme_dresses_everything_and_is_remembered(window: MainWindow, settings: Settings) -> None:
    """Fails if a theme raises somewhere while the window is open, or the next start has another."""
    for name in theme.NAMES:
        window._themes[name].trigger()
        QApplication.processEvents()
        assert theme.current().name == name
        assert Settings(settings.path).values.theme == name
    assert window._themes["high_contrast"].isChecked()


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
    qtbot.wait(30)
    text = window.inspector.nodes.help
    assert text.isVisible()
    assert not text.visibleRegion().isEmpty()


# Training, as the controls see it. The session itself is tested beside its own code.


def test_controls_follow_the_state(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a button can be pressed that does nothing, or one that is needed cannot."""
    expected = {
        "idle": {"train", "step"},
        "starting": {"stop"},
        "running": {"pause", "step", "stop"},
        "paused": {"train", "pause", "step", "stop"},
        "stopping": set(),
    }
    for state, names in expected.items():
        monkeypatch.setattr(window.session, "_state", state)
        window.controls.refresh()
        enabled = {name for name in ("train", "pause", "step", "stop") if window.actions_table[name].isEnabled()}
        assert enabled == names, state
        assert window.actions_table["pause"].isChecked() == (state == "paused")
        assert window.controls.device.isEnabled() == (state == "idle")


def test_status_tells_how_it_goes(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if epoch or speed is not what the events say."""
    monkeypatch.setattr(window.session, "_state", "running")
    window.session.progress.emit(Bundle(1, (Started("cpu", 1437, 360, 45, 20, 61706),)))
    done = EpochDone(3, 20, 0.1, 0.9, 0.1, 0.9, 1.0, 9400.4, 0.002)
    window.session.progress.emit(Bundle(1, (done,)))
    assert window.status.training.text() == "· epoch 3/20 · 9,400 img/s"
    monkeypatch.setattr(window.session, "_state", "idle")
    window.session.ended.emit(Finished(20))
    assert window.status.training.text() == "· trained, 20 epochs"
    window.session.ended.emit(Cancelled(1))
    assert window.status.training.text() == "· stopped after 1 epoch"
    window.session.ended.emit(Failed("conv2", "conv2: too large for the memory."))
    assert window.banner.isVisible()
    window.banner.action.click()
    assert window.canvas.selected == ("conv2",)


def test_training_a_drawing_with_problems_says_why(window: MainWindow, qtbot: Any) -> None:
    """Fails if Train on a broken drawing does nothing, or begins."""
    window.qdocument.do(SetSetting("", ("conv2",), "kernel_size", (40, 40)))
    window.canvas.setFocus()
    press(qtbot, window, "F5")
    assert not window.session.busy
    assert "conv2" in window.banner.text.text()


@pytest.mark.slow
def test_train_pause_step_stop_and_close(window: MainWindow, qtbot: Any) -> None:
    """Fails if a key does not reach the session, or closing during training leaves a worker or does not ask."""
    window.after_first_paint()
    window.canvas.setFocus()
    press(qtbot, window, "F5")
    qtbot.waitUntil(lambda: window.session.state == "running", timeout=60_000)
    press(qtbot, window, "F6")
    assert window.session.state == "paused"
    press(qtbot, window, "F7")
    assert window.session.state == "paused"
    press(qtbot, window, "F6")
    assert window.session.state == "running"
    qtbot.waitUntil(lambda: window.controls.epoch >= 2, timeout=60_000)
    assert not window.close()
    assert "Stop the training?" in question(window).text()
    answer(qtbot, window, "Let it train")
    assert window.isVisible()
    assert window.session.busy
    press(qtbot, window, "F8")
    qtbot.waitUntil(lambda: not window.session.busy, timeout=30_000)
    assert "stopped" in window.status.training.text()
    press(qtbot, window, "F5")
    qtbot.waitUntil(lambda: window.session.state == "running", timeout=60_000)
    window.close()
    answer(qtbot, window, "Stop the training")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=30_000)


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
