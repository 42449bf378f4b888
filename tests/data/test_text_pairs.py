"""Pairs of sequences: what is read of them, with the marks that a decoder needs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from app.data import splits
from app.data.source_looks import schema_of
from app.data.understanding import candidates, understand
from nodes.api import NoData
from tests.support.file_sources import check_script, feed, guess, schema, source_of, whole

PAIRS = [
    ("Go.", "Va !"),
    ("Run!", "Cours !"),
    ("Run!", "Courez !"),
    ("I see the house.", "Je vois la maison."),
    ("Hi.", "Salut."),
]


def tabs(path: Path, end: str = "") -> Path:
    path.write_text("".join(f"{one}\t{other}{end}\n" for one, other in PAIRS), encoding="utf-8")
    return path


def sounds(path: Path) -> Path:
    rows = [("a", "AH"), ("cat", "K AE T"), ("dog", "D AO G"), ("cats", "K AE T S"), ("god", "G AA D")]
    path.write_text("word,phones\n" + "".join(f"{word},{phones}\n" for word, phones in rows))
    return path


def said(words: tuple[str, ...], numbers: list[int]) -> str:
    return " ".join(words[number] for number in numbers)


def test_sentences_and_their_translation(tmp_path: Path) -> None:
    """Fails if source and target are exchanged, the end mark is missing, or the decoder sees the word it should say."""
    path = tabs(tmp_path / "fra.tsv", "\tCC-BY")
    told = schema("TextPairs", path, length=7)
    made = feed("TextPairs", path, length=7)
    source, target = told.fields["source"].words, told.fields["target"].words
    assert target[:4] == ("<pad>", "<unk>", "<start>", "<end>")
    assert said(source, whole(made, "source")[3].tolist()) == "<pad> <pad> i see the house ."
    assert said(target, whole(made, "target")[3].tolist()) == "je vois la maison . <end> <pad>"
    assert said(target, whole(made, "previous")[3].tolist()) == "<start> je vois la maison . <end>"
    cut = feed("TextPairs", path, length=3)
    assert said(target, whole(cut, "target")[3].tolist()) == "je vois <end>"
    assert candidates(path)[0].layer.id == "TextPairs"


def test_letters_to_sounds(tmp_path: Path) -> None:
    """Fails if a word is not read by letters or its sounds not between blanks, or the header is a pair."""
    path = sounds(tmp_path / "dict.csv")
    told = schema("TextPairs", path)
    assert told.samples == 5
    assert (guess(told, "source_unit").chosen, guess(told, "target_unit").chosen) == ("characters", "between blanks")
    assert set(told.fields["source"].words[2:]) == set("catdogs")
    assert set(told.fields["target"].words[4:]) == {"ah", "k", "ae", "t", "d", "ao", "g", "s", "aa"}
    assert candidates(path)[0].layer.id == "TextPairs"


def test_one_source_is_never_in_two_parts(tmp_path: Path) -> None:
    """Fails if a sentence with two translations is learned with one and checked with the other."""
    path = tabs(tmp_path / "fra.tsv")
    made = feed("TextPairs", path)
    assert schema("TextPairs", path).groups == "source"
    assert made.groups is not None
    assert made.groups[1] == made.groups[2]
    for seed in range(10):
        parts = splits.divide(5, 0.3, 0.2, seed, groups=torch.as_tensor(made.groups))
        assert sum(bool({1, 2} & set(part.tolist())) for part in parts) == 1
    assert any("1 source has more than one target" in each for each in schema("TextPairs", path).remarks)
    assert schema("TextPairs", sounds(tmp_path / "d.csv")).groups == ""


@pytest.mark.parametrize("case", ["tabs", "sounds", "json", "settings"])
def test_a_program_of_its_own_has_the_same_pairs(tmp_path: Path, case: str) -> None:
    """Fails if the printed lines read other rows or give other numbers."""
    if case == "json":
        path = tmp_path / "a.jsonl"
        entries = [{"source": one, "target": other} for one, other in [*PAIRS, ("", "nothing"), ("nothing", " ")]]
        path.write_text("\n".join(map(json.dumps, entries)))
        told = schema("TextPairs", path)
        assert [each.name for each in told.skipped] == ["row 6", "row 7"]
        check_script("TextPairs", path)
    elif case == "sounds":
        check_script("TextPairs", sounds(tmp_path / "d.csv"))
    else:
        settings = {"vocabulary": 6, "length": 3, "padding": "behind", "lower": False} if case == "settings" else {}
        check_script("TextPairs", tabs(tmp_path / "fra.tsv"), **settings)


def test_one_column_is_no_pair(tmp_path: Path) -> None:
    """Fails if that is a traceback, or a column that is not there is taken."""
    (tmp_path / "one.csv").write_text("text\nhello\nworld\n")
    with pytest.raises(NoData, match="has no two columns of text"):
        schema("TextPairs", tmp_path / "one.csv")
    with pytest.raises(NoData, match="has no column 'french'"):
        schema("TextPairs", tabs(tmp_path / "fra.tsv"), target="french")
    layer = source_of("TextPairs")
    with pytest.raises(NoData, match="is a folder"):
        schema_of(layer, {**layer.defaults(), "path": str(tmp_path)})


def test_a_dictionary_of_pronunciation(tmp_path: Path) -> None:
    """Fails if what stands behind the first blank is torn, comments are entries, or two ways to say a word are two
    words."""
    path = tmp_path / "some.dict"
    lines = [
        ";;; a comment",
        "a AH0",
        "a(2) EY1",
        "d'artagnan D AH0 R T AE1 NY AH0 N # name, french",
        "cat K AE1 T",
        "alone",
    ]
    path.write_text("\n".join(lines) + "\n")
    told = schema("TextPairs", path)
    assert told.samples == 4
    assert [(each.name, each.reason) for each in told.skipped] == [("row 6", "It has nothing behind its first word.")]
    made = check_script("TextPairs", path)
    assert made.groups is not None
    assert torch.as_tensor(made.groups).tolist() == [0, 0, 1, 2]
    assert said(told.fields["target"].words, whole(made, "target")[2].tolist()).startswith(
        "d ah0 r t ae1 ny ah0 n <end>"
    )
    assert said(told.fields["source"].words, whole(made, "source")[0].tolist()).split("<pad>")[-1] == " a"
    assert candidates(path)[0].layer.id == "TextPairs"


def test_a_pair_that_is_there_twice_is_no_second_target(tmp_path: Path) -> None:
    """Fails if a row that is repeated is told as a word with two translations."""
    path = tmp_path / "twice.tsv"
    path.write_text("ab\tA B\nba\tB A\nab\tA B\nbb\tB B\naa\tA A\n", encoding="utf-8")
    remarks = schema("TextPairs", path).remarks
    assert not any("more than one target" in each for each in remarks)
    assert "1 pair is there more than once." in remarks
    assert schema("TextPairs", path).groups == "source"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sums.tsv", "".join(f"{a}+{b}\t{a + b}\n" for a in range(20) for b in range(7))),
        ("read.csv", "source,target\n" + "".join(f"{n},{'one two ' * (n % 3)}x{n}\n" for n in range(100))),
    ],
)
def test_numbers_that_are_to_be_spelled_are_pairs(tmp_path: Path, name: str, content: str) -> None:
    """Fails if sums, or numbers beside their words, are taken for a table of features, of which nothing is left."""
    (tmp_path / name).write_text(content)
    (first, *_) = understand(tmp_path / name)
    assert first.layer.id == "TextPairs"
    assert first.schema is not None
    assert "<start>" in first.schema.fields["previous"].words


def test_a_table_of_a_name_and_a_number_is_no_pair(tmp_path: Path) -> None:
    """Fails if cities with their inhabitants, or days with sales, are spelled letter by letter."""
    (tmp_path / "cities.csv").write_text("x,y\n" + "".join(f"town {n},{1000 * n}\n" for n in range(60)))
    (tmp_path / "days.csv").write_text("".join(f"2021-01-{1 + n % 28:02},{n}.5\n" for n in range(60)))
    for name in ("cities.csv", "days.csv"):
        (first, *_) = candidates(tmp_path / name)
        assert first.layer.id != "TextPairs"
