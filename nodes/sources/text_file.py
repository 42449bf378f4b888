"""One long text, of which a net learns what comes next."""

from __future__ import annotations

from pathlib import Path

from nodes.api import Choice, Feed, File, Int, Recognised, Schema, Script, source
from nodes.reading import text_parts
from nodes.reading.tables_dialect import ENCODINGS
from nodes.reading.tagged_files import is_tagged
from nodes.reading.text_and_sound_signs import pairs_at, text_file_at, texts_at
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
    a net learns what comes next at every step. What is held out is the end of the text, or of a folder with the texts
    train, valid and test the last two."""
    if (folder := Path(path)).is_dir():
        parts = text_parts.looked_at(folder, unit, vocabulary, window, step, lower, encoding, limit)
        return text_parts.schema_of(parts)
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
    if (folder := Path(path)).is_dir():
        return text_parts.feed_of(text_parts.looked_at(folder, unit, vocabulary, window, step, lower, encoding, limit))
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
    if (folder := Path(path)).is_dir():
        return text_parts.script_of(
            text_parts.looked_at(folder, unit, vocabulary, window, step, lower, encoding, limit)
        )
    return script_of(looked_at(path, unit, vocabulary, window, step, lower, encoding, limit))


@recognising_packed
def recognise(path: Path) -> Recognised | None:
    """A file with text in it that is no table, or a folder with one for each part."""
    files = text_parts.part_files(path)
    if files:
        return Recognised({"path": str(path)}, 0.66) if _is_long_text(files["train"]) else None
    return text_file_at(path)


def _is_long_text(path: Path) -> bool:
    """Whether a file is rather one long text than labelled ones, pairs, or words with a tag each."""
    as_text = text_file_at(path)
    if as_text is None or is_tagged(path):
        return False
    others = (texts_at(path), pairs_at(path))
    return as_text.sure > max((other.sure for other in others if other is not None), default=0.0)


TEXT_FILE = source(
    id="TextFile",
    name="Long text",
    params=[
        File(
            "path",
            card=True,
            label="file or folder",
            help="A file with plain text, such as a book, or a folder with one each called train, valid and test.",
        ),
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
