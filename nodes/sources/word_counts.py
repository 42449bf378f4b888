"""How often words stand beside each other in a text that is typed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nodes.api import Field, Int, NoData, Schema, Script, Switch, Text, source
from nodes.reading.made_up import listed_words
from nodes.reading.word_contexts import counts_of, sentences_of

if TYPE_CHECKING:
    from torch import Tensor

MOST_WORDS = 1_000  # different ones: a count for each two of them is a million
FIRST_TEXT = "I like deep learning. I like NLP. I enjoy flying."


def describe(*, text: str, window: int, lower: bool) -> Schema:
    """Every two words of a text that you type, and how often they stand beside each other: at most as far apart as the
    window, in the same sentence. The full stop is a word, too."""
    words, _ = _counted(text, window, lower)
    names = tuple(words)
    return Schema(
        {"word": Field((), "int", names), "other": Field((), "int", names), "count": Field(())},
        samples=len(words) ** 2,
        noun=("pair of words", "pairs of words"),
    )


def load(*, text: str, window: int, lower: bool) -> dict[str, Tensor]:
    """The numbers of both words (n,), and their count (n,): the table of counts, row by row."""
    import torch

    words, table = _counted(text, window, lower)
    numbers = torch.arange(len(words))
    return {
        "word": numbers.repeat_interleave(len(words)),
        "other": numbers.repeat(len(words)),
        "count": torch.tensor(table, dtype=torch.float32).flatten(),
    }


def script(*, text: str, window: int, lower: bool) -> Script:
    """The table of counts as it stands."""
    words, table = _counted(text, window, lower)
    lines = listed_words("words", words) + listed_words("counts", [count for row in table for count in row])
    return Script(
        tuple(lines),
        {
            "word": "torch.arange(len(words)).repeat_interleave(len(words))",
            "other": "torch.arange(len(words)).repeat(len(words))",
            "count": "torch.tensor(counts, dtype=torch.float32)",
        },
    )


@lru_cache(maxsize=8)
def _counted(text: str, window: int, lower: bool) -> tuple[list[str], list[list[Any]]]:
    sentences = sentences_of(text, lower)
    if not sentences:
        raise NoData("There is no word in the text. Type a few short sentences.")
    different = {word for sentence in sentences for word in sentence}
    if len(different) > MOST_WORDS:
        raise NoData(
            f"The text has {len(different):,} different words, and {MOST_WORDS:,} are as many as can be counted here. "
            "Type a shorter one, or switch lower case on."
        )
    return counts_of(sentences, window)


WORD_COUNTS = source(
    id="WordCounts",
    name="Words beside words",
    params=[
        Text("text", FIRST_TEXT, most=20_000, help="Some sentences; each ends with a full stop, or with ! or ?."),
        Int("window", 1, low=1, high=100, card=True, help="How many places before and behind a word are counted."),
        Switch("lower", False, label="lower case", help="Whether capitals are read as small letters."),
    ],
    describe=describe,
    load=load,
    script=script,
    examples=[{"window": 3, "lower": True}, {"text": "Yes. Oh no! He said: no, no."}],
    words=[
        "co-occurrence",
        "cooccurrence",
        "svd",
        "word vectors",
        "embedding",
        "glove",
        "nlp",
        "text",
        "typed",
        "data",
    ],
)
