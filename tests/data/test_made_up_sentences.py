"""Sentences that are made up: what is said of them is so, by rules that are written down here a second time."""

from __future__ import annotations

import calendar
import re
from collections import Counter, defaultdict
from typing import Any

import pytest
import torch

from app.core.compile.plan import PlanSource
from app.data import catalog
from nodes.api import Feed, NoData
from nodes.api.registry import layers
from nodes.reading.denied_praise import BAD, GOOD, scored_words
from nodes.reading.stories import PLACES
from nodes.reading.text_tasks import TASKS
from nodes.reading.word_pairs import near_pairs, plain_sentences


def loaded(id: str, **settings: Any) -> Feed:
    layer = layers()[id]
    chosen = layer.settings(settings)
    return catalog.load(PlanSource("here", id, chosen, layer.build({}, chosen).outputs))


def words_in(feed: Feed, field: str) -> list[list[str]]:
    """Each row of a field in words, without padding."""
    assert feed.schema is not None
    words = feed.schema.fields[field].words
    return [[words[code] for code in row if code] for row in feed.fields[field].flatten(1).tolist()]


@pytest.mark.parametrize("lexicon", ["own words", "vaderSentiment"])
def test_labels_follow_from_the_words_and_their_denial(lexicon: str) -> None:
    """Fails if a sentence is praise although all that is good in it is denied: a good word counts for praise, a bad one
    against it, and behind not, neither, never or anything but each counts the other way round."""
    good, bad = scored_words() if lexicon == "vaderSentiment" else (GOOD, BAD)
    feed = loaded("MadeUpReviews", sentences=900, lexicon=lexicon)
    for sentence, label in zip(words_in(feed, "text"), feed.fields["label"].tolist()):
        denied, found = False, set()
        for word in sentence:
            if word in ("not", "neither", "never", "anything"):
                denied = True
            elif word in (",", "it", "was") or (word == "but" and "anything" not in sentence):
                denied = False
            elif word in good or word in bad:
                found.add((word in good) != denied)
        assert found == {bool(label)}, sentence


def test_a_bag_of_words_cannot_tell_the_order() -> None:
    """Fails if the kind of sentence whose order decides gives itself away by its words: every frame of a sentence must
    be praise as often as blame, with good and bad words alike in both."""
    feed = loaded("MadeUpReviews", sentences=6000, forms=("order",))
    labels = defaultdict(list)
    for sentence, label in zip(words_in(feed, "text"), feed.fields["label"].tolist()):
        bag = Counter("#" if word in GOOD + BAD else word for word in sentence)
        labels[frozenset(bag.items())].append(label)
        assert sum(word in GOOD for word in sentence) == sum(word in BAD for word in sentence) == 1
    frequent = [found for found in labels.values() if len(found) > 40]
    assert len(frequent) > 40
    assert all(0.2 < sum(found) / len(found) < 0.8 for found in frequent)


def test_tags_need_what_comes_behind() -> None:
    """Fails if all that was read so far already tells the tag, so that a net would need one direction only; or if a
    sentence, read to its end, could be tagged in two ways."""
    feed = loaded("MadeUpTags", sentences=3000)
    assert feed.schema is not None
    kinds = feed.schema.fields["tags"].words
    tags = [[kinds[code] for code in row if code] for row in feed.fields["tags"].tolist()]
    before: dict[tuple[str, ...], set[str]] = defaultdict(set)
    whole: dict[tuple[str, ...], set[tuple[str, ...]]] = defaultdict(set)
    for sentence, tagged in zip(words_in(feed, "text"), tags):
        assert len(sentence) == len(tagged)
        whole[tuple(sentence)].add(tuple(tagged))
        for place in range(len(sentence)):
            before[tuple(sentence[: place + 1])].add(tagged[place])
    assert all(len(found) == 1 for found in whole.values())
    assert {frozenset(found) for found in before.values() if len(found) > 1} >= {
        frozenset({"adjective", "noun"}),
        frozenset({"determiner", "pronoun"}),
    }


