"""Stories with a question each, of which one, two or three sentences answer it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nodes.api import Field, Int, NoData, Schema, Script, Several, source
from nodes.reading.made_up import known_words, listed_words, padded, printed
from nodes.reading.stories import FACTS, stories

if TYPE_CHECKING:
    from torch import Tensor

STORY_WORDS, QUESTION_WORDS = 5, 7  # of the longest sentence and question


def describe(*, stories: int, sentences: int, facts: tuple[str, ...], seed: int) -> Schema:
    """Stories of who went where and took what, made up by a seed, with a question to which one, two or three sentences
    give the answer. ``needed`` says which: 1 for each of them. Nobody wrote them; 0 pads short sentences."""
    return _described(stories, sentences, facts, seed)


@lru_cache(maxsize=8)  # asked for at each edit of a drawing, and by each problem that data might solve
def _described(stories: int, sentences: int, facts: tuple[str, ...], seed: int) -> Schema:
    made, words, places = _made(stories, sentences, facts, seed)
    counts = tuple(sum(each["answer"] == place for each in made) for place in places)
    return Schema(
        {
            "story": Field((sentences, STORY_WORDS), "int", words),
            "question": Field((QUESTION_WORDS,), "int", words),
            "answer": Field((), "int", places, counts),
            "needed": Field((sentences,)),
        },
        samples=len(made),
        noun=("story", "stories"),
        settled={"unit": "words"},
    )


def load(*, stories: int, sentences: int, facts: tuple[str, ...], seed: int) -> dict[str, Tensor]:
    """The numbers of the words of stories (n, sentences, 5) and questions (n, 7), the answers (n,), and 1 for each
    sentence that is needed (n, sentences)."""
    made, words, places = _made(stories, sentences, facts, seed)
    return numbers_of(made, list(words), list(places), sentences, STORY_WORDS, QUESTION_WORDS)


def numbers_of(
    made: list[dict[str, Any]], words: list[str], places: list[str], sentences: int, wide: int, long: int
) -> dict[str, Any]:
    """The stories as tensors."""
    import torch

    lines = [line for each in made for line in each["story"]]
    needed = torch.zeros(len(made), sentences)
    for row, each in enumerate(made):
        needed[row, each["needed"]] = 1
    return {
        "story": torch.tensor(padded(lines, words, wide, False)).reshape(len(made), sentences, wide),
        "question": torch.tensor(padded([each["question"] for each in made], words, long, False)),
        "answer": torch.tensor([places.index(each["answer"]) for each in made]),
        "needed": needed,
    }


def script(*, stories: int, sentences: int, facts: tuple[str, ...], seed: int) -> Script:
    """The function that makes the stories up, and their numbers."""
    _, words, places = _made(stories, sentences, facts, seed)
    lines = printed(_told, padded, numbers_of) + listed_words("words", words) + listed_words("places", places)
    lines += [
        f"made = stories({stories}, {sentences}, {list(facts)}, {seed})",
        f"fields = numbers_of(made, words, places, {sentences}, {STORY_WORDS}, {QUESTION_WORDS})",
    ]
    names = ("story", "question", "answer", "needed")
    return Script(tuple(lines), {name: f'fields["{name}"]' for name in names}, ("from typing import Any",))


_told = stories  # the settings of the source have the same name


@lru_cache(maxsize=4)
def _made(
    count: int, sentences: int, facts: tuple[str, ...], seed: int
) -> tuple[list[dict[str, Any]], tuple[str, ...], tuple[str, ...]]:
    if not facts:
        raise NoData("Choose at least one kind of question: those of one, two or three facts.")
    made = _told(count, sentences, list(facts), seed)
    told = {word for each in made for line in each["story"] for word in line}
    asked = {word for each in made for word in each["question"]}
    last = max(told & asked)  # so that both fields reach the last number
    words = (*known_words([sorted((told | asked) - {last})]), last)
    return made, words, tuple(sorted({each["answer"] for each in made}))


MADE_UP_STORIES = source(
    id="MadeUpStories",
    name="Made-up stories",
    params=[
        Int("stories", 6000, low=20, high=100_000, card=True, help="How many stories there are."),
        Int("sentences", 8, low=6, high=40, card=True, help="How many sentences each story has."),
        Several(
            "facts",
            FACTS,
            options=FACTS,
            card=True,
            help="How many sentences it takes to answer: where is mary, where is the milk, where was it before.",
        ),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same stories."),
    ],
    describe=describe,
    load=load,
    script=script,
    fields=["story", "question", "answer", "needed"],
    examples=[
        {"stories": 200, "facts": ("one",)},
        {"stories": 200, "sentences": 12, "facts": ("two", "three"), "seed": 2},
    ],
    words=["babi", "question answering", "memory network", "reasoning", "attention", "story", "nlp", "toy", "data"],
)
