"""Labelled texts in folders, zip files and tables: what is understood of them, and the numbers that they become."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch

from app.core.compile.plan import PlanSource
from app.data import catalog
from app.data.understanding import candidates, sentence_of, understand
from nodes.api import NoData, Unreadable
from nodes.reading import text_sets
from nodes.reading import texts as one_text
from tests.support.file_sources import check_script, feed, guess, schema, source_of, whole

GOOD = ["A truly wonderful film.", "Wonderful actors, wonderful plot!", "I liked it very much indeed."]
BAD = ["A terrible bore, from start to end.", "Nobody should see this film.", "It was bad, bad, bad."]


def put(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def folders(root: Path, *parts: str) -> Path:
    for part in parts or ("",):
        for number, (good, bad) in enumerate(zip(GOOD, BAD)):
            put(root / part / "good" / f"{number}.txt", f"{good} {part}")
            put(root / part / "bad" / f"{number}.txt", f"{bad} {part}")
    return root


def rows() -> list[tuple[str, str]]:
    return [*((text, "good") for text in GOOD), *((text, "bad") for text in BAD)] * 3


def written(words: tuple[str, ...], numbers: list[int]) -> str:
    return " ".join(words[number] for number in numbers)


def test_class_folders_of_texts(tmp_path: Path) -> None:
    """Fails if classes or counts are wrong, 0 is no padding, padding stands behind, or a word is another one."""
    told = schema("Texts", folders(tmp_path))
    assert told.fields["label"].words == ("bad", "good")
    assert told.fields["label"].counts == (3, 3)
    assert told.words == ("bad", "good")
    made = feed("Texts", tmp_path)
    words = told.fields["text"].words
    assert words[:2] == ("<pad>", "<unk>")
    first = whole(made, "text")[3].tolist()
    assert made.name_of(3) == "good/0.txt"
    assert written(words, first) == f"{'<pad> ' * (len(first) - 5)}a truly wonderful film ."
    behind = whole(feed("Texts", tmp_path, padding="behind"), "text")[3].tolist()
    assert written(words, behind) == f"a truly wonderful film .{' <pad>' * (len(first) - 5)}"
    assert sentence_of(told).startswith("6 texts in 2 classes: bad, good. ")


def test_the_vocabulary_is_that_of_the_training_part(tmp_path: Path) -> None:
    """Fails if a word that only the test part has is known, or it is not said on what the words were counted."""
    folders(tmp_path, "train", "test")
    told = schema("Texts", tmp_path)
    assert dict(told.parts) == {"train": 6, "test": 6}
    words = told.fields["text"].words
    assert "train" in words
    assert "test" not in words
    assert any("counted on the texts for training" in each for each in told.remarks)
    made = feed("Texts", tmp_path)
    test = whole(made, "text")[made.parts["test"]]
    assert (test == 1).any(dim=1).all(), "test is unknown"
    alone = schema("Texts", folders(tmp_path / "alone"))
    assert any("counted on all texts, also those that are held out" in each for each in alone.remarks)


def test_length_vocabulary_and_letters(tmp_path: Path) -> None:
    """Fails if long texts are not cut at their end, rare words are no <unk>, or letters are not read one by one."""
    folders(tmp_path)
    cut = feed("Texts", tmp_path, length=2, vocabulary=4)
    told = schema("Texts", tmp_path, length=2, vocabulary=4)
    assert told.fields["text"].words[2:] == (".", ",")
    assert set(whole(cut, "text").flatten().tolist()) <= {1, 2, 3}
    letters = schema("Texts", tmp_path, unit="characters", lower=False)
    assert {"A", "a", " ", "."} <= set(letters.fields["text"].words)
    lengths = guess(schema("Texts", tmp_path), "length")
    assert lengths.sentence == "Texts have 5 to 9 words; each is cut or padded to 9."


def table(tmp_path: Path, kind: str) -> Path:
    """The same rows in each format."""
    path = tmp_path / f"reviews.{kind}"
    if kind in ("csv", "tsv"):
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter="," if kind == "csv" else "\t")
            writer.writerows([("review", "sentiment"), *rows()])
    elif kind == "jsonl":
        path.write_text("\n".join(json.dumps({"text": text, "label": label}) for text, label in rows()))
    elif kind == "json":
        path.write_text(json.dumps([{"text": text, "label": label} for text, label in rows()]))
    else:
        frame = pl.DataFrame(rows(), schema=["text", "label"], orient="row")
        if kind == "parquet":
            frame.write_parquet(path)
        else:
            path = tmp_path / "sms.txt"
            path.write_text("\n".join(f"{label}\t{text}" for text, label in rows()))
    return path


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "json", "parquet", "plain"])
def test_tables_of_every_format(tmp_path: Path, kind: str) -> None:
    """Fails if a format has other texts or classes, its header counts as a text, or the dropped file is taken for
    something else; a script must have the same."""
    path = table(tmp_path, kind)
    told = schema("Texts", path)
    assert told.samples == 18
    assert told.fields["label"].words == ("bad", "good")
    assert told.fields["label"].counts == (9, 9)
    made = check_script("Texts", path)
    assert "wonderful film" in written(told.fields["text"].words, whole(made, "text")[0].tolist())
    if kind != "parquet":  # what is in one stands at its end, and is not looked at for a guess
        assert candidates(path)[0].layer.id == "Texts"


def test_a_quotation_mark_swallows_no_rows(tmp_path: Path) -> None:
    """Fails if a single mark at the begin of a text makes one text of all rows up to the next."""
    lines = [f"{label}\t{chr(34) if number % 4 == 0 else ''}{text}" for number, (text, label) in enumerate(rows())]
    path = put(tmp_path / "sms.tsv", "\n".join(lines) + "\n")
    assert schema("Texts", path).samples == 18
    check_script("Texts", path)
    whole_cells = put(tmp_path / "b.tsv", "".join(f'{label}\t"He said ""{text}"""\n' for text, label in rows()))
    words = schema("Texts", whole_cells).fields["text"].words
    made = check_script("Texts", whole_cells)
    assert written(words, whole(made, "text")[0].tolist()).endswith('he said " a truly wonderful film . "')


