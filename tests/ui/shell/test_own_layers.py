"""Own layers in the window: a question before anything runs, asked once for each content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

from app.core import userlayers
from app.core.storage.files import save_project
from app.ui.canvas.ranking import offers
from app.ui.settings import Settings
from app.ui.window import MainWindow
from nodes.api.registry import find, set_yours
from tests.core.test_userlayers import EXAMPLE, text, using
from tests.support.patience import settle, wait_active
from tests.ui.shell.hands import throw_away

Open = Callable[..., MainWindow]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("NETLOOM_HOME", str(tmp_path / "home"))
    place = tmp_path / "home" / "layers"
    place.mkdir(parents=True)
    yield place
    set_yours(())


@pytest.fixture
def open_window(qtbot: Any, settings: Settings) -> Iterator[Open]:
    made: list[MainWindow] = []

    def make(what: object = None, **more: Any) -> MainWindow:
        window = MainWindow(str(what) if what is not None else None, Settings(settings.path), **more)
        made.append(window)
        window.show()
        window.activateWindow()
        wait_active(window)
        window.own_layers.ask()
        return window

    yield make
    for window in made:
        if window.own_layers.dialog is not None:
            window.own_layers.dialog.close()
        throw_away(window)
    settle()


def questions(window: MainWindow) -> list[QMessageBox]:
    return [box for box in window.findChildren(QMessageBox) if box.isVisible()]


def answer(window: MainWindow, words: str) -> None:
    (box,) = questions(window)
    button = next(each for each in box.buttons() if each.text().replace("&", "") == words)
    QTest.mouseClick(button, LEFT)


def drawing(tmp_path: Path) -> Path:
    path = tmp_path / "mine.netloom"
    save_project(using("TanhLinear"), path)
    return path


def test_the_question_names_the_file_and_what_it_is(folder: Path, open_window: Open) -> None:
    """Fails if somebody could say yes without knowing what to, or Enter alone ran the file."""
    path = folder / "tanh_linear.py"
    path.write_text(EXAMPLE)
    window = open_window()
    (box,) = questions(window)
    assert str(path) in box.text()
    assert "It is a program. It will run with your rights" in box.informativeText()
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert find("TanhLinear") is None
    assert not questions(window)


def test_trust_loads_the_layer_at_once_and_is_remembered(folder: Path, tmp_path: Path, open_window: Open) -> None:
    """Fails if the drawing has to be opened again, or the question comes back at the next start."""
    (folder / "tanh_linear.py").write_text(EXAMPLE)
    window = open_window(drawing(tmp_path))
    assert [problem.code for problem in window.qdocument.document.report.problems] == ["unknown"]
    assert window.canvas.scene.nodes["it"].look.category == "unknown"
    answer(window, "Run it")
    assert window.qdocument.document.report.problems == ()
    assert window.canvas.scene.nodes["it"].look.category == "yours"
    assert window.layers._items["TanhLinear"].parent().text(0) == "Your own"
    assert "TanhLinear" in {offer.type_id for offer in offers(window.qdocument.project, "")}
    set_yours(())
    second = open_window(drawing(tmp_path))
    assert not questions(second)
    assert second.qdocument.document.report.problems == ()


def test_no_is_remembered_too_until_the_file_changes(folder: Path, open_window: Open) -> None:
    """Fails if a refused file is asked about at every start, or a changed one is not asked about again."""
    path = folder / "tanh_linear.py"
    path.write_text(EXAMPLE)
    answer(open_window(), "Do not run it")
    assert not questions(open_window())
    assert find("TanhLinear") is None
    path.write_text(EXAMPLE + "\n# another content\n")
    window = open_window()
    answer(window, "Run it")
    assert find("TanhLinear") is not None
    path.write_text(EXAMPLE)  # the refused content again
    assert not questions(open_window())
    assert find("TanhLinear") is None


def test_files_are_asked_about_one_after_the_other(folder: Path, open_window: Open) -> None:
    """Fails if one answer counts for several files."""
    (folder / "a.py").write_text(EXAMPLE)
    (folder / "b.py").write_text(text())
    window = open_window()
    assert "a.py" in questions(window)[0].text()
    answer(window, "Do not run it")
    assert "b.py" in questions(window)[0].text()
    answer(window, "Run it")
    assert not questions(window)
    assert (find("TanhLinear"), find("Mine") is not None) == (None, True)


def test_a_broken_file_is_told_above_the_canvas(folder: Path, open_window: Open) -> None:
    """Fails if a broken file stops the window, or nobody learns of it."""
    (folder / "broken.py").write_text("\n\n1 / 0\n")
    window = open_window(trusting=True)
    assert window.banner.isVisible()
    assert "broken.py, line 3: ZeroDivisionError" in window.banner.text.text()
    assert not questions(window)
    (folder / "broken.py").write_text(EXAMPLE)
    window.own_layers.renew()
    assert not window.banner.isVisible()
    assert find("TanhLinear") is not None


def test_a_trusted_file_that_is_broken_does_not_stop_the_others(folder: Path, open_window: Open) -> None:
    """Fails if an answer to the question ends in a traceback."""
    (folder / "a.py").write_text("raise RuntimeError('no')")
    (folder / "b.py").write_text(EXAMPLE)
    window = open_window()
    answer(window, "Run it")
    assert "a.py, line 1: RuntimeError: no" in window.banner.text.text()
    answer(window, "Run it")
    assert find("TanhLinear") is not None


def test_the_list_shows_states_and_takes_trust_back(folder: Path, open_window: Open) -> None:
    """Fails if trust once given could not be taken back, or a file is not listed."""
    (folder / "broken.py").write_text("1 / 0")
    (folder / "tanh_linear.py").write_text(EXAMPLE)
    window = open_window()
    answer(window, "Run it")
    answer(window, "Do not run it")
    window.actions_table["own_layers"].trigger()
    dialog = window.own_layers.dialog
    assert dialog is not None
    assert (folder / "README.md").read_text() == userlayers.page_text()
    table = dialog.table

    def rows() -> list[str]:
        return [f"{table.item(line, 0).text()}: {table.item(line, 1).text()}" for line in range(table.rowCount())]

    assert rows() == [
        "broken.py: broken: line 1: ZeroDivisionError: division by zero.",
        "tanh_linear.py: not run: it waits for your word",
    ]
    assert not dialog.trust.isEnabled()
    table.selectRow(1)
    QTest.mouseClick(dialog.trust, LEFT)
    answer(window, "Run it")
    assert rows()[1] == "tanh_linear.py: in use: TanhLinear"
    table.selectRow(1)
    QTest.mouseClick(dialog.distrust, LEFT)
    assert rows()[1] == "tanh_linear.py: not run: it waits for your word"
    assert find("TanhLinear") is None
    (folder / "more.py").write_text(text())
    QTest.mouseClick(dialog.again, LEFT)
    assert len(rows()) == 3
    dialog.close()
    QApplication.sendPostedEvents()
    settle()


def test_a_rule_that_fails_while_drawing_marks_its_node(folder: Path, open_window: Open) -> None:
    """Fails if a mistake in an own layer closes the window."""
    (folder / "a.py").write_text(text(body="assert x.sizes != (8,)"))
    window = open_window(trusting=True)
    window.qdocument.new(using("Mine"))
    assert window.canvas.scene.nodes["it"].troubled
    assert "AssertionError" in window.canvas.scene.nodes["it"].look.problems[0]
