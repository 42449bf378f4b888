"""Pictures with several handwritten digits, put together with a seed. Printed into scripts, so it needs nothing of
ours."""

from __future__ import annotations

from typing import Any


def digit_scenes(
    images: Any, labels: Any, counts: dict[str, int], side: int, most: int, noise: float, seed: int
) -> tuple[Any, Any, Any]:
    """Pictures of 1 to ``most`` of the digits ``images`` (m, rows, columns) with ``labels`` (m,), the parts in the
    order of ``counts``, which says how many pictures each has: values from 0 to 1, (n, 1, side, side); the middle,
    width and height of the box around the ink of each digit as shares of the side, (n, most, 4); and which digit it is,
    from 1 for a 0, (n, most). Where there are fewer digits both are 0. Every part has digits of its own."""
    import numpy

    random = numpy.random.default_rng(seed)
    mixed = random.permutation(len(labels))
    total, used = sum(counts.values()), 0
    pictures = numpy.empty((total, 1, side, side), "float32")
    boxes = numpy.zeros((total, most, 4), "float32")
    kinds = numpy.zeros((total, most), "int64")
    ends = numpy.cumsum(list(counts.values()))
    shares = ends * len(labels) // total
    for part, end in enumerate(ends):
        pool = mixed[(shares[part - 1] if part else 0) : shares[part]]
        for picture in range(used, end):
            drawn = numpy.zeros((side, side))
            taken: list[tuple[int, int, int, int]] = []
            for _ in range(int(random.integers(1, most + 1))):
                at = int(pool[random.integers(len(pool))])
                size = int(random.integers(max(side // 4, 6), max(side // 2, 7)))
                steps = (numpy.arange(size) + 0.5) / size * len(images[at]) - 0.5
                low = numpy.clip(numpy.floor(steps).astype(int), 0, len(images[at]) - 2)
                upper = numpy.clip(steps - low, 0, 1)
                rows = images[at][low] * (1 - upper)[:, None] + images[at][low + 1] * upper[:, None]
                digit = rows[:, low] * (1 - upper) + rows[:, low + 1] * upper
                down, across = (digit > 0.25).any(1).nonzero()[0], (digit > 0.25).any(0).nonzero()[0]
                digit = digit[down[0] : down[-1] + 1, across[0] : across[-1] + 1]
                high, wide = digit.shape
                for _ in range(20):  # until it lies free of the others
                    top, left = int(random.integers(side - high + 1)), int(random.integers(side - wide + 1))
                    if all(
                        top + high <= y or left + wide <= x or y + h <= top or x + w <= left for y, x, h, w in taken
                    ):
                        place = drawn[top : top + high, left : left + wide]
                        place[:] = numpy.maximum(place, digit)
                        boxes[picture, len(taken)] = left + wide / 2, top + high / 2, wide, high
                        kinds[picture, len(taken)] = labels[at] + 1
                        taken.append((top, left, high, wide))
                        break
            ground = random.uniform(0, 0.3)
            drawn = ground + drawn * (random.uniform(0.6, 1) - ground) + noise * random.standard_normal(drawn.shape)
            pictures[picture, 0] = numpy.clip(drawn, 0, 1)
        used = end
    return pictures, boxes / side, kinds
