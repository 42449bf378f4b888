"""Files with tables: what kind each is, and the rows of those that know their types (Parquet, JSON, Excel)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api.schema import NoData, Skipped
from nodes.api.words import cut, listed, quoted
from nodes.reading.arrays import stamp_of
from nodes.reading.folder_names import names_in
from nodes.reading.json_rows import flat_rows, json_rows
from nodes.reading.listing import natural
from nodes.reading.part_names import part_called
from nodes.reading.tables_dialect import NoTable, decoded
from nodes.reading.tables_excel import read_excel
from nodes.reading.tables_frame import TableReading, TableRows, column_names, read_text
from nodes.reading.tables_log import is_log, read_log

if TYPE_CHECKING:
    import polars as pl

ENDINGS = {
    "csv": (".csv", ".tsv", ".tab", ".txt", ".data", ".dat"),
    "parquet": (".parquet", ".pq"),
    "json": (".jsonl", ".ndjson", ".json"),
    "log": (".log",),
    "excel": (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"),
}


SPLIT = "split"  # the column with the part of the data, where the files are called as parts
_ENCODED = (
    "It holds whole files, as the Hugging Face Hub packs them. The source Pictures reads those that are pictures; save "
    "each of others as a file into a folder of its class, and choose the outer folder."
)


def parts_of_table(folder: Path) -> list[Path]:
    """The Parquet files of a folder that together are one table, as Spark, Dask and the Hub write them, in their order:
    part-2 before part-10. Empty where the folder holds something else."""
    names = [name for name, is_folder in names_in(folder) if not is_folder and not name.startswith(("_", "."))]
    if not names or any(not name.lower().endswith(ENDINGS["parquet"]) for name in names):
        return []
    return [folder / name for name in sorted(names, key=natural)]


def parts_said(files: Sequence[Path]) -> list[str]:
    """The part of the data that each Parquet file of a folder is called as, ``test-00000-of-00001.parquet``; empty
    where one is called otherwise, or all as the same."""
    called = [part_called(re.split(r"[-_.]", file.stem)[0]) for file in files]
    return called if all(called) and len(set(called)) > 1 else []


def kind_of(path: Path) -> str:
    """Which kind of file it is, by its first bytes and its ending: csv, parquet, json or excel."""
    if path.is_dir():
        return "parquet"
    with path.open("rb") as file:
        head = file.read(8)
    if head[:4] == b"PAR1":
        return "parquet"
    ending = path.suffix.lower()
    if head[:4] == b"PK\3\4" or head[:4] == b"\xd0\xcf\x11\xe0":
        return "excel"
    return next((kind for kind, endings in ENDINGS.items() if ending in endings and kind in ("json", "csv")), "csv")


def read(path: Path, how: TableReading) -> TableRows:
    """The rows of a file; of a text above WHOLE bytes a sample, unless ``how.look`` says otherwise.

    Raises:
        NoData: if there are none, with the remedy.
        OSError: if the file cannot be read.
    """
    name = path.name
    try:
        kind = kind_of(path)
        if kind == "csv" and how.separator == "auto" and is_log(path):
            found = read_log(path)
        elif kind == "csv":
            found = read_text(path, how)
        elif kind == "parquet":
            found = _parquet(path, how)
        elif kind == "json":
            found = _json(path)
        else:
            found = read_excel(path, how)
    except NoTable as reason:
        raise NoData(f"{name} is no table. {reason}") from None
    if not found.names:
        raise NoData(f"{name} has no columns. Choose a file with a table.")
    if not len(found.frame) and not found.total:
        raise NoData(f"{name} has a header and no rows. Choose a file with rows.")
    return found


def stamp(path: Path) -> str:
    """Another one when the file has changed."""
    if path.is_dir():
        return stamp_of(parts_of_table(path))
    state = path.stat()
    return f"{state.st_size}:{state.st_mtime_ns}"


def _parquet(path: Path, how: TableReading) -> TableRows:
    import polars as pl

    files = parts_of_table(path) if path.is_dir() else [path]
    frames = []
    for file in files:
        try:
            frames.append(pl.read_parquet(file, glob=False))
        except pl.exceptions.PolarsError as error:
            said = " ".join(str(error).split())[:120]
            raise NoData(f"{file.name} is cut off or no Parquet file: {said}. Copy it again.") from None
        if frames[-1].columns != frames[0].columns:
            raise NoData(
                f"{file.name} has other columns than {files[0].name}, so that they are no parts of one table. Choose "
                "one of them, or put those with the same columns in a folder of their own."
            )
    if (called := parts_said(files)) and SPLIT not in frames[0].columns:
        frames = [frame.with_columns(pl.lit(part).alias(SPLIT)) for frame, part in zip(frames, called)]
    try:
        frame = pl.concat(frames, how="vertical_relaxed")
    except pl.exceptions.PolarsError as error:
        said = " ".join(str(error).split())[:120]
        raise NoData(f"The files of {path.name} have columns of different kinds: {said}. Write them anew.") from None
    return _typed("parquet", frame, lambda row: row + 1)


def _json(path: Path) -> TableRows:
    import polars as pl

    try:
        text = decoded(path.read_bytes(), "utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoData(f"{path.name} is not written in UTF-8: see the byte at {error.start:,}.") from None
    entries, places, skipped = _entries(path.name, text)
    columns: dict[str, list[Any]] = {}
    for number, entry in enumerate(flat_rows(entries)):
        for key, value in entry.items():
            if key not in columns:
                columns[key] = [None] * number
            columns[key].append(value)
        for values in columns.values():
            if len(values) <= number:
                values.append(None)
    made = {}
    left = []
    for key, values in columns.items():
        if any(isinstance(value, dict | list) for value in values):
            left.append(Skipped(f"column {cut(key, 40)}", "It holds lists."))
        elif all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values):
            made[key] = pl.Series(key, [None if value is None else float(value) for value in values], pl.Float64)
        else:
            made[key] = pl.Series(key, [_spelled(value) for value in values], pl.String)
    if left and not made:
        names = listed([quoted(each.name.removeprefix("column "), 40) for each in left], most=3)
        raise NoTable(f"There are lists in {names}, and nothing else; lists are no cells of a table.")
    found = _typed("json", pl.DataFrame(made), lambda row: places[row])
    return replace(found, skipped=(*left, *skipped), skipped_count=len(left) + len(skipped))


def _spelled(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value if value is None or value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _entries(name: str, text: str) -> tuple[list[dict[str, Any]], list[int], list[Skipped]]:
    """The objects of JSON lines, or those in an array."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None
    whole = json_rows(whole)
    if isinstance(whole, list):
        found = [entry for entry in whole if isinstance(entry, dict)]
        bad = [number for number, entry in enumerate(whole, start=1) if not isinstance(entry, dict)]
        places = [number for number, entry in enumerate(whole, start=1) if isinstance(entry, dict)]
        if not found:
            raise NoTable("Its array holds no objects with names and values.")
        return found, places, [Skipped(f"entry {number:,}", "It is no object with names and values.") for number in bad]
    entries, places, skipped = [], [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        if isinstance(entry, dict):
            entries.append(entry)
            places.append(number)
        else:
            skipped.append(Skipped(f"row {number:,}", "It is no JSON object."))
    if not entries:
        raise NoTable("None of its rows is a JSON object.")
    return entries, places, skipped


def _typed(kind: str, frame: pl.DataFrame, place: Callable[[int], int]) -> TableRows:
    """Numbers as Float64, words and dates as text; what holds lists is left out by name."""
    import polars as pl

    kept, skipped = [], []
    for series in frame.get_columns():
        dtype = series.dtype
        if dtype.is_numeric():
            kept.append(series.cast(pl.Float64))
        elif dtype == pl.Boolean or dtype == pl.String or isinstance(dtype, pl.Categorical | pl.Enum):
            kept.append(series.cast(pl.String))
        elif dtype == pl.Date or isinstance(dtype, pl.Datetime):
            kept.append(series.cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d %H:%M:%S"))
        elif series.null_count() == len(series):
            kept.append(pl.Series(series.name, [None] * len(series), pl.String))
        else:
            if isinstance(dtype, pl.Struct) and {"bytes"} <= {each.name for each in dtype.fields} <= {"bytes", "path"}:
                skipped.append(Skipped(f"column {cut(series.name, 40)}", _ENCODED))
                continue
            what = (
                "bytes"
                if dtype == pl.Binary
                else "times of the day or spans"
                if dtype.is_temporal()
                else "lists or further columns"
            )
            skipped.append(Skipped(f"column {cut(series.name, 40)}", f"It holds {what}."))
    made = pl.DataFrame(kept)
    names, remarks = column_names(made.columns, made.width)
    made.columns = list(names)
    return TableRows(
        kind, names, made, len(frame), True, place, skipped=tuple(skipped), skipped_count=len(skipped),
        remarks=tuple(remarks),
    )  # fmt: skip