def test_gaps_parts_and_ratings_in_a_table(tmp_path: Path) -> None:
    """Fails if a row without text or label is kept silent, a column of parts is ignored, or stars are classes without
    being asked about."""
    entries = [
        {"text": text, "stars": 1 + n % 5, "split": "test" if n % 3 == 0 else "train"}
        for n, (text, _) in enumerate(rows())
    ]
    entries[4]["text"] = "  "
    entries[7]["stars"] = None
    path = put(tmp_path / "r.jsonl", "\n".join(map(json.dumps, entries)))
    told = schema("Texts", path)
    assert told.samples == 16
    assert dict(told.parts) == {"train": 10, "test": 6}
    assert [(each.name, each.reason) for each in told.skipped] == [
        ("row 5", "It has no text."),
        ("row 8", "It has no stars."),
    ]
    asked = guess(told, "labels")
    assert asked.chosen == "classes"
    assert told.fields["label"].words == ("1", "2", "3", "4", "5")
    made = check_script("Texts", path)
    assert made.name_of(4) == "row 6"
    values = check_script("Texts", path, labels="numbers")
    assert whole(values, "label").flatten().tolist()[:4] == [1.0, 2.0, 3.0, 4.0]
    assert "label" not in schema("Texts", path, label="none").fields


@pytest.mark.parametrize("case", ["folders", "parts", "zip", "names", "letters"])
def test_a_program_of_its_own_reads_the_same_files(tmp_path: Path, case: str) -> None:
    """Fails if the printed lines find other files, another order or other numbers."""
    root = folders(tmp_path / "d", *(("train", "test") if case == "parts" else ()))
    put(root / "good" / "latin.txt", "Très bien, a été".encode("cp1252"))
    put(root / "good" / "mark.txt", "Très bien".encode("utf-16"))
    put(root / "good" / "10.txt", "Windows\r\nends, old\rends.")
    settings: dict[str, Any] = {}
    path = root
    if case == "zip":
        path = tmp_path / "d.zip"
        with zipfile.ZipFile(path, "w") as packed:
            for file in sorted(root.rglob("*.txt")):
                packed.write(file, file.relative_to(tmp_path).as_posix())
        assert candidates(path)[0].layer.id == "Texts"
    elif case == "names":
        settings = {"classes": "file names"}
    elif case == "letters":
        settings = {"unit": "characters", "lower": False, "padding": "behind"}
    check_script("Texts", path, **settings)


