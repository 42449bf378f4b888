"""Words with words from around them, and with words that are drawn: what word vectors are learned from."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from nodes.api import Choice, Int, NoData, Schema, Script, Switch, Text, source
from nodes.reading.kingdom import MADE_UP, kingdom_sentences, read_sentences
from nodes.reading.made_up import listed_words, printed
from nodes.reading.word_contexts import checked_pairs, pair_fields, pairs_of, sampled, sentences_of

if TYPE_CHECKING:
    from torch import Tensor

FIRST_TEXT = "I like deep learning. I like NLP. I enjoy flying."


def describe(
    *, corpus: str, text: str, sentences: int, window: int, negatives: int, least: int, lower: bool, seed: int
) -> Schema:
    """Skip-gram with negative samples: a word and one that stands near it in the text, and the same word with others
    that are drawn. The net tells the two kinds apart. The text is typed, or made up by a seed: sentences about kings
    and queens, which nobody wrote. A file of your own is read by Word pairs of a text."""
    words, pairs = _paired(corpus, text, sentences, window, negatives, least, lower, seed)
    return Schema(
        pair_fields(words, len(pairs), negatives),
        samples=len(pairs) * (1 + negatives),
        noun=("pair of words", "pairs of words"),
        recurring=True,
    )


def load(
    *, corpus: str, text: str, sentences: int, window: int, negatives: int, least: int, lower: bool, seed: int
) -> dict[str, Tensor]:
    """The numbers of both words (n,), and the label (n,): 1 where the second was seen near the first, 0 where it was
    drawn."""
    words, pairs = _paired(corpus, text, sentences, window, negatives, least, lower, seed)
    return sampled(pairs, len(words), negatives, seed)


def script(
    *, corpus: str, text: str, sentences: int, window: int, negatives: int, least: int, lower: bool, seed: int
) -> Script:
    """The sentences with the lines that pair their words."""
    words, _ = _paired(corpus, text, sentences, window, negatives, least, lower, seed)
    lines = printed(pairs_of, sampled, *([kingdom_sentences] if corpus == MADE_UP else []))
    if corpus == MADE_UP:
        lines.append(f"sentences = [line.split() for line in kingdom_sentences({sentences}, {seed})]")
    else:
        lines.append("sentences = []")
        for sentence in sentences_of(text, lower):
            lines += listed_words("sentence", sentence)
            lines.append("sentences.append(sentence)")
    lines += listed_words("words", words)
    lines += [
        "number = {word: at for at, word in enumerate(words)}",
        f"pairs = pairs_of(sentences, number, {window})",
        f"fields = sampled(pairs, len(words), {negatives}, {seed})",
    ]
    return Script(tuple(lines), {name: f'fields["{name}"]' for name in ("word", "context", "label")})


@lru_cache(maxsize=4)
def _paired(
    corpus: str, text: str, sentences: int, window: int, negatives: int, least: int, lower: bool, seed: int
) -> tuple[list[str], list[tuple[int, int]]]:
    read = read_sentences(corpus, text, sentences, seed, lower)
    if not read:
        raise NoData("There is no word in the text. Type a few sentences, or choose the made-up ones.")
    return checked_pairs(read, least, window, negatives, "a shorter text", "Type a longer text")


SKIP_GRAM = source(
    id="SkipGram",
    name="Word pairs (skip-gram)",
    params=[
        Choice("corpus", MADE_UP, options=(MADE_UP, "typed text"), card=True, help="Which sentences are read."),
        Text("text", FIRST_TEXT, most=20_000, help="Sentences that you type, for the typed text."),
        Int("sentences", 2000, low=10, high=20_000, help="How many sentences are made up."),
        Int("window", 4, low=1, high=100, card=True, help="How many places before and behind a word are near it."),
        Int("negatives", 3, low=1, high=50, card=True, help="How many words are drawn for each that was seen."),
        Int("least", 1, low=1, high=1_000, label="at least", help="How often a word must occur to be learned."),
        Switch("lower", True, label="lower case", help="Whether capitals of a typed text are read as small letters."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same sentences and drawn words."),
    ],
    describe=describe,
    load=load,
    script=script,
    fields=["word", "context", "label"],
    examples=[
        {"sentences": 50, "window": 2, "negatives": 1},
        {"corpus": "typed text", "window": 1, "lower": False, "seed": 3},
    ],
    words=["word2vec", "word vectors", "negative sampling", "embedding", "context", "analogy", "nlp", "text", "data"],
)
