"""What sources of made-up sentences share: their vocabulary, and sentences of one length."""

from __future__ import annotations

import inspect
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


def printed(*functions: Callable[..., Any]) -> list[str]:
    """Functions that need nothing else of their files, as lines of a program."""
    return [line for each in functions for line in [*inspect.getsource(each).rstrip().splitlines(), "", ""]]


def listed_words(name: str, words: Iterable[str]) -> list[str]:
    """A list of words as lines of a program, eight to a line."""
    every = [repr(word) for word in words]
    return [f"{name} = [", *(f"    {', '.join(every[at : at + 8])}," for at in range(0, len(every), 8)), "]"]
