"""A cloud of 5,000 samples with 64 numbers each: the first picture, how often it moves, and t-SNE in all next to
scikit-learn's, as it is by default. In all is told in seconds of the processor: the two come one after the other, and
a machine that is busy with other things for one of them would decide."""

from __future__ import annotations

import os
import time
from itertools import pairwise

import numpy

from app.insight.space.spreading import check_spread, components, normed, spread_out
from tests.benchmarks.pairs import verdict

ROWS, FEATURES, GROUPS = 5_000, 64, 10
FIRST, IN_ALL, STILL = 1.0, 1.0, 2.0


def rows() -> numpy.ndarray:
    """Groups about as far apart as those of a trained layer."""
    rng = numpy.random.default_rng(0)
    middles = 3 * rng.normal(size=(GROUPS, FEATURES))
    return (middles[rng.integers(0, GROUPS, ROWS)] + rng.normal(size=(ROWS, FEATURES))).astype(numpy.float32)


def worked() -> float:
    """Seconds that the processor has worked for this process and those that it has started and ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def main() -> bool:
    """Measure; whether the aims are met."""
    from sklearn.manifold import TSNE

    given = rows()
    start, begun = time.perf_counter(), worked()
    check_spread(given, "the layer", "tsne")
    places, _ = components(normed(given), 2)
    first = time.perf_counter() - start
    told = [time.perf_counter()]
    for _ in spread_out(given, places, "tsne", 30, 0):
        told.append(time.perf_counter())
    ours = worked() - begun
    longest = max(later - earlier for earlier, later in pairwise(told[1:]))
    begun = worked()
    TSNE(random_state=0).fit_transform(given)
    theirs = worked() - begun
    verdict("first picture of a cloud (PCA)", f"{first:.2f} s", f"at most {FIRST:g} s", first <= FIRST)
    moved = f"{len(told) - 1} pictures, the first after {told[1] - told[0]:.1f} s, the longest pause {longest:.2f} s"
    verdict("the cloud moves", moved, f"no pause above {STILL:g} s", longest <= STILL)
    share = f"{ours:.1f} s of the processor, {ours / theirs:.2f} of scikit-learn's {theirs:.1f} s"
    verdict("t-SNE of 5,000 × 64 in all", share, f"at most {IN_ALL:g}", ours <= IN_ALL * theirs)
    return first <= FIRST and longest <= STILL and ours <= IN_ALL * theirs