@pytest.mark.parametrize("facts", ["one", "two", "three"])
def test_the_needed_sentences_answer_the_question(facts: str) -> None:
    """Fails if an answer is wrong, more or fewer sentences are needed than was said, or the marked ones do not do. The
    stories are played through here by a second set of rules."""
    feed = loaded("MadeUpStories", stories=300, sentences=9, facts=(facts,))
    assert feed.schema is not None
    words, places = feed.schema.fields["story"].words, feed.schema.fields["answer"].words
    assert set(places) <= set(PLACES)
    for number in range(300):
        lines = [[words[code] for code in row if code] for row in feed.fields["story"][number].tolist()]
        question = [words[code] for code in feed.fields["question"][number].tolist() if code]
        answer = places[int(feed.fields["answer"][number])]
        needed = [lines[place] for place in feed.fields["needed"][number].nonzero()[:, 0].tolist()]
        at: dict[str, str] = {}
        held: dict[str, str] = {}
        been: dict[str, list[str]] = defaultdict(list)
        for who, verb, *_, what in lines:
            if verb in ("went", "moved"):
                at[who] = what
                for thing in (each for each, holder in held.items() if holder == who):
                    been[thing].append(what)
            elif verb in ("took", "got"):
                assert what not in held, "nobody takes what another has"
                assert not been[what] or been[what][-1] == at[who], "and only where it lies"
                held[what] = who
                been[what] = been[what] or [at[who]]
            else:
                assert held.pop(what) == who
        if facts == "one":
            assert answer == at[question[-1]]
            assert len(needed) == 1
            assert needed[0][0] == question[-1]
            assert needed[0][-1] == answer
        elif facts == "two":
            assert answer == been[question[-1]][-1]
            assert {len(needed), len({line[-1] for line in needed})} == {2}
            assert {question[-1], answer} == {line[-1] for line in needed}
        else:
            thing, now = question[3], question[-1]
            assert been[thing][-2:] == [answer, now]
            assert len(needed) == 3
            assert {thing, answer, now} == {line[-1] for line in needed}


@pytest.mark.parametrize(
    ("id", "settings", "said"),
    [
        ("MadeUpReviews", {"forms": ()}, "at least one kind of sentence"),
        ("MadeUpStories", {"facts": ()}, "at least one kind of question"),
        ("SkipGram", {"corpus": "typed text", "text": ""}, "Type a few sentences"),
        ("SkipGram", {"corpus": "typed text", "text": "One. Two.", "window": 1, "least": 2}, "occur 2 times"),
        ("SkipGram", {"sentences": 10000, "window": 100, "negatives": 50}, "fewer drawn words"),
        ("WordCounts", {"text": " ".join(f"w{number}" for number in range(1001))}, "1,000 are as many"),
    ],
)
def test_what_cannot_be_made_is_said(id: str, settings: dict[str, Any], said: str) -> None:
    """Fails if settings without any sentence end in a traceback."""
    layer = layers()[id]
    assert layer.source is not None
    with pytest.raises(NoData, match=said):
        layer.source.describe(**{**layer.defaults(), **settings})


@pytest.mark.parametrize("id", ["MadeUpReviews", "MadeUpTags", "MadeUpStories", "SkipGram", "MadeUpTasks"])
def test_the_seed_decides(id: str) -> None:
    """Fails if the same seed gives other sentences, or another one the same."""
    count = {"MadeUpStories": "stories", "MadeUpTasks": "samples"}.get(id, "sentences")
    first, again, other = (loaded(id, **{count: 60, "seed": seed}) for seed in (1, 1, 2))
    name = next(iter(first.fields))
    assert torch.equal(first.fields[name], again.fields[name])
    assert first.fields[name].shape != other.fields[name].shape or not torch.equal(
        first.fields[name], other.fields[name]
    )


