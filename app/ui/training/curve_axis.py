"""An axis of the curves, and a plot that knows how long it has painted. Part of ``curves.py``, which alone is
imported by others, as it takes a moment to load."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtGui import QPaintEvent

from app.insight.numbers import NumberFormat

_DIGITS = (1, 2, 5)
_LEAST = 3  # numbers at an axis


class TimedView(pg.PlotWidget):
    """``painted`` counts seconds of the window's thread."""

    painted = 0.0

    def paintEvent(self, event: QPaintEvent) -> None:
        start = time.thread_time()
        super().paintEvent(event)
        self.painted += time.thread_time() - start


class CurveAxis(pg.AxisItem):
    """An axis that writes all its numbers with the same power of ten; or, where ``logarithmic`` is set, stands for the
    logarithms to base 10 of the numbers that it writes."""

    logarithmic = False

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        if self.logarithmic:
            return [f"{10.0**value:.3g}" for value in values]
        number = NumberFormat(values, step=spacing, reach=max(map(abs, self.range)))
        return [number(value) for value in values]

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        if not self.logarithmic:
            found: list[tuple[float, list[float]]] = super().tickValues(minVal, maxVal, size)
            return found
        return [(1.0, log_ticks(min(minVal, maxVal), max(minVal, maxVal), max(2, int(size / 22))))]

    def set_logarithmic(self, on: bool) -> None:
        """Show numbers whose logarithms are drawn, or the numbers that are drawn."""
        if on != self.logarithmic:
            self.logarithmic = on
            self.picture: Any = None
            self.update()


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Logarithms of round numbers between two logarithms, at most about ``most``: powers of ten, or also 2 and 5 times
    them; over less than a third of a decade evenly spaced numbers."""
    decades = range(math.floor(low), math.ceil(high) + 1)
    step = -(-len(decades) // max(most, 1))
    powers = [float(power) for power in decades if low <= power <= high and power % step == 0]
    if len(powers) >= _LEAST:
        return powers
    finer = [power + math.log10(digit) for power in decades for digit in _DIGITS]
    finer = [value for value in finer if low <= value <= high]
    if len(finer) >= 2:
        return finer
    bottom, top = 10.0**low, 10.0**high
    rough = (top - bottom) / max(min(most, 5), 1)
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    wide = next(digit * power for digit in (1, 2, 5, 10) if digit * power >= rough or digit == 10)
    first = math.ceil(bottom / wide)
    return [math.log10(n * wide) for n in range(first, math.floor(top / wide) + 1) if n > 0]