def test_what_is_no_text_is_named_and_left_out(tmp_path: Path) -> None:
    """Fails if a binary or empty file is read as words, ends an epoch, or is not named."""
    folders(tmp_path)
    put(tmp_path / "good" / "photo.txt", b"\x89PNG\r\n\x1a\n" + bytes(100))
    put(tmp_path / "good" / "bytes.txt", bytes(range(256)))
    put(tmp_path / "good" / "empty.txt", b"")
    put(tmp_path / "good" / "blank.txt", b" \n ")
    put(tmp_path / "good" / "notes.docx", b"PK")
    told = schema("Texts", tmp_path)
    assert {each.name for each in told.skipped} == {"good/empty.txt", "good/notes.docx"}
    said = " ".join(told.remarks)
    assert "2 texts cannot be read and are left out: good/bytes.txt holds bytes that no text has" in said
    assert "1 text holds no word." in said
    assert told.samples is not None
    layer = source_of("Texts")
    checked = layer.settings({"path": str(tmp_path)})
    made = catalog.load(PlanSource("here", "Texts", checked, told.shapes))
    for _ in range(2):
        with pytest.raises(Unreadable, match="holds bytes that no text has") as error:
            made.at(torch.arange(told.samples), None, ["text"])
        assert {made.name_of(number) for number in error.value.samples} == {"good/bytes.txt", "good/photo.txt"}
    good = [number for number in range(told.samples) if number not in error.value.samples]
    assert len(made.at(torch.tensor(good), None, ["text"])["text"]) == len(good)


def test_very_long_texts_are_read_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a text beyond the limit is read on, or a letter of several bytes is torn there."""
    monkeypatch.setattr(text_sets, "MOST_OF_ONE", 100)
    monkeypatch.setattr(one_text, "MOST_OF_ONE", 100)
    folders(tmp_path)
    put(tmp_path / "good" / "long.txt", "été " * 60)
    made = feed("Texts", tmp_path, length=50)
    words = schema("Texts", tmp_path, length=50).fields["text"].words
    row = next(number for number in range(7) if made.name_of(number) == "good/long.txt")
    assert written(words, whole(made, "text")[row].tolist()).split().count("été") == 16


def test_a_sample_of_very_many_texts_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the vocabulary of very many texts reads every one of them, or that is not said and offered."""
    monkeypatch.setattr(text_sets, "_ROWS", 5)
    path = put(tmp_path / "a.tsv", "".join(f"{label}\t{text} word{n}\n" for n, (text, label) in enumerate(rows())))
    told = schema("Texts", path)
    assert {"word0", "word4", "word8"} <= set(told.fields["text"].words)
    assert "word1" not in told.fields["text"].words
    assert guess(told, "look").chosen == "auto"
    assert any("counted on 5 of 18 of all texts" in each for each in told.remarks)
    assert "word1" in schema("Texts", path, look="every text").fields["text"].words


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("numbers.csv", "a,b\n1,2\n3,4\n", "has no column of texts"),
        ("empty.csv", "", "empty"),
        ("blank.txt", " \n \n", "None of the texts holds a word"),
        ("a.jsonl", "{broken", "no table"),
    ],
)
def test_what_cannot_be_texts_is_a_sentence(tmp_path: Path, name: str, content: str, said: str) -> None:
    """Fails if such a table is a traceback."""
    with pytest.raises(NoData, match=said):
        schema("Texts", put(tmp_path / name, content))
    with pytest.raises(NoData, match="There is no text in"):
        schema("Texts", put(tmp_path / "d" / "a.bin", "x").parent)
    with pytest.raises(NoData, match="has no column 'nothing'"):
        schema("Texts", table(tmp_path, "jsonl"), text="nothing")


def test_a_table_of_numbers_and_names_stays_a_table(tmp_path: Path) -> None:
    """Fails if every table with words in it is taken for texts."""
    people = "name,age,fare,survived\n" + "".join(
        f'"Mr. John van Smith {n}",{20 + n},{n / 2},{n % 2}\n' for n in range(20)
    )
    assert candidates(put(tmp_path / "people.csv", people))[0].layer.id == "Table"
    iris = "length,width,species\n" + "".join(f"{n},{n / 3},{'a' if n % 2 else 'b'}\n" for n in range(20))
    assert candidates(put(tmp_path / "iris.csv", iris))[0].layer.id == "Table"
    assert candidates(folders(tmp_path / "texts"))[0].layer.id == "Texts"


