"""Text files side by side: whose lines are samples, whose are one text, and whose are numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from app.data.understanding import understand
from nodes.api import NoData
from tests.support.file_sources import check_script, feed, guess, schema, whole

NAMES = {"Irish": ["Adam", "Ahearn", "Bain", "Ó Néill"], "German": ["Abbing", "Müller", "Schulz", "Becker"]}


def names(folder: Path, each: int = 12) -> Path:
    folder.mkdir()
    for word, known in NAMES.items():
        lines = [f"{known[n % 4]}{'abc'[n // 4]}" for n in range(each)]
        (folder / f"{word}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_each_line_is_a_name_and_its_file_the_class(tmp_path: Path) -> None:
    """Fails if data/names of the tutorials is two texts without classes, a line goes to the other class, or one click
    does not make each file a text again."""
    path = names(tmp_path / "names")
    (path / "README.md").write_text("names")
    found = next(understand(path))
    assert found.layer.id == "Texts"
    told = found.schema
    assert told is not None
    assert (told.samples, told.fields["label"].words) == (24, ("German", "Irish"))
    assert [each.name for each in told.skipped] == ["README.md"]
    asked = guess(told, "each")
    assert asked.sentence == "Each line of 2 files is a text, and its file is its class."
    made = check_script("Texts", path)
    letters = told.fields["text"].classes
    rows = ["".join(letters[place] for place in row if place) for row in whole(feed("Texts", path), "text").tolist()]
    expected = [
        (path / f"{word}.txt").read_text("utf-8").split("\n")[n].lower()
        for word in ("German", "Irish")
        for n in range(12)
    ]
    assert rows == expected
    assert whole(made, "label").tolist() == [0] * 12 + [1] * 12
    assert [made.name_of(number) for number in (0, 23)] == ["German.txt, row 1", "Irish.txt, row 12"]
    assert schema("Texts", path, each="file").samples == 2
    assert schema("Texts", path, classes="file names").samples == 2


def test_books_stay_whole(tmp_path: Path) -> None:
    """Fails if the lines of books, with blank ones between their paragraphs, are samples."""
    for number, writer in enumerate(("austen", "doyle")):
        (tmp_path / f"{writer}.txt").write_text(("It was a day\nlike many.\n\nHe went.\n\n" * 20) + str(number))
    told = next(understand(tmp_path)).schema
    assert told is not None
    assert told.samples == 2


@pytest.mark.parametrize("form", ["ptb.{part}.txt", "wiki.{part}.tokens"])
@pytest.mark.parametrize("unit", ["characters", "words"])
def test_a_text_in_parts_is_held_out_as_its_files_say(tmp_path: Path, form: str, unit: str) -> None:
    """Fails if ptb.train.txt, ptb.valid.txt and ptb.test.txt are three samples or classes, only the first is read, a
    window reaches from one into the next, or a letter that is in the test text alone has the number of another one."""
    texts = {"train": "the cat sat on the <unk> mat \n" * 60, "valid": "a dog ran \n" * 30, "test": "wo ist er \n" * 40}
    for part, text in texts.items():
        (tmp_path / form.format(part=part)).write_text(text)
    found = next(understand(tmp_path))
    assert found.layer.id == "TextFile"
    made = check_script("TextFile", tmp_path, unit=unit, window=10, step=4)
    told = made.schema
    assert told is not None
    assert list(told.parts) == ["train", "validation", "test"]
    words = told.fields["text"].words
    for (part, index), text in zip(made.parts.items(), texts.values()):
        tokens = list(text) if unit == "characters" else re.findall(r"\w+|[<>]", text)
        pieces = [tokens[at : at + 11] for at in range(0, len(tokens) - 10, 4)]
        values = made.at(torch.as_tensor(index), None, ["text", "next"])
        shown = [[words[number].replace("\\n", "\n") for number in row] for row in values["text"].tolist()]
        after = [words[row[-1]].replace("\\n", "\n") for row in values["next"].tolist()]
        assert shown == [piece[:-1] for piece in pieces], part
        assert after == [piece[-1] for piece in pieces], part
    last = int(made.parts["test"][0])
    assert made.name_of(last) == f"{unit} 1 to 10 of {form.format(part='test')}"


def test_a_short_part_of_a_text_is_named(tmp_path: Path) -> None:
    """Fails if a validation text without a single window ends in a traceback, or its file is not named."""
    (tmp_path / "wiki.train.tokens").write_text("the cat sat on the mat \n" * 60)
    (tmp_path / "wiki.valid.tokens").write_text("a cat\n")
    with pytest.raises(NoData, match=r"wiki.valid.tokens has 6 characters, too few for a window of 64"):
        schema("TextFile", tmp_path)


def test_files_of_numbers_are_no_texts(tmp_path: Path) -> None:
    """Fails if X_train.txt and y_train.txt become texts whose words are numbers."""
    for part in ("train", "test"):
        (tmp_path / part).mkdir()
        (tmp_path / part / f"X_{part}.txt").write_text(" 1.5e-01 -2.0e+00 3\n" * 20)
        (tmp_path / part / f"y_{part}.txt").write_text("1\n5\n" * 10)
    found = next(understand(tmp_path))
    assert found.layer.id == "ArrayFiles"
    assert found.schema is not None
    assert found.schema.parts == {"train": 20, "test": 20}


def test_files_that_are_numbered_are_samples(tmp_path: Path) -> None:
    """Fails if each of pos_0.txt, pos_1.txt and neg_0.txt, all with many lines, is a class of its own."""
    for number in range(4):
        for word in ("pos", "neg"):
            (tmp_path / f"{word}_{number}.txt").write_text("it was a film like many\n" * 14)
    told = next(understand(tmp_path)).schema
    assert told is not None
    assert told.samples == 8
    assert schema("Texts", tmp_path, classes="file names").fields["label"].words == ("neg", "pos")


def lined(folder: Path, *words: str) -> Path:
    """A file of twelve lines for each of these names."""
    folder.mkdir()
    for word in words:
        (folder / f"{word}.txt").write_text("".join(f"it was {word} {at}\n" for at in range(12)))
    return folder


def test_a_file_that_is_called_as_a_part_is_no_class(tmp_path: Path) -> None:
    """Fails if the lines of test.txt beside pos.txt and neg.txt are a third class, are left out without a word, or if
    the program that reads the same files takes them."""
    path = lined(tmp_path / "films", "pos", "neg", "test")
    told = next(understand(path)).schema
    assert told is not None
    assert (told.samples, told.fields["label"].words) == (24, ("neg", "pos"))
    assert [each.name for each in told.skipped] == ["test.txt"]
    assert any(each.startswith("The file test.txt is called as the test part") for each in told.remarks)
    assert whole(check_script("Texts", path), "label").tolist() == [0] * 12 + [1] * 12
    few = next(understand(lined(tmp_path / "few", "pos", "test"))).schema  # else nothing could be told apart
    assert few is not None
    assert few.fields["label"].words == ("pos", "test")


@pytest.mark.parametrize("form", ["{word}_{part}", "{part}.{word}"])
def test_files_of_classes_in_parts(tmp_path: Path, form: str) -> None:
    """Fails if pos_train.txt and pos_test.txt are two classes, or the lines of one are in the part of the other."""
    named = [form.format(word=word, part=part) for word in ("pos", "neg", "so-so") for part in ("train", "test")]
    path = lined(tmp_path / "films", *named)
    told = next(understand(path)).schema
    assert told is not None
    assert told.fields["label"].words == ("neg", "pos", "so-so")
    made = check_script("Texts", path)
    for part in ("train", "test"):
        names = {made.name_of(int(number)).partition(".txt")[0] for number in made.parts[part]}
        assert names == {name for name in named if part in name}
    labels = whole(made, "label").tolist()
    assert all(("neg", "pos", "so-so")[label] in made.name_of(number) for number, label in enumerate(labels))


def test_lines_in_two_languages_are_no_classes(tmp_path: Path) -> None:
    """Fails if a translation in parts becomes a net that tells languages apart."""
    path = lined(tmp_path / "pairs", "train_en", "train_de", "test_en", "test_de")
    with pytest.raises(NoData):
        next(understand(path))
