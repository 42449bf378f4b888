"""Of the sets of weights in a file, the one that fits a model best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from torch import Tensor

from app.core.weights.matching import Matching, Sizes, match
from app.core.weights.names import is_average
from app.training.stored_forms import TensorSet


@dataclass(frozen=True)
class WeightChoice:
    """A set that was chosen, what of it belongs where, and the keys of the others that fit as well or in part."""

    key: str
    tensors: TensorSet
    matching: Matching
    others: tuple[tuple[str, int], ...]  # with the number of weights that fit


class NoSuchKey(ValueError):
    """A file has no weights under a key. ``keys`` are those that it has."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(", ".join(keys))
        self.keys = keys


def choose(sets: Mapping[str, TensorSet], wanted: Mapping[str, Sizes], key: str | None = None) -> WeightChoice:
    """The set of which most weights fit; of equals, the first that is no average. ``key`` takes another.

    Raises:
        NoSuchKey: if the file has no weights there.
    """
    candidates = dict(sets) if key is None else _under(sets, key)
    if len(candidates) > 1:
        candidates |= _together(candidates)
    found = {name: match(wanted, tensors.sizes, in_order=tensors.in_order) for name, tensors in candidates.items()}
    places = {name: place for place, name in enumerate(candidates)}

    def worth(name: str) -> tuple[int, bool, bool, int]:
        return found[name].weights, name in sets, not is_average(name), -places[name]

    usable = [name for name in candidates if name in sets or _all_have_a_part(candidates[name], found[name])]
    best = max(usable or candidates, key=worth)
    parts = best.split(" + ")
    others = tuple(
        (name, found[name].weights) for name in sets if name in found and name not in parts and found[name].weights
    )
    return WeightChoice(best, candidates[best], found[best], others)


def _under(sets: Mapping[str, TensorSet], key: str) -> dict[str, TensorSet]:
    """The sets at or below a key, or the tensors whose names begin with it."""
    within = {name: each for name, each in sets.items() if name == key or name.startswith(f"{key}.")}
    if key in within:
        return {key: within[key]}
    if not within:
        for each in sets.values():
            names = [name for name in each.sizes if name.startswith(f"{key}.")]
            if names:
                sizes = {name: each.sizes[name] for name in names}
                return {key: TensorSet(sizes, each.types, each.read, each.notes, each.in_order, each.without_scale)}
    if not within:
        tops = {name.partition(".")[0] for each in sets.values() for name in each.sizes} if len(sets) == 1 else set()
        raise NoSuchKey(tuple(name for name in sets if name) or tuple(sorted(tops)))
    return within


def _together(sets: Mapping[str, TensorSet]) -> dict[str, TensorSet]:
    """Sets that lie beside each other, such as encoder and decoder, as one whose names begin with their keys."""
    result = {}
    named = sorted((name for name in sets if name), key=lambda name: name.rpartition(".")[0])
    for _, group in groupby(named, key=lambda name: name.rpartition(".")[0]):
        keys = list(group)
        if len(keys) < 2:
            continue
        owner = {f"{key.rpartition('.')[2]}.{name}": (key, name) for key in keys for name in sets[key].sizes}
        result[" + ".join(keys)] = _joined(sets, owner)
    return result


def _joined(sets: Mapping[str, TensorSet], owner: Mapping[str, tuple[str, str]]) -> TensorSet:
    def read(name: str) -> Tensor:
        key, inside = owner[name]
        return sets[key].read(inside)

    keys = dict.fromkeys(key for key, _ in owner.values())
    return TensorSet(
        {name: sets[key].sizes[inside] for name, (key, inside) in owner.items()},
        {name: sets[key].types[inside] for name, (key, inside) in owner.items()},
        read,
        tuple(note for key in keys for note in sets[key].notes),
        without_scale=frozenset(name for name, (key, inside) in owner.items() if inside in sets[key].without_scale),
    )


def _all_have_a_part(tensors: TensorSet, found: Matching) -> bool:
    """Whether sets that were put together belong together: each that gives something gives most of what it has."""
    gives: dict[str, int] = {}
    has: dict[str, int] = {}
    for name in tensors.sizes:
        has[name.partition(".")[0]] = has.get(name.partition(".")[0], 0) + 1
    for pair in found.pairs:
        gives[pair.source.partition(".")[0]] = gives.get(pair.source.partition(".")[0], 0) + 1
    return len(gives) > 1 and all(2 * count > has[name] for name, count in gives.items())
