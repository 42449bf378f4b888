"""Samples to be looked at one by one: which there are, which part they are in, and what each is shown as."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.core.commands.corrections import CorrectSamples
from app.core.compile.plan import make_plan
from app.core.graph.model import MAIN, Graph, Project
from app.core.storage import templates
from app.insight.browsing import MISSING, Browser
from app.training import batches
from nodes.reading.tagged_sentences import tagged_sentences
from tests.support.browsed_data import BAD, READ, TEXTS, browsed_data
from tests.support.drawings import node
from tests.support.example_source import among_ours
from tests.support.own_data import own_net


@pytest.fixture(autouse=True)
def _source() -> Iterator[None]:
    READ.clear()
    with among_ours(browsed_data()):
        yield


def browsed(kind: str = "pictures", count: int = 60, **recipe: Any) -> Browser:
    project = Project("Alone", graph=Graph.of([node("data", "Browsed", kind=kind, count=count)], []))
    return Browser(replace(project, recipe=project.recipe.with_settings(**recipe)), "data")


def found(browser: Browser, place: int | None = None, part: str | None = None, text: str = "") -> list[int]:
    *_, last = browser.search(place, part, text)
    return list(np.asarray(last))


def test_the_parts_are_those_of_a_training() -> None:
    """Fails if a sample is said to be in another part than the training has it in."""
    project = templates.load("lenet_digits")
    project = replace(project, recipe=project.recipe.with_settings(validation=0.2, test=0.1, seed=3))
    browser = Browser(project, "digits")
    plan = make_plan(project)
    parts = batches.divide(plan, batches.joined(plan), 0.2, 3, 0.1)
    for name, numbers in zip(("train", "validation", "test"), parts):
        assert found(browser, part=name) == sorted(numbers.tolist())
        assert browser.part_of(int(numbers[0])) == name
    labels = batches.joined(plan)["digits.label"]
    counted = torch.bincount(labels[parts[1]], minlength=10).tolist()
    assert browser.balance["validation"].tolist() == counted


def test_of_a_million_samples_only_those_asked_for_are_read() -> None:
    """Fails if looking at a few samples reads others, or filtering by class reads any picture."""
    browser = browsed(count=1_000_000)
    assert READ == []
    assert [each.number for each in browser.read([999_999, 7])] == [999_999, 7]
    assert sorted(READ) == [7, 999_999]
    assert found(browser, place=1)[:3] == [1, 4, 7]
    assert found(browser, part="test") == [999_996, 999_997, 999_998, 999_999]
    assert sorted(READ) == [7, 999_999]


def test_names_classes_and_texts_are_searched() -> None:
    """Fails if what is typed is looked for in one of them alone, or capitals keep it from being found."""
    browser = browsed("texts")
    assert found(browser, text="Thing 17") == [17]
    assert found(browser, text="EEL") == list(range(2, 60, 3)), "by the class"
    assert found(browser, text="dog ran") == list(range(1, 60, 3)), "by the text"
    assert found(browser, place=0, text="thing 3") == [3, 30, 33, 36, 39]
    assert found(browser, text="no such words") == []
    digits = Browser(templates.load("lenet_digits"), "digits")
    assert digits.name_of(1234) == "sample 1,235"
    assert found(digits, text="sample 1235") == found(digits, text="1,235") == [1234]
    assert browser.read([1])[0].text == TEXTS[1]


@pytest.mark.parametrize(
    ("settings", "shown"), [({}, "wonderful film ."), ({"unit": "characters", "length": 30}, "wonderful film.")]
)
def test_texts_stand_there_without_what_pads_them(tmp_path: Path, settings: dict[str, Any], shown: str) -> None:
    """Fails if a short text of your own hides behind its padding, or letters are torn apart by blanks."""
    lines = [
        "good\tWonderful film.",
        "bad\tA terrible film from its begin to its very end.",
        "good\tI liked it so much.",
    ]
    (tmp_path / "films.tsv").write_text("\n".join(lines * 3))
    source = node("films", "Texts", path=str(tmp_path / "films.tsv"), **settings)
    browser = Browser(Project("Films", graph=Graph.of([source], [])), "films")
    assert browser.read([0])[0].text == shown


def test_pictures_come_as_they_are_and_those_around_zero_too() -> None:
    """Fails if a pixel moves, or pictures from −1 to 1 lose what is below zero."""
    browser = browsed()
    (glimpse,) = browser.read([13])
    expected = np.zeros((6, 8), np.uint8)
    expected[1, 5] = 255
    assert glimpse.picture is not None
    assert np.array_equal(glimpse.picture, expected)
    dark, bright = browsed("negative").read([0, 1])
    assert dark.picture is not None
    assert bright.picture is not None
    assert dark.picture.shape == (4, 4, 3)
    assert int(dark.picture.max()) == 0
    assert int(bright.picture.min()) == 255


def test_a_picture_that_cannot_be_read_says_why_and_the_others_are_there() -> None:
    """Fails if one bad file empties the page, or its reason is lost."""
    before, bad, after = browsed().read([BAD - 1, BAD, BAD + 1])
    assert bad.trouble == f"thing {BAD} is cut off."
    assert bad.picture is None
    assert before.picture is not None
    assert after.picture is not None
    assert (bad.name, bad.place) == (f"thing {BAD}", BAD % 3)


def test_curves_keep_their_peaks_and_their_gaps() -> None:
    """Fails if making a series shorter loses a peak of one step, or a missing value becomes a number."""
    whole, gap = browsed("curves").read([0, 1])
    assert whole.curve is not None
    assert gap.curve is not None
    assert len(whole.curve) <= 256
    assert float(whole.curve.max()) == 1.0
    assert np.isnan(gap.curve).any()
    assert not np.isnan(whole.curve).any()
    assert browsed("wide").kind == "curves", "two hundred numbers without names are no row"


def test_rows_have_the_names_of_their_features_and_say_what_is_missing() -> None:
    """Fails if NaN is shown as a number or an empty cell, or the heads are lost."""
    browser = browsed("rows")
    assert browser.columns == ("long", "wide", "high")
    assert browser.read([2])[0].cells == ("2", MISSING, "∞")
    assert browser.read([3])[0].cells == ("3", "0.5", "∞")


def test_corrections_change_what_is_counted_and_found_and_no_file() -> None:
    """Fails if a corrected class or a sample that is left out is still counted where it was."""
    with among_ours(browsed_data()):
        project = own_net("Browsed", ("flatten", "Flatten"))
        samples = {"thing 0": ("cat", "eel"), "thing 3": ("cat", None)}
        corrected = CorrectSamples(MAIN, "data", samples).apply(project)
        browser = Browser(corrected, "data")
        before = Browser(project, "data")
    assert 0 not in found(browser, place=0)
    assert 0 in found(browser, place=2)
    assert found(browser, part="left out") == [3]
    assert browser.part_of(3) == ""
    total = sum(int(counts.sum()) for counts in browser.balance.values())
    assert total == sum(int(counts.sum()) for counts in before.balance.values()) - 1
    assert browser.read([0])[0].place == 0, "what the data says stays to be seen"


def test_data_that_is_drawn_anew_shows_the_same_examples_each_time() -> None:
    """Fails if a sample without an end is another one whenever it is looked at."""
    project = Project("Noise", graph=Graph.of([node("noise", "Noise")], []))
    browser = Browser(project, "noise")
    whole = browser.read(range(browser.length))
    again = Browser(project, "noise").read([5])[0]
    for one in (whole[5], browser.read([5])[0]):
        assert (one.cells, one.text) == (again.cells, again.text)
        for slot in ("picture", "curve"):
            assert (getattr(one, slot) is None) == (getattr(again, slot) is None)
            if getattr(one, slot) is not None:
                assert np.array_equal(getattr(one, slot), getattr(again, slot))


def test_each_word_stands_there_with_its_tag() -> None:
    """Fails if the tags of sentences cannot be seen or searched, or one stands behind another's word."""
    source = node("data", "MadeUpTags", sentences=40, seed=3, padding="before")
    browser = Browser(Project("Tags", graph=Graph.of([source], [])), "data")
    rows, tags = tagged_sentences(40, 3)
    shown = [" ".join(f"{word}/{tag}" for word, tag in zip(*pair)) for pair in zip(rows, tags)]
    assert [each.text for each in browser.read([0, 7, 39])] == [shown[at] for at in (0, 7, 39)]
    wanted = [at for at, text in enumerate(shown) if "light/adjective" in text]
    assert wanted
    assert found(browser, text="light/adjective") == wanted
