"""Which fields of data a net reads, and which one it should learn to give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nodes.api import Shape

# Names by which sources call what should be learned, the likeliest first.
_TARGETS = ("label", "target", "class", "next", "y", "output", "value", "coarse", "tags", "mask", "heat")
_ASIDE = ("group", "id", "name", "index", "weight", "length")  # about a sample, not for the net to read
_MOST_CLASSES = 10_000


@dataclass(frozen=True)
class FieldRoles:
    """``reads`` are the fields for the net, the main one first; ``target`` the one to learn, None where the data has
    none; ``others`` are targets that a first net leaves alone."""

    reads: tuple[str, ...] = ()
    target: str | None = None
    others: tuple[str, ...] = ()


def field_roles(fields: Mapping[str, Shape]) -> FieldRoles:
    """What a first net does with each of these fields. It goes by their names, then by what they hold: what is left of
    several fields with a single number each is learned, a picture or a list is read."""
    known = {name: shape for name, shape in fields.items() if name.lower() not in _ASIDE}
    named = sorted((n for n in known if named_as_target(n)), key=_rank)
    if not named and len(known) > 1:
        # A list of classes is a list, even if it has one place, as the kinds of the boxes where each picture has one.
        single = [n for n, shape in known.items() if shape.values == 1 and not (shape.dtype == "int" and shape.rank)]
        labels = [n for n in single if shape_is_label(known[n])]
        named = (labels or single)[-1:]
    if len(named) == len(known):  # something has to be read
        named = named[:-1] if len(named) > 1 else []
    reads = sorted((n for n in known if n not in named), key=lambda n: -_weight(known[n]))
    return FieldRoles(tuple(reads), named[0] if named else None, tuple(named[1:]))


def named_as_target(name: str) -> bool:
    """Whether a field is called as sources call what should be learned."""
    return _rank(name) < len(_TARGETS)


def shape_is_label(shape: Shape) -> bool:
    """Whether a field holds one class for each sample, of a number of classes that is known."""
    return shape.dtype == "int" and not shape.rank and 0 < (shape.classes or 0) <= _MOST_CLASSES


def are_labels(shape: Shape) -> bool:
    """Whether a field holds several labels, each of which a sample has or has not."""
    return shape.dtype == "int" and shape.rank == 1 and shape.classes == 2 and shape.values > 1


def _rank(name: str) -> int:
    word = name.lower()
    for rank, target in enumerate(_TARGETS):
        if word == target or word.startswith(f"{target}_") or word.rstrip("0123456789") == target:
            return rank
    return len(_TARGETS)


def _weight(shape: Shape) -> int:
    """Pictures come before lists, and those before single values; of equal kinds the first one stays first."""
    return shape.rank if shape.dtype == "float" else min(shape.rank, 1)
