"""Data in files, in the window: looked at in a job, told of where it is missing, found with a click."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from app.core.commands import SetSetting
from app.core.storage.files import open_project, save_project
from app.data.source_looks import looked_at
from app.training.events import Failed
from app.ui.problems.card import ProblemCard
from app.ui.window import MainWindow
from nodes.api import Layer, Shape
from tests.support.example_source import example_source, rows_net, write_rows
from tests.ui.shell.hands import Open, type_file


@pytest.fixture(autouse=True)
def rows(tmp_path: Path) -> Iterator[Layer]:
    with example_source(tmp_path) as layer:
        yield layer


def sizes(window: MainWindow) -> Shape | None:
    return window.qdocument.document.report.main.nodes["rows"].outputs.get("x")


def buttons(window: MainWindow, words: str) -> list[QPushButton]:
    cards = [card for card in window.findChildren(ProblemCard) if not card.isHidden()]
    return [each for card in cards for each in card.findChildren(QPushButton) if words in each.accessibleName()]


def test_a_file_that_is_chosen_gives_its_shapes(open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a chosen file is not looked at, if choosing another one leaves the old shapes, or if undo loses them."""
    save_project(rows_net(write_rows(tmp_path / "a.csv")), tmp_path / "a.netloom")
    window = open_window(tmp_path / "a.netloom")
    qtbot.waitUntil(lambda: sizes(window) == Shape((2,)))
    assert not window.isWindowModified()
    assert window.qdocument.document.report.problems == ()
    window.qdocument.do(SetSetting("", ("rows",), "path", str(write_rows(tmp_path / "b.csv", columns=6))))
    qtbot.waitUntil(lambda: sizes(window) == Shape((5,)))
    window.qdocument.undo()
    assert sizes(window) == Shape((2,))
    window.files.save()
    assert next(iter(open_project(tmp_path / "a.netloom").project.schemas.values())).schema is not None


def test_missing_data_is_told_and_found_with_a_click(open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a drawing without its file opens without shapes, or nothing in the window leads to the file."""
    csv = write_rows(tmp_path / "a.csv")
    save_project(looked_at(rows_net(csv)), tmp_path / "a.netloom")
    moved = csv.rename(tmp_path / "moved.csv")
    window = open_window(tmp_path / "a.netloom")
    assert sizes(window) == Shape((2,))
    window.docks.show("problems")
    qtbot.waitUntil(lambda: bool(buttons(window, "Find the file")))
    assert sizes(window) == Shape((2,))
    qtbot.mouseClick(buttons(window, "Find the file")[0], Qt.MouseButton.LeftButton)
    type_file(qtbot, window, moved)
    qtbot.waitUntil(lambda: window.qdocument.project.graph.nodes["rows"].params["path"] == str(moved))
    qtbot.waitUntil(lambda: not buttons(window, "Find the file"))
    qtbot.waitUntil(lambda: window.qdocument.document.report.problems == ())  # once the file has been looked at


def test_a_file_that_comes_back_is_seen(open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if somebody who puts the file where it belongs has to open the drawing once more."""
    csv = write_rows(tmp_path / "a.csv")
    save_project(rows_net(csv), tmp_path / "a.netloom")
    csv.rename(tmp_path / "b.csv")
    window = open_window(tmp_path / "a.netloom")
    problems = lambda: window.qdocument.document.report.problems  # noqa: E731
    qtbot.waitUntil(lambda: bool(problems()) and "There is no file" in problems()[0].sentence)
    (tmp_path / "b.csv").rename(csv)
    window.data_looks.again()
    qtbot.waitUntil(lambda: problems() == ())
    assert sizes(window) == Shape((2,))


def test_what_has_changed_is_looked_at_when_a_training_has_failed_for_it(
    open_window: Open, qtbot: Any, tmp_path: Path
) -> None:
    """Fails if Train says again and again that a file has changed, as long as nobody leaves the window."""
    save_project(looked_at(rows_net(write_rows(tmp_path / "a.csv"))), tmp_path / "a.netloom")
    window = open_window(tmp_path / "a.netloom")
    qtbot.waitUntil(lambda: sizes(window) == Shape((2,)) and not window.session.runner.busy)
    write_rows(tmp_path / "a.csv", columns=6)
    window.session.ended.emit(Failed("fc1", "The loss is no number."))
    assert not window.session.runner.busy  # that has nothing to do with the data
    window.session.ended.emit(Failed("rows", "a.csv has changed since it was looked at."))
    qtbot.waitUntil(lambda: sizes(window) == Shape((5,)))
