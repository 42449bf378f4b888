"""Data of one's own whose place in the drawing was undone and done again, and pictures of which one is broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.ui.labels import TintedLabel
from app.ui.window import MainWindow
from tests.support.dropped_data import rows_source, write_rows
from tests.ui.shell.test_file_drops import drop
from tests.ui.shell.test_own_data import buttons, press, sources, told


@pytest.fixture(autouse=True)
def _rows() -> Iterator[None]:
    with rows_source():
        yield


def keys(window: MainWindow, letter: Qt.Key) -> None:
    QTest.keyClick(window.canvas, letter, Qt.KeyboardModifier.ControlModifier)


@pytest.mark.parametrize("words", ["Use in place of Rows", "Put beside"])
def test_data_that_stands_again_is_not_offered_again(
    window: MainWindow, qtbot: Any, tmp_path: Path, words: str
) -> None:
    """Fails if redo leaves the card offering what stands on the canvas by now, or undo leaves it speaking of data of
    the same kind that was there before as though it were the new one."""
    window.files.show_project(None)
    drop(window.windowHandle(), write_rows(tmp_path / "first.rows", words=5))
    told(window, qtbot, "3 classes")
    (first,) = [node for node in window.qdocument.project.graph.nodes.values() if node.type == "Rows"]
    path = write_rows(tmp_path / "second.rows", words=7)
    drop(window.windowHandle(), path)
    told(window, qtbot, "second.rows")
    press(window, qtbot, words)
    after = window.qdocument.project.graph
    stood = buttons(window), window.data.card.sentence.text()
    assert "Done" in stood[0]
    for _ in range(2):
        keys(window, Qt.Key.Key_Z)
        assert [n for n in window.qdocument.project.graph.nodes.values() if n.type == "Rows"] == [first]
        assert words in buttons(window)
        assert "second.rows" in window.data.card.sentence.text()
        keys(window, Qt.Key.Key_Y)
        assert window.qdocument.project.graph == after
        assert (buttons(window), window.data.card.sentence.text()) == stood
    assert "Rows" in sources(window)


def test_a_first_drawing_that_is_redone_stands_again(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if the card offers data for an empty canvas, although its drawing is there again."""
    window.files.show_project(None)
    drop(window.windowHandle(), write_rows(tmp_path / "first.rows", words=5))
    told(window, qtbot, "3 classes")
    stood = buttons(window)
    keys(window, Qt.Key.Key_Z)
    assert buttons(window) != stood
    keys(window, Qt.Key.Key_Y)
    assert buttons(window) == stood


def test_how_many_pictures_can_be_read_agrees_with_how_many_there_are(
    window: MainWindow, qtbot: Any, tmp_path: Path
) -> None:
    """Fails if a look says that all of fewer pictures than the headline counts were looked through, or that nothing
    was found above the remark that one of them cannot be read."""
    folder = tmp_path / "pets"
    for kind in ("cat", "dog"):
        (folder / kind).mkdir(parents=True)
        for number in range(8):
            values = np.random.default_rng([number, ord(kind[0])]).integers(0, 256, (9, 9, 3), dtype=np.uint8)
            Image.fromarray(values).save(folder / kind / f"{number}.png")
    broken = folder / "cat" / "0.png"
    broken.write_bytes(broken.read_bytes()[:40])
    window.files.show_project(None)
    drop(window.windowHandle(), folder)
    told(window, qtbot, "16 pictures")
    window.session.load_torch()
    through = window.data.card.through
    qtbot.waitUntil(lambda: "can be read" in through.words.text())
    assert through.words.text() == "15 of 16 pictures can be read; nothing else was found."
    labels = [each for each in window.data.card.findChildren(TintedLabel) if each.isVisible()]
    assert any("cannot be read" in each.text() and "0.png" in each.text() for each in labels)
