"""Tables with a whole picture in one cell, as FER2013 is handed out: emotion, pixels, Usage; the pixels are whole
numbers from 0 to 255 with blanks between them."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api import Feed, Field, NoData, Schema, Script
from nodes.api.schema import PARTS, Guess
from nodes.reading.arrays import PICTURES, ArrayForm, Classes, PartialColumn, Pieces, classes_of, picture_form, stamp_of
from nodes.reading.known_words import WORDS

if TYPE_CHECKING:
    import polars as pl

LEAST = 64  # pixels of a picture
_PIXELS = "pixels"
_LABELS = ("emotion", "label", "class", "target", "y", "digit")
_USES = ("usage", "split", "part", "set")
# FER2013 calls its parts so; PrivateTest was kept back until the end of the competition.
_PARTS = {
    "training": "train", "train": "train", "publictest": "validation", "validation": "validation",
    "valid": "validation", "val": "validation", "privatetest": "test", "test": "test",
}  # fmt: skip


@dataclass(frozen=True)
class PixelColumnHeader:
    """The columns of such a file: how they are called there, and how many pixels a picture has."""

    path: Path
    names: tuple[str, ...]
    pixels: str
    label: str
    use: str
    count: int


def head_of(path: Path) -> PixelColumnHeader | None:
    """What the first two lines say; None where no column holds pictures."""
    with path.open("rb") as file:
        lines = [file.readline(2**20).decode("utf-8-sig", "replace") for _ in range(2)]
    try:
        first, second = (next(csv.reader([line]), []) for line in lines)
    except csv.Error:  # no text at all
        return None
    called = {name.strip().lower(): name for name in first}
    if _PIXELS not in called or len(second) != len(first):
        return None
    cell = second[first.index(called[_PIXELS])].strip()
    values = cell.split()
    if len(values) < LEAST or not re.fullmatch(r"[\d ]+", cell) or max(map(int, values)) > 255:
        return None
    label, use = (next((called[name] for name in known if name in called), "") for known in (_LABELS, _USES))
    return PixelColumnHeader(path, tuple(first), called[_PIXELS], label, use, len(values))


@dataclass(frozen=True)
class PixelColumnFile:
    """Such a file, looked at. ``parts`` is the part of each row, empty where the file names none."""

    head: PixelColumnHeader
    rows: int
    sizes: tuple[int, ...]
    form: ArrayForm
    classes: Classes | None
    labels: Any
    parts: tuple[str, ...]
    guesses: tuple[Guess, ...]
    remarks: tuple[str, ...]

    @property
    def part_names(self) -> list[str]:
        """The parts that the file names, in their order; none where it names but one."""
        found = [name for name in PARTS if name in set(self.parts)]
        return found if len(found) > 1 else []


def looked_at(head: PixelColumnHeader, scale: str, sizes_of: Callable[[int], tuple[int, ...]]) -> PixelColumnFile:
    """The labels and parts of all rows. ``sizes_of`` gives the sizes of a picture of so many values.

    Raises:
        NoData: if there are no rows.
        ValueError: if it is damaged, or a label is no whole number.
    """
    import numpy
    import polars

    frame = _columns(head, [name for name in (head.label, head.use) if name] or [head.pixels])
    if not len(frame):
        raise NoData(f"{head.path.name} has no rows.")
    sizes = sizes_of(head.count)
    form, guesses = picture_form(sizes, numpy.dtype("u1"), "grey pictures" if len(sizes) == 2 else "as stored", scale)
    remarks: list[str] = []
    classes, labels = None, None
    if head.label:
        cells = frame[head.label].str.strip_chars()
        values = cells.cast(polars.Int64, strict=False)
        if values.null_count():
            at = int(values.is_null().arg_true()[0])
            said = f"has {cells[at]!r} as its label" if cells[at] else "has no label"
            raise ValueError(
                f"Row {at + 2:,} of {head.path.name} {said}, where a whole number should stand. Mend or remove it."
            )
        labels = values.to_numpy()
        faces = head.label.strip().lower() == "emotion"
        classes = classes_of(labels, *((WORDS["FER2013"][1], 0) if faces else ()))
    else:
        remarks.append("It has no column of labels")
    parts: tuple[str, ...] = ()
    if head.use:
        cells = frame[head.use].str.strip_chars().str.to_lowercase().fill_null("")
        known = cells.replace_strict(_PARTS, default="train", return_dtype=polars.String)
        parts = tuple(known.to_list())
        strange = sorted(set(cells.unique().to_list()) - _PARTS.keys())
        if strange:
            many = int(cells.is_in(strange).sum())
            said = "row says" if many == 1 else "rows say"
            remarks.append(f"{many:,} {said} {strange[0]!r} in {head.use.strip()}, which is no part, and train")
    return PixelColumnFile(head, len(frame), sizes, form, classes, labels, parts, guesses, tuple(remarks))


def _columns(head: PixelColumnHeader, names: Sequence[str]) -> pl.DataFrame:
    """Columns as text.

    Raises:
        ValueError: if the file is damaged.
    """
    import polars

    try:
        return polars.read_csv(head.path, columns=list(names), infer_schema=False, truncate_ragged_lines=True)
    except polars.exceptions.PolarsError as error:
        said = " ".join(str(error).split())[:120]
        raise ValueError(f"{head.path.name} cannot be read as a table: {said}. Get it again.") from None


def schema_of(found: PixelColumnFile) -> Schema:
    """What there is."""
    fields = {"image": Field(found.form.sizes(found.sizes))}
    if found.classes is not None:
        fields["label"] = found.classes.field
    return Schema(
        fields,
        samples=found.rows,
        parts={name: found.parts.count(name) for name in found.part_names},
        noun=PICTURES,
        guesses=found.guesses,
        remarks=found.remarks,
        stamp=stamp_of([found.head.path]),
    )


def feed_of(found: PixelColumnFile) -> Feed:
    """The pictures as bytes in memory. A row that is short or long, or has a value that is none from 0 to 255, is left
    out where it is read.

    Raises:
        ValueError: if that are most rows.
    """
    import numpy
    import torch

    rows = _columns(found.head, [found.head.pixels]).to_series().to_list()
    pixels = numpy.zeros((len(rows), found.head.count), numpy.uint8)
    lost: dict[int, str] = {}
    for number, cell in enumerate(rows):
        values = _values(cell or "", found.head.count)
        if values is None:
            have = len((cell or "").split())
            what = (
                f"has {have:,} pixels, and the first row {found.head.count:,}"
                if have != found.head.count
                else "has a pixel that is no whole number from 0 to 255"
            )
            lost[number] = f"Row {number + 2:,} of {found.head.path.name} {what}. Mend or remove it."
        else:
            pixels[number] = values
    if len(lost) * 2 > len(rows):
        raise ValueError(next(iter(lost.values())))
    images = Pieces([pixels.reshape(len(rows), *found.sizes)], found.form)
    fields: dict[str, Any] = {"image": PartialColumn(images, lost) if lost else images}
    if found.classes is not None:
        fields["label"] = found.classes.codes(found.labels)
    marks = numpy.array(found.parts)
    parts = {name: torch.from_numpy(numpy.flatnonzero(marks == name)) for name in found.part_names}
    name = found.head.path.name
    return Feed(fields, parts, name_of=lambda number: f"row {number + 2:,} of {name}")


def _values(cell: str, count: int) -> Any:
    """The pixels of a cell; None where they are no so many whole numbers from 0 to 255."""
    import numpy

    try:
        values = numpy.fromstring(cell, numpy.int64, sep=" ")  # five times as quick as an array of words
    except ValueError:
        return None
    good = len(values) == count and values.min() >= 0 and values.max() <= 255
    return values if good else None


def script_of(found: PixelColumnFile) -> Script:
    """The same table, read by polars."""
    head = found.head
    good = f"values.size == {head.count} and 0 <= values.min() and values.max() <= 255"
    lines = [
        f"table = pl.read_csv({str(head.path)!r}, infer_schema=False, truncate_ragged_lines=True)",
        f"pixels, unreadable = numpy.zeros((len(table), {head.count}), 'uint8'), []",
        f"for number, cell in enumerate(table[{head.pixels!r}].to_list()):",
        "    try:",
        "        values = numpy.fromstring(cell or '', 'int64', sep=' ')",
        f"        good = bool({good})",
        "    except ValueError:",
        "        good = False",
        "    if good:",
        "        pixels[number] = values",
        "    else:",
        "        unreadable.append(number)",
        f"pixels = pixels.reshape(-1, {', '.join(map(str, found.sizes))})",
    ]
    fields = {"image": found.form.text("pixels")}
    if found.classes is not None:
        lines.append(f"stored = table[{head.label!r}].str.strip_chars().cast(pl.Int64).to_numpy()")
        fields["label"] = found.classes.text("stored")
    parts = ""
    if names := found.part_names:
        lines += [
            f"known = {_PARTS!r}",
            f"marks = [known.get((word or '').strip().lower(), 'train') for word in table[{head.use!r}].to_list()]",
            f"names = {names!r}",
            "parts = {name: torch.tensor([at for at, mark in enumerate(marks) if mark == name]) for name in names}",
        ]
        parts = "parts"
    imports = ("import numpy", "import polars as pl")
    return Script(tuple(lines), fields, imports, "polars", parts, unreadable="unreadable")
