"""The colours of variants: one each for those of a race, and a scale from poor to good for many."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtGui import QColor

from app.training.sweeping.results import VariantResult, is_higher_better
from app.ui import theme

# Told apart from each other in every theme, as the curves of runs are that are laid over others.
_FAMILIES = ("recurrent", "normalization", "attention", "activation", "pooling", "regularization", "losses", "block")


def of_runner(number: int) -> QColor:
    """The colour of a runner; beyond eight they repeat."""
    return theme.family(_FAMILIES[number % len(_FAMILIES)])


def between(share: float) -> QColor:
    """From poor (0) to good (1): from a quiet colour to the accent, so that light and dark tell it as well."""
    poor, good = theme.color("border"), theme.color("accent")
    share = min(max(share, 0.0), 1.0)

    def mixed(one: int, other: int) -> int:
        return round(one + share * (other - one))

    return QColor(mixed(poor.red(), good.red()), mixed(poor.green(), good.green()), mixed(poor.blue(), good.blue()))


def shares(rows: Sequence[VariantResult]) -> dict[int, float]:
    """How good each result is among all, from 0 to 1; those without one are left out. Half of it is the place in their
    order: one that is far below would make all others look alike."""
    found = {row.number: row.result for row in rows if row.result is not None and math.isfinite(row.result)}
    if not found:
        return {}
    low, high = min(found.values()), max(found.values())
    if low == high:
        return dict.fromkeys(found, 1.0)
    up = is_higher_better(next(row.metric for row in rows if row.number in found))
    order = sorted(set(found.values()), reverse=not up)
    share = {}
    for number, value in found.items():
        way = (value - low) / (high - low)
        share[number] = ((way if up else 1 - way) + order.index(value) / (len(order) - 1)) / 2
    return share
