"""Sentences about pictures, and questions with answers, in the forms in which people keep them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from app.core.starting.exchange import exchange
from app.core.starting.first_net import drawing_for
from app.core.storage import templates
from app.data.source_looks import as_before, schema_of
from app.data.understanding import candidates, sentence_of, understand
from nodes.api import NoData, Unreadable
from nodes.api.registry import find
from nodes.reading import cache, told_sentences
from tests.data.test_pictures import read, seen, skipped, zipped
from tests.data.told_files import as_printed, noisy, same

CAPTIONS, QUESTIONS = "PicturesWithCaptions", "PicturesWithQuestions"
TOLD = [
    ("a.png", "A brown dog, running."),
    ("a.png", "The dog runs on the grass"),
    ("b.png", "A cat sits on a mat ."),
    ("b.png", "There's a cat here"),
]
ASKED: list[dict[str, Any]] = [
    {"image": "a.png", "question": "What animal is this?", "answer": "Dog"},
    {"image": "a.png", "question": "Does it run?", "answer": True},
    {"image": "b.png", "question": "What animal is it?", "answer": ["cat", "cat", "dog"]},
]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


def rows(path: Path, heads: tuple[str, str]) -> None:
    with path.open("w", newline="") as file:
        written = csv.writer(file)
        written.writerows([heads, *TOLD])


def flickr(root: Path) -> None:
    for name in "ab":
        noisy(root / "Images" / f"{name}.png")
    rows(root / "captions.txt", ("image", "caption"))


def token_file(root: Path) -> None:
    for name in "ab":
        noisy(root / "Flicker8k_Dataset" / f"{name}.png")
    lines = [f"{name}#{number % 2}\t{text}" for number, (name, text) in enumerate(TOLD)]
    (root / "Flickr8k.token.txt").write_text("\n".join(lines))


def imagefolder(root: Path) -> None:
    for name in "ab":
        noisy(root / f"{name}.png")
    rows(root / "metadata.csv", ("file_name", "text"))


def json_lines(root: Path) -> None:
    for name in "ab":
        noisy(root / "pictures" / f"{name}.png")
    said = [json.dumps({"image": f"pictures/{name}", "caption": text}) for name, text in TOLD]
    (root / "captions.jsonl").write_text("\n".join(said))


def coco(root: Path) -> None:
    for name in "ab":
        noisy(root / "val2017" / f"{name}.png")
    images = [{"id": 7, "file_name": "a.png"}, {"id": 3, "file_name": "b.png"}]
    notes = [{"id": at, "image_id": {"a.png": 7, "b.png": 3}[n], "caption": text} for at, (n, text) in enumerate(TOLD)]
    (root / "annotations").mkdir()
    (root / "annotations" / "captions_val2017.json").write_text(json.dumps({"images": images, "annotations": notes}))


FORMS: list[Callable[[Path], None]] = [flickr, token_file, imagefolder, json_lines, coco]


@pytest.mark.parametrize("form", FORMS)
def test_each_form_gives_the_same_sentences(tmp_path: Path, form: Callable[[Path], None]) -> None:
    """Fails if a form is read with other pictures, a comma ends a sentence, or signs are words."""
    form(tmp_path)
    assert candidates(tmp_path)[0].layer.id == CAPTIONS
    schema = seen(tmp_path, CAPTIONS)
    assert (schema.samples, schema.groups) == (4, "picture")
    assert schema.fields["previous"].words[:2] == ("<pad>", "<start>")
    feed, got = read(tmp_path, CAPTIONS)
    words = schema.fields["target"].words
    told = [[words[n] for n in row.tolist() if n] for row in got["target"]]
    assert told == [
        "a brown dog running <end>".split(),
        "the dog runs on the grass <end>".split(),
        "a cat sits on a mat <end>".split(),
        "there's a cat here <end>".split(),
    ]
    assert torch.equal(got["previous"][:, 0], torch.ones(4, dtype=torch.int64))
    shifted = [row[row > 1].tolist() for row in got["previous"]]
    assert shifted == [row[row > 1].tolist() for row in got["target"]]
    assert torch.equal(got["image"][0], got["image"][1])
    assert not torch.equal(got["image"][1], got["image"][2])
    assert feed.groups.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("form", FORMS)
def test_a_zip_file_and_the_printed_lines_of_sentences_give_the_same(
    tmp_path: Path, form: Callable[[Path], None]
) -> None:
    """Fails if the exported script has other words, or a zip file is not read."""
    form(tmp_path / "in")
    packed = zipped(tmp_path / "in", tmp_path / "set.zip", "set/")
    assert next(iter(understand(packed))).layer.id == CAPTIONS
    for settings in ({}, {"size": (6, 6), "vocabulary": 4, "longest": 3}):
        _, got = read(packed, CAPTIONS, **settings)
        assert same(as_printed(packed, CAPTIONS, **settings), got)


def test_rare_words_are_unknown_and_long_sentences_are_cut_off_with_a_word(tmp_path: Path) -> None:
    """Fails if rare words vanish in silence, or a sentence is cut off without a remark."""
    flickr(tmp_path)
    schema = seen(tmp_path, CAPTIONS, vocabulary=2, longest=4)
    assert schema.fields["target"].words == ("<pad>", "<end>", "<unk>", "a", "cat")
    said = sentence_of(schema)
    assert "2 sentences have more than 4 words and are cut off there." in said
    assert "rare words are read as unknown" in said


def test_other_data_has_the_words_of_the_training(tmp_path: Path) -> None:
    """Fails if the settled words do not number another set in the same way."""
    flickr(tmp_path / "one")
    flickr(tmp_path / "two")
    (tmp_path / "two" / "captions.txt").write_text("image,caption\nb.png,mat dog zebra\n")
    schema = seen(tmp_path / "one", CAPTIONS)
    settled = {"words": schema.settled["words"], "longest": schema.settled["longest"]}
    again = seen(tmp_path / "two", CAPTIONS, **settled)
    assert again.fields["target"].shape == schema.fields["target"].shape
    words = schema.fields["target"].words
    _, got = read(tmp_path / "two", CAPTIONS, **settled)
    assert [words[n] for n in got["target"][0].tolist() if n] == ["mat", "dog", "<end>"]


def test_lost_pictures_and_empty_sentences_are_named(tmp_path: Path) -> None:
    """Fails if a row without its picture ends the look, or goes in silence."""
    flickr(tmp_path)
    with (tmp_path / "captions.txt").open("a") as file:
        file.write("lost.png,a red bird\nb.png,\n")
    told = skipped(seen(tmp_path, CAPTIONS))
    assert told["captions.txt, row 6"] == "names lost.png, which is not there."
    assert told["captions.txt, row 7"] == "has no caption."


def test_a_broken_picture_leaves_out_all_that_is_said_about_it(tmp_path: Path) -> None:
    """Fails if the numbers of the samples that cannot be read are those of pictures."""
    flickr(tmp_path)
    whole = (tmp_path / "Images" / "b.png").read_bytes()
    (tmp_path / "Images" / "b.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Unreadable) as caught:
        read(tmp_path, CAPTIONS, size=(8, 8), colour="RGB")
    assert set(caught.value.samples) == {2, 3}


def test_a_table_of_an_old_mac_and_one_without_an_end(tmp_path: Path) -> None:
    """Fails if lines that end in a carriage return alone, or a quote that nobody closes, end the look."""
    flickr(tmp_path)
    whole = (tmp_path / "captions.txt").read_text()
    (tmp_path / "captions.txt").write_bytes(whole.replace("\n", "\r").encode())
    assert candidates(tmp_path)[0].layer.id == CAPTIONS
    assert seen(tmp_path, CAPTIONS).samples == 4
    (tmp_path / "captions.txt").write_text(whole + 'b.png,"never closed')
    assert seen(tmp_path, CAPTIONS).samples == 5


def test_labels_stay_labels(tmp_path: Path) -> None:
    """Fails if metadata.csv with one word for each picture is taken for sentences."""
    for name in "abc":
        noisy(tmp_path / f"{name}.png")
    (tmp_path / "metadata.csv").write_text("file_name,text\na.png,cat\nb.png,dog\nc.png,cat\n")
    assert candidates(tmp_path)[0].layer.id == "Pictures"


def test_a_table_of_other_things_stays_a_table(tmp_path: Path) -> None:
    """Fails if prices with pictures and descriptions are taken for captions."""
    for name in "abc":
        noisy(tmp_path / f"{name}.png")
    lines = [f"{name}.png,a fine {name} made of wood,{at}.5" for at, name in enumerate("abc")]
    (tmp_path / "goods.csv").write_text("\n".join(["image,description,price", *lines]))
    assert candidates(tmp_path / "goods.csv")[0].layer.id == "Table"
    assert all(each.layer.id != CAPTIONS for each in candidates(tmp_path))


def questions(root: Path, form: str) -> None:
    for name in "ab":
        noisy(root / "images" / f"{name}.png")
    if form == "jsonl":
        (root / "train.jsonl").write_text("\n".join(map(json.dumps, ASKED)))
    elif form == "json":
        (root / "asked.json").write_text(json.dumps({"questions": ASKED}))
    else:
        with (root / "asked.csv").open("w", newline="") as file:
            written = csv.writer(file)
            flat = [(each["image"], each["question"], answer) for each, answer in zip(ASKED, ("dog", "yes", "cat."))]
            written.writerows([("image", "question", "answer"), *flat])


@pytest.mark.parametrize("form", ["jsonl", "json", "csv"])
def test_questions_and_their_answers(tmp_path: Path, form: str) -> None:
    """Fails if answers that are lists or yes and no are lost, or short questions are padded behind."""
    questions(tmp_path, form)
    assert candidates(tmp_path)[0].layer.id == QUESTIONS
    schema = seen(tmp_path, QUESTIONS)
    assert (schema.fields["answer"].words, schema.fields["answer"].counts) == (("cat", "dog", "yes"), (1, 1, 1))
    words = schema.fields["question"].words
    _, got = read(tmp_path, QUESTIONS)
    asked = [[words[n] for n in row.tolist()] for row in got["question"]]
    assert asked[:2] == [["what", "animal", "is", "this"], ["<pad>", "does", "it", "run"]]
    assert [schema.fields["answer"].words[n] for n in got["answer"]] == ["dog", "yes", "cat"]
    assert same(as_printed(tmp_path, QUESTIONS), got)


def test_nothing_of_the_kind_is_a_sentence_with_what_is_needed(tmp_path: Path) -> None:
    """Fails if a folder without questions is a traceback."""
    noisy(tmp_path / "a.png")
    (tmp_path / "readme.txt").write_text("nothing")
    with pytest.raises(NoData, match=r"no questions about pictures in .*readme\.txt.*image, question and answer"):
        seen(tmp_path, QUESTIONS)
    with pytest.raises(NoData, match=r"no sentences about pictures"):
        seen(tmp_path, CAPTIONS)


@pytest.mark.parametrize(("kind", "template", "made"), [(CAPTIONS, "caption", flickr), (QUESTIONS, "vqa", None)])
def test_the_templates_fit(tmp_path: Path, kind: str, template: str, made: Callable[[Path], None] | None) -> None:
    """Fails if the exchange leaves the number of words, also inside of the block that writes, or of answers."""
    if made is not None:
        made(tmp_path)
    else:
        questions(tmp_path, "jsonl")
    layer = find(kind)
    assert layer is not None
    settings = layer.settings({**layer.defaults(), "path": str(tmp_path), "size": (16, 16)})
    schema = seen(tmp_path, kind, size=(16, 16))
    before = templates.load(template)
    done = exchange(before, "shapes", layer, settings, schema)
    assert not done.left
    after = done.command.apply(before)
    if template == "caption":
        words = len(schema.fields["target"].words)
        inside = after.blocks["Writer"].graph.nodes
        assert (inside["embed"].params["num_embeddings"], inside["fc"].params["out_features"]) == (words, words)
    else:
        assert after.graph.nodes["embed"].params["num_embeddings"] == len(schema.fields["question"].words)
        assert after.graph.nodes["fc2"].params["out_features"] == 3
    types = {node.type for node in drawing_for(layer, settings, schema).project.graph.nodes.values()}
    assert ("block:Writer" if template == "caption" else "AdditiveAttention") in types


def test_a_run_is_evaluated_on_other_data_with_the_words_of_its_training(tmp_path: Path) -> None:
    """Fails if shorter sentences of other data make a field of another length, or other words other numbers."""
    flickr(tmp_path / "one")
    flickr(tmp_path / "two")
    (tmp_path / "two" / "captions.txt").write_text("image,caption\nb.png,mat dog\n")
    layer = find(CAPTIONS)
    assert layer is not None
    usual = layer.settings({**layer.defaults(), "path": str(tmp_path / "two")})
    trained = seen(tmp_path / "one", CAPTIONS)
    again = schema_of(layer, layer.settings(as_before(usual, trained)))
    assert again.shapes == trained.shapes
    assert again.fields["target"].words == trained.fields["target"].words


def test_of_very_many_sentences_some_say_which_words_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a look at very many sentences counts all of them, does not say that it did not, or leaves a word without
    a number that it did not see."""
    flickr(tmp_path)
    monkeypatch.setattr(told_sentences, "_COUNTED", 2)
    schema = seen(tmp_path, CAPTIONS)
    words = schema.fields["target"].words
    assert words[2] == "<unk>"
    assert "grass" not in words
    assert "Words are counted in 2 of the sentences, spread evenly." in schema.remarks
    _, got = read(tmp_path, CAPTIONS)
    assert " ".join(words[n] for n in got["target"][1].tolist() if n > 1) == "<unk> dog <unk> on <unk> <unk>"
