"""Which layers a student means with a few letters, best first, be they typed in haste. No Qt."""

from __future__ import annotations

from collections.abc import Iterable

from nodes.api import MAIN_ONLY, Layer
from nodes.api.registry import CATEGORIES

_INSIDE_BLOCKS_ONLY = ("block_in", "block_out")
_ONE_WRONG, _TWO_WRONG = 4, 8  # letters of a word from which on so many may be wrong


def usable(layers: Iterable[Layer], in_block: bool) -> tuple[Layer, ...]:
    """The layers that may stand in the main drawing, or in a block."""
    barred = MAIN_ONLY if in_block else _INSIDE_BLOCKS_ONLY
    return tuple(layer for layer in layers if layer.role not in barred)


def found(layers: Iterable[Layer], text: str) -> tuple[Layer, ...]:
    """The layers that every word of ``text`` fits, best first; all of them for an empty text."""
    words = text.lower().split()
    ranked = [(rank, layer) for layer in layers if (rank := _rank(layer, words)) is not None]
    return tuple(layer for _, layer in sorted(ranked, key=lambda pair: pair[0]))


def block_fits(name: str, text: str) -> bool:
    """Whether every word of ``text`` fits a block of the drawing."""
    return all(word in name.lower() or "block".startswith(word) for word in text.lower().split())


def _rank(layer: Layer, words: Iterable[str]) -> int | None:
    """How far the worst word is from the layer's name, 0 the nearest; None if one does not fit at all."""
    worst = 0
    for word in words:
        distance = _distance(layer, word)
        if distance is None:
            return None
        worst = max(worst, distance)
    return worst


def _distance(layer: Layer, word: str) -> int | None:
    name, id_ = layer.name.lower(), layer.id.lower()
    if word in (name, id_):
        return 0
    if name.startswith(word) or id_.startswith(word):
        return 1
    if any(part.startswith(word) for part in name.replace("-", " ").split()):
        return 2
    if any(other.lower().startswith(word) for other in layer.words):
        return 3
    if word in name or word in id_:
        return 4
    family = CATEGORIES[layer.category].lower().split()
    if any(part.startswith(word) for part in family):
        return 5
    if any(word in other.lower() for other in layer.words):
        return 6
    if abbreviates(word, name) or abbreviates(word, id_):
        return 7
    if any(misspells(word, other) for other in (*name.split(), id_, *map(str.lower, layer.words))):
        return 8
    return None


def abbreviates(word: str, name: str) -> bool:
    """Whether ``word`` has letters of ``name`` in their order and begins as a word of it does: ``mxpl``, ``bnorm``.

    Both in lower case. Of a name, at least a third of the letters must be there: two letters mean nearly everything.
    """
    if len(word) < 3:
        return False
    for start in range(len(name)):
        if name[start] != word[0] or (start and name[start - 1].isalnum()):
            continue
        rest = name[start:]
        if len(word) * 3 < len(rest):
            continue
        letters = iter(rest)
        if all(letter in letters for letter in word):
            return True
    return False


def misspells(word: str, name: str) -> bool:
    """Whether ``word`` is ``name`` with a letter wrong, missing, too many, or two in the wrong order."""
    most = 0 if len(word) < _ONE_WRONG else 1 if len(word) < _TWO_WRONG else 2
    if not most or abs(len(word) - len(name)) > most:
        return False
    return _steps(word, name) <= most


def _steps(first: str, second: str) -> int:
    """How many letters have to be put in, taken out, replaced or swapped with the next one."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(second, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                best = min(best, earlier[j - 2] + 1)
            row.append(best)
    return row[-1]
