"""One long text: its characters and words, its windows, and that what is held out shares nothing with the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from app.data import splits
from app.data.understanding import candidates, sentence_of
from nodes.api import NoData
from nodes.reading import text_windows, texts
from tests.support.file_sources import check_script, feed, guess, schema, whole

TALE = "Once upon a time, there was a café.\nIt was small; it wasn't far.\n" * 8


def book(path: Path, text: str = TALE, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_windows_hold_the_text_and_the_same_one_step_on(tmp_path: Path) -> None:
    """Fails if a window begins elsewhere, its target is not what comes next, or the words of a number are others."""
    path = book(tmp_path / "tale.txt")
    told = schema("TextFile", path, window=10, step=7)
    made = feed("TextFile", path, window=10, step=7)
    letters = ["\n" if word == "\\n" else word for word in told.fields["text"].words]
    assert letters == sorted(set(TALE))
    count = (len(TALE) - 11) // 7 + 1
    assert told.samples == count
    for number, (now, then) in enumerate(zip(whole(made, "text").tolist(), whole(made, "next").tolist())):
        assert "".join(letters[each] for each in now) == TALE[7 * number : 7 * number + 10]
        assert "".join(letters[each] for each in then) == TALE[7 * number + 1 : 7 * number + 11]
    assert made.name_of(1) == "characters 8 to 17 of tale.txt"


@pytest.mark.parametrize(("window", "step"), [(5, 0), (5, 5), (5, 6), (5, 2), (5, 1), (4, 3)])
def test_no_letter_is_in_two_parts(tmp_path: Path, window: int, step: int) -> None:
    """Fails if a held-out window shares a letter with one for training or of the other part, or more windows than
    need be are in no part."""
    path = book(tmp_path / "tale.txt")
    told = schema("TextFile", path, window=window, step=step)
    assert told.samples is not None
    parts = splits.divide(told.samples, 0.2, 0.1, 0, ordered=told.ordered, overlap=told.overlap)
    apart = step or window
    seen = [{p for n in part.tolist() for p in range(n * apart, n * apart + window + 1)} for part in parts]
    assert all(len(part) for part in parts)
    assert sum(map(len, seen)) == len(set().union(*seen))
    assert max(seen[0]) < min(seen[1]) <= max(seen[1]) < min(seen[2])
    lost = told.samples - sum(map(len, parts))
    assert lost == 2 * (-(-(window + 1) // apart) - 1)


def test_words_are_numbered_by_how_often_they_occur(tmp_path: Path) -> None:
    """Fails if signs stick to words, don't is torn, or rare words are lost without being told."""
    path = book(tmp_path / "a.txt", "It wasn't red, red, red. It was blue. " * 3 + "rare")
    told = schema("TextFile", path, unit="words", window=4, lower=True)
    assert told.fields["text"].words == ("red", ",", ".", "it", "blue", "was", "wasn't", "rare")
    few = schema("TextFile", path, unit="words", window=4, vocabulary=4)
    assert few.fields["text"].words == ("<unk>", "red", ",", ".")
    asked = guess(few, "vocabulary")
    assert asked.sentence.startswith("Of 9 different words the most frequent 4 are kept; the others (")
    numbers = whole(feed("TextFile", path, unit="words", window=3, vocabulary=4), "text")
    assert numbers[0].tolist() == [0, 0, 1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_encodings_and_ends_of_lines(tmp_path: Path, encoding: str, ends: str) -> None:
    """Fails if a byte order mark or \\r becomes a letter, or é is read as two."""
    path = tmp_path / "tale.txt"
    path.write_bytes(TALE.replace("\n", ends).encode(encoding))
    told = schema("TextFile", path, window=10)
    assert told.fields["text"].words == tuple("\\n" if each == "\n" else each for each in sorted(set(TALE)))
    assert ("latin-1" in "".join(each.sentence for each in told.guesses)) == (encoding == "cp1252")
    check_script("TextFile", path, window=10)


def test_a_few_bad_bytes_do_not_spoil_a_text(tmp_path: Path) -> None:
    """Fails if one bad byte makes two letters of every é, or is not told."""
    path = tmp_path / "tale.txt"
    path.write_bytes(TALE.encode() + b"\xff" + TALE.encode())
    told = schema("TextFile", path, window=10)
    assert {"é", "\ufffd"} <= set(told.fields["text"].words)
    assert "1 letter of tale.txt cannot be read" in guess(told, "encoding").sentence
    check_script("TextFile", path, window=10)
    with pytest.raises(NoData, match="is not written in utf-8: the byte at"):
        schema("TextFile", path, window=10, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.txt", b"", "is empty"),
        ("blank.txt", b"\xef\xbb\xbf \r\n ", "is empty"),
        ("binary.txt", bytes(range(256)) * 4, "holds bytes that no text has"),
        ("noise.txt", np.random.default_rng(0).integers(1, 32, 4000).astype("u1").tobytes(), "no text has"),
        ("paper.txt", b"%PDF-1.7 and more text that could be read", "is a PDF document, not plain text"),
        ("letter.txt", b"PK\3\4 and more", "is a packed file"),
        ("same.txt", b"a" * 500, "holds nothing but the character 'a', 500 times"),
        ("short.txt", b"Hello", "has 5 characters, too few for a window of 64 and the one that comes next"),
    ],
)
def test_what_is_no_text_is_a_sentence(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """Fails if such a file is a traceback, or is read as letters."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NoData, match=said) as error:
        schema("TextFile", tmp_path / name)
    assert name in str(error.value)


def test_a_folder_and_no_file_are_sentences(tmp_path: Path) -> None:
    """Fails if either is a traceback."""
    with pytest.raises(NoData, match="is a folder"):
        schema("TextFile", tmp_path)
    with pytest.raises(NoData, match="There is no file"):
        schema("TextFile", tmp_path / "gone.txt")


@pytest.mark.parametrize("block", [7, 64])
@pytest.mark.parametrize("unit", ["characters", "words"])
def test_a_text_read_in_pieces_is_the_same(
    tmp_path: Path, block: int, unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if words or letters are torn where one piece ends, or a text that lies in a file has other numbers."""
    path = book(tmp_path / "tale.txt")
    usual = whole(feed("TextFile", path, window=10, unit=unit, lower=True), "text")
    monkeypatch.setattr(texts, "BLOCK", block)
    monkeypatch.setattr(text_windows, "_IN_MEMORY", 8)
    text_windows._looked_at.cache_clear()
    assert torch.equal(whole(feed("TextFile", path, window=10, unit=unit, lower=True), "text"), usual)


def test_of_a_huge_file_the_begin_is_read_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if more is read than asked for, the last word is torn, or nobody is told; or all of it cannot be had."""
    path = book(tmp_path / "tale.txt", "one two three four. " * 200)
    monkeypatch.setattr(text_windows, "MEGA", 1_001)
    text_windows._looked_at.cache_clear()
    told = schema("TextFile", path, unit="words", window=4, limit=1)
    assert set(told.fields["text"].words) == {"one", "two", "three", "four", "."}
    assert told.samples == (5 * 50 - 5) // 4 + 1
    assert guess(told, "limit").choices[1] == ("all of it", 0)
    check_script("TextFile", path, unit="words", window=4, limit=1)
    assert schema("TextFile", path, unit="words", window=4, limit=0).samples == 249
    text_windows._looked_at.cache_clear()


@pytest.mark.parametrize(
    "settings",
    [{}, {"unit": "words"}, {"unit": "words", "vocabulary": 5, "lower": True}, {"step": 3}, {"vocabulary": 6}],
)
def test_a_program_of_its_own_has_the_same_windows(tmp_path: Path, settings: dict[str, object]) -> None:
    """Fails if the printed lines tell tokens apart otherwise."""
    check_script("TextFile", book(tmp_path / "tale.txt"), window=9, **settings)


def test_a_file_that_changes_is_noticed(tmp_path: Path) -> None:
    """Fails if a text that was changed keeps its mark or its windows."""
    path = book(tmp_path / "tale.txt")
    before = schema("TextFile", path)
    book(path, TALE + "More.")
    after = schema("TextFile", path, window=64)
    assert before.stamp != after.stamp


def test_dropped_prose_is_a_long_text_and_a_table_is_not(tmp_path: Path) -> None:
    """Fails if a book is read as a table, or a table that ends in .txt as a book."""
    assert candidates(book(tmp_path / "tale.txt"))[0].layer.id == "TextFile"
    assert candidates(book(tmp_path / "list.txt", "a,b,c\n1,2,3\n4,5,6\n" * 9))[0].layer.id == "Table"
    poem = "Red, blue, and green;\nnothing, and nobody, ever, anywhere.\n\nAnd so on\n" * 5
    assert candidates(book(tmp_path / "poem.txt", poem))[0].layer.id == "TextFile"
    told = schema("TextFile", tmp_path / "tale.txt")
    assert sentence_of(told).startswith(
        f"{told.samples:,} windows. {len(TALE):,} characters, {len(set(TALE))} different"
    )


def test_a_large_vocabulary_can_be_kept_whole(tmp_path: Path) -> None:
    """Fails if a language of many words loses its rarer ones for good, or the choice of all keeps not all."""
    path = tmp_path / "many.txt"
    path.write_text(" ".join(f"w{n % 25_000}" for n in range(60_000)), encoding="utf-8")
    first = schema("TextFile", path, unit="words", window=8)
    (guess,) = [each for each in first.guesses if each.setting == "vocabulary"]
    label, size = guess.choices[-1]
    assert label.startswith("all ")
    assert len(first.fields["text"].words) < 10_001
    every = schema("TextFile", path, unit="words", window=8, vocabulary=size)
    assert len(every.fields["text"].words) >= 25_000
    assert "<unk>" not in every.fields["text"].words[1:]
    numbers = whole(feed("TextFile", path, unit="words", window=8, vocabulary=size), "text")
    assert len(numbers.unique()) == 25_000
