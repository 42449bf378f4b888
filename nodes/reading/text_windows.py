"""One long text as windows, each with the same text one step on: what a net learns to write from."""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api.feeds import Feed
from nodes.api.schema import Field, Guess, NoData, Schema
from nodes.api.sources import Script
from nodes.api.words import cut, quoted
from nodes.reading.texts import (
    WORD,
    TextFileFormat,
    Vocabulary,
    encoding_said,
    pieces,
    rare_said,
    tokens_of,
    vocabulary,
    written,
)

if TYPE_CHECKING:
    from torch import Tensor

MEGA = 1_000_000
USUAL_LIMIT = {"characters": 64, "words": 16}  # megabytes of a longer file that are read unless more are asked for
USUAL_WORDS = {"characters": 2_000, "words": 5_000}
_IN_MEMORY = 512 * MEGA  # bytes of tokens; more lie in a file that goes away with them


@dataclass(frozen=True)
class WindowedText:
    """A text, looked at. ``tokens`` is how many there are; ``counts`` stand by the words of the vocabulary."""

    how: TextFileFormat
    unit: str
    lower: bool
    known: Vocabulary
    tokens: int
    window: int
    step: int
    guesses: tuple[Guess, ...]
    remarks: tuple[str, ...]
    stamp: str

    @property
    def count(self) -> int:
        """The number of windows."""
        return (self.tokens - 1 - self.window) // self.step + 1

    @property
    def overlap(self) -> int:
        """How many of the next windows hold a token of one."""
        return math.ceil((self.window + 1) / self.step) - 1


def stamp_of(path: Path) -> str:
    """Another one when the file has changed."""
    state = path.stat()
    return f"{state.st_size}:{state.st_mtime_ns}"


def looked_at(
    path: str, unit: str, words: int | str, window: int, step: int, lower: bool, encoding: str, limit: int | str
) -> WindowedText:
    """The text at a path.

    Raises:
        NoData: if there is none, or it is too short for one window.
        OSError: if it cannot be read.
    """
    if not path:
        raise NoData("No file is chosen. Choose a file with text.")
    place = Path(path).expanduser()
    return _looked_at(place, stamp_of(place), unit, words, window, step, lower, encoding, limit)


@lru_cache(maxsize=4)
def _looked_at(
    path: Path,
    mark: str,
    unit: str,
    words: int | str,
    window: int,
    step: int,
    lower: bool,
    encoding: str,
    limit: int | str,
) -> WindowedText:
    chosen = "characters" if unit == "auto" else unit
    most = USUAL_LIMIT[chosen] if limit == "auto" else int(limit)
    how = written(path, encoding, most * MEGA)
    found = windows(how, mark, unit, words, window, step, lower)
    if how.size < how.whole:
        said = f"Of {how.whole / MEGA:,.0f} MB the first {how.size / MEGA:,.0f} MB are read."
        sizes = ((f"the first {most:,} MB", most), ("all of it", 0))
        return replace(found, guesses=(*found.guesses, Guess("limit", said, sizes, most)))
    return found


def windows(
    how: TextFileFormat,
    mark: str,
    unit: str,
    words: int | str,
    window: int,
    step: int,
    lower: bool,
    whole: TextFileFormat | None = None,
) -> WindowedText:
    """The windows of a text that is written so. The vocabulary is that of the ``whole`` of which it is a part.

    Raises:
        NoData: if it is too short for one, or no longer as ``mark`` says.
    """
    chosen = "characters" if unit == "auto" else unit
    path = how.path
    counts = _counted(how, chosen, lower)
    if stamp_of(path) != mark:
        raise NoData(f"{path.name} was changed while it was read. Look at it again.")
    total = counts.total()
    if total < window + 1:
        raise NoData(
            f"{path.name} has {total:,} {chosen}, too few for a window of {window:,} and the one that comes next. "
            "Make the window smaller."
        )
    if whole is None and len(counts) == 1:
        only = next(iter(counts))
        raise NoData(
            f"{path.name} holds nothing but the {chosen[:-1]} {quoted(only, 40)}, {total:,} times, so nobody can learn "
            "what comes next. Choose another text."
        )
    room = USUAL_WORDS[chosen] if words == "auto" else int(words)
    counts = _counted(whole, chosen, lower) if whole is not None else counts
    known = vocabulary(counts, chosen, room)
    guesses = []
    if unit == "auto":
        choices = (("by characters", "characters"), ("by words", "words"))
        said = f"The text is read by characters, of which there are {len(counts):,} different ones."
        guesses.append(Guess("unit", said, choices, "characters"))
    guesses += [*rare_said(known, chosen, room), *encoding_said(how)]
    remarks = (
        f"{total:,} {chosen}, {len(known.words):,} different ones; they are counted over the whole text, also what is "
        "held out.",
    )
    return WindowedText(how, chosen, lower, known, total, window, step or window, tuple(guesses), remarks, mark)


def _counted(how: TextFileFormat, unit: str, lower: bool) -> Counter[str]:
    """How often each token occurs."""
    import numpy

    counts: Counter[str] = Counter()
    plain = numpy.zeros(128, numpy.int64)
    for piece in pieces(how, lower):
        if unit == "characters" and piece.isascii():  # counted twenty times as fast as letter by letter
            plain += numpy.bincount(numpy.frombuffer(piece.encode("ascii"), numpy.uint8), minlength=128)
        else:
            counts.update(tokens_of(piece, unit))
    counts.update({chr(code): int(count) for code, count in enumerate(plain) if count})
    return counts


