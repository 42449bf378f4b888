"""Measuring on a noisy machine: two things in turn, many times, and the median of the ratios."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """Median times of two things in seconds, and the median of the ratios of neighbouring measurements."""

    first: float
    second: float
    ratio: float
    pairs: int


Clock = Callable[[], float]


def seconds(work: Callable[[], object], clock: Clock = time.perf_counter) -> float:
    """How long one call takes."""
    start = clock()
    work()
    return clock() - start


def compare(
    first: Callable[[], object],
    second: Callable[[], object],
    pairs: int = 7,
    warm_up: int = 1,
    clock: Clock = time.perf_counter,
) -> Ratio:
    """``first`` next to ``second``, alternating, each pair in the other order than the one before."""
    for _ in range(warm_up):
        first()
        second()
    taken: dict[Callable[[], object], list[float]] = {first: [], second: []}
    for index in range(pairs):
        for work in (second, first) if index % 2 else (first, second):
            gc.collect()  # before each: what runs after it finds cold caches, and the first of two would seem slower
            taken[work].append(seconds(work, clock))
    ones, others = taken[first], taken[second]
    ratios = [one / other for one, other in zip(ones, others, strict=True)]
    return Ratio(statistics.median(ones), statistics.median(others), statistics.median(ratios), pairs)


def verdict(name: str, value: str, aim: str, met: bool) -> None:
    """One line of the report."""
    print(f"{'met   ' if met else 'MISSED'} {name}: {value} (aim: {aim})", flush=True)
