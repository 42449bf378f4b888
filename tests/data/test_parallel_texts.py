"""Two files whose lines are translations of each other."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from app.data.understanding import understand
from nodes.api import NoData
from tests.support.file_sources import check_script, guess, schema

ENGLISH = [f"the {word} is here" for word in ("cat", "dog", "green bird", "house", "tree")] * 8
GERMAN = [f'Hier "ist" {word}' for word in ("die Katze", "der Hund", "der grüne Vogel", "das Haus", "der Baum")] * 8


def corpus(folder: Path, name: str = "corpus", count: int = 40) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.en").write_text("\n".join(ENGLISH[:count]) + "\n", encoding="utf-8")
    (folder / f"{name}.de").write_text("\ufeff" + "\r\n".join(GERMAN[:count]), encoding="utf-8")
    return folder


@pytest.mark.parametrize("one", ["", "corpus.de"])
def test_two_files_of_equal_lines_are_pairs(tmp_path: Path, one: str) -> None:
    """Fails if corpus.en and corpus.de are refused, a line slips, or German becomes the source unasked."""
    path = corpus(tmp_path / "c") / one
    found = next(understand(path))
    assert found.layer.id == "TextPairs"
    told = found.schema
    assert told is not None
    assert told.samples == 40
    assert "Line by line, corpus.en and corpus.de are pairs." in told.remarks
    asked = guess(told, "source")
    assert (asked.chosen, [value for _, value in asked.choices]) == ("en", ["en", "de"])
    made = check_script("TextPairs", path)
    words = told.fields["source"].classes
    row = made.at(torch.tensor([2]), None, ["source", "target"])
    assert [words[place] for place in row["source"][0].tolist() if place] == "the green bird is here".split()
    letters = told.fields["target"].classes
    assert [letters[place] for place in row["target"][0].tolist() if place][:3] == ["hier", '"', "ist"]
    other = schema("TextPairs", path, source="de", target="en")
    assert "katze" in other.fields["source"].classes


def test_of_several_pairs_that_for_training_is_read_and_the_others_named(tmp_path: Path) -> None:
    """Fails if Multi30k's folder is refused, or val.en goes unmentioned."""
    folder = corpus(tmp_path / "m", "train")
    corpus(folder, "val", 10)
    told = schema("TextPairs", folder)
    assert told.samples == 40
    assert any(each.endswith("val.de, val.en are not read.") for each in told.remarks)


def test_other_counts_of_lines_are_no_pairs(tmp_path: Path) -> None:
    """Fails if files of 40 and 39 lines are paired line by line."""
    folder = corpus(tmp_path / "c")
    (folder / "corpus.de").write_text("\n".join(GERMAN[:39]), encoding="utf-8")
    with pytest.raises(NoData, match=r"corpus\.en has 40 lines and corpus\.de 39"):
        schema("TextPairs", folder)


def test_a_single_text_or_three_languages_are_not_guessed(tmp_path: Path) -> None:
    """Fails if a text without its partner, or one of three, is paired at random."""
    folder = corpus(tmp_path / "c")
    (folder / "corpus.fr").write_text("\n".join(GERMAN), encoding="utf-8")
    assert all(each.layer.id != "TextPairs" for each in _sources(folder))


def _sources(path: Path) -> list:  # type: ignore[type-arg]
    try:
        return list(understand(path))
    except NoData:
        return []
