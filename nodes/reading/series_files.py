"""Labelled series as the archives of time series classification hand them out: ``Name_TRAIN`` and ``Name_TEST`` in the
formats of UCR (.tsv, .txt) and of aeon and sktime (.ts)."""

from __future__ import annotations

import inspect
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from nodes.api import NoData, Skipped
from nodes.api.words import cut
from nodes.reading.folder_names import is_folder, names_in
from nodes.reading.listing import hidden
from nodes.reading.stores import Store, Stored

_NAMED = re.compile(r"^(.*)_(TRAIN|TEST)\.(ts|tsv|txt)$", re.IGNORECASE)
_HEAD = 2**16
_FEWEST = 8  # values in a row of the UCR archive
_MOST = 2**30  # bytes of one file: a series is a text that is read as a whole


# The three functions below are printed into a training script as they stand here.
def read_ts(lines: Any) -> Any:
    """Series (steps, channels) and their labels out of the lines of a .ts file."""
    import numpy

    series, labels, begun = [], [], False
    for line in lines:
        line = line.strip()
        if not begun:
            begun = line.lower().startswith("@data")
        elif line and line[0] not in "#%":
            *channels, label = line.split(":")
            rows = [[float("nan" if cell.strip() == "?" else cell) for cell in each.split(",")] for each in channels]
            steps = max(len(each) for each in rows)
            series.append(numpy.array([each + [float("nan")] * (steps - len(each)) for each in rows], "float32").T)
            labels.append(label.strip())
    return series, labels


def read_rows(lines: Any) -> Any:
    """Series (steps, 1) and their labels out of rows that begin with the label."""
    import numpy

    series, labels = [], []
    for line in lines:
        cells = line.replace(",", " ").split()
        if cells:
            series.append(numpy.array([float(cell) for cell in cells[1:]], "float32")[:, None])
            labels.append(cells[0])
    return series, labels


def equal_length(series: Any, steps: int) -> Any:
    """Series as one array (n, steps, channels). Gaps are filled along a straight line, the end of short ones with 0."""
    import numpy

    made = numpy.zeros((len(series), steps, series[0].shape[1]), "float32")
    for row, each in zip(made, series):
        for channel, values in enumerate(each.T):
            known = numpy.flatnonzero(numpy.isfinite(values))
            if len(known):
                end = known[-1] + 1
                row[:end, channel] = numpy.interp(range(end), known, values[known])
    return made


def _split(path: Path) -> tuple[str, str, str] | None:
    """The name of the data, the part and the format of a file; None where its name is no such one."""
    found = _NAMED.match(path.name)
    if found is None or (found[3].lower() != "ts" and found[2] not in ("TRAIN", "TEST")):
        return None
    return found[1], found[2].lower(), found[3].lower()


