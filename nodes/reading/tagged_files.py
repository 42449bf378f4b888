"""Files with a word and its tag in each line and a blank line between sentences: CoNLL and its kin (part of speech,
chunks, names), and CoNLL-U of Universal Dependencies."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from nodes.api import Feed, Field, Guess, Lengths, NoData, Schema, Script
from nodes.api.schema import MOST_SKIPPED, PARTS, Skipped
from nodes.api.words import cut, listed, quoted
from nodes.reading.arrays import stamp_of
from nodes.reading.buckets import told, trims
from nodes.reading.folder_names import names_in
from nodes.reading.listing import ending, hidden
from nodes.reading.part_names import part_called
from nodes.reading.picture_scripts import literal
from nodes.reading.tables_dialect import HEAD, NoTable, encoding_of
from nodes.reading.tagged_tables import is_tagged_table, rows_of
from nodes.reading.text_sets import USUAL_WORDS, usual_length
from nodes.reading.texts import PADDING, UNKNOWN, Vocabulary, no_text, pieces, rare_said, vocabulary, written

if TYPE_CHECKING:
    from torch import Tensor

ENDINGS = frozenset({"conll", "conllu", "conll2003", "bio", "iob", "iob2", "pos", "tsv", "txt", "tags", "csv"})
NOUN = ("sentence", "sentences")
MOST_TAGS = 500
_FEW_TAGS = 0.5  # of the lines at most, that have a tag of their own
_PART_WORDS = {"testa": "validation", "testb": "test"}  # as CoNLL-2003 is handed out
_MOST_FILES = 200  # of a folder
_FEW_FILES = 8  # of a folder, by which it is recognised
_UNIVERSAL = 10  # columns of CoNLL-U
Sentence = list[list[str]]


def lines_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line with its number from 1; of a blank one, or one between documents, none. Comments, words
    that stand for several others and words that are left out, all of CoNLL-U, are passed over."""
    for number, line in enumerate(text.split("\n"), start=1):
        cells = line.rstrip("\r").split("\t") if "\t" in line else line.split()
        if not line.strip() or cells[0] == "-DOCSTART-":
            yield number, []
        elif len(cells) == 10 and cells[0] != "#":
            if cells[0].isdigit():
                yield number, cells
        elif not (line.startswith("#") and "\t" not in line and len(cells) != 2):
            yield number, cells


@dataclass(frozen=True)
class TaggedColumns:
    """How many cells a line has, and in which the word and the tag stand."""

    width: int
    word: int
    tag: int


@dataclass(frozen=True)
class Tagged:
    """Sentences with a tag for each word. ``parts`` is the part of PARTS of each sentence, empty where none is
    named; ``places`` name each sentence by its first line."""

    files: tuple[tuple[Path, str, str], ...]  # with its part and encoding
    form: TaggedColumns
    sentences: tuple[tuple[str, ...], ...]
    tags: tuple[tuple[str, ...], ...]
    parts: tuple[str, ...]
    places: tuple[tuple[str, int], ...]
    kinds: tuple[str, ...]
    guesses: tuple[Guess, ...]
    skipped: tuple[Skipped, ...]
    skipped_count: int
    table: bool = False

    @property
    def part_names(self) -> list[str]:
        """The parts that are named; none where there is but one."""
        found = [name for name in PARTS if name in set(self.parts)]
        return found if len(found) > 1 else []


@dataclass(frozen=True)
class WordNumbers:
    """How words become numbers."""

    known: Vocabulary
    length: int
    lower: bool
    before: bool
    buckets: int
    guesses: tuple[Guess, ...]
    remarks: tuple[str, ...]


def form_of(lines: Iterable[list[str]]) -> TaggedColumns | None:
    """How lines of a word and its tag are built; None where they are none."""
    sentences: list[Sentence] = [[]]
    for cells in lines:
        if cells:
            sentences[-1].append(cells)
        elif sentences[-1]:
            sentences.append([])
    rows = [cells for sentence in sentences for cells in sentence]
    whole = [sentence for sentence in sentences if sentence]
    if len(whole) < 2 or len(rows) < 2 * len(whole):
        return None
    width = Counter(map(len, rows)).most_common(1)[0][0]
    fitting = [cells for cells in rows if len(cells) == width]
    if width < 2 or len(fitting) < 0.95 * len(rows):
        return None
    if width == _UNIVERSAL:
        return TaggedColumns(width, 1, 3)
    word = 1 if width > 2 and all(cells[0].isdigit() for cells in fitting) else 0
    tags = {cells[-1] for cells in fitting}
    words = {cells[word] for cells in fitting}
    single = sum(" " in cells[word].strip() for cells in fitting) < 0.05 * len(fitting)
    short = all(" " not in tag and len(tag) <= 40 for tag in tags)
    few = 2 <= len(tags) <= min(MOST_TAGS, max(8, _FEW_TAGS * len(fitting))) and len(tags) < len(words)
    return TaggedColumns(width, word, width - 1) if single and short and few else None


