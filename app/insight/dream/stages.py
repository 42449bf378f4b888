"""A dream on paper: how the picture grew, from its start to its end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.insight.dream.ascent import DreamStep
from app.insight.text import number
from app.insight.tiles import ColormapName, Tiles


def stages(steps: Sequence[DreamStep], title: str, most: int = 6, note: str = "") -> Tiles:
    """Up to ``most`` pictures of a dream side by side, the first and the last among them.

    They lie close together at the beginning, where most happens: 0, 1, 4, 16, … rather than 0, 25, 50, …

    Raises:
        ValueError: if there are no steps.
    """
    if not steps:
        raise ValueError("A dream without a step has no picture.")
    last = len(steps) - 1
    # A quadratic walk; equal numbers at its dense beginning are one stage.
    wanted = sorted({round(last * (index / max(most - 1, 1)) ** 2) for index in range(most)} | {0, last})
    chosen = [steps[index] for index in wanted]
    images = np.stack([step.image for step in chosen])
    labels = tuple(f"step {step.step}, score {number(step.score, 0.1)}" for step in chosen)
    colormap: ColormapName = "rgb" if images.ndim == 4 else "gray"
    return Tiles(images, 0.0, 1.0, colormap, title, labels, note=note)
