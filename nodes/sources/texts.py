"""Texts with a class each: reviews, messages, names."""

from __future__ import annotations

from pathlib import Path

from nodes.api import Choice, Feed, File, Int, Recognised, Schema, Script, Switch, Text, source
from nodes.reading.buckets import BUCKETS
from nodes.reading.classes import CLASSES, KINDS, SPELLINGS, SPLITS
from nodes.reading.tables_dialect import ENCODINGS, SEPARATORS
from nodes.reading.tables_frame import Reading
from nodes.reading.text_and_sound_signs import texts_at
from nodes.reading.text_scripts import texts_script
from nodes.reading.text_sets import Asked, feed_of, looked_at, schema_of
from nodes.reading.texts import MOST_KNOWN
from nodes.reading.unpacking import reading_packed, recognising_packed


@reading_packed
def describe(
    *,
    path: str,
    unit: str,
    vocabulary: int | str,
    length: int | str,
    padding: str,
    buckets: int,
    lower: bool,
    text: str,
    label: str,
    labels: str,
    classes: str,
    split: str,
    spelling: str,
    look: str,
    header: str,
    separator: str,
    encoding: str,
) -> Schema:
    """Texts with a class each, from a folder of class folders with .txt files, or from a table with a text and a label.
    Each text becomes a row of numbers, one for each word; 0 pads short ones and 1 is a word that is not known."""
    asked = Asked(
        unit, vocabulary, length, padding, lower, look, classes, split, spelling, labels, text, label, buckets
    )
    return schema_of(*looked_at(path, asked, Reading(encoding, separator, header)))


@reading_packed
def load(
    *,
    path: str,
    unit: str,
    vocabulary: int | str,
    length: int | str,
    padding: str,
    buckets: int,
    lower: bool,
    text: str,
    label: str,
    labels: str,
    classes: str,
    split: str,
    spelling: str,
    look: str,
    header: str,
    separator: str,
    encoding: str,
) -> Feed:
    """The texts, turned into numbers when they are asked for the first time."""
    asked = Asked(
        unit, vocabulary, length, padding, lower, look, classes, split, spelling, labels, text, label, buckets
    )
    return feed_of(*looked_at(path, asked, Reading(encoding, separator, header)))


@reading_packed
def script(
    *,
    path: str,
    unit: str,
    vocabulary: int | str,
    length: int | str,
    padding: str,
    buckets: int,
    lower: bool,
    text: str,
    label: str,
    labels: str,
    classes: str,
    split: str,
    spelling: str,
    look: str,
    header: str,
    separator: str,
    encoding: str,
) -> Script:
    """The same numbers, with the vocabulary as it stands."""
    asked = Asked(
        unit, vocabulary, length, padding, lower, look, classes, split, spelling, labels, text, label, buckets
    )
    return texts_script(*looked_at(path, asked, Reading(encoding, separator, header)))


@recognising_packed
def recognise(path: Path) -> Recognised | None:
    """A folder of text files, or a table of which one column holds sentences and another a few classes."""
    return texts_at(path)


TEXTS = source(
    id="Texts",
    name="Labelled texts",
    params=[
        File(
            "path",
            card=True,
            help="A folder with a folder of .txt files for each class, or a table (CSV, JSON lines, Parquet, Excel).",
        ),
        Choice("unit", "auto", options=("auto", "words", "characters"), card=True, help="What one step of a text is."),
        Int(
            "vocabulary",
            "auto",
            low=3,
            high=MOST_KNOWN,
            words=("auto",),
            help="How many different words are known at most; the rarer ones become <unk>.",
        ),
        Int(
            "length",
            "auto",
            low=1,
            high=20_000,
            words=("auto",),
            card=True,
            help="How many steps each text has: longer ones are cut off, shorter ones padded with 0.",
        ),
        Choice(
            "padding",
            "before",
            options=("before", "behind"),
            help="Where a short text is padded. Before it, the last step of a recurrent layer is its last word.",
        ),
        BUCKETS,
        Switch("lower", True, label="lower case", help="Whether capitals are read as small letters."),
        Text("text", "auto", help="The column of a table with the texts; auto guesses."),
        Text("label", "auto", help="The column of a table with the classes; auto guesses, none leaves them out."),
        Choice("labels", "auto", options=KINDS, help="Whether labels that are numbers are classes or predicted."),
        Choice("classes", "auto", options=CLASSES, help="Where the class of a text file stands."),
        Choice(
            "split",
            "auto",
            options=SPLITS,
            label="train, val, test",
            help="Whether folders with such names are parts of the data, classes, or have no meaning.",
        ),
        Choice("spelling", "auto", options=SPELLINGS, help="Whether classes like cat and Cat are one."),
        Choice(
            "look",
            "auto",
            options=("auto", "every text"),
            help="Auto counts the words of at most 4,000 files or 50,000 rows, spread evenly over all.",
        ),
        Choice("header", "auto", options=("auto", "yes", "no"), help="Whether the first row names the columns."),
        Choice("separator", "auto", options=("auto", *SEPARATORS), help="What stands between the cells of a row."),
        Choice("encoding", "auto", options=ENCODINGS, help="How the letters of a table are written as bytes."),
    ],
    fields=["text", "label"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["reviews", "sentiment", "messages", "spam", "names", "words", "nlp", "jsonl", "csv", "own", "data"],
)
