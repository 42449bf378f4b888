"""Pictures as rows of a table, one column a pixel, as Kaggle hands out MNIST."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodes.api import Feed, Field, File, Guess, NoData, Recognised, Schema, Script, Text, source
from nodes.reading import pixel_column
from nodes.reading.arrays import (
    PICTURES,
    ArrayForm,
    Classes,
    PartialColumn,
    Pieces,
    classes_of,
    counts_of,
    parts_of,
    picture_form,
    scale_param,
    stamp_of,
)
from nodes.reading.folder_names import names_in
from nodes.reading.known_words import WORDS, known_by_labels, known_by_name
from nodes.reading.part_names import parts_called
from nodes.reading.unpacking import reading_packed, recognising_packed

LABEL = ("label", "class", "y", "target", "digit")
LEAST = 64  # columns of pixels


@dataclass(frozen=True)
class PixelTableFile:
    """One file: the names of its columns (or none), which of them is the label and how many rows there are."""

    path: Path
    part: str
    columns: int
    header: bool
    label: int | None
    first: int  # the first column of pixels
    rows: int


@dataclass(frozen=True)
class FoundPixelTables:
    tables: tuple[PixelTableFile, ...]
    sizes: tuple[int, ...]
    form: ArrayForm
    classes: Classes | None
    guesses: tuple[Guess, ...]
    remarks: tuple[str, ...]

    @property
    def counts(self) -> list[tuple[str, int]]:
        return [(table.part, table.rows) for table in self.tables]


@reading_packed
def describe(*, path: str, beside: str, size: str, scale: str) -> Schema:
    """A CSV file with a picture in each row, as Kaggle hands out MNIST and Fashion-MNIST: label, pixel0, pixel1, …
    with whole numbers from 0 to 255. A second file, such as one for test, can be named beside it. Or all pixels of a
    picture stand in one cell with blanks between them, as in FER2013."""
    if (cells := _in_cells(path, beside, size, scale)) is not None:
        return pixel_column.schema_of(cells)
    found = _found(Path(path), beside, size, scale)
    fields = {"image": Field(found.form.sizes(found.sizes))}
    if found.classes is not None:
        fields["label"] = found.classes.field
    return Schema(
        fields,
        samples=sum(count for _, count in found.counts),
        parts=counts_of(found.counts),
        noun=PICTURES,
        guesses=found.guesses,
        remarks=found.remarks,
        stamp=stamp_of(table.path for table in found.tables),
    )


@reading_packed
def load(*, path: str, beside: str, size: str, scale: str) -> Feed:
    """Pixels stay bytes in memory; those of a batch become numbers. A row that is short or long, or has a value that is
    none from 0 to 255, is left out where it is read.

    Raises:
        ValueError: if that are most rows.
    """
    import numpy

    if (cells := _in_cells(path, beside, size, scale)) is not None:
        return pixel_column.feed_of(cells)
    found = _found(Path(path), beside, size, scale)
    pieces: list[Any] = []
    lost: dict[int, str] = {}
    before = 0
    for table in found.tables:
        pixels, wrong = _pixels(table)
        lost |= {before + row: said for row, said in wrong.items()}
        before += len(pixels)
        pieces.append(pixels.reshape(len(pixels), *found.sizes))
    images = Pieces(pieces, found.form)
    fields: dict[str, Any] = {"image": PartialColumn(images, lost) if lost else images}
    if found.classes is not None:
        fields["label"] = found.classes.codes(numpy.concatenate([_labels(table)[0] for table in found.tables]))
    # As an editor counts: the header is row 1.
    rows = [(table.path.name, row + int(table.header) + 1) for table in found.tables for row in range(table.rows)]
    return Feed(fields, parts_of(found.counts)[0], name_of=lambda n: f"row {rows[n][1]:,} of {rows[n][0]}")


@reading_packed
def script(*, path: str, beside: str, size: str, scale: str) -> Script:
    """The same table, read by numpy or polars."""
    if (cells := _in_cells(path, beside, size, scale)) is not None:
        return pixel_column.script_of(cells)
    found = _found(Path(path), beside, size, scale)
    each = [
        f'numpy.loadtxt({str(table.path)!r}, "int64", delimiter=",", skiprows={int(table.header)}, ndmin=2)'
        for table in found.tables
    ]
    first = found.tables[0]
    lost = any(_pixels(table)[1] for table in found.tables)
    lines: list[str] = []
    if lost:
        lines += _TOLERANT
        each = [
            f"rows_of({str(table.path)!r}, {table.header}, {table.rows}, {table.columns}, {table.first}, "
            f"{_labels(table)[0][0] if table.label is not None else None})"
            for table in found.tables
        ]
    joined = each[0] if len(each) == 1 else f"numpy.concatenate([{', '.join(each)}])"
    if lost:
        lines += [f"read = [{', '.join(each)}]", "rows = numpy.concatenate([rows for rows, _ in read])"]
        lines += ["good = numpy.concatenate([good for _, good in read])", "unreadable = (~good).nonzero()[0].tolist()"]
    else:
        lines += [f"rows = {joined}"]
    lines += [
        f"pixels = rows[:, {first.first}:].reshape(-1, {', '.join(map(str, found.sizes))})",
    ]
    fields = {"image": found.form.text("pixels")}
    if found.classes is not None:
        lines.append(f"stored = rows[:, {first.label}]")
        fields["label"] = found.classes.text("stored")
    told = "unreadable" if lost else ""
    return Script(tuple(lines), fields, ("import numpy",), parts=parts_of(found.counts)[1], unreadable=told)


# Lines of a program that reads a table of which some rows are no pictures.
_TOLERANT = (
    "def rows_of(path, header, count, columns, first, label):",
    "    rows, good = numpy.zeros((count, columns), 'int64'), numpy.zeros(count, bool)",
    "    rows[:, :first] = 0 if label is None else label  # where a row has none",
    "    with open(path, encoding='utf-8-sig', errors='replace') as file:",
    "        for number, line in zip(range(-header, count), file):",
    "            words = [word.strip().strip('\"') for word in line.split(',')]",
    "            if number < 0:",
    "                continue",
    "            if first and words[0].isdecimal():",
    "                rows[number, 0] = int(words[0])",
    "            if len(words) == columns and all(word.isdecimal() for word in words):",
    "                values = numpy.array(words, 'int64')",
    "                if values[first:].max() < 256:",
    "                    rows[number], good[number] = values, True",
    "            if not good[number]:",
    "                print(f'Line {number + header + 1} of {path} is left out.')",
    "    return rows, good",
    "",
    "",
)


@recognising_packed
def recognise(path: Path) -> Recognised | None:
    """A table whose first line has a label and many pixels, or nothing but whole numbers from 0 to 255. A folder with
    one of them for training and one for the test, as those of Fashion-MNIST."""
    if path.is_dir():
        return _parts_in(path)
    if path.suffix.lower() not in (".csv", ".txt") or not path.is_file():
        return None
    try:
        if pixel_column.head_of(path) is not None:
            return Recognised({"path": str(path)}, 0.96)
        _table(path, count=False)
    except (ValueError, OSError):
        return None
    return Recognised({"path": str(path)}, 0.9)


def _parts_in(folder: Path) -> Recognised | None:
    """Whether a folder has two such tables, called as training and test, that both have labels."""
    names = [name for name, is_folder in names_in(folder) if not is_folder and name.lower().endswith(".csv")]
    called = parts_called([Path(name).stem for name in names])
    if sorted(called.get(Path(name).stem, "") for name in names) != ["test", "train"]:
        return None
    try:
        tables = {each.part: each for each in (_table(folder / name, count=False) for name in names)}
    except (ValueError, OSError):
        return None
    if len(tables) < 2 or any(each.label is None for each in tables.values()):
        return None
    return Recognised({"path": str(tables["train"].path), "beside": tables["test"].path.name}, 0.9)


def _in_cells(path: str, beside: str, size: str, scale: str) -> pixel_column.PixelColumnFile | None:
    """A table with a whole picture in one cell; None if it is none.

    Raises:
        NoData: if a second file is named: such tables name their parts themselves.
    """
    place = Path(path)
    head = pixel_column.head_of(place) if place.is_file() else None
    if head is None:
        return None
    if beside:
        raise NoData(f"{place.name} has its pictures in one column, and is read alone. Leave the second file empty.")
    return pixel_column.looked_at(head, scale, lambda count: _sizes_of(count, size, place))


def _sizes_of(pixels: int, size: str, path: Path) -> tuple[int, ...]:
    """The sizes of a picture of so many values, as ``size`` says or else square.

    Raises:
        NoData: if they do not fit.
    """
    sizes = _sides(pixels)
    if size:
        asked = tuple(int(word) for word in re.findall(r"\d+", size))
        if not 2 <= len(asked) <= 3 or math.prod(asked) != pixels:
            raise NoData(f"{path.name} has {pixels:,} pixels in a row, which are not {size}. Set size to another one.")
        sizes = asked
    if sizes is None:
        raise NoData(f"{pixels:,} pixels in a row are no square. Set size, such as 20×30.")
    return sizes


def _first_lines(path: Path) -> list[list[str]]:
    with path.open("rb") as file:
        lines = [file.readline(2**20) for _ in range(2)]
    texts = [line.decode("utf-8-sig", "replace").strip() for line in lines]
    return [[word.strip().strip('"') for word in text.split(",")] for text in texts if text]


def _table(path: Path, count: bool = True) -> PixelTableFile:
    """What a file is by its first two lines, and its number of rows unless these are not to be counted.

    Raises:
        NoData: if it holds no pictures in rows.
    """
    lines = _first_lines(path)
    if not lines or len(lines[-1]) < LEAST:
        raise NoData(f"{path.name} has no pictures in its rows: they have label, pixel0, pixel1, … with commas.")
    first = lines[0]
    header = not all(re.fullmatch(r"\d+", word) for word in first)
    names = [word.lower() for word in first]
    label: int | None = None
    if header:
        label = 0 if names[0] in LABEL else None
        rest = names[0 if label is None else 1 :]
        if not all(re.fullmatch(r"(pixel|px|p|x|v)?[\s_.]*\d+([x×_]\d+)?", name) for name in rest):
            raise NoData(f"The columns of {path.name} are not called pixel0, pixel1, …, so they are no pictures.")
    elif _sides(len(first)) is None and _sides(len(first) - 1) is not None:
        label = 0
    pixels = len(first) - (label is not None)
    if len(lines) == (1 if header else 0):
        raise NoData(f"{path.name} has no rows.")
    if not all(re.fullmatch(r"\d+", word) and int(word) < 256 for word in lines[-1][-pixels:]):
        raise NoData(f"The values of {path.name} are no whole numbers from 0 to 255, so they are no pixels.")
    part = "test" if "test" in path.stem.lower() else "train" if "train" in path.stem.lower() else ""
    start = 0 if label is None else 1
    return PixelTableFile(path, part, len(first), header, label, start, _lines(path) - header if count else 0)


def _lines(path: Path) -> int:
    """How many lines there are that are not empty at the end."""
    count, last, blank = 0, b"\n", 0
    with path.open("rb") as file:
        while piece := file.read(2**22):
            count += piece.count(b"\n")
            last = piece
    end = last[-4096:]
    blank = len(end) - len(end.rstrip(b"\r\n"))
    trailing = end[len(end) - blank :].count(b"\n")
    return count - trailing + 1 if end.strip() else count


def _sides(pixels: int) -> tuple[int, ...] | None:
    """The sizes of a picture of so many values: grey and square, or in three colours and square."""
    side = math.isqrt(pixels)
    if side * side == pixels:
        return (side, side)
    side = math.isqrt(pixels // 3)
    return (3, side, side) if 3 * side * side == pixels else None


def _found(path: Path, beside: str, size: str, scale: str) -> FoundPixelTables:
    import numpy

    tables = [_table(path)]
    if beside:
        tables.append(_table(path.parent / beside))
        if tables[1].columns - tables[1].first != tables[0].columns - tables[0].first:
            raise ValueError(f"{beside} has another number of pixels than {path.name}. Choose another file.")
    pixels = tables[0].columns - tables[0].first
    sizes = _sizes_of(pixels, size, path)
    form, guesses = picture_form(sizes, numpy.dtype("u1"), "grey pictures" if len(sizes) == 2 else "as stored", scale)
    remarks = []
    if any(table.label is None for table in tables):
        if any(table.label is not None for table in tables):
            raise NoData(f"{beside} has no labels, and {path.name} has. Leave it out: it cannot be learned from.")
        return FoundPixelTables(tuple(tables), sizes, form, None, guesses, ("It has no column of labels",))
    read = [_labels(table) for table in tables]
    stored = numpy.concatenate([labels[good] for labels, good in read])
    bad = sum(int((~good).sum()) for _, good in read)
    if bad:
        remarks.append(f"{bad:,} row{' has' if bad == 1 else 's have'} no whole number as label and will be left out")
    known = known_by_labels(stored) or known_by_name(f"{path.parent.name}/{path.name}")
    if len(numpy.unique(stored)) == 1:
        remarks.append(f"All labels are {stored[0]}")
    first, words = WORDS.get(known, (0, ()))
    return FoundPixelTables(tuple(tables), sizes, form, classes_of(stored, words, first), guesses, tuple(remarks))


def _labels(table: PixelTableFile) -> tuple[Any, Any]:
    """The label of each row as int64, and which rows have one; those without get that of the first one that has.

    Raises:
        ValueError: if none has.
    """
    import polars

    assert table.label is not None
    try:
        frame = polars.read_csv(
            table.path,
            has_header=table.header,
            columns=[table.label],
            n_rows=table.rows,
            infer_schema=False,
            truncate_ragged_lines=True,
        )
        values = frame.to_series().str.strip_chars().cast(polars.Int64, strict=False)
    except polars.exceptions.PolarsError:
        raise ValueError(_wrong(table)) from None
    if len(values) != table.rows or values.null_count() * 2 > len(values):
        raise ValueError(_wrong(table))
    return values.fill_null(values.drop_nulls()[0]).to_numpy(), values.is_not_null().to_numpy()


def _pixels(table: PixelTableFile) -> tuple[Any, dict[int, str]]:
    """The pixels of all rows, uint8 (n, pixels), and by their numbers why rows are no pictures; these are black.

    Raises:
        ValueError: if that are most rows.
    """
    import numpy

    try:
        frame = _read(table)
    except ValueError:
        wrong = dict(_wrongs(table))
        if not wrong or len(wrong) * 2 > table.rows:
            raise
        pixels = numpy.zeros((table.rows, table.columns - table.first), numpy.uint8)
        with table.path.open(encoding="utf-8-sig", errors="replace") as file:
            for number, line in zip(range(-int(table.header), table.rows), file):
                if number >= 0 and number not in wrong:
                    words = line.rstrip("\r\n").split(",")[table.first :]
                    pixels[number] = [int(word.strip().strip('"')) for word in words]
        return pixels, wrong
    pixels = numpy.empty((frame.height, table.columns - table.first), numpy.uint8)
    for at, name in enumerate(frame.columns[table.first :]):
        pixels[:, at] = frame[name].to_numpy()
    return pixels, {}


def _read(table: PixelTableFile) -> Any:
    """The rows of a table.

    Raises:
        ValueError: naming the row, if one is short or long or has something else than whole numbers from 0 to 255.
    """
    import polars

    kinds = [polars.Int64 if at < table.first else polars.UInt8 for at in range(table.columns)]
    try:
        frame = polars.read_csv(
            table.path,
            has_header=table.header,
            n_rows=table.rows,  # blank lines at the end would be rows of nulls
            schema_overrides=kinds,
        )
    except polars.exceptions.PolarsError:
        raise ValueError(_wrong(table)) from None
    if frame.height != table.rows or any(frame.null_count().row(0)):
        raise ValueError(_wrong(table))
    return frame


def _wrong(table: PixelTableFile) -> str:
    """Which row of a table cannot be read, and why."""
    return next((said for _, said in _wrongs(table)), f"{table.path.name} cannot be read. Save it again as plain CSV.")


def _wrongs(table: PixelTableFile) -> Iterator[tuple[int, str]]:
    """The rows of a table that are no pictures, by their numbers, and why."""
    with table.path.open(encoding="utf-8-sig", errors="replace") as file:
        for number, line in zip(range(-int(table.header), table.rows), file):
            if number < 0:
                continue
            where = f"Line {number + table.header + 1:,} of {table.path.name}"
            words = [word.strip().strip('"') for word in line.rstrip("\r\n").split(",")]
            if len(words) != table.columns:
                yield number, f"{where} has {len(words):,} values, and the others {table.columns:,}. Mend or remove it."
                continue
            for at, word in enumerate(words):
                if not (word.isascii() and word.isdecimal()) or (at >= table.first and int(word) > 255):
                    wanted = "a whole number from 0 to 255" if at >= table.first else "a whole number"
                    yield (
                        number,
                        f"{where} has {word[:20]!r} in column {at + 1:,}, where {wanted} should stand. Mend or remove "
                        "the line.",
                    )
                    break


PIXEL_TABLE = source(
    id="PixelTable",
    name="Pixel table (CSV)",
    params=[
        File(
            "path",
            card=True,
            label="file",
            help="A CSV file: label, pixel0, pixel1, …; with or without that header. Or with a column pixels.",
        ),
        Text("beside", label="second file", help="Another one in the same folder, such as mnist_test.csv; or empty."),
        Text("size", help="Rows and columns of a picture, such as 20×30, or 3×32×32; empty for a square."),
        scale_param(),
    ],
    fields=["image", "label"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["kaggle", "mnist", "fer2013", "emotion", "faces", "csv", "pixels", "data", "images"],
)
