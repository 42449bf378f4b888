"""Files with a word and its tag in each line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from app.cli.main import run
from app.core.compile.plan import PlanSource
from app.core.storage.files import open_project
from app.data import catalog, printed_functions
from app.data.understanding import candidates, understand
from nodes.api import Feed, NoData
from nodes.reading.buckets import in_buckets
from nodes.reading.tagged_sentences import tagged_sentences
from tests.support.file_sources import check_script, guess, schema, source_of, whole

ROWS, TAGS = tagged_sentences(90, 2)
NAMES = [
    [("EU", "NNP", "I-NP", "B-ORG"), ("rejects", "VBZ", "I-VP", "O"), ("German", "JJ", "I-NP", "B-MISC")],
    [("Peter", "NNP", "I-NP", "B-PER"), ("Blackburn", "NNP", "I-NP", "I-PER")],
    [("He", "PRP", "I-NP", "O"), ("left", "VBD", "I-VP", "O"), ("Rome", "NNP", "I-NP", "B-LOC"), (".", ".", "O", "O")],
] * 6
UNIVERSAL = """# sent_id = 1
# text = Don't go
1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tDo\tdo\tAUX\tVB\t_\t3\taux\t_\t_
2\tn't\tnot\tPART\tRB\t_\t3\tadvmod\t_\t_
3\tgo\tgo\tVERB\tVB\t_\t0\troot\t_\t_
3.1\tgone\tgo\tVERB\tVB\t_\t_\t_\t_\t_

# text = # works
1\t#\t#\tSYM\t$\t_\t2\tnsubj\t_\t_
2\tworks\twork\tVERB\tVBZ\t_\t0\troot\t_\t_

"""


def write(path: Path, start: int = 0, end: int = 90, mark: str = "\t") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sentences = [
        "\n".join(f"{word}{mark}{tag}" for word, tag in zip(*pair)) for pair in zip(ROWS[start:end], TAGS[start:end])
    ]
    path.write_text("\n\n".join(sentences) + "\n")
    return path


def spelled(file: Path, made: Feed, **settings: Any) -> list[list[tuple[str, str]]]:
    """The words and tags that the numbers of a feed stand for."""
    fields = schema("TaggedTexts", file, **settings).fields
    words, tags = fields["text"].words, fields["tags"].words
    pairs = zip(whole(made, "text").tolist(), whole(made, "tags").tolist())
    return [[(words[a], tags[b]) for a, b in zip(text, kinds) if b] for text, kinds in pairs]


@pytest.mark.parametrize("mark", ["\t", " "])
@pytest.mark.parametrize("padding", ["before", "behind"])
def test_a_word_and_its_tag_in_each_line(tmp_path: Path, mark: str, padding: str) -> None:
    """Fails if a word has another's tag, a sentence runs into the next one, or padding gets a tag."""
    file = write(tmp_path / "words.conll", mark=mark)
    (found, *_) = understand(file)
    assert found.layer.id == "TaggedTexts"
    assert found.sentence.startswith("90 sentences. ")
    made = check_script("TaggedTexts", file, padding=padding)
    assert spelled(file, made, padding=padding) == [list(zip(*pair)) for pair in zip(ROWS, TAGS)]
    real = whole(made, "text") > 0
    assert torch.equal(real, whole(made, "tags") > 0)
    assert bool(real[:, 0].all()) == (padding == "behind")


def test_the_columns_of_conll_2003(tmp_path: Path) -> None:
    """Fails if documents are sentences, names are not what is tagged, or the other columns cannot be chosen."""
    file = tmp_path / "eng.train"
    text = "\n\n".join("\n".join(" ".join(row) for row in sentence) for sentence in NAMES)
    file.write_text(f"-DOCSTART- -X- -X- O\n\n{text}\n")
    assert candidates(file)[0].layer.id == "TaggedTexts"
    made = check_script("TaggedTexts", file, lower=False)
    assert spelled(file, made, lower=False) == [[(row[0], row[3]) for row in each] for each in NAMES]
    asked = guess(schema("TaggedTexts", file), "column")
    assert [value for _, value in asked.choices] == ["2", "3", "4"]
    assert asked.chosen == "4"
    speech = check_script("TaggedTexts", file, lower=False, column="2")
    assert spelled(file, speech, lower=False, column="2") == [[row[:2] for row in each] for each in NAMES]
    with pytest.raises(NoData, match="no tags in column"):
        schema("TaggedTexts", file, column="1")


