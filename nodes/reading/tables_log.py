"""Logs of programs, in which each line has the same names with a number behind each: ``epoch 1 loss 0.3``."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from pathlib import Path

from nodes.api.schema import Skipped
from nodes.api.words import cut, listed
from nodes.reading.tables_dialect import HEAD, NoTable, decoded, encoding_of
from nodes.reading.tables_frame import TableRows

ENDINGS = (".txt", ".log")
PAIR = r"([^\W\d][\w/.@-]*)(?:\s*[:=]\s*|\s+)([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)%?(?![\w.])"
_LINES = 200  # that decide whether a text is a log
_FEWEST = 4  # lines
_WORDS = 0.5  # beside each name, as INFO is one
_USUAL = 0.8  # of the lines that have any name with a number


def log_rows(lines: list[str], pair: str, names: list[str]) -> list[dict[str, str]]:
    """The numbers behind the names in each line that has them all."""
    rows = [dict(re.findall(pair, line)) for line in lines]
    return [row for row in rows if all(name in row for name in names)]


def names_in_log(text: str) -> list[str]:
    """The names that stand in the lines of a log; none where the text is no log."""
    lines = [line for line in text.split("\n") if line.strip()][:_LINES]
    found = [tuple(name for name, _ in re.findall(PAIR, line)) for line in lines]
    usual, count = Counter(found).most_common(1)[0] if found else ((), 0)
    beside = sum(len(re.findall(r"[^\W\d_]{2,}", re.sub(PAIR, " ", line))) for line in lines)
    if beside > _WORDS * len(usual) * len(lines):
        return []  # sentences with numbers in them
    if len(lines) > 1 and not found[0] and len(lines[0].split()) == len(lines[1].split()):
        return []  # a header, and words below it that only happen to be the same in all of these rows
    several = 1 < len(usual) == len(set(usual))
    return list(usual) if several and count >= max(_FEWEST, _USUAL * len(lines)) else []


def is_log(path: Path) -> bool:
    """Whether a file is such a log by its first bytes."""
    if path.suffix.lower() not in ENDINGS or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
        text = decoded(head, encoding_of(head)) if len(head) < HEAD else head.decode("utf-8", "replace")
    except (NoTable, OSError, UnicodeError):
        return False
    return bool(names_in_log(text.rpartition("\n")[0] if len(head) == HEAD else text))


def read_log(path: Path) -> TableRows:
    """The lines of a log as rows."""
    import polars as pl

    data = path.read_bytes()
    lines = decoded(data, encoding_of(data)).replace("\r\n", "\n").split("\n")
    names = names_in_log("\n".join(lines[: 10 * _LINES]))
    places, skipped = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if set(names) <= {name for name, _ in re.findall(PAIR, line)}:
            places.append(number)
        else:
            skipped.append(Skipped(f"row {number:,}", f"It has no numbers behind {listed(names, most=4)}."))
    rows = log_rows(lines, PAIR, names)
    frame = pl.DataFrame({name: [row[name] for row in rows] for name in names})
    shown = listed([cut(name, 30) for name in names], most=6)
    remarks = (f"It is read as a log with numbers behind {shown}; what else stands in its lines is left out",)
    return TableRows(
        "log", tuple(names), frame, len(frame), True, lambda row: places[row], skipped=tuple(skipped[:200]),
        skipped_count=len(skipped), remarks=remarks, bare=True,
    )  # fmt: skip


def log_lines(path: Path, names: list[str]) -> list[str]:
    """Lines of a program that make ``table`` of a log."""
    encoding = encoding_of(path.read_bytes())
    errors = ', errors="replace"' if encoding == "cp1252" else ""
    return [
        *inspect.getsource(log_rows).rstrip().splitlines(),
        "",
        "",
        f"with open({str(path)!r}, encoding={encoding!r}{errors}) as file:",
        f'    entries = log_rows(file.read().split("\\n"), {PAIR!r}, {names!r})',
        f"table = pl.DataFrame({{name: [entry[name] for entry in entries] for name in {names!r}}})",
    ]
