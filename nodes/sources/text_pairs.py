"""Pairs of sequences: translations, words and their sounds."""

from __future__ import annotations

from pathlib import Path

from nodes.api import Choice, File, Recognised, Text
from nodes.reading.buckets import BUCKETS
from nodes.reading.one_look import looked_source
from nodes.reading.table_settings import HEADER, TABLE_ENDINGS
from nodes.reading.tables_dialect import ENCODINGS, SEPARATORS
from nodes.reading.tables_frame import TableReading
from nodes.reading.text_and_sound_signs import pairs_at
from nodes.reading.text_pairs import PairTable, TextPairSettings, feed_of, looked_at, schema_of
from nodes.reading.text_scripts import pairs_script
from nodes.reading.text_settings import LOWER, length_of, vocabulary_of
from nodes.reading.text_tables import DICTIONARY, FIRST_BLANK
from nodes.reading.unpacking import recognising_packed

SPLITS = ("auto", "parts", "ignored")
UNITS = ("auto", "characters", "words", "between blanks")


def look(
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
    split: str,
) -> PairTable:
    """Pairs of texts from two columns of a table: a sentence and its translation, a word and its sounds. previous is
    the target one step back, behind a start mark: what a decoder reads while it learns to say the next step."""
    asked = TextPairSettings(
        source, target, source_unit, target_unit, vocabulary, length, padding, lower, buckets, split
    )
    return looked_at(path, asked, TableReading(encoding, separator, header))


@recognising_packed
def recognise(path: Path) -> Recognised | None:
    """A table with two columns of words or sentences."""
    return pairs_at(path)


TEXT_PAIRS = looked_source(
    look,
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
        vocabulary_of("How many different words each side knows at most; the rarer ones become <unk>.", least=5),
        length_of("both sides have", least=2, most=5_000),
        Choice(
            "padding",
            "before",
            options=("before", "behind"),
            help="Where a short source is padded. Before it, the last step of a recurrent layer is its last word.",
        ),
        BUCKETS,
        LOWER,
        HEADER,
        Choice(
            "separator",
            "auto",
            options=("auto", *SEPARATORS, FIRST_BLANK),
            help="What stands between the cells of a row. In dictionaries of "
            "pronunciation (.dict) it is the first blank.",
        ),
        Choice(
            "split",
            "auto",
            options=SPLITS,
            label="train, val, test",
            help="Whether files beside each other with such names are parts of the data, or one set.",
        ),
        Choice("encoding", "auto", options=ENCODINGS, help="How the letters are written as bytes."),
    ],
    fields=["source", "previous", "target"],
    schema_of=schema_of,
    feed_of=feed_of,
    script_of=pairs_script,
    packed=True,
    recognise=recognise,
    words=["translation", "sequence to sequence", "encoder", "decoder", "pronunciation", "phonemes", "own", "data"],
)
