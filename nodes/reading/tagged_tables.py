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
    """The cells of each row with its number from 1, 1 in the place of its sentence; before a new sentence, none."""
    import csv
    import io

    last, row = "", 1
    rows = csv.reader(io.StringIO(text, newline=""))
    next(rows, None)
    for row, cells in enumerate(rows, start=2):
        sentence = cells[0].strip() if cells else ""
        if sentence and sentence != last:
            last = sentence
            yield row, []
        if cells:
            yield row, ["1", *cells[1:]]
    yield row, []
