"""Words of a text of one's own with words from around them, and with words that are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from nodes.api import Choice, File, Guess, Int, NoData, Recognised, Schema, Script, Switch
from nodes.reading.made_up import printed
from nodes.reading.one_look import looked_source
from nodes.reading.tables_dialect import ENCODINGS
from nodes.reading.text_and_sound_signs import text_file_at
from nodes.reading.text_windows import stamp_of
from nodes.reading.texts import WORD, TextFileFormat, pieces, shown_word, written
from nodes.reading.unpacking import reading_packed, recognising_packed
from nodes.reading.word_contexts import (
    checked_pairs,
    in_sentences,
    pair_fields,
    paired,
    pairs_of,
    sampled,
    sentences_of,
    vocabulary_of,
)

KILO = 1_000
_Pairs = tuple[TextFileFormat, list[str], list[tuple[int, int]]]


def look(
    *,
    path: str,
    window: int,
    negatives: int,
    least: int,
    lower: bool,
    limit: int,
    encoding: str,
    seed: int,
) -> tuple[_Pairs, Mapping[str, Any]]:
    """Skip-gram with negative samples, of a text of your own: a word and one that stands near it in a sentence, and the
    same word with others that are drawn. The net tells the two kinds apart, and so learns vectors of words."""
    if not path:
        raise NoData("No file is chosen. Choose a file with text.")
    place = Path(path).expanduser()
    found = _paired(place, stamp_of(place), window, negatives, least, lower, limit, encoding)
    return found, {
        "window": window,
        "negatives": negatives,
        "least": least,
        "lower": lower,
        "limit": limit,
        "seed": seed,
    }


@lru_cache(maxsize=2)
def _paired(
    place: Path, stamp: str, window: int, negatives: int, least: int, lower: bool, limit: int, encoding: str
) -> _Pairs:
    how = written(place, encoding, limit * KILO)
    return how, *checked_pairs(
        _sentences(how, lower), least, window, negatives, "less of the text", "Choose a longer text"
    )


def _sentences(how: TextFileFormat, lower: bool) -> list[list[str]]:
    return sentences_of("".join(pieces(how, lower)), False)


@reading_packed
def sentences_at(*, path: str, lower: bool, limit: int, encoding: str) -> list[list[str]]:
    """The sentences that are read of a file with these settings of the source, as lists of words.

    Raises:
        NoData: if it is no text.
        OSError: if it cannot be read.
    """
    return _sentences(written(Path(path).expanduser(), encoding, limit * KILO), lower)


def schema_of(found: _Pairs, asked: Mapping[str, Any]) -> Schema:
    """What the source offers."""
    how, words, pairs = found
    guesses: tuple[Guess, ...] = ()
    if how.size < how.whole:
        said = f"Of {how.whole / KILO:,.0f} kB the first {how.size / KILO:,.0f} kB are read."
        sizes = ((f"the first {asked['limit']:,} kB", asked["limit"]), ("all of it", 0))
        guesses = (Guess("limit", said, sizes, asked["limit"]),)
    return Schema(
        pair_fields([shown_word(word) for word in words], len(pairs), asked["negatives"]),
        samples=len(pairs) * (1 + asked["negatives"]),
        noun=("pair of words", "pairs of words"),
        recurring=True,
        guesses=guesses,
        stamp=stamp_of(how.path),
    )


def feed_of(found: _Pairs, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of both words (n,), and the label (n,): 1 where the second was seen near the first, 0 where it was
    drawn."""
    _, words, pairs = found
    return sampled(pairs, len(words), asked["negatives"], asked["seed"])


def script_of(found: _Pairs, asked: Mapping[str, Any]) -> Script:
    """The same pairs of the same file."""
    how = found[0]
    lines = printed(in_sentences, vocabulary_of, pairs_of, paired, sampled)
    lines += [
        f'with open({str(how.path)!r}, "rb") as file:',
        f"    begin = io.BytesIO(file.read({how.size}))",
        f'with io.TextIOWrapper(begin, encoding="{how.encoding}", errors="{how.errors}") as file:',
        '    text = file.read().removeprefix("\\ufeff")' + ".lower()" * asked["lower"],
        f"sentences = in_sentences(re.findall({WORD!r}, text))",
        f"words, pairs = paired(sentences, {asked['least']}, {asked['window']})",
        f"fields = sampled(pairs, len(words), {asked['negatives']}, {asked['seed']})",
    ]
    fields = {name: f'fields["{name}"]' for name in ("word", "context", "label")}
    return Script(tuple(lines), fields, ("import io", "import re", "from collections.abc import Iterable"))


@recognising_packed
def recognise(path: Path) -> Recognised | None:
    """A file with a long text; less surely than the source of its windows, which a net that writes is asked about."""
    found = text_file_at(path)
    return Recognised(found.settings, found.sure / 2) if found is not None else None


TEXT_WORD_PAIRS = looked_source(
    look,
    id="TextWordPairs",
    name="Word pairs of a text",
    params=[
        File("path", card=True, label="file", help="A file with plain text, such as a book."),
        Int("window", 4, low=1, high=100, card=True, help="How many places before and behind a word are near it."),
        Int("negatives", 3, low=1, high=50, card=True, help="How many words are drawn for each that was seen."),
        Int("least", 1, low=1, high=1_000, label="at least", help="How often a word must occur to be learned."),
        Switch("lower", True, label="lower case", help="Whether capitals are read as small letters."),
        Int(
            "limit",
            500,
            low=0,
            high=100_000,
            zero="all of it",
            label="kilobytes",
            help="How much of the file is read, from its begin on.",
        ),
        Choice("encoding", "auto", options=ENCODINGS, help="How the letters are written as bytes."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed draws the same words."),
    ],
    schema_of=schema_of,
    feed_of=feed_of,
    script_of=script_of,
    packed=True,
    recognise=recognise,
    fields=["word", "context", "label"],
    words=["word2vec", "skip-gram", "word vectors", "negative sampling", "embedding", "txt", "book", "own", "data"],
)
