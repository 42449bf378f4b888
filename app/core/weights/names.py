"""What the names of layers say: which are the same layer, and which of two layers comes first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

_NUMBERED = re.compile(r"(.*?)(\d*)")
_BETWEEN = re.compile(r"[._]+")
_AVERAGE = re.compile(r"(^|[._])(ema|swa|avg|averaged?|shadow|n_averaged)([._]|$)", re.IGNORECASE)


def is_average(name: str) -> bool:
    """Whether a name says that it is an average of weights over many steps."""
    return _AVERAGE.search(name) is not None


def plain(name: str) -> str:
    """The name with single dots alone: ``layer2.0`` can be no name in a drawing, but ``layer2_0`` can, and
    ``_blocks.0._bn1`` is ``blocks_0.bn1``."""
    return _BETWEEN.sub(".", name).strip(".")


def comes_before(one: str, other: str) -> bool | None:
    """Whether a layer comes before another as their numbers say; None if the names say nothing.

    ``features.2`` comes before ``features.10``, and ``layer1.0.bn2`` before ``layer1.1.bn1``; nothing is known of
    ``features.0`` and ``classifier.0``.
    """
    for a, b in zip(_parts(one), _parts(other), strict=False):
        if a == b:
            continue
        if a[0] != b[0] or a[1] is None or b[1] is None or a[1] == b[1]:
            return None
        return a[1] < b[1]
    return None


def _parts(name: str) -> list[tuple[str, int | None]]:
    found = []
    for part in plain(name).split("."):
        match = _NUMBERED.fullmatch(part[-400:])
        assert match is not None, "every text is a beginning and digits"
        digits = match[2][-18:] if match[2].isascii() else ""
        found.append((match[1], int(digits) if digits else None))
    return found


def family(name: str) -> tuple[str, ...]:
    """The name without its numbers: members of one family stand in the order of their numbers."""
    return tuple(f"{stem}#" if number is not None else stem for stem, number in _parts(name))


def namesakes(ours: Sequence[str], theirs: Sequence[str], fits: Callable[[str, str], bool]) -> dict[str, str]:
    """Layers that have the same name once what is put before all names of one side is taken away.

    That prefix is the one with which most layers fit. If two prefixes do equally well, the names as they are win, then
    the one that is no average; otherwise nothing is taken.
    """
    lookup: dict[str, list[tuple[str, str]]] = {}
    for name in theirs:
        for prefix, rest in _endings(name):
            lookup.setdefault(plain(rest), []).append((prefix, name))
    candidates: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for mine in ours:
        for prefix, name in lookup.get(plain(mine), ()):
            candidates.setdefault(("", prefix), []).append((mine, name))
        for prefix, rest in _endings(mine):
            if prefix:
                for before_it, name in lookup.get(plain(rest), ()):
                    if not before_it:
                        candidates.setdefault((prefix, ""), []).append((mine, name))
    votes = {key: len({mine for mine, name in pairs if fits(mine, name)}) for key, pairs in candidates.items()}
    best = max(votes.values(), default=0)
    leading = [key for key, count in votes.items() if count == best]
    if ("", "") in leading or not best:
        leading = [("", "")]
    elif len(leading) > 1:
        leading = [key for key in leading if not is_average(key[1])]
    return _certain(candidates.get(leading[0], [])) if len(leading) == 1 else {}


def _endings(name: str) -> Iterator[tuple[str, str]]:
    parts = name.split(".")[-64:]
    for start in range(len(parts)):
        yield ".".join(parts[:start]), ".".join(parts[start:])


def _certain(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Of names that are alike but for dots, those that leave no doubt; equal ones come first."""
    equal = {mine: name for mine, name in pairs if name == mine or name.endswith(f".{mine}")}
    taken = set(equal.values())
    rest = [(mine, name) for mine, name in pairs if mine not in equal and name not in taken]
    left, right = Counter(mine for mine, _ in rest), Counter(name for _, name in rest)
    return equal | {mine: name for mine, name in rest if left[mine] == right[name] == 1}


def like_endings(pairs: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """For each name the candidate with the longest common ending, where that is one alone, seen from both sides.

    A number counts only with the name that it belongs to: ``1.conv`` is no ending that ``layer1_1.1.conv`` has in
    common with ``layer1.1.conv``, because in the first it may count the repetitions of a block.
    """
    levels: dict[int, list[tuple[str, str]]] = {}
    for mine, names in pairs.items():
        for name in names:
            length = _common_ending(mine, name)
            if length:
                levels.setdefault(length, []).append((mine, name))
    found: dict[str, str] = {}
    settled: set[str] = set()
    given: set[str] = set()
    for length in sorted(levels, reverse=True):
        level = [(mine, name) for mine, name in levels[length] if mine not in settled and name not in given]
        left, right = Counter(mine for mine, _ in level), Counter(name for _, name in level)
        found |= {mine: name for mine, name in level if left[mine] == right[name] == 1}
        settled |= left.keys()
        given |= right.keys()
    return found


def _common_ending(one: str, other: str) -> int:
    """How many parts both names end with, counted where a layer's name begins in both."""
    starts = _starts(one) & _starts(other)
    a, b = plain(one).split("."), plain(other).split(".")
    common = 0
    while common < min(len(a), len(b)) and a[-1 - common] == b[-1 - common]:
        common += 1
    for length in range(common, 0, -1):
        whole = length in (len(a), len(b)) and any(not part.isdigit() for part in a[len(a) - length :])
        if length in starts and (whole or not a[len(a) - length].isdigit()):
            return length
    return 0


def _starts(name: str) -> set[int]:
    lengths = [len(plain(part).split(".")) for part in name.split(".") if plain(part)]
    return {sum(lengths[start:]) for start in range(len(lengths))}
