"""What comes of the runs of a cross-validation, in words that are the same everywhere. Needs no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.training.folder import read_metrics
from app.training.numbers import is_share, named, word_of
from app.training.run_description import about
from nodes.api.words import figure


@dataclass(frozen=True)
class FoldSpread:
    """A number over several runs: its mean, its standard deviation (with n − 1), the lowest and the highest."""

    mean: float
    deviation: float
    low: float
    high: float


def kept_numbers(folder: Path) -> Mapping[str, object]:
    """The numbers of the epoch whose weights a run has kept; none if no epoch is complete."""
    entries, best = read_metrics(folder), about(folder).best
    return next((entry for entry in entries if entry["epoch"] == best), entries[-1] if entries else {})


def spreads(results: Sequence[Mapping[str, object]]) -> dict[str, FoldSpread]:
    """The validation numbers of some runs by name (``accuracy``, ``loss``), as far as all of them have one."""
    import statistics  # brings fractions and decimals

    found: dict[str, FoldSpread] = {}
    names = named(results[0], "val") if results else []
    for name in sorted(names, key=lambda name: name.partition(".")[0] == "loss"):
        values = [value for each in results if isinstance(value := each.get(f"val_{name}"), int | float)]
        if len(values) == len(results) and all(map(math.isfinite, values)):
            deviation = statistics.stdev(values) if len(values) > 1 else 0.0
            found[name] = FoldSpread(statistics.fmean(values), deviation, min(values), max(values))
    return found


def sentence(results: Sequence[Mapping[str, object]], folds: int) -> str:
    """``5 folds: accuracy 95.2 % ± 0.8 (93.9 to 96.1), loss 0.151 ± 0.021 (0.125 to 0.182); mean ± standard deviation
    of the validation parts.``"""
    done = f"{len(results)} folds" if len(results) == folds else f"{len(results)} of {folds} folds"
    told = ", ".join(f"{word_of(name)} {_words(name, each)}" for name, each in spreads(results).items())
    if not told:
        return f"{done}: nothing was measured on the validation parts."
    return f"{done}: {told}; mean ± standard deviation of the validation parts (lowest to highest)."


def _words(name: str, spread: FoldSpread) -> str:
    if is_share(name):
        mean, deviation, low, high = (
            f"{100 * value:.1f}" for value in (spread.mean, spread.deviation, spread.low, spread.high)
        )
        return f"{mean} % ± {deviation} ({low} to {high})"
    mean, deviation, low, high = (figure(value) for value in (spread.mean, spread.deviation, spread.low, spread.high))
    return f"{mean} ± {deviation} ({low} to {high})"