def test_universal_dependencies(tmp_path: Path) -> None:
    """Fails if a comment is a word, a word that stands for two is counted beside them, or # is no word."""
    file = tmp_path / "en-ud-train.conllu"
    file.write_text(UNIVERSAL * 3)
    made = check_script("TaggedTexts", file)
    one = [("do", "AUX"), ("n't", "PART"), ("go", "VERB")]
    assert spelled(file, made) == [one, [("#", "SYM"), ("works", "VERB")]] * 3


def test_a_folder_with_parts(tmp_path: Path) -> None:
    """Fails if the test file is trained on, or words that stand in it alone are known."""
    for name, start, end in (("train.txt", 0, 60), ("dev.txt", 60, 75), ("test.txt", 75, 90)):
        write(tmp_path / "set" / name, start, end)
    file = tmp_path / "set" / "test.txt"
    file.write_text(file.read_text() + "\nzebra\tnoun\nran\tverb\n")
    (found, *_) = understand(tmp_path / "set")
    assert found.layer.id == "TaggedTexts"
    assert found.sentence.startswith("91 sentences (60 for train, 15 for validation, 16 for test).")
    made = check_script("TaggedTexts", tmp_path / "set")
    assert torch.as_tensor(made.parts["test"]).tolist() == list(range(75, 91))
    assert spelled(tmp_path / "set", made)[90] == [("<unk>", "noun"), ("<unk>", "verb")]
    assert made.name_of(75) == "the sentence in row 1 of test.txt"


def test_a_program_pads_in_the_same_buckets(tmp_path: Path) -> None:
    """Fails if an exported program pads batches to another length than the training, or refuses to be printed."""
    file = write(tmp_path / "words.conll")
    layer = source_of("TaggedTexts")
    checked = layer.settings({"path": str(file), "buckets": 4})
    plan = PlanSource("here", layer.id, checked, schema("TaggedTexts", file, buckets=4).shapes)
    script, _ = printed_functions.script_of(plan)
    names: dict[str, Any] = {}
    exec("\n".join(["import torch", *script.imports, *script.lines]), names)
    (lengths,) = script.lengths
    (trim,) = catalog.load(plan).trims
    assert script.buckets == 4
    assert lengths.before == trim.before
    assert eval(lengths.steps, names).tolist() == [len(each) for each in ROWS]
    ((_, steps, _),) = in_buckets([(lengths.fields, eval(lengths.steps, names), lengths.before)], 4)
    assert torch.equal(steps, trim.sizes)


def test_a_line_that_lacks_its_tag_is_named(tmp_path: Path) -> None:
    """Fails if one broken line moves the tags of those behind it, or is lost in silence."""
    file = write(tmp_path / "words.conll")
    lines = file.read_text().split("\n")
    lines.insert(1, "alone")
    file.write_text("\n".join(lines))
    told = schema("TaggedTexts", file)
    assert [(each.name, each.reason) for each in told.skipped] == [("row 2", "It has 1 cell, not 2.")]
    made = check_script("TaggedTexts", file)
    assert spelled(file, made) == [list(zip(*pair)) for pair in zip(ROWS, TAGS)]


@pytest.mark.parametrize(
    "text",
    [
        "hello\tsalut\ngood day\tbonjour\nthank you\tmerci\n" * 20,
        "a,b\n1,2\n3,4\n" * 20,
        "Roses are red\nViolets are blue\n\nSugar is sweet\nAnd so are you\n" * 5,
    ],
)
def test_what_is_something_else(tmp_path: Path, text: str) -> None:
    """Fails if pairs, a table or a poem are taken for words with tags."""
    file = tmp_path / "some.txt"
    file.write_text(text)
    assert all(each.layer.id != "TaggedTexts" for each in candidates(file))


