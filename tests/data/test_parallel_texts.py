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


def test_of_several_pairs_the_others_are_parts(tmp_path: Path) -> None:
    """Fails if Multi30k's folder is refused, val.en is not the validation part, a line of the test is learned, one
    click does not make one set of all, or what belongs to none goes unmentioned."""
    folder = corpus(tmp_path / "m", "train")
    corpus(folder, "val", 10)
    corpus(folder, "test_2016_flickr", 7)
    corpus(folder, "test_2017_flickr", 5)
    (folder / "README").write_text("Multi30k")
    told = schema("TextPairs", folder)
    assert (told.samples, dict(told.parts)) == (62, {"train": 40, "validation": 10, "test": 12})
    asked = guess(told, "split")
    assert asked.sentence == "train, val, test_2016_flickr, test_2017_flickr are read as parts of the data."
    assert any(each.endswith("README is not read.") for each in told.remarks)
    made = check_script("TextPairs", folder)
    assert made.parts["validation"].tolist() == list(range(40, 50))
    assert [made.name_of(number) for number in (0, 40, 50, 61)] == [
        "train.en, row 1", "val.en, row 1", "test_2016_flickr.en, row 1", "test_2017_flickr.en, row 5",
    ]  # fmt: skip
    one = schema("TextPairs", folder, split=asked.choices[1][1])
    assert (one.samples, dict(one.parts)) == (62, {})
    (folder / "val.de").write_text("eine Zeile\n")
    with pytest.raises(NoData, match=r"val\.en has 10 lines and val\.de 1"):
        schema("TextPairs", folder)


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
