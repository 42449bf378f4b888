"""Lines of printed Python: breaking those that are too long, and the imports that they need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from textwrap import wrap

INDENT = "    "
WIDTH = 120
_OPEN, _CLOSE = "([{", ")]}"


def broken(text: str, inside: bool = False) -> list[str]:
    """``text`` itself, or, if it is too long, broken inside its largest pair of brackets, and so on inside of that.
    Values with commas between them get brackets for that, and a sum that stands ``inside`` of some has a line for
    each of its terms."""
    if len(text) <= WIDTH:
        return [text]
    code, gap, comment = text.partition("  # ")
    if not inside:
        code = _bracketed(code)
    elif len(terms := list(_split(code, " + "))) > 1:
        margin = code[: len(code) - len(code.lstrip())]
        rows = [terms[0], *(f"{margin}+ {each}" for each in terms[1:-1]), f"{margin}+ {terms[-1]}{gap}{comment}"]
        return [part for row in rows for part in broken(row)]
    start, end = max(_groups(code), key=lambda group: group[1] - group[0], default=(0, 0))
    content = code[start + 1 : end]
    if end - start < 2:
        return [text]
    margin = code[: len(code) - len(code.lstrip())]
    space = margin + INDENT
    first, last = code[: start + 1], margin + code[end:] + gap + comment
    one = space + content
    parts = list(_parts(content))
    alone = len(one) <= WIDTH or len(parts) == 1  # a comma behind a single value would make a tuple of it
    rows = [one] if alone else [f"{space}{part}," for part in parts]
    return [first, *(part for row in rows for part in broken(row, True)), last]


def _bracketed(code: str) -> str:
    """A statement that returns, or gives a value to, several things, with brackets around these."""
    margin, rest = code[: len(code) - len(code.lstrip())], code.lstrip()
    if rest.startswith("return ") and len(list(_parts(rest.removeprefix("return ")))) > 1:
        return f"{margin}return ({rest.removeprefix('return ')})"
    names, *values = _split(rest, " = ")
    if values and len(list(_parts(names))) > 1:
        return f"{margin}({names}) = {' = '.join(values)}"
    return code


def docstring(text: str) -> list[str]:
    """The docstring of a class or method, on as many lines as it needs."""
    rows = wrap(text, WIDTH - len(INDENT) - 6)
    if len(rows) == 1:
        return [f'{INDENT}"""{text}"""']
    return [f'{INDENT}"""{rows[0]}', *(INDENT + row for row in rows[1:]), f'{INDENT}"""']


def imports(rows: Iterable[str], more: Iterable[str] = ()) -> list[str]:
    """The import lines for these rows and ``more`` of them, in the usual order, the standard library first."""
    text = "\n".join(rows)
    others = {*more, "from torch import nn"}
    if re.search(r"\btorch\.", text):
        others.add("import torch")
    if re.search(r"(?<![\w.])functional\.", text):
        others.add("from torch.nn import functional")
    ordered = sorted(others, key=lambda line: (line.startswith("from"), line))
    first = ["import copy"] if re.search(r"(?<![\w.])copy\.deepcopy", text) else []
    first += ["import math"] if re.search(r"\bmath\.", text) else []
    first += ["import random"] if re.search(r"(?<![\w.])random\.Random", text) else []
    first += ["import time"] if re.search(r"(?<![\w.])time\.monotonic", text) else []
    return [*first, "", *ordered] if first else ordered


def numbers_in_rows(before: str, numbers: list[int]) -> Iterator[str]:
    """Many numbers in rows that are not too long."""
    space = " " * (len(before) - len(before.lstrip()))
    if len(numbers) <= 10:
        yield f"{before}[{', '.join(map(str, numbers))}], dtype=torch.int64)"
        return
    yield f"{before}["
    for place in range(0, len(numbers), 10):
        yield f"{space}{INDENT}{', '.join(map(str, numbers[place : place + 10]))},"
    yield f"{space}], dtype=torch.int64)"


def _groups(code: str) -> Iterator[tuple[int, int]]:
    """Where each outermost pair of brackets opens and closes."""
    depth, start = 0, 0
    for place, letter in _outside_text(code):
        if letter in _OPEN:
            start = place if depth == 0 else start
            depth += 1
        elif letter in _CLOSE:
            depth -= 1
            if depth == 0:
                yield start, place


def _parts(content: str) -> Iterator[str]:
    """What stands between the outermost commas."""
    depth, start = 0, 0
    for place, letter in _outside_text(content):
        depth += (letter in _OPEN) - (letter in _CLOSE)
        if letter == "," and depth == 0:
            yield content[start:place].strip()
            start = place + 1
    if content[start:].strip():
        yield content[start:].strip()


def _split(code: str, between: str) -> Iterator[str]:
    """What stands between ``between``, where that is outside of brackets and texts."""
    depth, start = 0, 0
    for place, letter in _outside_text(code):
        depth += (letter in _OPEN) - (letter in _CLOSE)
        if depth == 0 and place >= start and code.startswith(between, place):
            yield code[start:place]
            start = place + len(between)
    yield code[start:]


def _outside_text(code: str) -> Iterator[tuple[int, str]]:
    """The letters that are not inside quotes, with their places."""
    quote = ""
    for place, letter in enumerate(code):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        else:
            yield place, letter
