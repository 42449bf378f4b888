"""With which ink each curve is drawn."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from app.ui import theme

FAMILIES = ("recurrent", "normalization", "attention", "activation", "pooling", "regularization", "losses", "block")
MOST_OVERLAID = len(FAMILIES)
EARLIER = ("earlier", "earlier2", "earlier3")
OVERLAID = tuple(f"other{number}" for number in range(MOST_OVERLAID))


def other_pen(name: str) -> QPen:
    """The ink of another run: one that was trained before is paler the longer ago."""
    background = theme.color("plot.background")
    if name in EARLIER:
        colour = theme.mixed(theme.color("plot.text"), background, 0.45 + 0.17 * EARLIER.index(name))
    else:
        colour = theme.mixed(theme.family(FAMILIES[OVERLAID.index(name)]), theme.color("plot.text"), 0.3)
    pen = QPen(colour)
    pen.setCosmetic(True)
    pen.setWidthF((1.0 if name in EARLIER else 1.6) * max(1.0, theme.scale()))
    if name in EARLIER:
        styles = (Qt.PenStyle.DashLine, Qt.PenStyle.DashDotLine, Qt.PenStyle.DashDotDotLine)
        pen.setStyle(styles[EARLIER.index(name)])
    return pen


def change_pen() -> QPen:
    """That of the line where a setting was changed."""
    pen = QPen(theme.color("plot.text"))
    pen.setCosmetic(True)
    pen.setWidthF(max(1.0, theme.scale()))
    pen.setStyle(Qt.PenStyle.DotLine)
    return pen


def pen_of(name: str, crowded: bool = False) -> QPen:
    """The ink of a curve of this run; ``crowded``: so many batches that they fill an area."""
    colour = QColor(theme.color("plot.validation" if name == "validation" else "plot.train"))
    if name in ("batch", "high"):
        # The curves of the epochs must stand out from the area that thousands of batches fill.
        colour = theme.mixed(colour, theme.color("plot.background"), 0.72 if crowded else 0.55)
    pen = QPen(colour)
    pen.setCosmetic(True)
    pen.setWidthF((2.0 if name in ("train", "validation") else 1.0) * max(1.0, theme.scale()))
    return pen