@pytest.mark.parametrize("task", TASKS)
def test_tasks_have_their_answers(task: str) -> None:
    """Fails if an answer is wrong, the decoder reads what it has to tell, or letters are numbered differently in what
    it reads and tells."""
    feed = loaded("MadeUpTasks", task=task, samples=200, size=6)
    assert feed.schema is not None
    source, target = words_in(feed, "source"), words_in(feed, "target")
    assert torch.equal(
        feed.fields["previous"][:, 1:], feed.fields["target"][:, :-1].where(feed.fields["target"][:, :-1] != 1, 0)
    )
    assert set(feed.fields["previous"][:, 0].tolist()) == {1}
    answers: Counter[str] = Counter()
    for question, told in zip(("".join(row) for row in source), target):
        assert told[-1] == "<end>"
        answer = "".join(told[:-1])
        answers[answer] += 1
        if task == "addition":
            assert answer == str(sum(int(part) for part in question.split("+")))
        elif task == "brackets":
            rest = question
            while any(pair in rest for pair in ("()", "[]", "{}")):
                rest = rest.replace("()", "").replace("[]", "").replace("{}", "")
            assert answer == ("no" if rest else "yes")
        elif task == "dates":
            year, month, day = answer.split("-")
            assert year in question
            assert calendar.month_name[int(month)].lower() in question
            ordinal = re.search(r"the (\S+?)( of|,)", question)
            assert ordinal is not None or f"{int(day)}" in question.replace(year, "").replace(",", "").split()
        else:
            expected = {"sorting": sorted(question), "copying": question, "reversing": reversed(question)}[task]
            assert answer == "".join(expected)
    if task == "brackets":
        assert answers == {"yes": 100, "no": 100}


def test_pairs_of_a_book_are_those_of_its_sentences() -> None:
    """Fails if a pair reaches over the end of a sentence, is missing, or counts words that were left out."""
    text = "One two, three! Two ONE.\nthree two one four... two"
    sentences = plain_sentences(text)
    assert sentences == [["one", "two", "three"], ["two", "one"], ["three", "two", "one", "four"], ["two"]]
    words, fields = near_pairs(sentences, least=2, frequent=0.0, window=2, negatives=3, seed=1)
    assert words == ["two", "one", "three"]
    expected: Counter[tuple[str, str]] = Counter()
    for line in sentences:
        known = [word for word in line if word != "four"]
        for place, word in enumerate(known):
            expected.update((word, other) for at, other in enumerate(known) if 0 < abs(at - place) <= 2)
    seen = fields["label"] == 1
    made = zip(fields["word"][seen].tolist(), fields["context"][seen].tolist())
    assert Counter((words[one], words[other]) for one, other in made) == expected
    assert torch.equal(fields["word"][~seen].bincount(), 3 * fields["word"][seen].bincount())


def test_frequent_words_are_left_out_now_and_then() -> None:
    """Fails if the share of a frequent word that stays is another than √(frequent / share), or rare ones are lost."""
    lines = [["the", f"w{number % 50}"] * 2 for number in range(4000)]
    words, all_of_them = near_pairs(lines, 1, 0.0, 1, 1, 0)
    _, fewer = near_pairs(lines, 1, 0.05, 1, 1, 0)
    the, rare = words.index("the"), words.index("w7")
    count = [fields["word"][fields["label"] == 1].bincount() for fields in (all_of_them, fewer)]
    assert float(count[1][the] / count[0][the]) == pytest.approx((0.05 / 0.5) ** 0.5, abs=0.1)
    assert int(count[1][rare]) > 0


@pytest.mark.parametrize("id", ["MadeUpReviews", "MadeUpTags"])
def test_no_two_sentences_are_alike(id: str) -> None:
    """Fails if sentences of the validation are in the training data, too: then the net looks better than it is."""
    rows = words_in(loaded(id, sentences=3000), "text")
    assert len({tuple(row) for row in rows}) == len(rows)
