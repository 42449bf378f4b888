"""Pairs of pictures, alike or not, drawn with a seed. Printed into scripts, so it needs nothing of ours."""

from __future__ import annotations

from typing import Any


def digit_pairs(labels: Any, counts: dict[str, int], unseen: list[int], seed: int) -> tuple[Any, Any, Any]:
    """The numbers of the first and of the second picture of each pair, and whether both are of one kind, all (n,); the
    parts in the order of ``counts``, which says how many pairs each has. No picture is in two parts: the test has those
    of the ``unseen`` kinds alone, validation a fifth of the others. Half of the pairs are alike, of two pictures; every
    kind is as likely as any other."""
    import numpy

    random = numpy.random.default_rng(seed)
    shuffled = random.permutation(len(labels))
    new = numpy.isin(labels[shuffled], unseen)
    known = shuffled[~new]
    held = len(known) // 5
    pools = {"train": known[held:], "validation": known[:held], "test": shuffled[new]}
    firsts, seconds, sames = [], [], []
    for part, count in counts.items():
        pool = pools[part]
        pool = pool[numpy.argsort(labels[pool], kind="stable")]
        starts, sizes = numpy.unique(labels[pool], return_index=True, return_counts=True)[1:]
        same = random.permutation(count) % 2
        kind = random.integers(len(sizes), size=count)
        other = (kind + random.integers(1, len(sizes), size=count)) % len(sizes)
        at = random.integers(sizes[kind])
        twin = (at + random.integers(1, sizes[kind])) % sizes[kind]
        firsts.append(pool[starts[kind] + at])
        seconds.append(
            numpy.where(same, pool[starts[kind] + twin], pool[starts[other] + random.integers(sizes[other])])
        )
        sames.append(same)
    return numpy.concatenate(firsts), numpy.concatenate(seconds), numpy.concatenate(sames).astype("int64")
