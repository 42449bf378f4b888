"""What sources of made-up sentences share: their vocabulary, and sentences of one length."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from nodes.reading.texts import PADDING


def known_words(sentences: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The different words in the order of the alphabet, with that for padding before them."""
    return (PADDING, *sorted({word for sentence in sentences for word in sentence}))


def padded(rows: list[list[str]], words: list[str], length: int, before: bool) -> list[list[int]]:
    """The numbers of the words of each row, with 0 before or behind them where there are fewer than ``length``."""
    number = {word: at for at, word in enumerate(words)}
    found = []
    for row in rows:
        numbers = [number[word] for word in row]
        gap = [0] * (length - len(numbers))
        found.append(gap + numbers if before else numbers + gap)
    return found


WIDTH = 112  # of a line, which is indented once more in a program


def printed(*functions: Callable[..., Any]) -> list[str]:
    """Functions that need nothing else of their files, as lines of a program, with docstrings in lines that fit."""
    found = []
    for function in functions:
        lines = inspect.getsource(function).rstrip().splitlines()
        made = ast.parse("\n".join(lines)).body[0]
        assert isinstance(made, ast.FunctionDef)
        said = ast.get_docstring(made)
        if said is not None:
            told = made.body[0]
            wrapped = textwrap.wrap(f'"""{" ".join(said.split())}"""', WIDTH - 4)
            lines[told.lineno - 1 : told.end_lineno] = [f"    {line}" for line in wrapped]
        found += [*lines, "", ""]
    return found


def listed_words(name: str, words: Iterable[str | int]) -> list[str]:
    """A list of words or whole numbers as lines of a program."""
    rows: list[str] = [""]
    for word in words:
        if len(rows[-1]) + len(repr(word)) + 2 > WIDTH - 4:
            rows.append("")
        rows[-1] += f"{', ' if rows[-1] else ''}{word!r}"
    return [f"{name} = [", *(f"    {row}," for row in rows if row), "]"]