def is_tagged(path: Path) -> bool:
    """Whether the begin of a file is lines of a word and its tag with blank lines between sentences."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
        if not head.strip() or no_text(head):
            return False
        text = head.decode(encoding_of(head), "replace").removeprefix("\ufeff")
    except (NoTable, OSError, UnicodeError):
        return False
    if ending(path.name) == "csv" and not is_tagged_table(text):
        return False
    lines = [cells for _, cells in _reader(text)(text)]
    return form_of(lines[:-1] if len(head) == HEAD else lines) is not None


def _reader(text: str) -> Callable[[str], Iterator[tuple[int, list[str]]]]:
    """What reads the words of a text and their tags: it may be a table that names the sentences."""
    return rows_of if is_tagged_table(text) else lines_of


def part_of(path: Path) -> str:
    """The part that a file's name says: ``eng.testa``, ``en_ewt-ud-dev.conllu``, ``train.txt``; empty if none."""
    words = path.name.lower().replace("_", ".").replace("-", ".").split(".")
    return next((part for word in words if (part := _PART_WORDS.get(word) or part_called(word))), "")


def _named(folder: Path) -> list[Path]:
    """The files of a folder that may hold tagged sentences by their names."""
    names = [name for name, is_folder in names_in(folder)[:_MOST_FILES] if not is_folder and not hidden(name)]
    ends = {name: ending(name) for name in names}
    return [
        folder / name for name in names if ends[name] in ENDINGS or ends[name] in _PART_WORDS or part_called(ends[name])
    ]


def holds_tagged(folder: Path) -> bool:
    """Whether one of the first few files of a folder holds tagged sentences."""
    return any(path.is_file() and is_tagged(path) for path in _named(folder)[:_FEW_FILES])


def files_in(folder: Path) -> list[Path]:
    """The files with tagged sentences in a folder, those for training first."""
    found = [path for path in _named(folder) if path.is_file() and is_tagged(path)]
    order = {part: place for place, part in enumerate(PARTS)}
    return sorted(found, key=lambda path: (order.get(part_of(path), -1), path.name))


@lru_cache(maxsize=2)
def _read(files: tuple[Path, ...], mark: str, column: str, encoding: str) -> Tagged:
    named = [part_of(path) if len(files) > 1 else "" for path in files]
    known = [part or "train" for part in named] if any(named) else named
    sentences: list[tuple[str, ...]] = []
    tags: list[tuple[str, ...]] = []
    parts: list[str] = []
    places: list[tuple[str, int]] = []
    skipped: list[Skipped] = []
    read: list[tuple[Path, str, str]] = []
    gone = 0
    form: TaggedColumns | None = None
    table = False
    columns: list[set[str]] = []
    for path, part in zip(files, known):
        how = written(path, encoding)
        text = "".join(pieces(how, lower=False))
        reads = _reader(text)
        if form is not None and table != (reads is rows_of):
            raise NoData(f"{path.name} is written otherwise than {files[0].name}. Choose one of both.")
        table = reads is rows_of
        lines = list(reads(text))
        here = form_of(cells for _, cells in lines)
        if here is None:
            raise NoData(
                f"{path.name} has no lines of a word and its tag with a blank line between sentences. Put a tab "
                "between the word and its tag, and an empty line behind each sentence."
            )
        form = form or _chosen(here, column, path)
        if here.width != form.width:
            raise NoData(f"{path.name} has {here.width} columns, and {files[0].name} {form.width}. Choose one of both.")
        read.append((path, part, "utf-8-sig" if how.encoding == "utf-8" else how.encoding))
        columns = columns or [set() for _ in range(form.width)]
        words: list[str] = []
        marks: list[str] = []
        for number, cells in [*lines, (0, [])]:
            if len(cells) == form.width and cells[form.word].strip() and cells[form.tag].strip():
                if not words:
                    places.append((path.name, number))
                words.append(cells[form.word].strip())
                marks.append(cells[form.tag].strip())
                for place, cell in enumerate(cells):
                    if len(columns[place]) <= MOST_TAGS:
                        columns[place].add(cell.strip())
            elif cells:
                gone += 1
                if len(skipped) < MOST_SKIPPED:
                    name = f"row {number:,}" + (f" of {path.name}" if len(files) > 1 else "")
                    has = f"It has {len(cells)} cell{'s' if len(cells) > 1 else ''}, not {form.width}."
                    skipped.append(Skipped(name, has if len(cells) != form.width else "It lacks its word or its tag."))
            elif words:
                sentences.append(tuple(words))
                tags.append(tuple(marks))
                parts.append(part)
                words, marks = [], []
    assert form is not None
    kinds = sorted({tag for each in tags for tag in each})
    if len(kinds) > MOST_TAGS:
        raise NoData(
            f"Column {form.tag + 1} of {files[0].name} has {len(kinds):,} different tags. Choose another column."
        )
    guesses = []
    others = [
        place for place, cells in enumerate(columns) if place != form.word and 2 <= len(cells - {"_"}) <= MOST_TAGS
    ]
    if column == "auto" and len(others) > 1:
        choices = tuple((f"column {place + 1}: {_few(columns[place])}", str(place + 1)) for place in others)
        said = f"The tags are those of column {form.tag + 1}, such as {_few(columns[form.tag])}."
        guesses.append(Guess("column", said, choices, str(form.tag + 1)))
    return Tagged(
        tuple(read), form, tuple(sentences), tuple(tags), tuple(parts) if any(parts) else (), tuple(places),
        tuple(kinds), tuple(guesses), tuple(skipped), gone, table,
    )  # fmt: skip


