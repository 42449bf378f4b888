"""Several files or folders that are dropped at once and belong together."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.core.graph.roles import role_of
from app.ui.window import MainWindow
from tests.ui.shell.test_file_drops import drop


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """A folder with three classes of four pictures each."""
    for shade, name in enumerate(("cat", "dog", "γάτα")):
        for number in range(4):
            picture = tmp_path / "pets" / name / f"{number}.png"
            picture.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (12, 12), (60 * shade, 20 * number, 90)).save(picture)
    return tmp_path / "pets"


def dropped(window: MainWindow, qtbot: Any, *paths: Path) -> dict[str, Any]:
    """The settings of the source that stands on a canvas that was empty, once the data was understood."""
    window.files.show_project(None)
    assert drop(window.windowHandle(), *paths)
    qtbot.waitUntil(lambda: window.data.card.isVisible() and not window.data._job.on)
    (source,) = [node for node in window.qdocument.project.graph.nodes.values() if role_of(node) == "source"]
    return dict(source.params)


def offered(window: MainWindow) -> list[str]:
    return [each.text() for each in window.data.card.buttons]


def test_folders_of_one_class_each_are_the_classes(window: MainWindow, qtbot: Any, pets: Path) -> None:
    """Fails if the folders cat, dog and γάτα that are dropped together become pictures of cats without classes."""
    settings = dropped(window, qtbot, pets / "cat", pets / "dog", pets / "γάτα")
    assert settings["path"] == str(pets)
    assert "12 pictures in 3 classes: cat, dog, γάτα" in window.data.card.sentence.text()
    assert window.data.card.note.text() == ""
    assert not [words for words in offered(window) if words.startswith("Next")]


def test_what_comes_along_from_their_folder_is_said(window: MainWindow, qtbot: Any, pets: Path) -> None:
    """Fails if a class, or pictures, that nobody has dropped come into the data without a word."""
    dropped(window, qtbot, pets / "cat", pets / "dog")
    note = window.data.card.note.text()
    assert "pets is read as a whole: it holds more than the 2 folders that were dropped" in note
    settings = dropped(window, qtbot, *sorted((pets / "cat").iterdir())[:3])
    assert settings["path"] == str(pets / "cat")
    assert "4 pictures" in window.data.card.sentence.text()
    assert "cat is read as a whole: it holds more than the 3 files that were dropped" in window.data.card.note.text()
    assert not [words for words in offered(window) if words.startswith("Next")]


def test_data_sets_that_are_dropped_together_stay_apart(window: MainWindow, qtbot: Any, pets: Path) -> None:
    """Fails if two sets of data that only lie in one folder become one, or the second is not offered."""
    shutil.copytree(pets, pets.parent / "more")
    settings = dropped(window, qtbot, pets, pets.parent / "more")
    assert settings["path"] == str(pets)
    assert "Next: more" in offered(window)
    table = pets.parent / "table.csv"
    table.write_text("a,b,kind\n" + "".join(f"{n},{n % 3},{'xy'[n % 2]}\n" for n in range(20)))
    settings = dropped(window, qtbot, table, pets)
    assert settings["path"] == str(table)
    assert "Next: pets" in offered(window)
