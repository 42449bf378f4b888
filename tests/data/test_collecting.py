"""Pictures that somebody collects are files in a folder for each class, and a source reads them as such."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.data.collecting import collected, keep, why_no_class
from app.data.understanding import understand


def picture(shade: int) -> np.ndarray:
    made = np.zeros((28, 28), np.uint8)
    made[4:20, 8:12] = shade
    return made


def test_what_was_kept_is_read_as_classes(tmp_path: Path) -> None:
    """Fails if a collected folder is not understood as pictures in classes, or a pixel is another one."""
    folder = tmp_path / "my pictures"
    for shade in (100, 150, 200, 250):
        keep(folder, "one", picture(shade))
        keep(folder, "two", picture(shade).T)
    assert collected(folder) == {"one": 4, "two": 4}
    best = next(understand(folder))
    assert best.schema is not None
    assert best.schema.words == ("one", "two")
    assert best.schema.samples == 8
    with Image.open(folder / "one" / "drawn 1.png") as image:
        assert np.array_equal(np.asarray(image), picture(100))


def test_no_file_is_ever_written_over(tmp_path: Path) -> None:
    """Fails if a picture takes the name of one that is there, also after one in between was removed."""
    paths = [keep(tmp_path, "cat", picture(shade)) for shade in (1, 2, 3)]
    paths[0].unlink()
    before = {path: path.read_bytes() for path in paths[1:]}
    new = keep(tmp_path, "cat", picture(9))
    assert new not in before
    assert {path: path.read_bytes() for path in paths[1:]} == before
    assert collected(tmp_path) == {"cat": 3}


@pytest.mark.parametrize(
    "word", ["", "  ", "a/b", "..", ".hidden", "train", "Test", "con", "a\tb", "x" * 61, "nul.txt"]
)
def test_what_cannot_be_a_folder_of_a_class_is_refused_with_a_sentence(tmp_path: Path, word: str) -> None:
    """Fails if a class leads out of the folder, is read as a split, or is no name on another computer."""
    assert why_no_class(word).endswith(".")
    with pytest.raises(ValueError):
        keep(tmp_path / "inside", word, picture(1))
    assert not list(tmp_path.rglob("*.png"))


@pytest.mark.parametrize("word", ["7", "Katze", "wild cat", "école", "trains", "猫"])
def test_usual_words_are_classes(tmp_path: Path, word: str) -> None:
    """Fails if a word that a student would use is refused."""
    assert why_no_class(word) == ""
    assert keep(tmp_path, word, picture(1)).parent.name == word


def test_a_place_that_cannot_be_written_to_is_a_sentence(tmp_path: Path) -> None:
    """Fails if a file in the way of the folder is a traceback."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ValueError, match=r"Choose another folder\.$"):
        keep(tmp_path / "file", "cat", picture(1))


def test_a_picture_without_colours_is_kept_grey(tmp_path: Path) -> None:
    """Fails if one pasted digit of three equal channels makes a set of drawn digits coloured, or red is lost."""
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    with Image.open(keep(tmp_path, "1", np.stack([grey] * 3, 2), "pasted")) as image:
        assert image.mode == "L"
        assert np.array_equal(np.asarray(image), grey)
    red = np.stack([grey, grey, grey + 1], 2)
    with Image.open(keep(tmp_path, "1", red, "pasted")) as image:
        assert np.array_equal(np.asarray(image), red)
