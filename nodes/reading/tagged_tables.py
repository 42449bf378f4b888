"""Tables with a word and its tags in each row, where a column says which sentence it is of, as ``ner_dataset.csv`` of
Kaggle: ``Sentence #,Word,POS,Tag`` with ``Sentence: 1`` in the first row of each sentence alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SENTENCE = re.compile(r"sentence(\s*#|[\s_]*(id|idx|no|number))?", re.IGNORECASE)
_WORDS = ("word", "words", "token", "tokens")


def is_tagged_table(text: str) -> bool:
    """Whether the first row of a text is the header of such a table."""
    cells = [cell.strip().strip('"') for cell in text.partition("\n")[0].split(",")]
    known = len(cells) > 2 and _SENTENCE.fullmatch(cells[0]) is not None
    return known and cells[1].lower() in _WORDS


def rows_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each row with its number from 1, 1 in the place of its sentence; before a new sentence, none. A row
    is a line: a quotation mark that is a word itself, and that nobody has doubled, would else hold all that follows."""
    import csv

    last, row = "", 1
    for row, line in enumerate(text.split("\n")[1:], start=2):
        line = line.rstrip("\r")
        quoted = '"' in line and line.count('"') % 2 == 0 and len(line) < 100_000  # csv refuses longer cells
        cells = next(csv.reader([line])) if quoted else line.split(",")
        sentence = cells[0].strip()
        if sentence and sentence != last:
            last = sentence
            yield row, []
        if line.strip():
            yield row, ["1", *cells[1:]]
    yield row, []
