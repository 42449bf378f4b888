"""Several windows in one process: each by itself, none twice on one file, and an end that asks for all of them."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QTreeWidget, QWidget

from app.core.machine import FreeMemory
from app.core.storage import templates
from app.core.storage.files import open_project, save_project
from app.ui import memory
from app.ui.docks import PANEL_NAMES
from app.ui.settings import Settings
from app.ui.window import MainWindow
from tests.support.patience import PATIENCE, settle, wait_active
from tests.ui.shell.hands import (
    Open,
    answer,
    change,
    long_training,
    out_channels,
    press,
    question,
    throw_away,
    type_file,
)


@pytest.fixture(autouse=True)
def _stays(qapp: QApplication) -> Iterator[None]:
    """The end of the last window must not end the application that all tests share."""
    before = qapp.quitOnLastWindowClosed()
    qapp.setQuitOnLastWindowClosed(False)
    yield
    qapp.setQuitOnLastWindowClosed(before)


@pytest.fixture(autouse=True)
def _closed(window: MainWindow) -> Iterator[None]:
    yield
    for other in window.windows.others(window):
        for box in other.findChildren(QMessageBox):
            box.close()
        other._may_close = True
        other.close()


def second_of(window: MainWindow) -> MainWindow:
    (other,) = window.windows.others(window)
    assert QTest.qWaitForWindowExposed(other, PATIENCE)
    return other


def lenet_in(path: Path) -> Path:
    save_project(templates.load("lenet_digits"), path)
    return path


def test_ctrl_shift_n_opens_an_independent_window(window: MainWindow, qtbot: Any) -> None:
    """Fails if two windows share a drawing, an undo, a session or a selection."""
    press(qtbot, window, "Ctrl+Shift+N")
    other = second_of(window)
    assert other.start.shown
    assert not other.qdocument.project.graph.nodes
    other.files.open_template("lenet_digits")
    change(other)
    assert (out_channels(window), out_channels(other)) == (6, 9)
    assert (window.qdocument.document.dirty, other.qdocument.document.dirty) == (False, True)
    other.canvas.setFocus()
    assert window.qdocument.document.undo_title is None
    assert other.session is not window.session
    assert other.session.runner is not window.session.runner
    assert other.settings is window.settings


def test_layers_are_copied_between_windows(window: MainWindow, qtbot: Any) -> None:
    """Fails if the clipboard belongs to one window."""
    window.canvas.select(("conv1", "relu1"))
    window.canvas.setFocus()
    press(qtbot, window, "Ctrl+C")
    other = window.windows.open("", window)
    wait_active(other)
    other.canvas.setFocus()
    press(qtbot, other, "Ctrl+V")
    assert {node.type for node in other.qdocument.project.graph.nodes.values()} == {"Conv2d", "ReLU"}
    assert len(other.qdocument.project.graph.wires) == 1


def test_titles_differ(window: MainWindow, tmp_path: Path) -> None:
    """Fails if two windows cannot be told apart in the task bar."""
    other = window.windows.open("lenet_digits", window)
    assert window.windowTitle() != other.windowTitle()
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    window.files.load(lenet_in(tmp_path / "one" / "net.netloom"))
    other.files.load(lenet_in(tmp_path / "two" / "net.netloom"))
    assert window.windowTitle() == "net.netloom in one[*]"
    assert other.windowTitle() == "net.netloom in two[*]"
    other.close()
    assert window.windowTitle() == "net.netloom[*]"


def test_a_file_is_open_once(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if two windows edit one file, so that the later save destroys the earlier one."""
    path = lenet_in(tmp_path / "net.netloom")
    other = window.windows.open(str(path), window)
    change(window)
    (tmp_path / "link.netloom").symlink_to(path)
    for name in (path, tmp_path / "link.netloom"):
        window.activateWindow()
        window.files.open_recent(name)
        assert window.qdocument.document.path is None
        qtbot.waitUntil(lambda: QApplication.activeWindow() is other)
    window.files.open_elsewhere()
    type_file(qtbot, window, path)
    settle()
    assert len(window.windows.all) == 2
    window.files.write(path)
    assert "open in another window" in question(window).text()
    answer(qtbot, window, "Close")
    assert open_project(path).project == templates.load("lenet_digits")


