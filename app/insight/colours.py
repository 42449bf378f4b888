"""Colour tables of 256 entries, made from a few control points of our own.

The points are joined in OKLab (Ottosson 2020), where equal steps look equally large. Lightness runs in a straight line
from point to point, so that the sequential table only ever gets lighter and survives a grey projector; both arms of
the diverging table have the same lightness at the same distance from zero.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from app.insight.tiles import ColormapName, Tiles

ENTRIES = 256

# Lightness, and the two opponent axes green–red and blue–yellow of OKLab.
# The walk of viridis (van der Walt and Smith 2015): violet, blue, teal, green, yellow.
_SEQUENTIAL = (
    (0.26, 0.085, -0.105),
    (0.42, 0.012, -0.125),
    (0.575, -0.062, -0.055),
    (0.73, -0.135, 0.085),
    (0.92, -0.055, 0.185),
)
_DIVERGING = (
    (0.36, -0.015, -0.150),
    (0.58, -0.035, -0.145),
    (0.81, -0.030, -0.065),
    (0.98, 0.0, 0.0),
    (0.81, 0.075, 0.035),
    (0.58, 0.180, 0.085),
    (0.36, 0.140, 0.065),
)


def _srgb(lab: np.ndarray) -> np.ndarray:
    """OKLab colours as sRGB in 0..1, cut at the edge of what a screen can show."""
    to_lms = np.array(
        [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]]
    )
    to_rgb = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip(((lab @ to_lms.T) ** 3) @ to_rgb.T, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def _smooth(points: tuple[tuple[float, float, float], ...]) -> np.ndarray:
    """A curve through the points (Catmull and Rom 1974) for colour, a straight one for lightness."""
    given = np.array(points)
    position = np.linspace(0, len(given) - 1, ENTRIES)
    left = np.minimum(position.astype(int), len(given) - 2)
    t = (position - left)[:, None]
    # One more point on each side, in line with the last two, gives the curve its direction at the ends.
    padded = np.vstack([2 * given[0] - given[1], given, 2 * given[-1] - given[-2]])
    before, here, there, after = (padded[left + shift] for shift in range(4))
    curve = here + 0.5 * t * (
        there - before + t * (2 * before - 5 * here + 4 * there - after + t * (3 * (here - there) + after - before))
    )
    curve[:, 0] = np.interp(position, np.arange(len(given)), given[:, 0])
    return curve


@cache
def colormap(name: ColormapName) -> np.ndarray:
    """The table of that name: ``(256, 3)`` uint8, not to be written to.

    Raises:
        KeyError: for ``rgb``, whose maps are colours already, and for names that do not exist.
    """
    if name == "gray":
        table = np.repeat(np.arange(ENTRIES, dtype=np.uint8)[:, None], 3, axis=1)
    else:
        points = {"viridis": _SEQUENTIAL, "diverging": _DIVERGING}[name]
        table = np.round(_srgb(_smooth(points)) * 255).astype(np.uint8)
    table.setflags(write=False)
    return table


def coloured(values: np.ndarray, low: float, high: float, name: ColormapName) -> np.ndarray:
    """``values`` as uint8 colours with one more axis of three; values beyond the scale get the colour of its end, and
    what is no number that of 0."""
    share = (np.nan_to_num(np.asarray(values, np.float32), nan=0.0) - low) / (high - low)
    return colormap(name)[np.clip(share * ENTRIES, 0, ENTRIES - 1).astype(np.intp)]


def tile_colours(tiles: Tiles) -> np.ndarray:
    """Each map as colours ``(n, h, w, 3)`` uint8, one pixel for each value."""
    if tiles.colormap == "rgb":
        return np.round(np.clip(tiles.maps, 0, 1) * 255).astype(np.uint8)
    return coloured(tiles.maps, tiles.low, tiles.high, tiles.colormap)