def schema_of(text: WindowedText) -> Schema:
    """What the source offers."""
    field = Field((text.window,), "int", text.known.classes)
    return Schema(
        {"text": field, "next": field},
        text.count,
        noun=("window", "windows"),
        guesses=text.guesses,
        remarks=text.remarks,
        ordered=True,
        overlap=text.overlap,
        settled={"unit": text.unit},
        stamp=text.stamp,
    )


class TextStretches:
    """Stretches of ``length`` tokens from ``first`` on, ``step`` apart, that are cut out when they are asked for."""

    def __init__(self, numbers: Any, count: int, step: int, first: int, length: int) -> None:
        self._numbers = numbers
        self.in_memory = not hasattr(numbers, "filename")  # else it is a map of a file
        self._count, self._step, self._first, self._length = count, step, first, length

    def __len__(self) -> int:
        return self._count

    def at(self, index: Tensor) -> Tensor:
        """The stretches with these numbers (n, length)."""
        import numpy
        import torch

        places = index.numpy()[:, None] * self._step + self._first + numpy.arange(self._length)
        return torch.from_numpy(numpy.asarray(self._numbers[places], dtype=numpy.int64))


def feed_of(text: WindowedText, called: str = "") -> Feed:
    """The windows; of a very long text the tokens lie in a file, not in memory. ``called`` is its name, where that is
    not the file's."""
    numbers = encoded(text)
    count, step, window = text.count, text.step, text.window
    fields = {
        "text": TextStretches(numbers, count, step, 0, window),
        "next": TextStretches(numbers, count, step, 1, window),
    }

    def name_of(number: int) -> str:
        first = number * step + 1
        return f"{text.unit} {first:,} to {first + window - 1:,} of {called or cut(text.how.path.name)}"

    return Feed(fields, name_of=name_of)


def encoded(text: WindowedText) -> Any:
    """The number of each token: an array of as few bytes as they need.

    Raises:
        NoData: if the file is not any more as it was looked at.
    """
    import numpy

    kind = numpy.min_scalar_type(max(1, len(text.known.words) - 1))
    if text.tokens * kind.itemsize <= _IN_MEMORY:
        made: Any = numpy.empty(text.tokens, kind)
    else:
        from nodes.reading.cache import folder

        folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder()) as file:
            file.truncate(text.tokens * kind.itemsize)
            made = numpy.memmap(file, kind, "r+", shape=(text.tokens,))
    at = 0
    changed = f"{text.how.path.name} was changed while it was read. Look at it again."
    for numbers in _numbered(text):
        if at + len(numbers) > text.tokens:
            raise NoData(changed)
        made[at : at + len(numbers)] = numbers
        at += len(numbers)
    if at != text.tokens or stamp_of(text.how.path) != text.stamp:
        raise NoData(changed)
    return made


def _numbered(text: WindowedText) -> Iterator[Any]:
    import numpy

    instead = text.known.unknown or 0
    if text.unit == "characters":
        table = numpy.full(0x110000, instead, numpy.int32)
        for number, letter in enumerate(text.known.words):
            if len(letter) == 1:
                table[ord(letter)] = number
        for piece in pieces(text.how, text.lower):
            yield table[numpy.frombuffer(piece.encode("utf-32-le", "surrogatepass"), numpy.uint32)]
        return
    numbers = text.known.numbers
    for piece in pieces(text.how, text.lower):
        yield numpy.array([numbers.get(word, instead) for word in tokens_of(piece, text.unit)], numpy.int32)


def script_of(text: WindowedText, given: tuple[tuple[str, ...], tuple[str, ...]] | None = None) -> Script:
    """The same windows, cut by torch. ``given`` are lines that make the ``text`` and their imports, where it is no file
    of its own."""
    if given is not None:
        return _cut_by_torch(text, [*given[0], *(["text = text.lower()"] if text.lower else [])], given[1])
    how = text.how
    written_as = f'encoding="{how.encoding}", errors="{how.errors}"'
    imports: tuple[str, ...] = ()
    lines: list[str] = []
    opened = f"open({str(how.path)!r}, {written_as})"
    if how.size < how.whole:
        imports = ("import io",)
        lines = [f'with open({str(how.path)!r}, "rb") as file:', f"    begin = io.BytesIO(file.read({how.size}))"]
        opened = f"io.TextIOWrapper(begin, {written_as})"
    lines += [f"with {opened} as file:", '    text = file.read().removeprefix("\\ufeff")' + ".lower()" * text.lower]
    return _cut_by_torch(text, lines, imports)


def _cut_by_torch(text: WindowedText, lines: list[str], imports: tuple[str, ...]) -> Script:
    if text.unit == "words":
        imports = ("import re", *imports)
        lines.append(f"tokens = re.findall({WORD!r}, text)")
    else:
        lines.append("tokens = text")
    lines += ["vocabulary = [", *(f"    {word!r}," for word in text.known.words), "]"]
    lines.append("number_of = {word: number for number, word in enumerate(vocabulary)}")
    unknown = text.known.unknown
    found = "number_of[token]" if unknown is None else f"number_of.get(token, {unknown})"
    count, step, window = text.count, text.step, text.window
    lines += [
        f"numbers = torch.tensor([{found} for token in tokens])",
        f"windows = numbers[:-1].unfold(0, {window}, {step})[:{count}]",
        f"ahead = numbers[1:].unfold(0, {window}, {step})[:{count}]",
    ]
    return Script(tuple(lines), {"text": "windows", "next": "ahead"}, imports)
