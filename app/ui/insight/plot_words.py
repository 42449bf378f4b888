"""The words around a plot: what its axes are, and what its colours mean, in as many lines as a narrow plot needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QFontMetrics

if TYPE_CHECKING:
    from app.insight.plot import Plot

MOST_ROWS = 3
HIGH_FOR_ROW = 8  # lines of text a plot is high for each row of words


def entries(plot: Plot) -> list[tuple[str, tuple[int, int, int], bool]]:
    """What the legend names: the word, its colour, and whether it is a line."""
    lines = [(each.name, each.ink, True) for each in plot.lines if each.name]
    return [*lines, *((word, ink, False) for word, ink in plot.legend)]


def entry_width(word: str, metrics: QFontMetrics) -> float:
    """Pixels that a word of the legend takes with its sign."""
    return metrics.horizontalAdvance(word) + metrics.height() * 1.5


def legend_rows(plot: Plot, size: QSize, left: float, metrics: QFontMetrics) -> list[list[str]]:
    """The words of the legend by row, from ``left`` on; in the last one there may be more than fit."""
    rows: list[list[str]] = []
    most = max(1, min(MOST_ROWS, size.height() // (HIGH_FOR_ROW * metrics.height())))
    x = left
    for word, *_ in entries(plot):
        wide = entry_width(word, metrics)
        if not rows or (x + wide > size.width() - 4 and len(rows) < most):
            rows.append([])
            x = left
        rows[-1].append(word)
        x += wide
    return rows


def axis_words(plot: Plot, size: QSize, metrics: QFontMetrics) -> list[str]:
    """What stands below a plot: both axes in one line, or in two where one has no room for them."""
    if not plot.x_label:
        return []
    if not plot.y_label:
        return [plot.x_label]
    both = f"→ {plot.x_label}    ↑ {plot.y_label}"
    if metrics.horizontalAdvance(both) <= size.width() - 4 or size.height() < 2 * HIGH_FOR_ROW * metrics.height():
        return [both]
    return [f"→ {plot.x_label}", f"↑ {plot.y_label}"]