def _few(cells: set[str]) -> str:
    return ", ".join(cut(cell, 12) for cell in sorted(cells - {"_"})[:4])


def _chosen(form: TaggedColumns, column: str, path: Path) -> TaggedColumns:
    """The form with the column of tags that was asked for.

    Raises:
        NoData: if there is no such column.
    """
    if column == "auto":
        return form
    if not column.strip().isdecimal() or not 1 <= int(column) <= form.width or int(column) - 1 == form.word:
        others = [str(place + 1) for place in range(form.width) if place != form.word]
        raise NoData(f"{path.name} has no tags in column {quoted(column, 20)}. Choose one of {listed(others)}.")
    return TaggedColumns(form.width, form.word, int(column) - 1)


def looked_at(
    path: str,
    column: str,
    most: int | str,
    length: int | str,
    lower: bool,
    padding: str,
    buckets: int,
    encoding: str,
) -> tuple[Tagged, WordNumbers]:
    """The sentences at a path, and how their words become numbers.

    Raises:
        NoData: if there are none, with the remedy.
    """
    if not path:
        raise NoData("Nothing is chosen. Choose a file with a word and its tag in each line, or a folder of such.")
    place = Path(path).expanduser()
    files = tuple(files_in(place)) if place.is_dir() else (place,)
    if not files:
        raise NoData(f"The folder {place.name} holds no file with a word and its tag in each line. Choose another one.")
    found = _read(files, stamp_of(files), column, encoding)
    training = [at for at, part in enumerate(found.parts) if part == "train"] or range(len(found.sentences))
    counts: Counter[str] = Counter()
    lengths = []
    for at in training:
        words = found.sentences[at]
        counts.update(word.lower() if lower else word for word in words)
        lengths.append(len(words))
    room = USUAL_WORDS["words"] if most == "auto" else int(most)
    known = vocabulary(counts, "words", room, (PADDING, UNKNOWN))
    made, guesses = usual_length(lengths, length, "words", NOUN[1])
    guesses += rare_said(known, "words", room)
    where = "the sentences for training" if found.parts else "all sentences, also those that are held out"
    remarks = [f"{len(known.words) - 2:,} different words, counted on {where}"]
    longer = sum(len(words) > made for words in found.sentences)
    if longer:
        remarks.append(f"{longer:,} sentence{'s are' if longer > 1 else ' is'} longer than {made:,} words and cut")
    return found, WordNumbers(known, made, lower, padding == "before", buckets, tuple(guesses), tuple(remarks))


