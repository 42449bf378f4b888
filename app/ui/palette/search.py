"""Which layers a student means with a few letters, best first. No Qt."""

from __future__ import annotations

from collections.abc import Iterable

from app.ui.palette.near import abbreviates, misspells
from nodes.api import MAIN_ONLY, Layer
from nodes.api.registry import CATEGORIES

_INSIDE_BLOCKS_ONLY = ("block_in", "block_out")


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
