"""Pairs of equal things in two sequences that every longest common subsequence has: where order leaves no choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_MOST_PAIRS = 4_000_000  # beyond this, sequences are compared at their ends only


def certain_pairs(left: Sequence[object], right: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Positions that belong together in each of the longest common subsequences.

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
