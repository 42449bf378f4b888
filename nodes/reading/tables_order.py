"""The order of the words of a category: numbers by size, and scales such as low, medium, high."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

_SCALES = (
    ("very low", "low", "medium", "high", "very high"),
    ("tiny", "small", "medium", "large", "huge"),
    ("xs", "s", "m", "l", "xl", "xxl"),
    ("never", "rarely", "sometimes", "often", "always"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("poor", "fair", "good", "very good", "excellent"),
    ("po", "fa", "ta", "gd", "ex"),
    ("bad", "average", "good"),
)


def is_numeric(word: str) -> bool:
    """Whether a word has a digit, or is a number as ``inf`` is one."""
    try:
        return bool(re.search(r"\d", word)) or bool(math.isinf(float(word)) or math.isnan(float(word)))
    except ValueError:
        return False


def in_order(words: Mapping[str, int]) -> Any:
    """Numbers by size, words by letters."""
    try:
        values = {word: float(word) for word in words}
    except ValueError:
        return lambda word: word
    return lambda word: (values[word], word)


def ordered(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of an ordered category from low to high, as far as they are known."""
    lower = {word.lower(): word for word in words}
    scale = _scale_of(lower)
    return tuple(lower[word] for word in scale if word in lower) if scale and len(lower) == len(words) else words


def in_scale(words: tuple[str, ...]) -> bool:
    """Whether these are words of a known scale, in one spelling each."""
    lower = {word.lower() for word in words}
    return len(lower) == len(words) and bool(_scale_of(lower))


def _scale_of(lower: Collection[str]) -> tuple[str, ...]:
    return next((scale for scale in _SCALES if set(lower) <= set(scale)), ())