def test_open_in_a_new_window_leaves_this_one(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if the unsaved drawing is asked about although it stays."""
    path = lenet_in(tmp_path / "net.netloom")
    change(window)
    press(qtbot, window, "Ctrl+Shift+O")
    type_file(qtbot, window, path)
    qtbot.waitUntil(lambda: len(window.windows.all) == 2)
    assert second_of(window).qdocument.document.path == path
    assert out_channels(window) == 9
    assert window.settings.values.recent == (str(path),)


def test_what_cannot_be_read_opens_no_window(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a broken file leaves an empty window behind."""
    path = tmp_path / "broken.netloom"
    path.write_text("nothing")
    window.windows.open_file(path, window)
    assert "broken.netloom" in question(window).text()
    answer(qtbot, window, "Close")
    assert window.windows.all == [window]


def test_closing_one_leaves_the_other(window: MainWindow, qtbot: Any) -> None:
    """Fails if a closed window takes another with it, or stays in memory."""
    other = window.windows.open("lenet_digits", window)
    wait_active(other)
    gone = weakref.ref(other)
    press(qtbot, other, "Ctrl+W")
    qtbot.waitUntil(lambda: window.windows.all == [window])
    assert window.isVisible()
    del other

    def freed() -> bool:
        gc.collect()
        return gone() is None

    qtbot.waitUntil(freed)
    change(window)
    assert out_channels(window) == 9


def test_ctrl_q_asks_for_each(window: MainWindow, qtbot: Any) -> None:
    """Fails if Quit forgets a window with unsaved work, or does not go on after an answer."""
    other = window.windows.open("lenet_digits", window)
    change(window)
    change(other)
    wait_active(other)
    press(qtbot, other, "Ctrl+Q")
    answer(qtbot, other, "Do not save")
    qtbot.waitUntil(lambda: window.windows.all == [window])
    qtbot.waitUntil(lambda: any(box.isVisible() for box in window.findChildren(QMessageBox)))
    answer(qtbot, window, "Do not save")
    qtbot.waitUntil(lambda: not window.isVisible())
    assert window.windows.all == []


def test_cancel_ends_quit(window: MainWindow, qtbot: Any) -> None:
    """Fails if a cancelled Quit goes on later, when one window is closed by itself."""
    other = window.windows.open("lenet_digits", window)
    change(other)
    wait_active(other)
    press(qtbot, other, "Ctrl+Q")
    answer(qtbot, other, "Cancel")
    assert other.isVisible()
    other.close()
    answer(qtbot, other, "Do not save")
    qtbot.waitUntil(lambda: window.windows.all == [window])
    settle()
    assert window.isVisible()


def test_a_theme_is_for_all(window: MainWindow) -> None:
    """Fails if the menu of another window still marks the theme of before."""
    other = window.windows.open("", window)
    window.choose_theme("light")
    assert other.menus.themes["light"].isChecked()
    window.choose_theme("dark")


@pytest.mark.slow
def test_a_training_goes_on_when_another_window_closes(open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if windows share a worker: closing, or training in, one would stop the other."""
    window = open_window(long_training(tmp_path / "one.netloom"))
    other = window.windows.open(long_training(tmp_path / "other.netloom"), window)
    window.train()
    qtbot.waitUntil(lambda: window.session.state == "running")
    other.train()
    qtbot.waitUntil(lambda: other.session.state == "running")
    assert window.session.state == "running"
    other.close()
    answer(qtbot, other, "Stop the training")
    qtbot.waitUntil(lambda: window.windows.all == [window])
    assert window.session.state == "running"
    window.stop()
    qtbot.waitUntil(lambda: window.session.state == "idle")


@pytest.fixture
def begun(window: MainWindow, qtbot: Any) -> MainWindow:
    """A second window with the start page, which has been painted; its panels have not been made yet."""
    painted: list[bool] = []
    window.windows.open(None, start_page=True, then=lambda: painted.append(True))
    qtbot.waitUntil(lambda: bool(painted))
    other = second_of(window)
    assert not other.panels_made
    assert type(other) is MainWindow
    return other


def test_what_was_drawn_before_the_first_drawing_came_stays(begun: MainWindow) -> None:
    """Fails if the drawing that is to lie below the start page takes the place of one that somebody began meanwhile."""
    begun.canvas.add_layer("Linear")
    begun.complete()
    assert [node.type for node in begun.qdocument.project.graph.nodes.values()] == ["Linear"]
    assert not begun.start.shown


def test_the_drawing_below_the_start_page_leaves_it_the_keys(begun: MainWindow) -> None:
    """Fails if the drawing that comes late takes the page away, or what is typed on the page goes to the canvas."""
    assert not begun.qdocument.project.graph.nodes
    assert begun.start.page is not None
    focus = begun.focusWidget()
    assert focus is not None
    assert begun.start.page.isAncestorOf(focus)
    begun.complete()
    assert begun.qdocument.project.graph.nodes
    assert begun.start.shown
    assert begun.focusWidget() is focus


def test_panels_below_the_start_page_come_after_it(
    window: MainWindow, begun: MainWindow, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a window whose panels came late shows anything else than one that had them from the beginning."""
    # Both windows name the memory that is free, which is never the same for long.
    monkeypatch.setattr(memory, "main_memory", lambda: FreeMemory(4 * 2**30, 8 * 2**30))
    begun.complete()
    for each in (window, begun):
        each.memory.refresh()
    assert begun.start.shown
    assert "no problems" in begun.status.problems.text()
    begun.start.leave()
    for name in sorted(PANEL_NAMES):
        begun.docks.show(name)
        window.docks.show(name)
        settle()
        mine, usual = getattr(begun, name), getattr(window, name)
        assert mine.isVisible()
        # What is asked of the net, and that there is none yet, is said a moment after a panel is seen.
        qtbot.waitUntil(lambda mine=mine, usual=usual: texts(mine) == texts(usual))
    qtbot.waitUntil(lambda: bool(window.code.text) and begun.code.text == window.code.text)
    assert begun.docks.docks["problems"].windowTitle() == window.docks.docks["problems"].windowTitle()


def test_whoever_needs_a_panel_sooner_has_it(begun: MainWindow, qtbot: Any) -> None:
    """Fails if a key that is pressed in the first moment meets a window without panels."""
    begun.activateWindow()
    wait_active(begun)
    press(qtbot, begun, "Ctrl+1")
    qtbot.waitUntil(lambda: begun.docks.docks["layers"].isVisible())
    begun.search_layers()
    assert begun.layers.search.hasFocus()
    assert begun.panels_made
    begun.canvas.select(("conv1",))
    assert begun.inspector.nodes.name.text() == "conv1"
    begun.layers.add_wanted.emit("ReLU")
    assert len([node for node in begun.qdocument.project.graph.nodes.values() if node.type == "ReLU"]) == 5


def texts(panel: QWidget) -> list[str]:
    """What can be read in a panel, from the first widget to the last."""
    labels = [label.text() for label in panel.findChildren(QLabel) if not label.isHidden()]
    for tree in panel.findChildren(QTreeWidget):
        rows = (tree.topLevelItem(row) for row in range(tree.topLevelItemCount()))
        labels += [row.text(0) for row in rows if row is not None]
    return labels


def test_a_window_thrown_away_hears_nothing_more(settings: Settings) -> None:
    """Fails if a look at a file that ends while a test ends finds a window without its parts: its error fails a test
    that did nothing wrong."""
    heard = []
    window = MainWindow(None, settings)
    window.show()
    settle()
    document = window.qdocument
    document.changed.connect(heard.append)
    QTimer.singleShot(0, document, lambda: document.changed.emit(None))
    throw_away(window)
    settle()
    assert not heard
