"""Well-known kernels to begin with, in any size of at least three by three."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Rows = tuple[tuple[float, ...], ...]

KERNELS: Mapping[str, tuple[str, Rows]] = {
    "Sobel, across": (
        "Finds edges that stand upright (Sobel and Feldman 1968)",
        ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    ),
    "Sobel, down": (
        "Finds edges that lie flat (Sobel and Feldman 1968)",
        ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    ),
    "Laplace": ("Finds edges of every direction", ((0, 1, 0), (1, -4, 1), (0, 1, 0))),
    "Mean": ("Blurs: the mean of nine dots", ((1 / 9,) * 3,) * 3),
    "Gauss": ("Blurs softly", ((1 / 16, 2 / 16, 1 / 16), (2 / 16, 4 / 16, 2 / 16), (1 / 16, 2 / 16, 1 / 16))),
    "Sharpen": ("Makes edges stronger", ((0, -1, 0), (-1, 5, -1), (0, -1, 0))),
    "Identity": ("Lets the picture through", ((0, 0, 0), (0, 1, 0), (0, 0, 0))),
}


def centred(kernel: Rows, rows: int, columns: int) -> Sequence[float]:
    """The kernel in the middle of zeros, row by row. With even sides the middle lies up and left."""
    top, left = (rows - len(kernel)) // 2, (columns - len(kernel[0])) // 2
    return [
        float(kernel[y - top][x - left]) if 0 <= y - top < len(kernel) and 0 <= x - left < len(kernel[0]) else 0.0
        for y in range(rows)
        for x in range(columns)
    ]
