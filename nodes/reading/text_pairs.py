"""Pairs of sequences: a sentence and its translation, a word and its sounds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from nodes.api.feeds import Feed
from nodes.api.schema import PARTS, Field, Guess, NoData, Schema, Skipped
from nodes.api.words import cut, listed, quoted
from nodes.reading.buckets import trims
from nodes.reading.parallel_texts import parallel_files
from nodes.reading.parallel_texts import stamp as stamp_of_parallel
from nodes.reading.picture_sets import sentences
from nodes.reading.tables_frame import TableReading
from nodes.reading.text_columns import paired_columns
from nodes.reading.text_sets import USUAL_WORDS, Sequences
from nodes.reading.text_tables import TextTable, text_table
from nodes.reading.texts import (
    END,
    PADDING,
    START,
    UNKNOWN,
    WORD,
    Vocabulary,
    numbered,
    rare_said,
    tokens_of,
    vocabulary,
)

LONGEST = {"characters": 60, "words": 40}
NOUN = ("pair", "pairs")


@dataclass(frozen=True)
class TextPairSettings:
    """What a source was told of its pairs."""

    source: str = "auto"
    target: str = "auto"
    source_unit: str = "auto"
    target_unit: str = "auto"
    vocabulary: int | str = "auto"
    length: int | str = "auto"
    padding: str = "before"
    lower: bool = True
    buckets: int = 0
    split: str = "auto"


@dataclass(frozen=True)
class Side:
    """One of the two columns: its words and how long all are made. Of the target that counts the end mark."""

    unit: str
    known: Vocabulary
    length: int
    lower: bool

    @property
    def pattern(self) -> str:
        """What finds the tokens; empty for single characters."""
        return {"characters": "", "words": WORD, "between blanks": r"\S+"}[self.unit]


@dataclass(frozen=True)
class PairTable:
    """A table of pairs, looked at. ``kept`` are the rows that are samples."""

    table: TextTable
    columns: tuple[str, str]
    kept: tuple[int, ...]
    source: Side
    target: Side
    before: bool
    guesses: tuple[Guess, ...]
    remarks: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    skipped_count: int
    several: bool  # targets for one source
    lines: tuple[str, ...] = ()  # what a program of its own does with ``rows`` before they are used
    buckets: int = 0  # of like length, that are padded each for itself; 0 pads all of them alike
    named: bool = False  # pairs are called by their source, as the words of a dictionary
    part_of: tuple[int, ...] = ()  # the number in PARTS of each pair, where the data say it

    @property
    def parts(self) -> dict[str, int]:
        """How many pairs each part has that the data bring."""
        counted = Counter(self.part_of)
        return {name: counted[place] for place, name in enumerate(PARTS) if counted[place]}


def looked_at(path: str, asked: TextPairSettings, how: TableReading) -> PairTable:
    """The pairs in a file.

    Raises:
        NoData: if there are none, with the remedy.
        OSError: if it cannot be read.
    """
    if not path:
        raise NoData("No file is chosen. Choose a table with two columns of text.")
    place = Path(path).expanduser()
    if parallel_files(place) is not None:
        return _looked_at(place, stamp_of_parallel(place), asked, how)
    if place.is_dir():
        raise NoData(
            f"{place.name} is a folder. Choose a table with two columns of text, or a folder with two texts such as "
            "corpus.en and corpus.de."
        )
    state = place.stat()
    return _looked_at(place, f"{state.st_size}:{state.st_mtime_ns}", asked, how)


@lru_cache(maxsize=2)
def _looked_at(path: Path, stamp: str, asked: TextPairSettings, how: TableReading) -> PairTable:
    return pairs_of(text_table(path, how), asked)


def pairs_of(table: TextTable, asked: TextPairSettings) -> PairTable:
    """The pairs of a table.

    Raises:
        NoData: if there are none.
    """
    names = table.names
    columns, guesses = _columns(table, asked)
    sources, targets = table.column(columns[0]), table.column(columns[1])
    kept: list[int] = []
    skipped = list(table.rows.skipped)
    gone = table.rows.skipped_count
    for row, (one, other) in enumerate(zip(sources, targets)):
        missing = columns[0] if not one.strip() else columns[1] if not other.strip() else ""
        if not missing:
            kept.append(row)
            continue
        gone += 1
        if len(skipped) < 200:
            skipped.append(Skipped(table.where(row), f"It has no {cut(missing, 40)}."))
    if not kept:
        raise NoData(f"No row of {table.path.name} has both. It has the columns: {listed(names, letters=30)}.")
    source, more = _side("source", [sources[row] for row in kept], asked, asked.source_unit, (PADDING, UNKNOWN))
    guesses += more
    target, more = _side(
        "target", [targets[row] for row in kept], asked, asked.target_unit, (PADDING, UNKNOWN, START, END)
    )
    guesses += more
    once = Counter(sources[row] for row in kept)
    several = any(count > 1 for count in once.values())
    different = Counter(source for source, _ in {(sources[row], targets[row]) for row in kept})
    torn = sum(1 for count in different.values() if count > 1)
    again = sum(once.values()) - sum(different.values())
    remarks = [
        f"{len(source.known.words) - 2:,} different tokens in the source and {len(target.known.words) - 4:,} in the "
        "target, counted on all pairs, also those that are held out"
    ]
    if torn:
        remarks.append(f"{torn:,} source{' has' if torn == 1 else 's have'} more than one target")
    if again:
        remarks.append(f"{again:,} pair{' is' if again == 1 else 's are'} there more than once")
    guesses = [*(guess for guess in table.rows.guesses if guess.setting != "look"), *guesses]
    part_of: tuple[int, ...] = ()
    if table.begins:
        guesses.append(_parted(table, asked.split))
        part_of = tuple(map(table.part, kept)) if asked.split != "ignored" else ()
    return PairTable(
        table, columns, tuple(kept), source, target, asked.padding == "before", tuple(guesses),
        sentences((*table.rows.remarks, *remarks)), tuple(skipped), gone, several, buckets=asked.buckets,
        part_of=part_of,
    )  # fmt: skip


def _parted(table: TextTable, split: str) -> Guess:
    """Whether files that are called as parts of the data are those."""
    names = listed([Path(name).stem for _, name, _ in table.begins], most=4)
    chosen = "ignored" if split == "ignored" else "parts"
    said = "read as parts of the data" if chosen == "parts" else "one set"
    return Guess("split", f"{names} are {said}.", (("parts of the data", "parts"), ("one set", "ignored")), chosen)


def _columns(table: TextTable, asked: TextPairSettings) -> tuple[tuple[str, str], list[Guess]]:
    names = table.names
    found = paired_columns(names, table.first)
    free = [name for name in names if name not in (asked.source, asked.target)]
    guessed = [names[place] for place in found[0]] if found is not None else free[:2]
    source = asked.source if asked.source != "auto" else next((name for name in guessed if name in free), "")
    rest = [name for name in (*guessed, *free) if name != source and name in free]
    target = asked.target if asked.target != "auto" else next(iter(rest), "")
    if not source or not target or source == target:
        raise NoData(
            f"{table.path.name} has no two columns of text. It has: {listed(names, letters=30)}. "
            "Choose source and target."
        )
    guesses = []
    for setting, told, chosen in (("source", asked.source, source), ("target", asked.target, target)):
        table.column(chosen)
        if told == "auto":
            choices = tuple((cut(name, 40), name) for name in names[:40])
            guesses.append(Guess(setting, f"The {setting} is {quoted(chosen, 40)}.", choices, chosen))
    return (source, target), guesses


def _unit(cells: Sequence[str], asked: str) -> str:
    """What the steps of a column are: of sentences words, of words letters, of sounds what stands between blanks."""
    if asked != "auto":
        return asked
    some = cells[:: max(1, len(cells) // 2_000)]
    tokens = [cell.split() for cell in some]
    count = sum(map(len, tokens)) / max(1, len(some))
    if count < 1.5:
        return "characters"
    flat = [token for row in tokens for token in row]
    letters = sum(map(len, flat)) / max(1, len(flat))
    return "between blanks" if letters <= 2.5 and len(set(flat)) <= 300 else "words"


def _side(
    name: str, cells: list[str], asked: TextPairSettings, told: str, first: Sequence[str]
) -> tuple[Side, list[Guess]]:
    unit = _unit(cells, told)
    guesses = []
    if told == "auto":
        choices = (("characters", "characters"), ("words", "words"), ("what stands between blanks", "between blanks"))
        by = "what stands between blanks" if unit == "between blanks" else unit
        guesses.append(Guess(f"{name}_unit", f"The {name} is read by {by}.", choices, unit))
    counts: Counter[str] = Counter()
    lengths = []
    for cell in cells:
        text = cell.lower() if asked.lower else cell
        tokens = text.split() if unit == "between blanks" else tokens_of(text, unit)
        counts.update(tokens)
        lengths.append(len(tokens))
    kind = "characters" if unit == "characters" else "words"
    most = USUAL_WORDS[kind] if asked.vocabulary == "auto" else int(asked.vocabulary)
    known = vocabulary(counts, kind, most, first)
    if name == "source" or not known.left_out:
        guesses += rare_said(known, kind, most)
    ends = int(END in first)
    if asked.length != "auto":
        return Side(unit, known, int(asked.length), asked.lower), guesses
    ranked = sorted(lengths)
    usual = ranked[math.ceil(0.98 * len(ranked)) - 1]
    made = max(1, min(LONGEST[kind], usual)) + ends
    longer = sum(length + ends > made for length in lengths)
    if longer:
        sizes = sorted({made, 10, 20, 40, 60, 100})
        said = f"{longer:,} of the {name} sequences {'is' if longer == 1 else 'are'} longer than {made} and cut off."
        guesses.append(Guess("length", said, tuple((str(size), size) for size in sizes), made))
    return Side(unit, known, made, asked.lower), guesses


def schema_of(pairs: PairTable) -> Schema:
    """What the source offers."""
    lengths = ("source", "target") if pairs.buckets else ("", "")
    target = Field((pairs.target.length,), "int", pairs.target.known.classes, any_length=lengths[1])
    fields = {
        "source": Field((pairs.source.length,), "int", pairs.source.known.classes, any_length=lengths[0]),
        "previous": target,
        "target": target,
    }
    return Schema(
        fields,
        len(pairs.kept),
        pairs.parts,
        noun=NOUN,
        guesses=pairs.guesses,
        remarks=pairs.remarks,
        skipped=pairs.skipped,
        skipped_count=pairs.skipped_count,
        settled={"source_unit": pairs.source.unit, "target_unit": pairs.target.unit},
        groups="source" if pairs.several else "",
        stamp=pairs.table.stamp,
    )


def feed_of(pairs: PairTable) -> Feed:
    """The pairs as numbers. Those with the same source are one group, so that none is held out whose source is
    learned."""
    import torch

    sources, targets = (pairs.table.column(name) for name in pairs.columns)
    kept = pairs.kept
    source_of, target_of = pairs.source.known.numbers, pairs.target.known.numbers
    start, end = target_of[START], target_of[END]
    length = pairs.target.length

    def source(number: int) -> list[int]:
        side = pairs.source
        return numbered(sources[kept[number]], source_of, side.pattern, side.length, side.lower, pairs.before)

    def target(number: int) -> list[int]:
        side = pairs.target
        tokens = numbered(targets[kept[number]], target_of, side.pattern, length - 1, side.lower, False)
        made = [token for token in tokens if token] + [end]
        return made + [0] * (length - len(made))

    def previous(number: int) -> list[int]:
        return [start, *target(number)[:-1]]

    count = len(kept)
    fields: dict[str, Any] = {
        "source": Sequences(count, pairs.source.length, source, several=False),
        "previous": Sequences(count, length, previous, several=False),
        "target": Sequences(count, length, target, several=False),
    }
    number_of: dict[str, int] = {}
    groups = [number_of.setdefault(sources[row], len(number_of)) for row in kept]
    part_of = torch.tensor(pairs.part_of, dtype=torch.int64)
    feed = Feed(
        fields,
        {name: (part_of == PARTS.index(name)).nonzero()[:, 0] for name in pairs.parts},
        groups=torch.tensor(groups) if len(number_of) < count else None,
        name_of=lambda number: cut(sources[kept[number]], 60) if pairs.named else pairs.table.where(kept[number]),
    )
    if pairs.buckets:
        # The target has its end mark.
        long = [torch.tensor([sum(map(bool, made(number))) for number in range(count)]) for made in (source, target)]
        feed.trims = trims(
            [(("source",), long[0], pairs.before), (("previous", "target"), long[1], False)], pairs.buckets
        )
    return feed
