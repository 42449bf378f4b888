"""Pairs of sequences: translations, words and their sounds."""

from __future__ import annotations

from pathlib import Path

from nodes.api import Choice, Feed, File, Int, Recognised, Schema, Script, Switch, Text, source
from nodes.reading.buckets import BUCKETS
from nodes.reading.table_settings import TABLE_ENDINGS
from nodes.reading.tables_dialect import ENCODINGS, SEPARATORS
from nodes.reading.tables_frame import Reading
from nodes.reading.text_and_sound_signs import pairs_at
from nodes.reading.text_pairs import Asked, feed_of, looked_at, schema_of
from nodes.reading.text_scripts import pairs_script
from nodes.reading.text_tables import DICTIONARY, FIRST_BLANK
from nodes.reading.texts import MOST_KNOWN
from nodes.reading.unpacking import reading_packed, recognising_packed

UNITS = ("auto", "characters", "words", "between blanks")


@reading_packed
def describe(
    *,
    path: str,
    source: str,
    target: str,
    source_unit: str,
    target_unit: str,
    vocabulary: int | str,
    length: int | str,
    padding: str,
    lower: bool,
    header: str,
    separator: str,
    encoding: str,
    buckets: int,
) -> Schema:
    """Pairs of texts from two columns of a table: a sentence and its translation, a word and its sounds. previous is
    the target one step back, behind a start mark: what a decoder reads while it learns to say the next step."""
    asked = Asked(source, target, source_unit, target_unit, vocabulary, length, padding, lower, buckets)
    return schema_of(looked_at(path, asked, Reading(encoding, separator, header)))


@reading_packed
def load(
    *,
    path: str,
    source: str,
    target: str,
    source_unit: str,
    target_unit: str,
    vocabulary: int | str,
    length: int | str,
    padding: str,
    lower: bool,
    header: str,
    separator: str,
    encoding: str,
    buckets: int,
) -> Feed:
    """The pairs as numbers, made when they are asked for the first time."""
    asked = Asked(source, target, source_unit, target_unit, vocabulary, length, padding, lower, buckets)
    return feed_of(looked_at(path, asked, Reading(encoding, separator, header)))


@reading_packed
def script(
    *,
    path: str,
    source: str,
    target: str,
    source_unit: str,
    target_unit: str,
    vocabulary: int | str,
    length: int | str,
    padding: str,
    lower: bool,
    header: str,
    separator: str,
    encoding: str,
    buckets: int,
) -> Script:
    """The same numbers, with both vocabularies as they stand."""
    asked = Asked(source, target, source_unit, target_unit, vocabulary, length, padding, lower, buckets)
    return pairs_script(looked_at(path, asked, Reading(encoding, separator, header)))


@recognising_packed
def recognise(path: Path) -> Recognised | None:
    """A table with two columns of words or sentences."""
    return pairs_at(path)


TEXT_PAIRS = source(
    id="TextPairs",
    name="Pairs of texts",
    params=[
        File(
            "path",
            endings=(*TABLE_ENDINGS, DICTIONARY),
            usual=True,
            card=True,
            label="file",
            help="A table with two columns of text: CSV, TSV, JSON lines, Parquet or Excel.",
        ),
        Text("source", "auto", help="The column that is read; auto takes the first of two."),
        Text("target", "auto", help="The column that is to be written."),
        Choice("source_unit", "auto", options=UNITS, help="What one step of the source is."),
        Choice("target_unit", "auto", options=UNITS, help="What one step of the target is."),
        Int(
            "vocabulary",
            "auto",
            low=5,
            high=MOST_KNOWN,
            words=("auto",),
            help="How many different words each side knows at most; the rarer ones become <unk>.",
        ),
        Int(
            "length",
            "auto",
            low=2,
            high=5_000,
            words=("auto",),
            card=True,
            help="How many steps both sides have: longer ones are cut off, shorter ones padded with 0.",
        ),
        Choice(
            "padding",
            "before",
            options=("before", "behind"),
            help="Where a short source is padded. Before it, the last step of a recurrent layer is its last word.",
        ),
        BUCKETS,
        Switch("lower", True, label="lower case", help="Whether capitals are read as small letters."),
        Choice("header", "auto", options=("auto", "yes", "no"), help="Whether the first row names the columns."),
        Choice(
            "separator",
            "auto",
            options=("auto", *SEPARATORS, FIRST_BLANK),
            help="What stands between the cells of a row. In dictionaries of "
            "pronunciation (.dict) it is the first blank.",
        ),
        Choice("encoding", "auto", options=ENCODINGS, help="How the letters are written as bytes."),
    ],
    fields=["source", "previous", "target"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["translation", "sequence to sequence", "encoder", "decoder", "pronunciation", "phonemes", "own", "data"],
)