def test_a_file_for_fasttext(tmp_path: Path) -> None:
    """Fails if the marks stand in the texts, a text has another class, or lines without a label are lost in silence."""
    lines = [f"__label__{('good', 'bad')[at % 2]} it was {('fine', 'dull')[at % 2]}, the {at}th" for at in range(40)]
    lines[4] = "__label__good , __label__long it was long"
    lines[7] = "no label at all"
    lines[9] = "__label__bad"
    file = tmp_path / "reviews.train.txt"
    file.write_text("\n".join(lines) + "\n")
    (found, *_) = understand(file)
    assert found.layer.id == "Texts"
    assert found.sentence.startswith("38 texts in 2 classes: bad, good; 2 skipped. 1 row has several labels")
    made = check_script("Texts", file)
    assert made.schema is not None
    known = made.schema.fields["text"].words
    words = [known[number] for number in whole(made, "text")[0].tolist() if number]
    assert words[:3] == ["it", "was", "fine"]
    kept = [at for at in range(40) if at not in (7, 9)]
    assert whole(made, "label").tolist() == [1 if at % 2 == 0 else 0 for at in kept]
    assert [each.name for each in made.schema.skipped] == ["row 8", "row 10"]
    assert made.name_of(7) == "row 9"


def test_texts_that_nobody_has_given_a_class_are_no_class(tmp_path: Path) -> None:
    """Fails if unsup of aclImdb, beside pos and neg, becomes a third class, or goes without a word."""
    for part, word in (("train", "pos"), ("train", "neg"), ("train", "unsup"), ("test", "pos"), ("test", "neg")):
        for number in range(6):
            place = tmp_path / part / word / f"{number}_{len(word)}.txt"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(f"this film of {part} is {word} {number}")
    told = schema("Texts", tmp_path)
    assert told.fields["label"].words == ("neg", "pos")
    assert told.parts == {"train": 12, "test": 12}
    assert "train/unsup: 6 texts there lie beside the class folders and have no class." in [
        f"{each.name}: {each.reason}" for each in told.skipped
    ]


def test_texts_without_an_ending_are_read(tmp_path: Path) -> None:
    """Fails if the files of the 20 Newsgroups (rec.autos/10023) are refused, or other files without an ending are taken
    for texts."""
    for number in range(12):
        put(tmp_path / "news" / "rec.autos" / f"{number}", f"From: a@b\n\nThe car number {number}\n")
        put(tmp_path / "news" / "sci.space" / f"{number}", f"From: c@d\n\nThe moon number {number}\n")
        put(tmp_path / "raw" / "a" / f"{number}", b"\0\1\2\3" * 30)
    found = next(understand(tmp_path / "news"))
    assert found.layer.id == "Texts"
    assert found.schema is not None
    assert found.schema.fields["label"].words == ("rec.autos", "sci.space")
    assert found.schema.samples == 24
    check_script("Texts", tmp_path / "news")
    with pytest.raises(NoData, match="12 files without an ending"):
        next(understand(tmp_path / "raw"))


def test_of_two_texts_the_one_that_is_not_read_is_named(tmp_path: Path) -> None:
    """Fails if the pairs of SNLI are a table of their numbers, gold_label is no label, or one goes in silence."""
    words = ("entailment", "neutral", "contradiction")
    rows = [
        {
            "gold_label": words[n % 3],
            "sentence1": f"A man {n} runs far.",
            "sentence2": f"He {n} is out.",
            "pairID": str(n),
        }
        for n in range(60)
    ]
    path = tmp_path / "snli.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = next(understand(path))
    assert found.layer.id == "Texts"
    assert found.schema is not None
    assert found.schema.fields["label"].words == tuple(sorted(words))
    (asked,) = [each for each in found.schema.guesses if each.setting == "text"]
    other = "sentence2" if asked.chosen == "sentence1" else "sentence1"
    assert asked.sentence.endswith(f"; '{other}' holds texts, too, and is not read.")


def test_a_summary_beside_the_classes_hides_them_not(tmp_path: Path) -> None:
    """Fails if Summary.txt beside ham and spam in enron1 makes all of them one set without classes, or goes unsaid."""
    for name in ("ham", "spam"):
        (tmp_path / "enron1" / name).mkdir(parents=True)
        for number in range(8):
            (tmp_path / "enron1" / name / f"{number}.txt").write_text(f"Subject: {name} {number}\n")
    (tmp_path / "enron1" / "Summary.txt").write_text("Legitimate\n")
    told = schema("Texts", tmp_path)
    assert (told.fields["label"].words, told.fields["label"].counts) == (("ham", "spam"), (8, 8))
    assert [each.name for each in told.skipped] == ["enron1"]
    check_script("Texts", tmp_path)
