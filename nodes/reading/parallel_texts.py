"""Two texts whose lines are translations of each other: ``corpus.en`` beside ``corpus.de``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nodes.api.schema import NoData
from nodes.api.words import cut, listed
from nodes.reading.folder_names import names_in
from nodes.reading.listing import ending, hidden
from nodes.reading.part_names import for_training
from nodes.reading.tables_dialect import Dialect
from nodes.reading.tables_files import stamp as stamp_of
from nodes.reading.tables_frame import TableReading, TableRows
from nodes.reading.texts import pieces, written

SEPARATOR = "\n"  # of a Dialect whose columns are files
# Endings that are languages and of no other kind of file; js, ts, py, md and their like are left to those.
_LANGUAGES = frozenset(
    "en de fr es it pt nl sv da no nb nn fi is pl cs sk sl hr sr bg ro hu el ru uk be tr ar he fa hi bn ur ta te mr gu "
    "pa ne si th vi id ms tl ja zh ko ka hy az kk uz mn sw zu xh yo ha ig am so af eu ca gl ga cy mt et lv lt sq mk bs "
    "eo la lb eng deu fra spa ita rus zho jpn".split()
)
_MOST = 500  # files of a folder that are looked at


def names_language(path: Path) -> bool:
    """Whether the ending of a file is a language, as that of ``corpus.en``."""
    return ending(path.name) in _LANGUAGES


def parallel_files(path: Path) -> tuple[Path, Path] | None:
    """The two texts that a folder, or one of them, stands for: of equal names with languages as endings, English first.
    Of several such pairs in a folder, the one for training. None where there are none."""
    if path.is_dir():
        names = [name for name, is_folder in names_in(path)[:_MOST] if not is_folder and not hidden(name)]
        folder, wanted = path, ""
    elif names_language(path) and path.is_file():
        folder, wanted = path.parent, path.stem
        names = [name for name, is_folder in names_in(folder)[:_MOST] if not is_folder]
    else:
        return None
    pairs: dict[str, list[str]] = {}
    for name in names:
        if ending(name) in _LANGUAGES and (not wanted or Path(name).stem == wanted):
            pairs.setdefault(Path(name).stem, []).append(name)
    whole = {stem: both for stem, both in pairs.items() if len(both) == 2}
    stem = next(iter(whole)) if len(whole) == 1 else for_training(list(whole))
    if not stem:
        return None
    first, second = sorted(whole[stem], key=lambda name: (ending(name) not in ("en", "eng"), name))
    return folder / first, folder / second


def stamp(path: Path) -> str:
    """Another one as soon as one of the two texts is written to."""
    found = parallel_files(path)
    return " ".join(map(stamp_of, found)) if found is not None else ""


def parallel_texts(path: Path, how: TableReading) -> tuple[TableRows, dict[str, list[str]]]:
    """The lines of both as two columns, called by their languages.

    Raises:
        NoData: if one has more lines than the other, or is no text.
        OSError: if one cannot be read.
    """
    import polars as pl

    files = parallel_files(path)
    assert files is not None
    texts = [written(each, how.encoding) for each in files]
    columns = [lines_in("".join(pieces(text, lower=False))) for text in texts]
    one, other = map(len, columns)
    if one != other:
        raise NoData(
            f"{files[0].name} has {one:,} lines and {files[1].name} {other:,}, so they are no translations line by "
            "line. Get both again, or put both texts into the columns of one table."
        )
    names = tuple(ending(each.name) for each in files)
    remarks = [f"Line by line, {cut(files[0].name, 40)} and {cut(files[1].name, 40)} are pairs"]
    if path.is_dir():
        used = {each.name for each in files}
        others = [name for name, _ in names_in(path)[:_MOST] if name not in used and not hidden(name)]
        if others:
            many = "is" if len(others) == 1 else "are"
            remarks.append(f"Of the folder {cut(path.name, 40)}, {listed(sorted(others), most=4)} {many} not read")
    dialect = Dialect(texts[0].encoding, SEPARATOR, 2, 0, False, False, False)
    rows = TableRows(
        "csv", names, pl.DataFrame(), one, True, lambda row: row + 1, dialect, remarks=tuple(remarks)
    )  # fmt: skip
    return rows, dict(zip(names, columns))


def lines_in(text: str) -> list[str]:
    """The lines of a text, without what comes behind the last end of a line."""
    lines = text.split("\n")
    return lines[:-1] if lines and not lines[-1] else lines


def parallel_lines(path: Path, columns: Sequence[str]) -> list[str]:
    """Lines of a program that make ``rows`` of these columns."""
    files = parallel_files(path)
    assert files is not None
    lines = ["sides = {}"]
    for each in files:
        encoding = written(each).encoding
        errors = ', errors="replace"' if encoding == "cp1252" else ""
        lines += [
            f"with open({str(each)!r}, encoding={encoding!r}{errors}) as file:",
            '    text = file.read().removeprefix("\\ufeff")',
            f'sides[{ending(each.name)!r}] = text.removesuffix("\\n").split("\\n")',
        ]
    return [*lines, f"rows = [list(row) for row in zip(*(sides[name] for name in {list(columns)!r}))]"]