def schema_of(found: Tagged, how: WordNumbers) -> Schema:
    """What the source offers."""
    named = "text" if how.buckets else ""
    return Schema(
        {
            "text": Field((how.length,), "int", how.known.classes, any_length=named),
            "tags": Field((how.length,), "int", (PADDING, *found.kinds), any_length=named),
        },
        len(found.sentences),
        {name: found.parts.count(name) for name in found.part_names},
        NOUN,
        guesses=(*found.guesses, *how.guesses),
        remarks=how.remarks,
        skipped=found.skipped,
        skipped_count=found.skipped_count,
        stamp=stamp_of(path for path, _, _ in found.files),
        settled={"unit": "words", "length": how.length},
    )


def numbers_of(
    rows: Sequence[Sequence[str]], number_of: dict[str, int], unknown: int, length: int, before: bool
) -> list[list[int]]:
    """The numbers of the first ``length`` words of each row; where there are fewer, 0 stands before or behind them."""
    found = []
    for row in rows:
        numbers = [number_of.get(word, unknown) for word in row[:length]]
        gap = [0] * (length - len(numbers))
        found.append(gap + numbers if before else numbers + gap)
    return found


def feed_of(found: Tagged, how: WordNumbers) -> Feed:
    """The numbers of the words (n, length) and of their tags (n, length)."""
    import torch

    rows = [[word.lower() for word in words] for words in found.sentences] if how.lower else found.sentences
    kinds = {tag: number for number, tag in enumerate((PADDING, *found.kinds))}
    fields: dict[str, Tensor] = {
        "text": torch.tensor(numbers_of(rows, dict(how.known.numbers), 1, how.length, how.before)),
        "tags": torch.tensor(numbers_of(found.tags, kinds, 0, how.length, how.before)),
    }
    parts = {
        name: torch.tensor([at for at, part in enumerate(found.parts) if part == name]) for name in found.part_names
    }
    several = len(found.files) > 1

    def name_of(number: int) -> str:
        name, line = found.places[number]
        return f"the sentence in row {line:,}" + (f" of {name}" if several else "")

    feed = Feed(fields, parts, name_of=name_of)
    real = torch.tensor([min(len(words), how.length) for words in found.sentences])
    feed.trims = trims([(("text", "tags"), real, how.before)], how.buckets)
    return feed


def script_of(found: Tagged, how: WordNumbers) -> Script:
    """The same files, read by a few lines."""
    form = found.form
    reads = rows_of if found.table else lines_of
    lines = [*inspect.getsource(reads).rstrip().splitlines(), "", ""]
    lines += [*inspect.getsource(numbers_of).rstrip().splitlines(), "", ""]
    lines += [
        "files = [",
        *(f"    ({str(path)!r}, {part!r}, {encoding!r})," for path, part, encoding in found.files),
        "]",
        "sentences, tags, marks = [], [], []",
        "for path, part, encoding in files:",
        '    with open(path, encoding=encoding, errors="replace") as file:',
        f"        lines = list({reads.__name__}(file.read()))",
        "    words, kinds = [], []",
        "    for _, cells in [*lines, (0, [])]:",
        f"        if len(cells) == {form.width} and cells[{form.word}].strip() and cells[{form.tag}].strip():",
        f"            words.append(cells[{form.word}].strip(){'.lower()' if how.lower else ''})",
        f"            kinds.append(cells[{form.tag}].strip())",
        "        elif not cells and words:",
        "            sentences.append(words)",
        "            tags.append(kinds)",
        "            marks.append(part)",
        "            words, kinds = [], []",
        *literal("known", list(how.known.words)),
        *literal("kinds", [PADDING, *found.kinds]),
        "number_of = {word: number for number, word in enumerate(known)}",
        "kind_of = {kind: number for number, kind in enumerate(kinds)}",
    ]
    fields = {
        "text": f"torch.tensor(numbers_of(sentences, number_of, 1, {how.length}, {how.before}))",
        "tags": f"torch.tensor(numbers_of(tags, kind_of, 0, {how.length}, {how.before}))",
    }
    parts = ""
    if names := found.part_names:
        chosen = "torch.tensor([at for at, mark in enumerate(marks) if mark == name])"
        lines.append(f"parts = {{name: {chosen} for name in {names!r}}}")
        parts = "parts"
    imports = ("from collections.abc import Iterator, Sequence",)
    steps = f"torch.tensor([min(len(words), {how.length}) for words in sentences])"
    lengths = told(how.buckets, Lengths(("text", "tags"), steps, how.before))
    return Script(tuple(lines), fields, imports, parts=parts, lengths=lengths, buckets=how.buckets)
