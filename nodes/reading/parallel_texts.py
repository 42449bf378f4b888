"""Two texts whose lines are translations of each other: ``corpus.en`` beside ``corpus.de``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nodes.api.schema import PARTS, NoData
from nodes.api.words import cut, listed
from nodes.reading.folder_names import names_in
from nodes.reading.listing import ending, hidden
from nodes.reading.part_names import part_called
from nodes.reading.tables_dialect import Dialect
from nodes.reading.tables_files import stamp as stamp_of
from nodes.reading.tables_frame import TableReading, TableRows
from nodes.reading.texts import pieces, written

SEPARATOR = "\n"  # of a Dialect whose columns are files
# Endings that are languages and of no other kind of file; js, ts, py, md and their like are left to those.
LANGUAGES = frozenset(
    "en de fr es it pt nl sv da no nb nn fi is pl cs sk sl hr sr bg ro hu el ru uk be tr ar he fa hi bn ur ta te mr gu "
    "pa ne si th vi id ms tl ja zh ko ka hy az kk uz mn sw zu xh yo ha ig am so af eu ca gl ga cy mt et lv lt sq mk bs "
    "eo la lb eng deu fra spa ita rus zho jpn".split()
)
_MOST = 500  # files of a folder that are looked at


def names_language(path: Path) -> bool:
    """Whether the ending of a file is a language, as that of ``corpus.en``."""
    return ending(path.name) in LANGUAGES


@dataclass(frozen=True)
class ParallelPair:
    """Two texts that belong together, and which of PARTS they are: empty where they are all there is."""

    files: tuple[Path, Path]
    part: str = ""


def parallel_files(path: Path) -> tuple[Path, Path] | None:
    """The two texts that a folder, or one of them, stands for: of equal names with languages as endings, English first.
    Of several such pairs in a folder, the one for training. None where there are none."""
    pairs = parallel_pairs(path)
    return pairs[0].files if pairs else None


def parallel_pairs(path: Path) -> tuple[ParallelPair, ...]:
    """The same with the pairs beside it that are called as other parts of the data, in the same languages: ``val.en``
    and ``val.de`` behind ``train.en`` and ``train.de``, then what is for a test."""
    if path.is_dir():
        names = [name for name, is_folder in names_in(path)[:_MOST] if not is_folder and not hidden(name)]
        folder, wanted = path, ""
    elif names_language(path) and path.is_file():
        folder, wanted = path.parent, path.stem
        names = [name for name, is_folder in names_in(folder)[:_MOST] if not is_folder]
    else:
        return ()
    pairs: dict[str, list[str]] = {}
    for name in names:
        if ending(name) in LANGUAGES and (not wanted or Path(name).stem == wanted):
            pairs.setdefault(Path(name).stem, []).append(name)
    whole = {
        stem: sorted(both, key=lambda name: (ending(name) not in ("en", "eng"), name))
        for stem, both in pairs.items()
        if len(both) == 2
    }
    parts = {stem: part_called(stem) or part_called(re.split(r"[._\-]", stem)[0]) for stem in whole}
    training = [stem for stem, part in parts.items() if part == "train"]
    stem = next(iter(whole)) if len(whole) == 1 else training[0] if len(training) == 1 and all(parts.values()) else ""
    if not stem:
        return ()

    def pair(stem: str, part: str) -> ParallelPair:
        first, second = whole[stem]
        return ParallelPair((folder / first, folder / second), part)

    languages = [ending(name) for name in whole[stem]]
    others = [each for each in whole if each != stem and [ending(name) for name in whole[each]] == languages]
    others.sort(key=lambda each: (PARTS.index(parts[each]), each))
    return (pair(stem, parts[stem] if others else ""), *(pair(each, parts[each]) for each in others))


def stamp(path: Path) -> str:
    """Another one as soon as one of the texts is written to."""
    return " ".join(stamp_of(file) for each in parallel_pairs(path) for file in each.files)


@dataclass(frozen=True)
class ParallelTexts:
    """The lines of parallel texts: ``cells`` are two columns, called by their languages. ``begins`` gives for each pair
    of files the first of its rows, its name and its part of the data."""

    rows: TableRows
    cells: dict[str, list[str]]
    begins: tuple[tuple[int, str, str], ...]


def parallel_texts(path: Path, how: TableReading) -> ParallelTexts:
    """The lines of all pairs of files behind each other.

    Raises:
        NoData: if one has more lines than the other, or is no text.
        OSError: if one cannot be read.
    """
    import polars as pl

    pairs = parallel_pairs(path)
    assert pairs
    names = tuple(ending(each.name) for each in pairs[0].files)
    cells: dict[str, list[str]] = {name: [] for name in names}
    begins: list[tuple[int, str, str]] = []
    numbers: list[int] = []
    for pair in pairs:
        texts = [written(each, how.encoding) for each in pair.files]
        columns = [_lines("".join(pieces(text, lower=False))) for text in texts]
        one, other = map(len, columns)
        if one != other:
            raise NoData(
                f"{pair.files[0].name} has {one:,} lines and {pair.files[1].name} {other:,}, so they are no "
                "translations line by line. Get both again, or put both texts into the columns of one table."
            )
        begins.append((len(numbers), pair.files[0].name, pair.part))
        numbers += range(1, one + 1)
        for name, column in zip(names, columns):
            cells[name] += column
    first, second = pairs[0].files
    remarks = [f"Line by line, {cut(first.name, 40)} and {cut(second.name, 40)} are pairs"]
    if path.is_dir():
        used = {each.name for pair in pairs for each in pair.files}
        others = [name for name, _ in names_in(path)[:_MOST] if name not in used and not hidden(name)]
        if others:
            many = "is" if len(others) == 1 else "are"
            remarks.append(f"Of the folder {cut(path.name, 40)}, {listed(sorted(others), most=4)} {many} not read")
    dialect = Dialect(written(first, how.encoding).encoding, SEPARATOR, 2, 0, False, False, False)
    rows = TableRows(
        "csv", names, pl.DataFrame(), len(numbers), True, lambda row: numbers[row], dialect, remarks=tuple(remarks)
    )  # fmt: skip
    return ParallelTexts(rows, cells, tuple(begins) if len(pairs) > 1 else ())


def _lines(text: str) -> list[str]:
    """The lines of a text, without what comes behind the last end of a line."""
    lines = text.split("\n")
    return lines[:-1] if lines and not lines[-1] else lines


def parallel_lines(path: Path, columns: Sequence[str]) -> list[str]:
    """Lines of a program that make ``rows`` of these columns."""
    pairs = parallel_pairs(path)
    lines = [f"sides = {{name: [] for name in {list(columns)!r}}}"]
    for each in (file for pair in pairs for file in pair.files):
        encoding = written(each).encoding
        errors = ', errors="replace"' if encoding == "cp1252" else ""
        lines += [
            f"with open({str(each)!r}, encoding={encoding!r}{errors}) as file:",
            '    text = file.read().removeprefix("\\ufeff")',
            f'sides[{ending(each.name)!r}] += text.removesuffix("\\n").split("\\n")',
        ]
    return [*lines, f"rows = [list(row) for row in zip(*(sides[name] for name in {list(columns)!r}))]"]
