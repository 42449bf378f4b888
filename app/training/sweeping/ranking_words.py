"""By what the variants of a sweep are ranked, which way is better, and why: in words. Needs no torch."""

from __future__ import annotations

import math
from collections.abc import Iterable

from app.training.numbers import named, word_of
from app.training.sweeping.results import VariantResult, is_higher_better, ranked
from nodes.api.words import listed


def number_words(metric: str) -> str:
    """A number of ``EpochDone.metrics`` in a sentence: ``validation accuracy``; of the training data without a word."""
    part, _, own = metric.partition("_")
    return f"validation {word_of(own)}" if part == "val" else word_of(own)


def better_words(metric: str) -> str:
    """Which way is better: ``higher`` or ``lower``."""
    return "higher" if is_higher_better(metric) else "lower"


def ranked_by(rows: Iterable[VariantResult]) -> str:
    """By what these are ranked, in a sentence or two; empty if none has a result yet."""
    placed = [row for row in ranked(rows) if row.result is not None and math.isfinite(row.result)]
    if not placed:
        return ""
    metric = placed[0].metric
    part, _, own = metric.partition("_")
    same = [row for row in placed if row.metric == metric]
    others = [name for name in named(placed[0].metrics, part) if name != own and not _is_loss(name)]
    said = f"Ranked by {number_words(metric)}, {better_words(metric)} is better"
    if part == "train":
        said += ", on the training data, because none is held out for validation"
    if _is_loss(own):
        why = f"{_these(others)} cannot be told here" if others else "no metric is measured"
        said += f"{', and' if part == 'train' else ','} because {why}."
    elif others:
        said += f": of several metrics the first counts. Leave {word_of(own)} out to rank by {word_of(others[0])}."
    else:
        said += "."
    behind = placed[len(same) :]
    if behind:
        told = listed(list(dict.fromkeys(number_words(row.metric) for row in behind)), " and ")
        who = f"{behind[0].name} is" if len(behind) == 1 else f"{len(behind):,} variants are"
        said += f" At the end stands what cannot be compared with the others: {who} judged by {told}."
    return said


def _is_loss(name: str) -> bool:
    return name.partition(".")[0] == "loss"


def _these(names: list[str]) -> str:
    return listed([word_of(name) for name in names], " and ")
