"""Settings of sources that read a table: which file, and how it is written."""

from __future__ import annotations

from nodes.api.params import Choice, File, Text
from nodes.reading.tables_dialect import ENCODINGS, SEPARATORS
from nodes.reading.tables_files import ENDINGS
from nodes.reading.unpacking import PACKED

TABLE_ENDINGS = (*(ending for endings in ENDINGS.values() for ending in endings), *PACKED)


def table_file(help: str) -> File:
    """The file with the table; a packed one and a folder of parts are taken, too."""
    return File("path", endings=TABLE_ENDINGS, usual=True, card=True, label="file", help=help)


HEADER = Choice("header", "auto", options=("auto", "yes", "no"), help="Whether the first row names the columns.")
SEPARATOR = Choice("separator", "auto", options=("auto", *SEPARATORS), help="What stands between the cells of a row.")
WRITTEN = (
    HEADER,
    SEPARATOR,
    Choice("decimal", "auto", options=("auto", ".", ","), help="The sign before the fraction of a number."),
    Choice("encoding", "auto", options=ENCODINGS, help="How the letters are written as bytes."),
    Choice(
        "uneven",
        "auto",
        options=("auto", "skip", "fill", "stop"),
        label="uneven rows",
        help="What happens to rows with more or fewer cells than the others. Auto leaves them out and names them.",
    ),
    Text("sheet", help="The sheet of an Excel file; empty is the first one, * all with the same columns."),
)
