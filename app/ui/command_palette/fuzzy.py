"""How well a few letters fit a name: whole words before beginnings, beginnings before letters in between. No Qt."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Letters between those that are found one by one, in their order; more are chance, not what somebody meant.
_MOST_GAP = 2


@dataclass(frozen=True, slots=True)
class FuzzyMatch:
    """How well it fits, the higher the better, and which letters of the name are meant."""

    score: float
    places: frozenset[int]


def fit(wanted: str, name: str, more: str = "") -> FuzzyMatch | None:
    """How ``wanted`` fits ``name``; every word of it has to fit, some in ``more`` if need be. None if one does not."""
    score, places = 0.0, frozenset[int]()
    low, rest = name.lower(), more.lower()
    words = wanted.lower().split()
    for word in words:
        found = _word(word, low)
        if found is None:
            if not any(part.startswith(word) for part in rest.split()):
                return None
            found = FuzzyMatch(20.0, frozenset())
        score += found.score
        places |= found.places
    if not words:
        return FuzzyMatch(0.0, frozenset())
    # Of two names that fit alike, the shorter one was more likely meant.
    return FuzzyMatch(score / len(words) - len(name) / 100, places)


def _word(word: str, name: str) -> FuzzyMatch | None:
    starts = [index for index in range(len(name)) if _begins(name, index)]
    at = next((start for start in starts if name.startswith(word, start)), -1)
    if at >= 0:
        ends = at + len(word) == len(name) or not name[at + len(word)].isalnum()
        return FuzzyMatch((100.0 if at == 0 else 85.0) + (8.0 if ends else 0.0), frozenset(range(at, at + len(word))))
    at = name.find(word)
    if at >= 0:
        return FuzzyMatch(60.0, frozenset(range(at, at + len(word))))
    pieces = _pieces(word, name, starts)
    if pieces is not None and len(word) > 1:
        return FuzzyMatch(50.0, frozenset(pieces))
    gap = f".{{0,{_MOST_GAP}}}?"
    letters = re.search(gap.join(f"({re.escape(letter)})" for letter in word), name) if len(word) > 2 else None
    if letters is not None:
        at, end = letters.span()
        return FuzzyMatch(30.0 - (end - 1 - at - len(word)), frozenset(map(letters.start, range(1, len(word) + 1))))
    return None


def _pieces(word: str, name: str, starts: list[int]) -> tuple[int, ...] | None:
    """The places of ``word`` as beginnings of words one after the other: ``frsel`` in ``frame selection``."""
    for number, start in enumerate(starts):
        length = 0
        while length < len(word) and name.startswith(word[: length + 1], start):
            length += 1
        for taken in range(length, 0, -1):
            rest = _pieces(word[taken:], name, starts[number + 1 :]) if taken < len(word) else ()
            if rest is not None:
                return (*range(start, start + taken), *rest)
    return None


def _begins(name: str, index: int) -> bool:
    return name[index].isalnum() and (index == 0 or not name[index - 1].isalnum())
