"""One long text, of which a net learns what comes next."""

from __future__ import annotations

from pathlib import Path

from nodes.api import Choice, Feed, File, Int, Recognised, Schema, Script, source
from nodes.reading.tables_dialect import ENCODINGS
from nodes.reading.text_and_sound_signs import text_file_at
from nodes.reading.text_windows import feed_of, looked_at, schema_of, script_of
from nodes.reading.unpacking import reading_packed, recognising_packed
from nodes.reading.window_settings import WINDOWS


@reading_packed
def describe(
    *,
    path: str,
    unit: str,
    vocabulary: int | str,
    window: int,
    step: int,
    lower: bool,
    encoding: str,
    limit: int | str,
) -> Schema:
    """One long text, cut into windows of characters or words. Each comes with the same window one step on, so that
    a net learns what comes next at every step. What is held out is the end of the text."""
    return schema_of(looked_at(path, unit, vocabulary, window, step, lower, encoding, limit))


@reading_packed
def load(
    *,
    path: str,
    unit: str,
    vocabulary: int | str,
    window: int,
    step: int,
    lower: bool,
    encoding: str,
    limit: int | str,
) -> Feed:
    """The windows, cut out of the text when they are asked for."""
    return feed_of(looked_at(path, unit, vocabulary, window, step, lower, encoding, limit))


@reading_packed
def script(
    *,
    path: str,
    unit: str,
    vocabulary: int | str,
    window: int,
    step: int,
    lower: bool,
    encoding: str,
    limit: int | str,
) -> Script:
    """The same windows, cut by torch."""
    return script_of(looked_at(path, unit, vocabulary, window, step, lower, encoding, limit))


@recognising_packed
def recognise(path: Path) -> Recognised | None:
    """A file with text in it that is no table."""
    return text_file_at(path)


TEXT_FILE = source(
    id="TextFile",
    name="Long text",
    params=[
        File("path", card=True, label="file", help="A file with plain text, such as a book."),
        Choice("unit", "auto", options=("auto", "characters", "words"), card=True, help="What one step of it is."),
        *WINDOWS,
        Choice("encoding", "auto", options=ENCODINGS, help="How the letters are written as bytes."),
        Int(
            "limit",
            "auto",
            low=0,
            high=1_000_000,
            words=("auto",),
            zero="all of it",
            label="megabytes",
            help="How much of the file is read, from its begin on, in megabytes. auto reads the first 64 by characters "
            "and the first 16 by words.",
        ),
    ],
    fields=["text", "next"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["characters", "words", "language model", "book", "txt", "char-rnn", "tokens", "sequence", "own", "data"],
)
