"""Finds for each weight of a drawing the one in a file that belongs there: by name, else by order and shape.

Weights at a wrong place look like success, so a layer for which several are possible gets none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import combinations
from math import prod
from typing import Literal

from app.core.weights.names import comes_before, family, like_endings, namesakes

Sizes = tuple[int, ...]
How = Literal["name", "order"]

COUNTER = "num_batches_tracked"  # of a batch norm; older files lack it, and nothing depends on it
BUFFERS = ("running_mean", "running_var", COUNTER)  # what a batch norm measures; training does not learn it
_MOST_PAIRS = 4_000_000  # beyond this, sequences are compared at their ends only
_MOST_ALIKE = 2000  # layers of one kind; more are not compared by their names' endings
_MAY_LACK = ("bias", "running_mean", "running_var", COUNTER)  # a layer of the same name may come without these


@dataclass(frozen=True, slots=True)
class MatchedPair:
    """A weight of the drawing and the one in the file that it gets."""

    name: str
    source: str
    how: How


@dataclass(frozen=True, slots=True)
class MissingWeight:
    """A weight of the drawing for which the file has none. ``there`` is the shape of one with the same name."""

    name: str
    sizes: Sizes
    there: Sizes | None = None


@dataclass(frozen=True, slots=True)
class AmbiguousMatch:
    """Layers of the drawing, and the layers of the file of which each could belong to several of them."""

    layers: tuple[str, ...]
    candidates: tuple[str, ...]


@dataclass(frozen=True)
class Matching:
    """What belongs together, what the drawing lacks, what the file has too much (with sizes), and what is in doubt."""

    pairs: tuple[MatchedPair, ...]
    missing: tuple[MissingWeight, ...]
    unused: tuple[tuple[str, Sizes], ...]
    weights: int
    doubts: tuple[AmbiguousMatch, ...] = ()

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


_Modules = Mapping[str, _Module]


def match(wanted: Mapping[str, Sizes], found: Mapping[str, Sizes], *, in_order: bool = False) -> Matching:
    """Which of ``found`` goes to which of ``wanted``; the latter in the order in which the layers work.

    A file's own order is that in which layers were made, or that of the alphabet, and says nothing, unless
    ``in_order`` says that it is that of ``wanted``. Otherwise the numbers in names are the only order. A layer is
    loaded as a whole: a bias is of no use beside a weight of another shape.
    """
    ours, theirs = _modules(wanted), _modules(found)
    namesake = namesakes(list(ours), list(theirs), lambda mine, other: _fits(ours[mine], theirs[other]))
    given: dict[str, tuple[str, How]]
    if in_order and [m.kind for m in ours.values()] == [m.kind for m in theirs.values()]:
        given, namesake = _renamed(ours, theirs, namesake)
    else:
        given = {mine: (other, "name") for mine, other in namesake.items() if _fits(ours[mine], theirs[other])}
        _add_like_endings(given, namesake, ours, theirs)
        _add_by_order(given, namesake, ours, theirs, in_order)
    pairs: dict[str, MatchedPair] = {}
    for name, (source, how) in given.items():
        pairs |= _paired(ours[name], theirs[source], how)
    used = {pair.source for pair in pairs.values()}
    missing = [
        MissingWeight(name, sizes, _there(name, theirs, namesake))
        for name, sizes in wanted.items()
        if name not in pairs and not name.endswith(f".{COUNTER}")
    ]
    unused = [(name, sizes) for name, sizes in found.items() if name not in used and not name.endswith(f".{COUNTER}")]
    weights = sum(prod(wanted[name]) for name in pairs if not name.endswith(BUFFERS))
    ordered = tuple(pairs[name] for name in wanted if name in pairs)
    return Matching(ordered, tuple(missing), tuple(unused), weights, _doubts(ours, theirs, given, namesake))


def _modules(tensors: Mapping[str, Sizes]) -> dict[str, _Module]:
    grouped: dict[str, dict[str, Sizes]] = {}
    for name, sizes in tensors.items():
        module, _, part = name.rpartition(".")
        grouped.setdefault(module, {})[part] = tuple(sizes)
    return {name: _Module(name, parts) for name, parts in grouped.items()}


def _fits(mine: _Module, other: _Module) -> bool:
    both = (mine.tensors.keys() & other.tensors.keys()) - {COUNTER}
    lacking = mine.tensors.keys() - other.tensors.keys()
    whole = all(part.startswith(_MAY_LACK) for part in lacking)
    return bool(both) and whole and all(mine.tensors[part] == other.tensors[part] for part in both)


def _paired(mine: _Module, other: _Module, how: How) -> dict[str, MatchedPair]:
    return {
        _joined(mine.name, part): MatchedPair(_joined(mine.name, part), _joined(other.name, part), how)
        for part, sizes in mine.tensors.items()
        if other.tensors.get(part) == sizes
    }


def _joined(module: str, part: str) -> str:
    return f"{module}.{part}" if module else part


def _there(name: str, theirs: _Modules, namesake: Mapping[str, str]) -> Sizes | None:
    module, _, part = name.rpartition(".")
    other = theirs.get(namesake[module]) if module in namesake else None
    return other.tensors.get(part) if other is not None else None


def _renamed(
    ours: _Modules, theirs: _Modules, namesake: dict[str, str]
) -> tuple[dict[str, tuple[str, How]], dict[str, str]]:
    """Layers of the same drawing, of which some have other names now.

    Where a name has gone over to another layer of the same kind, name and place contradict each other, and layers of
    that kind are in doubt.
    """
    by_place = dict(zip(ours, theirs, strict=True))
    if len(namesake) == len(ours):
        return {mine: (other, "name") for mine, other in namesake.items()}, namesake
    torn = {ours[mine].kind for mine, other in namesake.items() if by_place[mine] != other}
    sure = {mine: other for mine, other in by_place.items() if ours[mine].kind not in torn}
    result: dict[str, tuple[str, How]] = {}
    for mine, other in sure.items():
        result[mine] = (other, "name" if namesake.get(mine) == other else "order")
    return result, {mine: other for mine, other in namesake.items() if mine in sure}


def _left(given: Mapping[str, object], namesake: Mapping[str, str], ours: _Modules) -> list[str]:
    return [name for name in ours if name not in given and name not in namesake]


def _unused(given: Mapping[str, tuple[str, How]], namesake: Mapping[str, str], theirs: _Modules) -> list[str]:
    taken = {source for source, _ in given.values()} | set(namesake.values())
    return [name for name in theirs if name not in taken]


def _add_like_endings(
    given: dict[str, tuple[str, How]], namesake: Mapping[str, str], ours: _Modules, theirs: _Modules
) -> None:
    """Layers that are left and whose names end alike, if the kind is the same."""
    by_kind: dict[object, list[str]] = {}
    for name in _unused(given, namesake, theirs):
        by_kind.setdefault(theirs[name].kind, []).append(name)
    candidates = {name: by_kind.get(ours[name].kind, []) for name in _left(given, namesake, ours)}
    candidates = {name: names for name, names in candidates.items() if len(names) <= _MOST_ALIKE}
    given |= {mine: (other, "name") for mine, other in like_endings(candidates).items()}


def _add_by_order(
    given: dict[str, tuple[str, How]], namesake: Mapping[str, str], ours: _Modules, theirs: _Modules, in_order: bool
) -> None:
    """Layers that are left, where kind and order leave a single possibility."""
    places = {name: place for place, name in enumerate(theirs)}

    def first(one: str, other: str) -> bool | None:
        return places[one] < places[other] if in_order else comes_before(one, other)

    left, right = _by_kind(ours, _left(given, namesake, ours)), _by_kind(theirs, _unused(given, namesake, theirs))
    several: list[dict[str, str]] = []
    open_kinds = []
    for kind in left.keys() & right.keys():
        mine, others = left[kind], right[kind]
        if len(mine) == len(others) == 1:
            given[mine[0]] = (others[0], "order")
        elif len(mine) == len(others):
            row = _chain(others, first)
            if row is not None and not _contradicts(mine):
                several.append(dict(zip(mine, row, strict=True)))
        else:
            open_kinds.append(kind)
    position = {name: place for place, name in enumerate(ours)}
    # The numbers of the file must go the way of the drawing everywhere, or they are of something else.
    tried = given | {mine: (other, "order") for group in several for mine, other in group.items()}
    for group in several:
        crossing = any(
            first(source, other) not in (None, position[mine] < position[name])
            for mine, source in group.items()
            for name, (other, _) in tried.items()
            if name != mine
        )
        if not crossing:
            given |= {mine: (other, "order") for mine, other in group.items()}
    _add_between(given, ours, theirs, [right[kind] for kind in open_kinds], in_order)


def _by_kind(modules: _Modules, names: Sequence[str]) -> dict[object, list[str]]:
    grouped: dict[object, list[str]] = {}
    for name in names:
        grouped.setdefault(modules[name].kind, []).append(name)
    return grouped


def _chain(names: Sequence[str], first: Callable[[str, str], bool | None]) -> list[str] | None:
    """The names in the one order that is known of them, if each has a place before or after each other."""

    def compare(a: str, b: str) -> int:
        return 0 if a == b else {True: -1, False: 1, None: 0}[first(a, b)]

    row = sorted(names, key=cmp_to_key(compare))
    return row if all(first(a, b) for a, b in combinations(row, 2)) else None


def _contradicts(names: Sequence[str]) -> bool:
    """Whether the layers of the drawing have numbers that go another way than the layers work."""
    return any(comes_before(a, b) is False for a, b in combinations(names, 2))


def _add_between(
    given: dict[str, tuple[str, How]],
    ours: _Modules,
    theirs: _Modules,
    groups: Sequence[Sequence[str]],
    in_order: bool,
) -> None:
    """Layers of which one side has more than the other: what stands between known neighbours may tell."""
    marks = {source: mine for mine, (source, _) in given.items()}
    families = {name: (() if in_order else family(name)) for name in theirs}
    for own in {families[name] for group in groups for name in group}:
        row = [name for name in theirs if families[name] == own]
        chain = row if in_order else _chain(row, comes_before)
        if chain is None:
            continue
        kinds = {theirs[name].kind for group in groups if all(families[n] == own for n in group) for name in group}
        mine = [name for name in ours if name in given or ours[name].kind in kinds]
        if _contradicts([name for name in mine if name not in given]):
            continue
        left: list[object] = [("named", name) if name in given else ours[name].kind for name in mine]
        right: list[object] = [
            ("named", marks[name]) if name in marks else theirs[name].kind if theirs[name].kind in kinds else object()
            for name in chain
        ]
        found = [(mine[i], chain[j]) for i, j in certain_pairs(left, right) if mine[i] not in given]
        given |= {name: (source, "order") for name, source in found}


def _doubts(
    ours: _Modules, theirs: _Modules, given: Mapping[str, tuple[str, How]], namesake: Mapping[str, str]
) -> tuple[AmbiguousMatch, ...]:
    """What was left because several are possible: layers of one kind that both sides still have."""
    left, right = _by_kind(ours, _left(given, namesake, ours)), _by_kind(theirs, _unused(given, namesake, theirs))
    return tuple(AmbiguousMatch(tuple(names), tuple(right[kind])) for kind, names in left.items() if kind in right)


def certain_pairs(left: Sequence[object], right: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Positions that belong together in each of the longest common subsequences: where order leaves no choice.

    Sequences of more than some thousand different things are not compared, and have no certain pairs.
    """
    if len(left) == len(right) and all(a == b for a, b in zip(left, right, strict=True)):
        yield from ((place, place) for place in range(len(left)))
        return
    if len(left) * len(right) > _MOST_PAIRS:
        return
    forward = _lengths(left, right)
    backward = _lengths(left[::-1], right[::-1])
    total, at_rank = forward[len(left)][len(right)], dict[int, list[tuple[int, int]]]()
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            rank = forward[i][j]
            if a == b and rank + 1 + backward[len(left) - 1 - i][len(right) - 1 - j] == total:
                at_rank.setdefault(rank, []).append((i, j))
    yield from (pairs[0] for _, pairs in sorted(at_rank.items()) if len(pairs) == 1)


def _lengths(left: Sequence[object], right: Sequence[object]) -> list[list[int]]:
    """How long the longest common subsequence of the first ``i`` and the first ``j`` is."""
    table = [[0] * (len(right) + 1)]
    for a in left:
        above, row = table[-1], [0]
        for j, b in enumerate(right):
            row.append(above[j] + 1 if a == b else max(above[j + 1], row[j]))
        table.append(row)
    return table
