"""Sentences with a tag for each word, out of files."""

from __future__ import annotations

from pathlib import Path

from nodes.api import Choice, File, Recognised, Text
from nodes.reading.buckets import BUCKETS
from nodes.reading.one_look import looked_source
from nodes.reading.tables_dialect import ENCODINGS
from nodes.reading.tagged_files import (
    Tagged,
    WordNumbers,
    feed_of,
    holds_tagged,
    is_tagged,
    looked_at,
    schema_of,
    script_of,
)
from nodes.reading.text_settings import LOWER, length_of, vocabulary_of
from nodes.reading.unpacking import recognising_packed


def look(
    *,
    path: str,
    column: str,
    vocabulary: int | str,
    length: int | str,
    padding: str,
    buckets: int,
    lower: bool,
    encoding: str,
) -> tuple[Tagged, WordNumbers]:
    """Sentences with a tag for each word, from a file with a word and its tag in each line and a blank line between
    sentences (CoNLL, CoNLL-U), or a folder with such files for train, dev and test. 0 pads short sentences, and its
    tag counts nowhere where the loss ignores class 0; word 1 is one that is not known."""
    return looked_at(path, column, vocabulary, length, lower, padding, buckets, encoding)


@recognising_packed
def recognise(path: Path) -> Recognised | None:
    """A file with a word and its tag in each line, or a folder with such files."""
    found = holds_tagged(path) if path.is_dir() else path.is_file() and is_tagged(path)
    return Recognised({"path": str(path)}, 0.92) if found else None


TAGGED_TEXTS = looked_source(
    look,
    id="TaggedTexts",
    name="Tagged sentences",
    params=[
        File("path", card=True, label="folder or file", help="A word and its tag in each line, as in CoNLL files."),
        Text("column", "auto", label="column of tags", help="Counted from 1; auto takes the last one."),
        vocabulary_of("How many different words are known at most; the rarer ones become <unk>.", least=3),
        length_of("each sentence has", least=1, most=20_000, steps="words"),
        Choice("padding", "behind", options=("before", "behind"), help="Where a short sentence is padded."),
        BUCKETS,
        LOWER,
        Choice("encoding", "auto", options=ENCODINGS, help="How the letters are written as bytes."),
    ],
    schema_of=schema_of,
    feed_of=feed_of,
    script_of=script_of,
    packed=True,
    recognise=recognise,
    fields=["text", "tags"],
    stem="sentences",
    words=["tagger", "conll", "part of speech", "pos", "ner", "names", "entities", "bio", "nlp", "sequence", "data"],
)
