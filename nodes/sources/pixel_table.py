"""Pictures as rows of a table, one column a pixel, as Kaggle hands out MNIST."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodes.api import Feed, Field, File, Guess, NoData, Recognised, Schema, Script, Text, source
from nodes.reading.arrays import (
    PICTURES,
    Classes,
    Form,
    Pieces,
    classes_of,
    counts_of,
    parts_of,
    picture_form,
    scale_param,
    stamp_of,
)
from nodes.reading.known_words import WORDS, known_by_labels, known_by_name

LABEL = ("label", "class", "y", "target", "digit")
LEAST = 64  # columns of pixels


@dataclass(frozen=True)
class Table:
    """One file: the names of its columns (or none), which of them is the label and how many rows there are."""

    path: Path
    part: str
    columns: int
    header: bool
    label: int | None
    first: int  # the first column of pixels
    rows: int


@dataclass(frozen=True)
class Found:
    tables: tuple[Table, ...]
    sizes: tuple[int, ...]
    form: Form
    classes: Classes | None
    guesses: tuple[Guess, ...]
    remarks: tuple[str, ...]

    @property
    def counts(self) -> list[tuple[str, int]]:
        return [(table.part, table.rows) for table in self.tables]


def describe(*, path: str, beside: str, size: str, scale: str) -> Schema:
    """A CSV file with a picture in each row, as Kaggle hands out MNIST and Fashion-MNIST: label, pixel0, pixel1, …
    with whole numbers from 0 to 255. A second file, such as one for test, can be named beside it."""
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


def load(*, path: str, beside: str, size: str, scale: str) -> Feed:
    """Pixels stay bytes in memory; those of a batch become numbers.

    Raises:
        ValueError: if a row is short or long, or a value is none from 0 to 255.
    """
    import numpy

    found = _found(Path(path), beside, size, scale)
    pieces, labels = [], []
    for table in found.tables:
        frame = _read(table)
        names = frame.columns
        pixels = numpy.empty((frame.height, len(names) - table.first), numpy.uint8)
        for at, name in enumerate(names[table.first :]):
            pixels[:, at] = frame[name].to_numpy()
        pieces.append(pixels.reshape(frame.height, *found.sizes))
        if table.label is not None:
            labels.append(frame[names[table.label]].to_numpy())
    fields: dict[str, Any] = {"image": Pieces(pieces, found.form)}
    if found.classes is not None:
        fields["label"] = found.classes.codes(numpy.concatenate(labels))
    rows = [(table.path.name, row) for table in found.tables for row in range(table.rows)]
    return Feed(fields, parts_of(found.counts)[0], name_of=lambda n: f"row {rows[n][1] + 1:,} of {rows[n][0]}")


def script(*, path: str, beside: str, size: str, scale: str) -> Script:
    """The same table, read by numpy."""
    found = _found(Path(path), beside, size, scale)
    each = [
        f'numpy.loadtxt({str(table.path)!r}, "int64", delimiter=",", skiprows={int(table.header)}, ndmin=2)'
        for table in found.tables
    ]
    first = found.tables[0]
    joined = each[0] if len(each) == 1 else f"numpy.concatenate([{', '.join(each)}])"
    lines = [
        f"rows = {joined}",
        f"pixels = rows[:, {first.first}:].reshape(-1, {', '.join(map(str, found.sizes))})",
    ]
    fields = {"image": found.form.text("pixels")}
    if found.classes is not None:
        lines.append(f"stored = rows[:, {first.label}]")
        fields["label"] = found.classes.text("stored")
    return Script(tuple(lines), fields, ("import numpy",), parts=parts_of(found.counts)[1])


def recognise(path: Path) -> Recognised | None:
    """A table whose first line has a label and many pixels, or nothing but whole numbers from 0 to 255."""
    if path.suffix.lower() not in (".csv", ".txt") or not path.is_file():
        return None
    try:
        _table(path, count=False)
    except (ValueError, OSError):
        return None
    return Recognised({"path": str(path)}, 0.9)


def _first_lines(path: Path) -> list[list[str]]:
    with path.open("rb") as file:
        lines = [file.readline(2**20) for _ in range(2)]
    texts = [line.decode("utf-8-sig", "replace").strip() for line in lines]
    return [[word.strip().strip('"') for word in text.split(",")] for text in texts if text]


def _table(path: Path, count: bool = True) -> Table:
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
    return Table(path, part, len(first), header, label, start, _lines(path) - header if count else 0)


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


def _found(path: Path, beside: str, size: str, scale: str) -> Found:
    import numpy

    tables = [_table(path)]
    if beside:
        tables.append(_table(path.parent / beside))
        if tables[1].columns - tables[1].first != tables[0].columns - tables[0].first:
            raise ValueError(f"{beside} has another number of pixels than {path.name}. Choose another file.")
    pixels = tables[0].columns - tables[0].first
    sizes = _sides(pixels)
    if size:
        asked = tuple(int(word) for word in re.findall(r"\d+", size))
        if not 2 <= len(asked) <= 3 or math.prod(asked) != pixels:
            raise NoData(f"{path.name} has {pixels:,} pixels in a row, which are not {size}. Set size to another one.")
        sizes = asked
    if sizes is None:
        raise NoData(f"{pixels:,} pixels in a row are no square. Set size, such as 20×30.")
    form, guesses = picture_form(sizes, numpy.dtype("u1"), "grey pictures" if len(sizes) == 2 else "as stored", scale)
    remarks = []
    if any(table.label is None for table in tables):
        if any(table.label is not None for table in tables):
            raise NoData(f"{beside} has no labels, and {path.name} has. Leave it out: it cannot be learned from.")
        return Found(tuple(tables), sizes, form, None, guesses, ("It has no column of labels",))
    stored = numpy.concatenate([_read(table, True).to_series().to_numpy() for table in tables])
    known = known_by_labels(stored) or known_by_name(f"{path.parent.name}/{path.name}")
    if len(numpy.unique(stored)) == 1:
        remarks.append(f"All labels are {stored[0]}")
    first, words = WORDS.get(known, (0, ()))
    return Found(tuple(tables), sizes, form, classes_of(stored, words, first), guesses, tuple(remarks))


def _read(table: Table, labels: bool = False) -> Any:
    """The rows of a table, or its labels alone.

    Raises:
        ValueError: naming the row, if one is short or long or has something else than whole numbers from 0 to 255.
    """
    import polars

    kinds = [polars.Int64 if at < table.first else polars.UInt8 for at in range(table.columns)]
    only = [table.label] if labels and table.label is not None else None
    try:
        frame = polars.read_csv(
            table.path,
            has_header=table.header,
            columns=only,
            n_rows=table.rows,  # blank lines at the end would be rows of nulls
            schema=None,
            infer_schema=not labels,
            schema_overrides=None if labels else kinds,
        )
        if labels:
            frame = frame.select(polars.all().cast(polars.Int64))
    except polars.exceptions.PolarsError:
        raise ValueError(_wrong(table)) from None
    if frame.height != table.rows or any(frame.null_count().row(0)):
        raise ValueError(_wrong(table))
    return frame


def _wrong(table: Table) -> str:
    """Which row of a table cannot be read, and why."""
    with table.path.open(encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file, 1):
            words = [word.strip().strip('"') for word in line.rstrip("\r\n").split(",")]
            if number == 1 and table.header:
                continue
            if number > table.rows + table.header:
                break
            if len(words) != table.columns:
                return (
                    f"Line {number:,} of {table.path.name} has {len(words):,} values, and the others "
                    f"{table.columns:,}. Mend or remove it."
                )
            for at, word in enumerate(words):
                if not re.fullmatch(r"\d+", word) or (at >= table.first and int(word) > 255):
                    wanted = "a whole number from 0 to 255" if at >= table.first else "a whole number"
                    return (
                        f"Line {number:,} of {table.path.name} has {word[:20]!r} in column {at + 1:,}, where {wanted} "
                        "should stand. Mend or remove the line."
                    )
    return f"{table.path.name} cannot be read. Save it again as plain CSV with commas."


PIXEL_TABLE = source(
    id="PixelTable",
    name="Pixel table (CSV)",
    params=[
        File(
            "path", card=True, label="file", help="A CSV file: label, pixel0, pixel1, …; with or without that header."
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
    words=["kaggle", "mnist", "csv", "pixels", "data", "images"],
)
