"""A column of a table that names files with a matrix of numbers each, as data sets of Sony's Neural Network Console
have them: ``x:matrix`` with cells such as ``data/17.csv``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api.feeds import Each
from nodes.api.schema import NoData, Unreadable
from nodes.reading.tables_examined import ExaminedColumn
from nodes.reading.tables_pictures import place_of, there

if TYPE_CHECKING:
    import polars as pl

LOOKED_AT = 20  # files whose size is asked for
MOST = 16 * 2**20  # bytes of one file
_MATRIX = re.compile(r"(?i)\.csv$")


@dataclass(frozen=True)
class Matrices:
    """Files of as many rows and columns of numbers each."""

    rows: int
    columns: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """Of one sample: a row of numbers, or a picture of one channel."""
        return (self.rows * self.columns,) if 1 in (self.rows, self.columns) else (1, self.rows, self.columns)


def names_matrices(column: ExaminedColumn) -> bool:
    """Whether each word of a column is the name of such a file."""
    return bool(column.words) and all(_MATRIX.search(word) for word in column.words)


def column_of(
    files: Sequence[ExaminedColumn],
    columns: Sequence[ExaminedColumn],
    console: Mapping[str, str],
    path: Path,
    frame: pl.DataFrame,
) -> ExaminedColumn | None:
    """The column of inputs whose cells name files with matrices of numbers, where these are there."""
    if any(column.role == "image path" for column in columns):
        return None
    for column in files:
        if console[column.name] == "feature" and names_matrices(column):
            first = frame[column.name].drop_nulls().head(LOOKED_AT).to_list()
            if any(there(path, first)):
                return column
    return None


def matrices(table: Path, cells: Sequence[str]) -> Matrices:
    """The size that the first files have.

    Raises:
        NoData: if none can be read.
    """
    trouble = ""
    for cell in cells[:LOOKED_AT]:
        try:
            rows, columns = _numbers(table, cell).shape
            return Matrices(rows, columns)
        except Unreadable as reason:
            trouble = trouble or str(reason)
    raise NoData(f"None of the files that {table.name} names can be read. {trouble}")


def column(table: Path, cells: Sequence[str], how: Matrices) -> Each:
    """The matrices as they stand, read when they are asked for."""

    def matrix(number: int) -> Any:
        found = _numbers(table, cells[number])
        if found.shape != (how.rows, how.columns):
            size = f"{found.shape[0]}×{found.shape[1]}"
            raise Unreadable(f"{cells[number]} has {size} numbers, and the others {how.rows}×{how.columns}.")
        return found.reshape(how.sizes)

    return Each(len(cells), matrix)


def _numbers(table: Path, cell: str) -> Any:
    import numpy

    place = place_of(table, cell)
    try:
        if place.stat().st_size > MOST:
            raise Unreadable(f"{cell} has more than {MOST // 2**20} MB. Make it smaller.")
        found = numpy.loadtxt(place, numpy.float32, delimiter=",", ndmin=2, encoding="utf-8-sig", comments=None)
    except OSError as error:
        raise Unreadable(f"{cell} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise Unreadable(f"{cell} holds something else than numbers in equal rows. Correct it.") from error
    if not found.size or not numpy.isfinite(found).all():
        raise Unreadable(f"{cell} {'is empty' if not found.size else 'holds numbers that are none, such as nan'}.")
    return found


def lines_of(table: Path, name: str, how: Matrices) -> list[str]:
    """Lines that make ``matrices``, a tensor (rows, ...), of the column of ``table``."""
    return [
        f"folder = {str(table.parent)!r}",
        "matrices = []",
        f"for cell in table[{name!r}].to_list():",
        '    place = folder + "/" + cell.replace("\\\\", "/")',
        '    read = numpy.loadtxt(place, numpy.float32, delimiter=",", ndmin=2, encoding="utf-8-sig", comments=None)',
        f"    matrices.append(read.reshape({how.sizes!r}))",
        "matrices = torch.from_numpy(numpy.stack(matrices))",
    ]


IMPORTS = ("import numpy",)