def _is_series(path: Path) -> bool:
    """By the first lines: the head of a .ts file, or rows of a label and many numbers."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        lines = head.decode("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError):
        return False
    if path.suffix.lower() == ".ts":
        return any(line.lower().startswith(("@problemname", "@data", "@classlabel")) for line in lines)
    rows = [line.replace(",", " ").split() for line in lines[: -1 if len(head) == _HEAD else None] if line.strip()]
    try:
        numbers = [[float(cell) for cell in row] for row in rows[:20]]
    except ValueError:
        return False
    if not numbers:
        return False
    long = all(len(row) > _FEWEST for row in numbers)
    return long and all(row[0].is_integer() for row in numbers)


def files_of(path: Path) -> dict[str, Path]:
    """The files by their parts, of a folder with one such data set or of a file with its other part beside it. Empty
    where they are none. The format of a folder with several is .ts before .tsv and .txt."""
    if not is_folder(path):
        split = _split(path)
        if split is None or not _is_series(path):
            return {}
        other = "_TEST" if split[1] == "train" else "_TRAIN"
        beside = {each.name.lower(): each for each in map(path.parent.__truediv__, _names(path.parent))}
        twin = beside.get(f"{split[0]}{other}.{split[2]}".lower())
        found = {split[1]: path}
        if twin is not None and _is_series(twin):
            found[_split_part(twin)] = twin
        return _ordered(found)
    sets: dict[tuple[str, str], dict[str, Path]] = {}
    for name in _names(path):
        split = _split(path / name)
        if split is not None:
            sets.setdefault((split[0], split[2]), {})[split[1]] = path / name
    for kind in ("ts", "tsv", "txt"):
        whole = [files for (_, each), files in sets.items() if each == kind and "train" in files]
        if len(whole) == 1 and all(_is_series(file) for file in whole[0].values()):
            return _ordered(whole[0])
    return {}


def _names(folder: Path) -> list[str]:
    return [name for name, is_folder in names_in(folder) if not is_folder and not hidden(name)]


def _split_part(path: Path) -> str:
    split = _split(path)
    return split[1] if split is not None else ""


def _ordered(found: dict[str, Path]) -> dict[str, Path]:
    return {part: found[part] for part in ("train", "test") if part in found}


def series_store(path: Path) -> Store | None:
    """The arrays of both parts, ``train/x`` (n, steps, channels) and ``train/y``; None where it is no such data.

    Raises:
        NoData: if a row cannot be read, or the parts do not fit each other.
    """
    files = files_of(path)
    if not files:
        return None
    read = {part: _read(file, file.stat().st_mtime_ns) for part, file in files.items()}
    steps = max(len(each) for series, _ in read.values() for each in series)
    shorter = sum(len(each) < steps or _ends_in_gap(each) for series, _ in read.values() for each in series)
    channels = {series[0].shape[1] for series, _ in read.values()}
    if len(channels) > 1:
        names = " and ".join(file.name for file in files.values())
        raise NoData(f"The series of {names} have different numbers of channels. Get them again.")
    function = read_ts if next(iter(files.values())).suffix.lower() == ".ts" else read_rows
    lines = []
    for printed in (function, equal_length):
        lines += [*inspect.getsource(printed).rstrip().splitlines(), "", ""]
    arrays = {}
    whole = all(_whole(labels) for _, labels in read.values())
    for part, file in files.items():
        series, labels = read[part]
        before = f"{part}/" if len(files) > 1 else ""  # one part without the other is all of the data
        lines.append(f'with open({str(file)!r}, encoding="utf-8-sig") as file:')
        lines.append(f"    {part}_series, {part}_labels = {function.__name__}(file)")
        arrays[f"{before}x"] = _stored(
            f"{before}x", (len(series), steps, series[0].shape[1]), equal_length(series, steps),
            f"equal_length({part}_series, {steps})",
        )  # fmt: skip
        made = _labels(labels, whole)
        kind = "float64').astype('int64" if whole else made.dtype.str
        arrays[f"{before}y"] = _stored(
            f"{before}y", made.shape, made, f"numpy.array({part}_labels).astype('{kind}')"
        )  # fmt: skip
    remarks = []
    if shorter:
        many = "1 series ends" if shorter == 1 else f"{shorter:,} series end"
        remarks.append(f"{many} before the longest, of {steps:,} steps; what is missing is filled with 0")
    gaps = sum(_has_gap(each) for series, _ in read.values() for each in series)
    if gaps:
        many = "1 series has gaps, which are" if gaps == 1 else f"{gaps:,} series have gaps, which are"
        remarks.append(f"{many} filled along a straight line")
    left = [] if path.is_file() else [name for name in _names(path) if path / name not in files.values()]
    skipped = tuple(Skipped(name, "lies beside the series.") for name in left)
    return Store(
        arrays, tuple(files.values()), skipped, ("from typing import Any", "import numpy"), tuple(lines),
        remarks=tuple(remarks),
    )  # fmt: skip


def _stored(name: str, shape: tuple[int, ...], values: Any, text: str) -> Stored:
    return Stored(name, shape, values.dtype, lambda: values, text)


@lru_cache(maxsize=4)
def _read(path: Path, mark: int) -> tuple[list[Any], list[str]]:
    """The series of one file and their labels.

    Raises:
        NoData: with the row that cannot be read.
    """
    if path.stat().st_size > _MOST:
        raise NoData(f"{path.name} is larger than 1 GB. Save its arrays with numpy.savez.")
    lines = path.read_text("utf-8-sig", errors="replace").split("\n")
    start = 0
    function = read_rows
    if path.suffix.lower() == ".ts":
        function = read_ts
        head = [line.strip().lower() for line in lines[:10_000]]
        start = next((number + 1 for number, line in enumerate(head) if line.startswith("@data")), 0)
        if not start:
            raise NoData(f"{path.name} has no line @data, behind which the series stand. Get it again.")
        said = {line.split()[0]: line.split()[1:] for line in head[:start] if line.startswith("@") and line.split()}
        if said.get("@timestamps", ["false"])[:1] == ["true"]:
            raise NoData(
                f"{path.name} holds a time beside each value (@timeStamps true), which is not read. Save its series "
                "as values at equal distances, with @timeStamps false."
            )
        if said.get("@classlabel", ["true"])[:1] == ["false"] and "@targetlabel" not in said:
            raise NoData(f"{path.name} has no labels (@classLabel false), so there is nothing to predict. Add them.")
    try:
        series, labels = function(lines)
    except ValueError:
        raise NoData(_wrong(path, lines, start)) from None
    if not series:
        raise NoData(f"{path.name} holds no series. Get it again.")
    width = series[0].shape[1]
    odd = next((number for number, each in enumerate(series, start=1) if each.shape[1] != width or not len(each)), 0)
    if odd:
        channels = series[odd - 1].shape[1]
        said_of = f"{channels} channels, where the first has {width}" if channels != width else "no values"
        raise NoData(f"Series {odd:,} of {path.name} has {said_of}. Correct or remove it.")
    return series, labels


def _wrong(path: Path, lines: list[str], start: int) -> str:
    """Which row holds something else than numbers."""
    for number, line in enumerate(lines[start:], start=start + 1):
        cells = re.split(r"[,:\s]+", line.strip())
        cells = cells[:-1] if path.suffix.lower() == ".ts" else cells[1:]
        for cell in cells:
            try:
                float("nan" if cell == "?" else cell)
            except ValueError:
                return f"Row {number:,} of {path.name} holds {cut(repr(cell), 30)}, which is no number. Correct it."
    return f"{path.name} holds something else than series of numbers. Get it again."


def _whole(labels: list[str]) -> bool:
    try:
        return all(float(label).is_integer() for label in labels)
    except ValueError:
        return False


def _labels(labels: list[str], whole: bool) -> Any:
    """Labels as whole numbers where they are such in all parts, else as other numbers or as words."""
    import numpy

    if whole:
        return numpy.array(labels).astype("float64").astype("int64")
    try:
        return numpy.array(labels).astype("float64")
    except ValueError:
        return numpy.array(labels)


def _ends_in_gap(each: Any) -> bool:
    import numpy

    return bool((~numpy.isfinite(each[-1])).all())


def _has_gap(each: Any) -> bool:
    """Whether a value is missing before the last one that is there."""
    import numpy

    there = numpy.isfinite(each)
    later = numpy.maximum.accumulate(there[::-1], 0)[::-1]
    return bool((later & ~there).any())
