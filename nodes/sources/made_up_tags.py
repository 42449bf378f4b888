"""Sentences with a tag for each word."""

from __future__ import annotations

from functools import lru_cache

from nodes.api import Choice, Feed, Field, Int, Lengths, Schema, Script, source
from nodes.reading.buckets import BUCKETS, told, trims
from nodes.reading.made_up import known_words, listed_words, padded, printed
from nodes.reading.tagged_sentences import TAGS, tagged_sentences
from nodes.reading.texts import PADDING


def describe(*, sentences: int, padding: str, buckets: int, seed: int) -> Schema:
    """Sentences with the part of speech of each word, made up by a small grammar and a seed. Some words are several
    things: the light box, the light fell; saw her, saw her dog. 0 pads short sentences, and its tag counts nowhere."""
    return _described(sentences, buckets, seed)


@lru_cache(maxsize=8)  # asked for at each edit of a drawing, and by each problem that data might solve
def _described(sentences: int, buckets: int, seed: int) -> Schema:
    rows, _ = _made(sentences, seed)
    length, named = max(map(len, rows)), "text" if buckets else ""
    return Schema(
        {
            "text": Field((length,), "int", known_words(rows), any_length=named),
            "tags": Field((length,), "int", (PADDING, *TAGS), any_length=named),
        },
        samples=len(rows),
        noun=("sentence", "sentences"),
        settled={"unit": "words"},
    )


def load(*, sentences: int, padding: str, buckets: int, seed: int) -> Feed:
    """The numbers of the words (n, length), and of their tags (n, length)."""
    import torch

    rows, tags = _made(sentences, seed)
    length, before = max(map(len, rows)), padding == "before"
    feed = Feed(
        {
            "text": torch.tensor(padded(rows, list(known_words(rows)), length, before)),
            "tags": torch.tensor(padded(tags, [PADDING, *TAGS], length, before)),
        }
    )
    feed.trims = trims([(("text", "tags"), torch.tensor([len(row) for row in rows]), before)], buckets)
    return feed


def script(*, sentences: int, padding: str, buckets: int, seed: int) -> Script:
    """The grammar, and the numbers of the words and tags."""
    rows, _ = _made(sentences, seed)
    length, before = max(map(len, rows)), padding == "before"
    lines = printed(tagged_sentences, padded) + listed_words("words", known_words(rows))
    lines += [*listed_words("kinds", (PADDING, *TAGS)), f"rows, tags = tagged_sentences({sentences}, {seed})"]
    fields = {"text": ("rows", "words"), "tags": ("tags", "kinds")}
    steps = Lengths(("text", "tags"), "torch.tensor([len(row) for row in rows])", before)
    return Script(
        tuple(lines),
        {
            name: f"torch.tensor(padded({given}, {known}, {length}, {before}))"
            for name, (given, known) in fields.items()
        },
        lengths=told(buckets, steps),
        buckets=buckets,
    )


@lru_cache(maxsize=4)
def _made(sentences: int, seed: int) -> tuple[list[list[str]], list[list[str]]]:
    return tagged_sentences(sentences, seed)


MADE_UP_TAGS = source(
    id="MadeUpTags",
    name="Made-up tagged sentences",
    params=[
        Int("sentences", 3000, low=20, high=200_000, card=True, help="How many sentences there are."),
        Choice("padding", "behind", options=("before", "behind"), help="Where a short sentence is padded."),
        BUCKETS,
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same sentences."),
    ],
    describe=describe,
    load=load,
    script=script,
    fields=["text", "tags"],
    examples=[{"sentences": 120, "padding": "before", "seed": 4}],
    words=["tagger", "part of speech", "pos", "grammar", "words", "sequence", "nlp", "toy", "data"],
)
