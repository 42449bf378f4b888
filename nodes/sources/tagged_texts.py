"""Sentences with a tag for each word, out of files."""

from __future__ import annotations

from pathlib import Path

from nodes.api import Choice, Feed, File, Int, Recognised, Schema, Script, Switch, Text, source
from nodes.reading.buckets import BUCKETS
from nodes.reading.tables_dialect import ENCODINGS
from nodes.reading.tagged_files import feed_of, holds_tagged, is_tagged, looked_at, schema_of, script_of
from nodes.reading.texts import MOST_KNOWN
from nodes.reading.unpacking import reading_packed, recognising_packed


@reading_packed
def describe(
    *,
    path: str,
    column: str,
    vocabulary: int | str,
    length: int | str,
    padding: str,
    buckets: int,
    lower: bool,
    encoding: str,
) -> Schema:
    """Sentences with a tag for each word, from a file with a word and its tag in each line and a blank line between
    sentences (CoNLL, CoNLL-U), or a folder with such files for train, dev and test. 0 pads short sentences, and its
    tag counts nowhere where the loss ignores class 0; word 1 is one that is not known."""
    return schema_of(*looked_at(path, column, vocabulary, length, lower, padding, buckets, encoding))


@reading_packed
def load(
    *,
    path: str,
    column: str,
    vocabulary: int | str,
    length: int | str,
    padding: str,
    buckets: int,
    lower: bool,
    encoding: str,
) -> Feed:
    """The numbers of the words (n, length), and of their tags (n, length)."""
    return feed_of(*looked_at(path, column, vocabulary, length, lower, padding, buckets, encoding))


@reading_packed
def script(
    *,
    path: str,
    column: str,
    vocabulary: int | str,
    length: int | str,
    padding: str,
    buckets: int,
    lower: bool,
    encoding: str,
) -> Script:
    """The same numbers, with the vocabulary as it stands."""
    return script_of(*looked_at(path, column, vocabulary, length, lower, padding, buckets, encoding))


@recognising_packed
def recognise(path: Path) -> Recognised | None:
    """A file with a word and its tag in each line, or a folder with such files."""
    found = holds_tagged(path) if path.is_dir() else path.is_file() and is_tagged(path)
    return Recognised({"path": str(path)}, 0.92) if found else None


TAGGED_TEXTS = source(
    id="TaggedTexts",
    name="Tagged sentences",
    params=[
        File("path", card=True, label="folder or file", help="A word and its tag in each line, as in CoNLL files."),
        Text("column", "auto", label="column of tags", help="Counted from 1; auto takes the last one."),
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
            help="How many words each sentence has: longer ones are cut off, shorter ones padded with 0.",
        ),
        Choice("padding", "behind", options=("before", "behind"), help="Where a short sentence is padded."),
        BUCKETS,
        Switch("lower", True, label="lower case", help="Whether capitals are read as small letters."),
        Choice("encoding", "auto", options=ENCODINGS, help="How the letters are written as bytes."),
    ],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    fields=["text", "tags"],
    words=["tagger", "conll", "part of speech", "pos", "ner", "names", "entities", "bio", "nlp", "sequence", "data"],
)
