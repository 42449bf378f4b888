"""Many short texts with a class each: from folders of files, or from two columns of a table."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api.feeds import Each, Feed
from nodes.api.schema import PARTS, Field, Guess, NoData, Schema, Skipped, Unreadable
from nodes.api.sources import Script
from nodes.api.words import cut, listed, quoted, sentence_case
from nodes.reading.buckets import trims
from nodes.reading.class_words import count_classes, respelled
from nodes.reading.classes import LabelsAndParts, arranged
from nodes.reading.line_texts import EACH, are_lines, as_texts, files_at, line_texts
from nodes.reading.listing import Listing, listing, natural, shown
from nodes.reading.part_names import part_called
from nodes.reading.picture_sets import in_order, sentences
from nodes.reading.tables_files import parts_of_table
from nodes.reading.tables_frame import TableReading
from nodes.reading.text_and_sound_signs import TEXT_ENDINGS, are_bare_texts, begins_as_text, holds_table
from nodes.reading.text_columns import MOST_CLASSES, looked, part_column, text_and_label
from nodes.reading.text_tables import TextTable, is_marked, text_table
from nodes.reading.texts import (
    MOST_OF_ONE,
    PADDING,
    UNKNOWN,
    WORD,
    Vocabulary,
    numbered,
    rare_said,
    text_of,
    tokens_of,
    vocabulary,
)

if TYPE_CHECKING:
    from torch import Tensor

NOUN = ("text", "texts")
USUAL_WORDS = {"characters": 1_000, "words": 10_000}
LONGEST = {"characters": 400, "words": 200}  # that are taken without being asked
_LOOKED_AT = 4_000  # files from which the vocabulary is counted unless every one is asked for
_ROWS = 50_000  # the same of a table, whose rows need no opening
_BYTES = 8_000_000
_GOLDEN = (5**0.5 - 1) / 2
_KEPT = 512_000_000  # bytes of numbers that are kept for the next epoch


@dataclass(frozen=True)
class TextSettings:
    """What a source was told of its texts."""

    unit: str = "auto"
    vocabulary: int | str = "auto"
    length: int | str = "auto"
    padding: str = "before"
    lower: bool = True
    look: str = "auto"
    classes: str = "auto"
    split: str = "auto"
    spelling: str = "auto"
    labels: str = "auto"
    text: str = "auto"
    label: str = "auto"
    buckets: int = 0
    each: str = "auto"


@dataclass
class Texts:
    """Texts in order. ``read`` gives one; ``labels`` are their classes, or numbers where there are no ``words``;
    ``part_of`` is the index into PARTS or -1."""

    count: int
    read: Callable[[int], str]
    name_of: Callable[[int], str]
    labels: Sequence[int] | Sequence[float] | None
    words: tuple[str, ...]
    counts: tuple[int, ...]
    part_of: Sequence[int]
    stamp: str
    guesses: list[Guess] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    skipped: tuple[Skipped, ...] = ()
    skipped_count: int = 0
    found: Listing | None = None
    made: LabelsAndParts | None = None
    table: TextTable | None = None
    columns: tuple[str, ...] = ()
    kept: tuple[int, ...] = ()  # the rows of a table that are samples
    several: bool = False  # files, which can be read side by side
    script: Script | None = None  # makes lists ``texts`` and ``labels`` of what is neither files nor a table

    @property
    def parts(self) -> dict[str, list[int]]:
        """The samples of each part that the data brings."""
        found: dict[str, list[int]] = {name: [] for name in PARTS}
        for number, part in enumerate(self.part_of):
            if part >= 0:
                found[PARTS[part]].append(number)
        return {name: numbers for name, numbers in found.items() if numbers}


@dataclass(frozen=True)
class Numbered:
    """How texts become numbers, with what was decided for it."""

    unit: str
    known: Vocabulary
    length: int
    lower: bool
    before: bool
    guesses: tuple[Guess, ...]
    remarks: tuple[str, ...]
    buckets: int = 0  # of like length, that are padded each for itself; 0 pads all of them alike

    @property
    def pattern(self) -> str:
        """What finds the tokens; empty for single characters."""
        return WORD if self.unit == "words" else ""


def texts_of(path: str, asked: TextSettings, how: TableReading) -> Texts:
    """The texts at a path.

    Raises:
        NoData: if there are none, with the remedy.
        OSError: if they cannot be read.
    """
    if not path:
        raise NoData("Nothing is chosen. Choose a folder of texts, or a table with a text and a label.")
    place = Path(path).expanduser()
    kind = place.suffix.lower()
    alone = kind in (".txt", ".text", "") and not holds_table(place) and not is_marked(place)
    if (place.is_file() and kind != ".zip" and not alone) or (place.is_dir() and parts_of_table(place)):
        return _from_table(place, asked, how)
    files = files_at(place)
    likely = are_lines(files)
    if asked.each == "line" or (asked.each == "auto" and likely and asked.classes == "auto"):
        return Texts(**as_texts(line_texts(place)))
    made = _from_files(place, asked)
    if likely:
        made.guesses.append(Guess("each", f"Each of {len(files):,} files is a text.", EACH, "file"))
    return made


def _from_files(place: Path, asked: TextSettings) -> Texts:
    found = listing(
        place, TEXT_ENDINGS, NOUN[0], known=begins_as_text if place.is_file() or are_bare_texts(place) else None
    )
    made = arranged(found, NOUN, classes=asked.classes, split=asked.split, spelling=asked.spelling, kind=asked.labels)
    numbers, _ = in_order(found, made)

    def read(number: int) -> str:
        name = shown(found.path(numbers[number]))
        try:
            with found.open(numbers[number]) as file:
                return text_of(file.read(MOST_OF_ONE))
        except FileNotFoundError as error:
            raise Unreadable(f"{name} is not there any more. Look at its folder again.") from error
        except OSError as error:
            raise Unreadable(f"{name} cannot be read: {error.strerror or error}.") from error
        except ValueError as error:
            raise Unreadable(f"{name} {str(error).rstrip('.')}.") from error

    labels: Sequence[int] | Sequence[float] | None = None
    if made.values is not None:
        labels = [made.values[number] for number in numbers]
    elif made.words:
        labels = [made.label_of[number] for number in numbers]
    return Texts(
        len(numbers),
        read,
        lambda number: shown(found.path(numbers[number])),
        labels,
        made.words if made.values is None else (),
        made.counts,
        [made.part_of[number] for number in numbers],
        found.stamp,
        list(made.guesses),
        list(made.remarks),
        tuple(found.skipped),
        found.skipped_count,
        found=found,
        made=made,
        several=True,
    )


def _from_table(place: Path, asked: TextSettings, how: TableReading) -> Texts:
    table = text_table(place, how)
    text, label = text_and_label(table.names, table.first)
    guesses = [guess for guess in table.rows.guesses if guess.setting != "look"]
    names = table.names
    chosen = asked.text if asked.text != "auto" else names[text] if text is not None else ""
    if not chosen:
        raise NoData(
            f"{place.name} has no column of texts. It has: {listed(names, letters=30)}. Choose the column of the text."
        )
    cells = table.column(chosen)
    if asked.text == "auto" and len(names) > 1:
        choices = tuple((cut(name, 40), name) for name in names[:40])
        more = [each.name for each in looked(names, table.first) if each.is_text and each.name != chosen]
        told = listed([quoted(name, 40) for name in more], most=3)
        left = f"; {told} hold{'s' * (len(more) == 1)} texts, too, and {'is' if len(more) == 1 else 'are'} not read"
        said = f"The texts are those of {quoted(chosen, 40)}{left if more else ''}."
        guesses.append(Guess("text", said, choices, chosen))
    aim = "" if asked.label == "none" else asked.label
    if aim == "auto":
        rest = [name for name in names if name != chosen]
        aim = names[label] if label is not None and names[label] != chosen else ""
        said = f"The classes are those of {quoted(aim, 40)}." if aim else "The texts have no classes."
        choices = (*((cut(name, 40), name) for name in rest[:40]), ("no classes", "none"))
        guesses.append(Guess("label", said, choices, aim or "none"))
    answers = table.column(aim) if aim else []
    where = part_column([name for name in names if name not in (chosen, aim)])
    part_name = [name for name in names if name not in (chosen, aim)][where] if where is not None else ""
    given = [part_called(cell) for cell in table.column(part_name)] if part_name and asked.split != "ignored" else []
    kept, skipped = [], list(table.rows.skipped)
    gone = table.rows.skipped_count
    for row, cell in enumerate(cells):
        missing = chosen if not cell.strip() else aim if aim and not answers[row].strip() else ""
        if missing:
            gone += 1
            if len(skipped) < 200:
                skipped.append(Skipped(f"row {table.rows.place(row):,}", f"It has no {cut(missing, 40)}."))
        else:
            kept.append(row)
    if not kept:
        raise NoData(f"No row of {place.name} has a text{' and a label' if aim else ''}. Choose other columns.")
    parts = [PARTS.index(given[row]) if given and given[row] else -1 for row in kept]
    if part_name and len(set(parts)) < 2:
        parts = [-1] * len(kept)
    made = _labelled([answers[row] for row in kept] if aim else [], parts, asked, aim, place)
    return Texts(
        len(kept),
        lambda number: cells[kept[number]],
        lambda number: f"row {table.rows.place(kept[number]):,}",
        list(made.values) if made.values is not None else list(made.label_of) if made.words else None,
        made.words if made.values is None else (),
        made.counts,
        parts,
        table.stamp,
        [*guesses, *made.guesses],
        [*table.rows.remarks, *made.remarks],
        tuple(skipped),
        gone,
        table=table,
        columns=(chosen, aim) if aim else (chosen,),
        kept=tuple(kept),
    )


def _labelled(answers: list[str], parts: list[int], asked: TextSettings, aim: str, place: Path) -> LabelsAndParts:
    """The classes of rows, or their numbers."""
    made = LabelsAndParts(array("i", bytes(4 * len(parts))), array("b", parts))
    if not answers:
        return made
    stripped = [each.strip() for each in answers] if asked.spelling != "keep apart" else answers
    different = sorted(set(stripped), key=natural)
    values = _numbers(different)
    few = len(different) <= 30 and values is not None and all(value.is_integer() for value in values)
    chosen = asked.labels if asked.labels != "auto" else "numbers" if values is not None and not few else "classes"
    if chosen == "numbers" and values is None:
        raise NoData(f"{quoted(aim, 40)} of {place.name} holds words, so its labels can only be classes.")
    if values is not None:
        what = "classes, which have no order" if chosen == "classes" else "numbers to predict"
        choices = (("classes", "classes"), ("numbers", "numbers"))
        made.guesses.append(Guess("labels", f"The labels are numbers; they are read as {what}.", choices, chosen))
    if chosen == "numbers":
        made.values = array("d", [float(each) for each in stripped])
        return made
    if len(different) > MOST_CLASSES:
        raise NoData(
            f"{quoted(aim, 40)} has {len(different):,} different words, too many to be classes. Choose another column."
        )
    number_of = {word: number for number, word in enumerate(different)}
    made.label_of = array("i", [number_of[word] for word in stripped])
    made.words = tuple(different)
    respelled(made, asked.spelling)
    made.words = tuple(shown(word) for word in made.words)
    count_classes(made, NOUN)
    return made


def _numbers(words: Sequence[str]) -> list[float] | None:
    try:
        values = [float(word) for word in words]
    except ValueError:
        return None
    return values if all(math.isfinite(value) and abs(value) < 1e30 for value in values) else None


def numbered_as(texts: Texts, asked: TextSettings) -> Numbered:
    """The vocabulary and the length, counted on the texts for training where the data says which those are."""
    training = [number for number, part in enumerate(texts.part_of) if part == 0]
    own = bool(training)
    chosen = training or [number for number, part in enumerate(texts.part_of) if part == -1]
    chosen = chosen or list(range(texts.count))
    step = math.ceil(len(chosen) / (_LOOKED_AT if texts.several else _ROWS)) if asked.look == "auto" else 1
    # From all over, so that a limit of bytes leaves out no class: they often lie class by class.
    some = sorted(chosen[::step], key=lambda number: number * _GOLDEN % 1)
    read: list[str] = []
    total, bad = 0, []
    for number in some:
        try:
            text = texts.read(number)
        except Unreadable as reason:
            bad.append(str(reason))
            continue
        read.append(text.lower() if asked.lower else text)
        total += len(text)
        if total > _BYTES and asked.look == "auto":
            break
    if not read:
        raise NoData(bad[0] if bad else "There is no text.")
    guesses: list[Guess] = []
    remarks: list[str] = []
    unit = asked.unit
    if unit == "auto":
        blanks = sum(len(text.split()) for text in read) / len(read)
        unit = "characters" if blanks < 2 else "words"
        choices = (("by words", "words"), ("by characters", "characters"))
        guesses.append(Guess("unit", f"The texts are read by {unit}.", choices, unit))
    counts: Counter[str] = Counter()
    lengths = []
    for text in read:
        tokens = tokens_of(text, unit)
        counts.update(tokens)
        lengths.append(len(tokens))
    if not any(token.strip() for token in counts):
        raise NoData("None of the texts holds a word. Choose other texts.")
    most = USUAL_WORDS[unit] if asked.vocabulary == "auto" else int(asked.vocabulary)
    known = vocabulary(counts, unit, most, (PADDING, UNKNOWN))
    length, more = usual_length(lengths, asked.length, unit)
    guesses += more
    guesses += rare_said(known, unit, most)
    where = "the texts for training" if own else "all texts, also those that are held out"
    seen = f"{len(read) + len(bad):,} of {len(chosen):,} of " if len(read) + len(bad) < len(chosen) else ""
    many = len(known.words) - 2
    remarks.append(f"{many:,} different {unit if many != 1 else unit[:-1]}, counted on {seen}{where}")
    if seen:
        choices = (("look at a sample of the texts", "auto"), ("look at every text", "every text"))
        guesses.append(Guess("look", f"The {unit} were counted on a sample of the texts.", choices, "auto"))
    empty = sum(not length for length in lengths)
    if empty:
        remarks.append(f"{empty:,} text{' holds' if empty == 1 else 's hold'} no {unit[:-1]}")
    if bad:
        amount = "1 text cannot" if len(bad) == 1 else f"{len(bad):,} texts cannot"
        ends = listed([each.rstrip(".") for each in bad], "; ", most=4, letters=120)
        remarks.append(f"{amount} be read and {'is' if len(bad) == 1 else 'are'} left out: {ends}")
    before = asked.padding == "before"
    return Numbered(unit, known, length, asked.lower, before, tuple(guesses), tuple(remarks), asked.buckets)


def usual_length(lengths: list[int], asked: int | str, unit: str, noun: str = NOUN[1]) -> tuple[int, list[Guess]]:
    """How long all are made, long enough for nine of ten texts."""
    if asked != "auto":
        return int(asked), []
    ranked = sorted(lengths)
    usual = max(1, ranked[min(len(ranked) - 1, math.ceil(0.9 * len(ranked)) - 1)])
    usual = ranked[-1] if ranked[-1] <= min(1.25 * usual, LONGEST[unit]) else usual
    made = min(LONGEST[unit], usual if usual <= 20 else -(-usual // 10) * 10)
    made = max(1, made)
    sizes = sorted({made, *(size for size in (20, 50, 100, 200, 400, 1_000) if size <= 4 * max(1, ranked[-1]))})
    have = f"{ranked[0]:,}" if ranked[0] == ranked[-1] else f"{ranked[0]:,} to {ranked[-1]:,}"
    said = f"{sentence_case(noun)} have {have} {unit}; each is cut or padded to {made:,}."
    return made, [Guess("length", said, tuple((f"{size:,} {unit}", size) for size in sizes), made)]


@lru_cache(maxsize=2)
def _known(path: str, stamp: str, asked: TextSettings, how: TableReading) -> tuple[Texts, Numbered]:
    texts = texts_of(path, asked, how)
    return texts, numbered_as(texts, asked)


def looked_at(path: str, asked: TextSettings, how: TableReading) -> tuple[Texts, Numbered]:
    """Texts and how they become numbers; a table that has not changed is not read again."""
    place = Path(path).expanduser()
    if path and place.is_file():
        state = place.stat()
        return _known(path, f"{state.st_size}:{state.st_mtime_ns}", asked, how)
    texts = texts_of(path, asked, how)
    return texts, numbered_as(texts, asked)


def schema_of(texts: Texts, how: Numbered) -> Schema:
    """What the source offers."""
    fields = {"text": Field((how.length,), "int", how.known.classes, any_length="text" if how.buckets else "")}
    if texts.words:
        fields["label"] = Field((), "int", texts.words, texts.counts)
    elif texts.labels is not None:
        fields["label"] = Field((1,))
    return Schema(
        fields,
        texts.count,
        {name: len(numbers) for name, numbers in texts.parts.items()},
        NOUN,
        guesses=(*texts.guesses, *how.guesses),
        remarks=sentences((*texts.remarks, *how.remarks)),
        skipped=texts.skipped,
        skipped_count=texts.skipped_count,
        stamp=texts.stamp,
        settled={"unit": how.unit, "length": how.length},
    )


class Sequences:
    """Texts as numbers (n, length), made when they are asked for, and kept where memory allows it."""

    def __init__(self, count: int, length: int, make: Callable[[int], list[int]], several: bool) -> None:
        import numpy

        self._count, self._make = count, make
        self._kept = numpy.zeros((count, length), numpy.int32) if count * length * 4 <= _KEPT else None
        self._done = numpy.zeros(count, bool)
        self._bad: dict[int, str] = {}
        self._each = Each(count, self._fresh, None if several else 1)

    def __len__(self) -> int:
        return self._count

    def _fresh(self, number: int) -> Any:
        import numpy

        if number in self._bad:
            raise Unreadable(self._bad[number])
        try:
            made = numpy.array(self._make(number), numpy.int64)
        except Unreadable as reason:
            if getattr(reason.__cause__, "errno", None) is None:  # else it is the disk's word, and a disk comes back
                self._bad[number] = str(reason)
            raise
        if self._kept is not None:
            self._kept[number] = made
            self._done[number] = True
        return made

    def at(self, index: Tensor) -> Tensor:
        """Those with these numbers.

        Raises:
            Unreadable: if one of them cannot be read.
        """
        import numpy
        import torch

        numbers = index.numpy()
        if self._kept is None:
            return self._each.at(index)
        fresh = numpy.unique(numbers[~self._done[numbers]])
        if len(fresh):
            self._each.at(torch.from_numpy(fresh))
        return torch.from_numpy(self._kept[numbers].astype(numpy.int64))


def feed_of(texts: Texts, how: Numbered) -> Feed:
    """The texts as numbers, with their labels."""
    import torch

    number_of = how.known.numbers

    def make(number: int) -> list[int]:
        return numbered(texts.read(number), number_of, how.pattern, how.length, how.lower, how.before)

    fields: dict[str, Any] = {"text": Sequences(texts.count, how.length, make, texts.several)}
    if texts.words:
        fields["label"] = torch.tensor(texts.labels, dtype=torch.int64)
    elif texts.labels is not None:
        fields["label"] = torch.tensor(texts.labels, dtype=torch.float32)[:, None]
    parts = {name: torch.tensor(numbers) for name, numbers in texts.parts.items()}
    feed = Feed(fields, parts, name_of=texts.name_of)
    if how.buckets:
        long = torch.tensor([_steps(make, number, how.length) for number in range(texts.count)])
        feed.trims = trims([(("text",), long, how.before)], how.buckets)
    return feed


def _steps(make: Callable[[int], list[int]], number: int, length: int) -> int:
    """How many steps of a text are no padding; all of one that cannot be read, which is told when it is asked for."""
    try:
        return sum(map(bool, make(number)))
    except Unreadable:
        return length
