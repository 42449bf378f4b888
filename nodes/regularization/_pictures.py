"""What the pictures of dropouts share."""

from __future__ import annotations

import random

from nodes.api import Settings, Sheet


def share_of(settings: Settings, usual: float = 0.5) -> float:
    value = settings.get("p", usual)
    return min(1.0, max(0.0, float(value))) if isinstance(value, int | float) else usual


def crossed_units(sheet: Sheet, settings: Settings) -> float:
    share = share_of(settings)
    order = random.Random(3).sample(range(14), 14)
    crossed = set(order[: round(14 * share)])
    for place in range(14):
        x, y = 30 + 30 * (place % 7), 32 + 36 * (place // 7)
        sheet.disc(x, y, 9, None if place in crossed else "family")
        if place in crossed:
            sheet.cross(x, y, 6)
    return share
