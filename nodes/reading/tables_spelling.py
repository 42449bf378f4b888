"""Words of a table that differ in capitals or blanks alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nodes.api.schema import Guess
from nodes.api.words import quoted
from nodes.reading.tables_examined import ExaminedColumn
from nodes.reading.tables_frame import TableRows
from nodes.reading.tables_values import text_type

if TYPE_CHECKING:
    import polars as pl


_YES, _NO = frozenset("yes y true t 1 1.0".split()), frozenset("no n false f 0 0.0".split())


def spelling_of(
    columns: Sequence[ExaminedColumn], spelling: str, frame: pl.DataFrame, rows: TableRows
) -> tuple[list[ExaminedColumn], list[Guess]]:
    """Words that differ in capitals or blanks alone are one, unless it was said that they stay as they are written."""
    made, guesses = [], []
    for column in columns:
        asked = column.kind != "number" and column.words and column.role not in ("ignore", "text")
        merged = merge_spellings(column) if asked else column
        if merged.merged and column.role in ("feature", "target", "group"):
            other, word = next(iter(merged.merged.items()))
            said = f"{quoted(column.name, 40)} has {quoted(word, 20)} and {quoted(other, 20)}"
            kept = spelling == "as written"
            said += ", read as two words." if kept else ", read as one word."
            choices = (("as one word", "auto"), ("as they are written", "as written"))
            guesses.append(Guess("spelling", said, choices, spelling))
            merged = column if kept else replace(merged, remarks=(*merged.remarks, said.rstrip(".")))
        used = column.role in ("feature", "target") and column.words and not rows.bare
        if used and rows.frame.schema[column.name].is_(text_type()):
            raw = rows.frame[column.name]
            blanks = int((raw.str.strip_chars() != raw).sum() or 0)
            known = set(column.words)
            torn = blanks and bool(raw.str.strip_chars().filter(raw.str.strip_chars() != raw).is_in(list(known)).any())
            if torn and column.kind != "number" and int((raw.str.strip_chars() == raw).sum() or 0):
                merged = replace(
                    merged,
                    remarks=(
                        *merged.remarks,
                        f"Blanks around {blanks:,} words of {quoted(column.name, 40)} are left off",
                    ),
                )
        made.append(merged)
    return made, guesses


def merge_spellings(column: ExaminedColumn) -> ExaminedColumn:
    """A category in which words that differ in capitals alone, or all say yes or no, are one: the one that is there
    most often."""
    groups: dict[str, list[str]] = {}
    plain = {word: " ".join(word.casefold().split()) for word in column.words}
    if set(plain.values()) <= _YES | _NO:  # TRUE beside Yes and 1
        plain = {word: "yes" if each in _YES else "no" for word, each in plain.items()}
    for word in column.words:
        groups.setdefault(plain[word], []).append(word)
    counts = dict(zip(column.words, column.counts))
    merged = {}
    for same in groups.values():
        best = max(same, key=lambda word: (counts[word], word))
        for word in same:
            if word != best:
                merged[word] = best
                counts[best] += counts.pop(word)
    words = tuple(word for word in column.words if word in counts)
    return replace(column, words=words, counts=tuple(counts[word] for word in words), merged=merged)
