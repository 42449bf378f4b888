"""Pictures of a triangle and maps of where its corners are, drawn with a seed. Printed into scripts, so it needs
nothing of ours."""

from __future__ import annotations

from typing import Any


def triangle_pictures(count: int, side: int, turn: float, spread: float, noise: float, seed: int) -> tuple[Any, Any]:
    """``count`` pictures with values from 0 to 1, (count, 3, side, side), each of a triangle that is turned by up to
    ``turn`` degrees; and for its top, left and right corner a map that is 1 there and falls off like a bell with the
    deviation ``spread`` in dots, (count, 3, side, side)."""
    import numpy

    random = numpy.random.default_rng(seed)
    rows, columns = numpy.mgrid[:side, :side] + 0.5
    reach = random.uniform(0.2, 0.34, count) * side
    middle = random.uniform(reach, side - reach, (2, count))
    angles = numpy.radians(random.uniform(-turn, turn, count) + numpy.array([[0.0], [-140.0], [140.0]]))
    x, y = middle[0] + reach * numpy.sin(angles), middle[1] - reach * numpy.cos(angles)
    down, across = rows[None] - y[..., None, None], columns[None] - x[..., None, None]
    maps = numpy.exp(-(down**2 + across**2) / (2 * spread**2)).astype("float32").swapaxes(0, 1)
    edges_x, edges_y = numpy.roll(x, -1, 0) - x, numpy.roll(y, -1, 0) - y
    inside = (edges_x[..., None, None] * down - edges_y[..., None, None] * across <= 0).all(0)
    back = random.uniform(0, 0.45, (count, 3, 1, 1))
    colour = random.uniform(0.55, 1, (count, 3, 1, 1))
    drawn = numpy.where(inside[:, None], colour, back) + noise * random.standard_normal((count, 3, side, side))
    return numpy.clip(drawn, 0, 1).astype("float32"), maps
