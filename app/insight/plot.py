"""What a picture with two axes is made of: points, lines, and a ground of colours below them. No drawing here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from app.insight.colours import coloured
from app.insight.tiles import ColormapName, Tiles

# Ten that colour-blind eyes tell apart: those of Okabe and Ito (2008) but for black, then of Tol (2021).
_INKS = (
    (0, 114, 178),
    (230, 159, 0),
    (0, 158, 115),
    (204, 121, 167),
    (86, 180, 233),
    (213, 94, 0),
    (240, 228, 66),
    (136, 34, 85),
    (153, 153, 51),
    (51, 34, 136),
)
GREY = (128, 132, 140)
_NONE = np.empty(0)


def _no_points() -> np.ndarray:
    return np.empty((0, 2), np.float32)


@dataclass(frozen=True, eq=False)
class PlotLine:
    """A line through ``points`` (n, 2), its name in the legend, and its colour; ``dots`` marks each point."""

    name: str
    points: np.ndarray
    ink: tuple[int, int, int]
    dashed: bool = False
    dots: bool = False


@dataclass(frozen=True, eq=False)
class Plot:
    """Points and lines over two axes.

    Attributes:
        x, y: what the axes span, each rising.
        points: ``(n, 2)``.
        inks: ``(n, 3)`` uint8, the colour of each point.
        legend: what colours mean, with the colour.
        marked: ``(n,)`` whether a point has a ring, and ``mark`` what that says.
        lines: above the ground, below the points.
        ground: whether the map of the tiles is drawn below, its first row at the upper end of ``y``.
        equal: one unit is as long on both axes, as where distances are meant.
        node, numbers: the source, and the number in the data of each sample that a point stands for, ``(n,)``.
        names, said: what the data calls each of these samples, and what else is said of it. ``part`` is theirs.
        thumbnails: a small picture ``(h, w)`` or ``(h, w, 3)`` uint8 of each point, where there are some; they stand in
            the place of dots where there is room, or at all times (``pictured``).
    """

    x: tuple[float, float]
    y: tuple[float, float]
    x_label: str = ""
    y_label: str = ""
    points: np.ndarray = field(default_factory=_no_points)
    inks: np.ndarray = field(default_factory=lambda: np.empty((0, 3), np.uint8))
    legend: tuple[tuple[str, tuple[int, int, int]], ...] = ()
    marked: np.ndarray = field(default_factory=lambda: _NONE)
    mark: str = ""
    lines: tuple[PlotLine, ...] = ()
    ground: bool = False
    equal: bool = False
    node: str = ""
    numbers: np.ndarray = field(default_factory=lambda: _NONE)
    names: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    part: str = ""
    thumbnails: np.ndarray | None = None
    pictured: bool = False


def class_inks(count: int) -> np.ndarray:
    """A colour for each of so many classes, ``(count, 3)`` uint8; beyond ten by steps of the golden angle."""
    import colorsys

    more = [
        tuple(round(255 * part) for part in colorsys.hls_to_rgb((at * 0.618034) % 1, 0.4 + 0.2 * (at % 2), 0.65))
        for at in range(len(_INKS), count)
    ]
    return np.array([*_INKS[:count], *more], np.uint8).reshape(count, 3)


def legend_of(words: Sequence[str], inks: np.ndarray) -> tuple[tuple[str, tuple[int, int, int]], ...]:
    """Words beside their colours."""
    return tuple((word, (int(ink[0]), int(ink[1]), int(ink[2]))) for word, ink in zip(words, inks))


def span(values: np.ndarray, margin: float = 0.06) -> tuple[float, float]:
    """From the smallest to the largest value with a margin; around it where all are equal, −1 to 1 without any."""
    values = values[np.isfinite(values)]
    if not len(values):
        return -1.0, 1.0
    low, high = float(values.min()), float(values.max())
    wide = (high - low) * margin if high > low else max(abs(low), 1.0) * 0.5
    return low - wide, high + wide


def plotted(plot: Plot, title: str, note: str = "") -> Tiles:
    """A picture of points and lines alone. Its numbers are those of the points, else of the lines."""
    if len(plot.points):
        numbers = plot.points
    else:
        numbers = np.concatenate([line.points for line in plot.lines])
    maps = np.ascontiguousarray(numbers, np.float32)[None]
    return Tiles(maps, 0.0, 1.0, "gray", title, note=note, layout="plot", plot=plot)


def on_ground(
    plot: Plot, ground: np.ndarray, low: float, high: float, colormap: ColormapName, title: str, note: str = ""
) -> Tiles:
    """Points and lines over a map ``(h, w)`` of numbers on this scale, or ``(h, w, 3)`` of colours in 0..1."""
    return Tiles(ground[None].astype(np.float32), low, high, colormap, title, note=note, layout="plot", plot=plot)


def ground_colours(tiles: Tiles) -> np.ndarray | None:
    """The map below the points as colours ``(h, w, 3)`` uint8; None without one."""
    if tiles.plot is None or not tiles.plot.ground:
        return None
    if tiles.colormap == "rgb":
        return np.round(np.clip(tiles.maps[0], 0, 1) * 255).astype(np.uint8)
    return coloured(tiles.maps[0], tiles.low, tiles.high, tiles.colormap)
