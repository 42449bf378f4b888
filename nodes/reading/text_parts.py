"""One text in several files of a folder, one for each part of the data, as Penn Treebank and WikiText are handed out:
``ptb.train.txt``, ``ptb.valid.txt``, ``ptb.test.txt``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from nodes.api.feeds import Feed
from nodes.api.schema import PARTS, Field, NoData, Schema
from nodes.api.sources import Script
from nodes.api.words import cut, listed
from nodes.reading import arrays
from nodes.reading.folder_names import is_folder, names_in
from nodes.reading.listing import ending, hidden, tells_of_others
from nodes.reading.part_names import part_called
from nodes.reading.text_windows import MEGA, USUAL_LIMIT, TextStretches, WindowedText, encoded, windows
from nodes.reading.text_windows import stamp_of as stamp_of_file
from nodes.reading.texts import WORD, pieces, written

if TYPE_CHECKING:
    from torch import Tensor

_ENDINGS = frozenset({"txt", "text", "tokens", "raw", ""})
_MOST = 12  # files of such a folder
Parts = tuple[tuple[str, WindowedText], ...]


def part_files(folder: Path) -> dict[str, Path]:
    """The files of a folder by the parts that they are called as, training first. Empty where other texts lie beside
    them, a part has two files, or there is none for training or nothing else."""
    if not is_folder(folder):
        return {}
    names = [name for name, is_folder in names_in(folder) if not is_folder and not hidden(name)]
    names = [name for name in names if ending(name) in _ENDINGS and not tells_of_others(name)]
    found: dict[str, Path] = {}
    beside = set()
    for name in names[: _MOST + 1]:
        words = re.split(r"[._\-\s]+", name.lower())
        parts = [part for word in words if (part := part_called(word))]
        if len(parts) != 1 or parts[0] in found:
            return {}
        found[parts[0]] = folder / name
        beside.add(tuple(word for word in words if not part_called(word)))
    if "train" not in found or len(found) < 2 or len(beside) > 1:
        return {}
    return {part: found[part] for part in PARTS if part in found}


def looked_at(
    folder: Path, unit: str, words: int | str, window: int, step: int, lower: bool, encoding: str, limit: int | str
) -> Parts:
    """The windows of each file, numbered by the vocabulary of all of them.

    Raises:
        NoData: if the folder is none of these, or a file is too short for a window.
        OSError: if a file cannot be read.
    """
    files = part_files(folder)
    if not files:
        raise NoData(
            f"{folder.name} is a folder. Choose a file with text, or a folder with a text called as train, and others "
            "called as valid and test."
        )
    marks = tuple(stamp_of_file(path) for path in files.values())
    return _looked_at(tuple(files.items()), marks, unit, words, window, step, lower, encoding, limit)


@lru_cache(maxsize=4)
def _looked_at(
    files: tuple[tuple[str, Path], ...],
    marks: tuple[str, ...],
    unit: str,
    words: int | str,
    window: int,
    step: int,
    lower: bool,
    encoding: str,
    limit: int | str,
) -> Parts:
    most = USUAL_LIMIT["characters" if unit == "auto" else unit] if limit == "auto" else int(limit)
    hows = [written(path, encoding, most * MEGA) for _, path in files]
    every = replace(hows[0], reads=lambda: "".join(piece for how in hows for piece in pieces(how, lower=False)))
    return tuple(
        (part, windows(how, mark, unit, words, window, step, lower, every))
        for (part, _), how, mark in zip(files, hows, marks)
    )


def schema_of(parts: Parts) -> Schema:
    """What the source offers."""
    first = parts[0][1]
    field = Field((first.window,), "int", first.known.classes)
    total = sum(text.tokens for _, text in parts)
    remarks = [
        f"{total:,} {first.unit}, {len(first.known.words):,} different ones; they are counted over the whole text, "
        "also what is held out"
    ]
    cut_off = [cut(text.how.path.name) for _, text in parts if text.how.size < text.how.whole]
    if cut_off:
        size = first.how.size / MEGA
        remarks.append(f"Of {listed(cut_off)} the first {size:,.0f} MB are read; see the setting megabytes")
    return Schema(
        {"text": field, "next": field},
        sum(text.count for _, text in parts),
        {part: text.count for part, text in parts},
        noun=("window", "windows"),
        guesses=first.guesses,
        remarks=tuple(remarks),
        ordered=True,
        overlap=first.overlap,
        settled={"unit": first.unit},
        stamp=arrays.stamp_of(text.how.path for _, text in parts),
    )


class _Joined:
    """Stretches of several texts, one text behind the other."""

    def __init__(self, columns: Sequence[TextStretches]) -> None:
        self.in_memory = all(each.in_memory for each in columns)
        self._columns = columns

    def __len__(self) -> int:
        return sum(map(len, self._columns))

    def at(self, index: Tensor) -> Tensor:
        """The stretches with these numbers (n, length)."""
        import torch

        made: list[Tensor] = []
        places: list[Tensor] = []
        start = 0
        for each in self._columns:
            chosen = ((index >= start) & (index < start + len(each))).nonzero().reshape(-1)
            made.append(each.at(index[chosen] - start))
            places.append(chosen)
            start += len(each)
        return torch.cat(made)[torch.cat(places).argsort()]


def feed_of(parts: Parts) -> Feed:
    """The windows of one file after another, each file a part."""
    numbers = [encoded(text) for _, text in parts]
    made = {
        name: _Joined(
            [TextStretches(own, text.count, text.step, first, text.window) for own, (_, text) in zip(numbers, parts)]
        )
        for name, first in (("text", 0), ("next", 1))
    }

    def name_of(number: int) -> str:
        for _, text in parts:
            if number < text.count:
                first = number * text.step + 1
                return f"{text.unit} {first:,} to {first + text.window - 1:,} of {cut(text.how.path.name)}"
            number -= text.count
        raise IndexError(number)

    return Feed(made, arrays.parts_of(_counts(parts))[0], name_of=name_of)


def _counts(parts: Parts) -> list[tuple[str, int]]:
    return [(part, text.count) for part, text in parts]


def script_of(parts: Parts) -> Script:
    """The same windows, cut by torch."""
    first = parts[0][1]
    unknown = first.known.unknown
    found = "number_of[token]" if unknown is None else f"number_of.get(token, {unknown})"
    tokens = f"re.findall({WORD!r}, text)" if first.unit == "words" else "text"
    lines = [
        "vocabulary = [", *(f"    {word!r}," for word in first.known.words), "]",
        "number_of = {word: number for number, word in enumerate(vocabulary)}",
        "files = [",
        *(f"    {(str(t.how.path), t.how.size, t.how.encoding, t.how.errors)!r}," for _, t in parts),
        "]",
        "windows, ahead = [], []",
        "for path, size, encoding, errors in files:",
        '    with open(path, "rb") as file:',
        "        begin = io.BytesIO(file.read(size))",
        "    text = io.TextIOWrapper(begin, encoding=encoding, errors=errors).read()",
        '    text = text.removeprefix("\\ufeff")' + ".lower()" * first.lower,
        f"    numbers = torch.tensor([{found} for token in {tokens}])",
        f"    windows.append(numbers[:-1].unfold(0, {first.window}, {first.step}))",
        f"    ahead.append(numbers[1:].unfold(0, {first.window}, {first.step}))",
        "windows, ahead = torch.cat(windows), torch.cat(ahead)",
    ]  # fmt: skip
    imports = ("import io", *(("import re",) if first.unit == "words" else ()))
    fields = {"text": "windows", "next": "ahead"}
    return Script(tuple(lines), fields, imports, parts=arrays.parts_of(_counts(parts))[1])
