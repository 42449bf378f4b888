"""Pairs that are made up by a rule: the rule itself, by other means."""

from __future__ import annotations

import datetime
import re

import pytest
import torch

from app.core.compile.plan import PlanSource
from app.data import catalog
from tests.support.file_sources import source_of, whole


def texts(kind: str, **settings: int) -> list[tuple[str, str, str]]:
    layer = source_of("MadeUpPairs")
    checked = layer.settings({"kind": kind, "pairs": 800, **settings})
    assert layer.source is not None
    told = layer.source.describe(**checked)
    feed = catalog.load(PlanSource("here", "MadeUpPairs", checked, told.shapes))

    def spelled(field: str) -> list[str]:
        words = told.fields[field].words
        return ["".join(words[each] for each in row if each) for row in whole(feed, field).tolist()]

    return list(zip(spelled("source"), spelled("target"), spelled("previous"), strict=True))


def day_of(text: str) -> str:
    """What Python's calendar makes of a date in words or short."""
    ordinals = "first second third fourth fifth sixth seventh eighth ninth".split()
    tens = "tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth".split()
    words = [*ordinals, *tens, "twentieth", *[f"twenty-{each}" for each in ordinals], "thirtieth", "thirty-first"]
    text = text.replace(" of ", " ")
    for number in sorted(range(31), key=lambda number: -len(words[number])):
        text = re.sub(rf"^{words[number]} ", f"{number + 1} ", text)
    for form in ("%d %B %Y", "%d %b %Y", "%B %d %Y"):
        try:
            return datetime.datetime.strptime(text, form).date().isoformat()
        except ValueError:
            continue
    raise AssertionError(text)


def test_dates_are_those_of_the_calendar() -> None:
    """Fails if a day, a month or a year is another in numbers than in words."""
    made = texts("dates in words")
    assert all(target == f"{day_of(source)}<end>" for source, target, _ in made)
    assert len({re.sub("[a-z]+", "a", source).count("a") for source, *_ in made}) > 1, "several ways to write one"


@pytest.mark.parametrize("kind", ["sums", "sorting", "copying", "reversing"])
def test_targets_follow_by_the_rule(kind: str) -> None:
    """Fails if an answer is wrong, pairs are there twice, or previous is not one step behind."""
    made = texts(kind, length=6)
    assert len(set(made)) == len(made)
    for source, target, previous in made:
        answer = target.removesuffix("<end>")
        if kind == "sums":
            assert int(answer) == sum(int(part) for part in source.split("+"))
        else:
            assert answer == {"sorting": "".join(sorted(source)), "copying": source}.get(kind, source[::-1])
        assert previous.startswith(f"<start>{answer}")
    assert max(len(source) for source, *_ in made) == (13 if kind == "sums" else 6)


def test_the_seed_is_what_they_depend_on() -> None:
    """Fails if two seeds give the same pairs, one seed others each time, or torch's own numbers are taken."""
    before = torch.get_rng_state()
    assert texts("sorting", seed=1) == texts("sorting", seed=1) != texts("sorting", seed=2)
    assert torch.equal(torch.get_rng_state(), before)


def test_few_possible_pairs_are_no_endless_search() -> None:
    """Fails if more pairs than there are never come."""
    made = texts("copying", length=1)
    assert len(made) == 800
    assert len(set(made)) == 26
