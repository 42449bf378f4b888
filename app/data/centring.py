"""A drawn digit as those of MNIST are: scaled into a box of 20×20, its centre of mass in the middle of 28×28.

Whoever draws large and off the middle, where a net has only seen small digits in the middle, sees it fail for no
reason that it could show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

BOX, SIDE = 20, 28
FAINT = 0.02  # ink that is fainter than this does not count as drawn


def centred(ink: np.ndarray, box: int = BOX, side: int = SIDE) -> np.ndarray:
    """Ink (h, w), 0 for none and 1 for full, as a float32 array (side, side); all 0 where nothing is drawn.

    The part that is drawn on keeps its proportions and fills the box with its longer side. It is moved by whole
    pixels, so that its centre of mass is as near to the middle as that allows, and never beyond the border.
    """
    import numpy as np

    made = np.zeros((side, side), dtype=np.float32)
    rows, columns = np.flatnonzero((ink > FAINT).any(1)), np.flatnonzero((ink > FAINT).any(0))
    if not len(rows):
        return made
    drawn = np.asarray(ink, dtype=np.float64)[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    longer = max(drawn.shape)
    high, wide = (max(1, round(length * box / longer)) for length in drawn.shape)
    small = _shares(drawn.shape[0], high) @ drawn @ _shares(drawn.shape[1], wide).T
    total = small.sum()
    top, left = (
        int(np.clip(round((side - 1) / 2 - float(small.sum(1 - axis) @ np.arange(length)) / total), 0, side - length))
        for axis, length in enumerate((high, wide))
    )
    made[top : top + high, left : left + wide] = small
    return made


def _shares(before: int, after: int) -> np.ndarray:
    """The share (after, before) that each pixel of before has in each of after, so that ink is averaged."""
    import numpy as np

    edges = np.linspace(0, before, after + 1)
    low, high = edges[:-1, None], edges[1:, None]
    pixels = np.arange(before)[None, :]
    overlap: np.ndarray = np.clip(np.minimum(high, pixels + 1) - np.maximum(low, pixels), 0, None)
    return overlap / (high - low)
