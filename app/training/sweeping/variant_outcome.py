"""What happened to a variant, in a sentence, beside the others. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.training.numbers import is_share, short, word_of
from app.training.sweeping.results import (
    DIVERGED,
    DONE,
    FAILED,
    WAITING,
    VariantResult,
    is_higher_better,
    ranked,
)

_EARLY = 0.95  # of the way from the first to the best number of all: where a variant is called quick or slow


def happened(
    rows: Sequence[VariantResult],
    courses: Mapping[int, Sequence[tuple[float, float]]],
    unlike: Mapping[int, str] | None = None,
) -> dict[int, str]:
    """A sentence on each variant. ``courses`` are the numbers that count, by epoch. ``unlike`` says why some cannot be
    compared with the first one: they are measured against none."""
    apart = unlike or {}
    placed = [row for row in ranked(rows) if row.result is not None and row.number not in apart]
    best = placed[0] if placed else None
    own = {number: course for number, course in courses.items() if number not in apart}
    told = {}
    for row in rows:
        if row.number in apart:
            words = f"cannot be compared one to one: {apart[row.number]}"
            alone = _of(row, None, (), {})
            told[row.number] = f"{words}; {alone}" if alone else words
        else:
            told[row.number] = _of(row, best, placed, own)
    return told


def _of(
    row: VariantResult,
    best: VariantResult | None,
    placed: Sequence[VariantResult],
    courses: Mapping[int, Sequence[tuple[float, float]]],
) -> str:
    if row.state in (DIVERGED, FAILED):
        return row.sentence or row.state
    if row.state == WAITING or row.result is None or best is None or best.result is None:
        return ""
    words = []
    name = row.metric.partition("_")[2]
    if row.number == best.number:
        words.append("best" if row.state == DONE else "leads")
    elif row.metric == best.metric:
        behind = abs(best.result - row.result)
        words.append("as good as the best" if not behind else f"{_apart(name, behind)} behind the best")
    quick = _reached(row.number, best, courses)
    if quick and len(placed) > 1:
        words.append(quick)
    if row.state == DONE and row.epoch < row.epochs:
        words.append(f"ended early, after {row.epoch:,} of {row.epochs:,} epochs")
    gap = _gap(row, name)
    if gap:
        words.append(gap)
    return "; ".join(words)


def _apart(name: str, value: float) -> str:
    if not is_share(name):
        return short(name, value)
    return f"{100 * value:.1f} points" if value >= 0.0005 else "less than 0.1 points"


def _reached(number: int, best: VariantResult, courses: Mapping[int, Sequence[tuple[float, float]]]) -> str:
    """In which epoch it came near the best number of all."""
    course = courses.get(number, ())
    every = [value for some in courses.values() for _, value in some]
    if not course or len(every) < 2:
        return ""
    up = is_higher_better(best.metric)
    top = max(every) if up else min(every)
    start = min(every) if up else max(every)
    goal = start + _EARLY * (top - start)
    epoch = next((epoch for epoch, value in course if (value >= goal if up else value <= goal)), None)
    if epoch is None:
        return ""
    name = best.metric.partition("_")[2]
    named = "" if is_share(name) else f"{word_of(name)} "  # as in the column of results: each line is a row less
    return f"{named}{short(name, goal)} in epoch {epoch:,.0f}"


def _gap(row: VariantResult, name: str) -> str:
    """How much better it does on what it has learned from."""
    train, val = row.metrics.get(f"train_{name}"), row.metrics.get(f"val_{name}")
    if train is None or val is None or not is_share(name) or train - val < 0.1:
        return ""
    return f"{100 * (train - val):.0f} points better on what it has seen"
