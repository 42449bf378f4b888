"""Pictures of circles, squares and triangles, drawn with a seed. Printed into scripts, so it needs nothing of ours."""

from __future__ import annotations

from typing import Any


def shape_pictures(count: int, side: int, most: int, noise: float, seed: int) -> tuple[Any, Any, Any, Any]:
    """``count`` pictures of 1 to ``most`` shapes: values from 0 to 1, (count, 3, side, side); for each dot 0 or the
    shape that covers it, 1 for a circle, 2 for a square, 3 for a triangle, (count, side, side); the kind of the last
    one, which nothing covers, from 0, (count,); and the middle, width and height of its box as shares of the side,
    (count, 4)."""
    import numpy

    random = numpy.random.default_rng(seed)
    rows, columns = numpy.mgrid[:side, :side] + 0.5
    pictures = numpy.empty((count, 3, side, side), "float32")
    masks = numpy.zeros((count, side, side), "int64")
    kinds = numpy.zeros(count, "int64")
    boxes = numpy.zeros((count, 4), "float32")
    for picture in range(count):
        back = random.uniform(0, 0.45, 3)
        drawn = numpy.broadcast_to(back[:, None, None], (3, side, side)).copy()
        for _ in range(int(random.integers(1, most + 1))):
            kind = int(random.integers(3))
            reach = random.uniform(0.14, 0.28) * side
            y, x = random.uniform(reach, side - reach, 2)
            if kind == 0:
                inside = (rows - y) ** 2 + (columns - x) ** 2 <= reach**2
            elif kind == 1:
                inside = numpy.maximum(abs(rows - y), abs(columns - x)) <= 0.86 * reach
            else:
                inside = (rows <= y + reach) & (rows >= y - reach + 2 * abs(columns - x))
            colour = random.uniform(0.55, 1, 3) * (random.uniform(0, 1, 3) > 0.35)
            colour[int(random.integers(3))] = random.uniform(0.8, 1)
            drawn[:, inside] = colour[:, None]
            masks[picture][inside] = kind + 1
            kinds[picture] = kind
            down, across = inside.any(1).nonzero()[0], inside.any(0).nonzero()[0]
            top, left, high, wide = down[0], across[0], len(down), len(across)
            boxes[picture] = numpy.array([left + wide / 2, top + high / 2, wide, high]) / side
        pictures[picture] = numpy.clip(drawn + noise * random.standard_normal(drawn.shape), 0, 1)
    return pictures, masks, kinds, boxes