def test_from_tags_to_an_answer(tmp_path: Path, capsys: Any) -> None:
    """Fails if the proposed net learns padding, hears one side of a word alone, or cannot be asked about a sentence."""
    file, drawing, folder = write(tmp_path / "words.conll"), tmp_path / "net.netloom", tmp_path / "run"
    assert run(["start", str(file), "-o", str(drawing)]) == 0
    nodes = {node.type: node.params for node in open_project(drawing).project.graph.nodes.values()}
    assert nodes["CrossEntropyLoss"]["ignore_index"] == 0
    assert nodes["LSTM"]["bidirectional"] is True
    assert run(["train", str(drawing), "--epochs", "12", "--out", str(folder)]) == 0
    asked = tmp_path / "asked.txt"
    asked.write_text("The old dog fell .\n")
    capsys.readouterr()
    assert run(["predict", str(folder), str(asked)]) == 0
    answered = capsys.readouterr().out
    assert all(f"{word} " in answered for word in ("the", "old", "dog", "fell"))
    assert "pad" not in answered
    assert run(["predict", str(folder), str(file), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["predictions"]) == 90


def test_a_table_that_names_each_sentence_once(tmp_path: Path) -> None:
    """Fails if ner_dataset.csv of Kaggle, with the number of the sentence in its first row alone, becomes a table that
    tells the tag of each word by itself, or a comma, a quotation mark or a letter of its encoding is lost."""
    rows = [
        ("Sentence: 1", "London", "NNP", "B-geo"),
        ("", ",", ",", "O"),
        ("", "caf\xe9", "NN", "O"),
        ("Sentence: 2", "\u201cPeace", "NN", "O"),
        ("", "in", "IN", "O"),
        ("", '"', "``", "O"),
        ("", "Iraq", "NNP", "B-geo"),
        ("Sentence: 3", "", "NN", "O"),
        ("", "Demonstrators", "NNS", "O"),
        ("", "marched", "VBD", "O"),
    ]
    file = tmp_path / "ner_dataset.csv"
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("Sentence #", "Word", "POS", "Tag"), *rows * 8])
    file.write_bytes(text.getvalue().encode("cp1252"))
    for path in (file, tmp_path):
        assert candidates(path)[0].layer.id == "TaggedTexts"
        read = check_script("TaggedTexts", path)
        told = read.schema
        assert told is not None
        assert told.samples == 24
        assert told.skipped_count == 8
        assert told.skipped[0].name == "row 9"
        words, tags = told.fields["text"].words, told.fields["tags"].words
        assert tags == ("<pad>", "B-geo", "O")
        first = [words[number] for number in whole(read, "text")[1].tolist()]
        assert first[:4] == ["\u201cpeace", "in", '"', "iraq"]
        assert [tags[number] for number in whole(read, "tags")[0].tolist()][:3] == ["B-geo", "O", "O"]
        assert guess(told, "column").chosen == "4"
        assert read.name_of(1) == "the sentence in row 5"
    check_script("TaggedTexts", file, column="3")


@pytest.mark.parametrize("later", [30, 12_000])
def test_a_quotation_mark_that_is_not_doubled_is_a_word(tmp_path: Path, later: int) -> None:
    """Fails if all sentences behind a lone quotation mark are lost without a word, or end in a traceback where they
    are longer than a cell of a table can be."""
    rows = ["Sentence #,Word,POS,Tag"]
    for number in range(later):
        rows += [f"Sentence: {number + 1},Rome,NNP,B-geo", ',",``,O' if number == 9 else ",fell,VBD,O"]
    file = tmp_path / "ner.csv"
    file.write_text("\n".join(rows) + "\n")
    read = check_script("TaggedTexts", file)
    assert read.schema is not None
    assert read.schema.samples == later
    assert whole(read, "text").shape[0] == later
