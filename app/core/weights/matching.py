"""Finds for each weight of a drawing the one in a file that belongs there: by name, else by order and shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal

Sizes = tuple[int, ...]
How = Literal["name", "order"]

COUNTER = "num_batches_tracked"  # of a batch norm; older files lack it, and nothing depends on it
BUFFERS = ("running_mean", "running_var", COUNTER)  # what a batch norm measures; training does not learn it
_MOST_PAIRS = 4_000_000  # beyond this, sequences are compared at their ends only


@dataclass(frozen=True, slots=True)
class Pair:
    """A weight of the drawing and the one in the file that it gets."""

    name: str
    source: str
    how: How


@dataclass(frozen=True, slots=True)
class Missing:
    """A weight of the drawing for which the file has none. ``there`` is the shape of one with the same name."""

    name: str
    sizes: Sizes
    there: Sizes | None = None


@dataclass(frozen=True)
class Matching:
    """What belongs together, what the drawing lacks, and what the file has too much (with sizes)."""

    pairs: tuple[Pair, ...]
    missing: tuple[Missing, ...]
    unused: tuple[tuple[str, Sizes], ...]
    weights: int

    @property
    def loaded(self) -> frozenset[str]:
        """The names in the drawing that get values."""
        return frozenset(pair.name for pair in self.pairs)


@dataclass(frozen=True)
class _Module:
    """The tensors of one layer: ``weight`` and ``bias`` of ``features.0``."""

    name: str
    tensors: Mapping[str, Sizes]

    @property
    def kind(self) -> object:
        """What must be equal for two layers to change places."""
        return tuple(sorted((part, sizes) for part, sizes in self.tensors.items() if part != COUNTER))


def match(wanted: Mapping[str, Sizes], found: Mapping[str, Sizes]) -> Matching:
    """Which of ``found`` goes to which of ``wanted``; both in the order in which their layers were made.

    A layer is loaded as a whole: a bias is of no use beside a weight of another shape. Names count as equal if they
    differ in dots and underscores alone, because ``layer2.0`` can be no name in a drawing, but ``layer2_0`` can.
    """
    ours, theirs = _modules(wanted), _modules(found)
    named = _by_name(ours, theirs)
    pairs: dict[str, Pair] = {}
    for name, namesake in named.items():
        if _fits(ours[name], theirs[namesake]):
            pairs |= _paired(ours[name], theirs[namesake], "name")
    for mine, other in _by_order(list(ours.values()), list(theirs.values()), named):
        pairs |= _paired(mine, other, "order")
    used = {pair.source for pair in pairs.values()}
    missing = [
        Missing(name, sizes, _there(name, ours, theirs, named))
        for name, sizes in wanted.items()
        if name not in pairs and not name.endswith(f".{COUNTER}")
    ]
    unused = [(name, sizes) for name, sizes in found.items() if name not in used and not name.endswith(f".{COUNTER}")]
    weights = sum(prod(wanted[name]) for name in pairs if not name.endswith(BUFFERS))
    ordered = tuple(pairs[name] for name in wanted if name in pairs)
    return Matching(ordered, tuple(missing), tuple(unused), weights)


def _modules(tensors: Mapping[str, Sizes]) -> dict[str, _Module]:
    grouped: dict[str, dict[str, Sizes]] = {}
    for name, sizes in tensors.items():
        module, _, part = name.rpartition(".")
        grouped.setdefault(module, {})[part] = tuple(sizes)
    return {name: _Module(name, parts) for name, parts in grouped.items()}


def _by_name(ours: Mapping[str, _Module], theirs: Mapping[str, _Module]) -> dict[str, str]:
    """Layers whose names are the same, or the same but for dots, if that leaves no doubt."""
    plain: dict[str, list[str]] = {}
    for name in theirs:
        plain.setdefault(name.replace(".", "_"), []).append(name)
    own: dict[str, list[str]] = {}
    for name in ours:
        own.setdefault(name.replace(".", "_"), []).append(name)
    result = {}
    for name in ours:
        like = plain.get(name.replace(".", "_"), [])
        if name in theirs:
            result[name] = name
        elif len(like) == 1 and len(own[name.replace(".", "_")]) == 1 and like[0] not in ours:
            result[name] = like[0]
    return result


def _fits(mine: _Module, other: _Module) -> bool:
    both = mine.tensors.keys() & other.tensors.keys() - {COUNTER}
    return bool(both) and all(mine.tensors[part] == other.tensors[part] for part in both)


def _paired(mine: _Module, other: _Module, how: How) -> dict[str, Pair]:
    return {
        _joined(mine.name, part): Pair(_joined(mine.name, part), _joined(other.name, part), how)
        for part, sizes in mine.tensors.items()
        if other.tensors.get(part) == sizes
    }


def _joined(module: str, part: str) -> str:
    return f"{module}.{part}" if module else part


def _there(
    name: str, ours: Mapping[str, _Module], theirs: Mapping[str, _Module], named: Mapping[str, str]
) -> Sizes | None:
    module, _, part = name.rpartition(".")
    other = theirs.get(named.get(module, ""))
    return other.tensors.get(part) if other is not None else None


def _by_order(
    ours: Sequence[_Module], theirs: Sequence[_Module], named: Mapping[str, str]
) -> Iterator[tuple[_Module, _Module]]:
    """Pairs among the layers without a namesake: the longest row of equal kinds that both have in one order.

    Layers with a namesake take part as landmarks, so that what stands between two of them stays between them.
    """
    marks = {other: mine for mine, other in named.items()}
    left: list[object] = [("named", m.name) if m.name in named else m.kind for m in ours]
    right: list[object] = [("named", marks[m.name]) if m.name in marks else m.kind for m in theirs]
    for i, j in _common(left, right):
        if ours[i].name not in named:
            yield ours[i], theirs[j]


def _common(left: Sequence[object], right: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Positions of a longest common subsequence."""
    start, end = 0, 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        yield start, start
        start += 1
    while end < min(len(left), len(right)) - start and left[-1 - end] == right[-1 - end]:
        yield len(left) - 1 - end, len(right) - 1 - end
        end += 1
    a, b = left[start : len(left) - end], right[start : len(right) - end]
    if len(a) * len(b) > _MOST_PAIRS:
        return
    longest = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        row, below = longest[i], longest[i + 1]
        for j in range(len(b) - 1, -1, -1):
            row[j] = below[j + 1] + 1 if a[i] == b[j] else max(below[j], row[j + 1])
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            yield start + i, start + j
            i, j = i + 1, j + 1
        elif longest[i + 1][j] >= longest[i][j + 1]:
            i += 1
        else:
            j += 1
