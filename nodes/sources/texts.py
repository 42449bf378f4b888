"""Texts with a class each: reviews, messages, names."""

from __future__ import annotations

from pathlib import Path

from nodes.api import Choice, File, Recognised, Text
from nodes.reading.buckets import BUCKETS
from nodes.reading.classes import CLASSES, KINDS, SPELLINGS, SPLITS
from nodes.reading.one_look import looked_source
from nodes.reading.table_settings import HEADER, SEPARATOR
from nodes.reading.tables_dialect import ENCODINGS
from nodes.reading.tables_frame import TableReading
from nodes.reading.text_and_sound_signs import texts_at
from nodes.reading.text_scripts import texts_script
from nodes.reading.text_sets import Numbered, Texts, TextSettings, feed_of, looked_at, schema_of
from nodes.reading.text_settings import LOWER, length_of, vocabulary_of
from nodes.reading.unpacking import recognising_packed


def look(
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
    each: str,
    split: str,
    spelling: str,
    look: str,
    header: str,
    separator: str,
    encoding: str,
) -> tuple[Texts, Numbered]:
    """Texts with a class each, from a folder of class folders with .txt files, or from a table with a text and a label.
    Each text becomes a row of numbers, one for each word; 0 pads short ones and 1 is a word that is not known."""
    asked = TextSettings(
        unit,
        vocabulary,
        length,
        padding,
        lower,
        look,
        classes,
        split,
        spelling,
        labels,
        text,
        label,
        buckets,
        each,
    )
    return looked_at(path, asked, TableReading(encoding, separator, header))


@recognising_packed
def recognise(path: Path) -> Recognised | None:
    """A folder of text files, or a table of which one column holds sentences and another a few classes."""
    return texts_at(path)


TEXTS = looked_source(
    look,
    id="Texts",
    name="Labelled texts",
    params=[
        File(
            "path",
            card=True,
            help="A folder with a folder of .txt files for each class, or a table (CSV, JSON lines, Parquet, Excel).",
        ),
        Choice("unit", "auto", options=("auto", "words", "characters"), card=True, help="What one step of a text is."),
        vocabulary_of("How many different words are known at most; the rarer ones become <unk>.", least=3),
        length_of("each text has", least=1, most=20_000),
        Choice(
            "padding",
            "before",
            options=("before", "behind"),
            help="Where a short text is padded. Before it, the last step of a recurrent layer is its last word.",
        ),
        BUCKETS,
        LOWER,
        Text("text", "auto", help="The column of a table with the texts; auto guesses."),
        Text("label", "auto", help="The column of a table with the classes; auto guesses, none leaves them out."),
        Choice("labels", "auto", options=KINDS, help="Whether labels that are numbers are classes or predicted."),
        Choice("classes", "auto", options=CLASSES, help="Where the class of a text file stands."),
        Choice(
            "each",
            "auto",
            options=("auto", "file", "line"),
            label="one text is",
            help="Of a folder with text files side by side: whether each file is a text, or each line of it.",
        ),
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
        HEADER,
        SEPARATOR,
        Choice("encoding", "auto", options=ENCODINGS, help="How the letters of a table are written as bytes."),
    ],
    fields=["text", "label"],
    schema_of=schema_of,
    feed_of=feed_of,
    script_of=texts_script,
    packed=True,
    recognise=recognise,
    words=["reviews", "sentiment", "messages", "spam", "names", "words", "nlp", "jsonl", "csv", "own", "data"],
)
