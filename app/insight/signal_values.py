"""What is measured of a layer while a net trains, and its words. Loads neither torch nor numpy: a window begins with it
at its start."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.insight.numbers import percent

if TYPE_CHECKING:
    from app.insight.tiles import Tiles

BINS = 41
GUIDE = 1e-3  # updates next to weights, as the lectures advise


@dataclass(frozen=True)
class Histogram:
    """How often values of equally wide bins from ``low`` to ``high`` occur."""

    low: float
    high: float
    counts: tuple[int, ...]

    def tiles(self, title: str) -> Tiles:
        """As bars."""
        import numpy as np

        from app.insight.tiles import Tiles

        counts = np.asarray(self.counts, np.float32).reshape(1, 1, -1)
        return Tiles(counts, 0.0, max(float(counts.max()), 1.0), "viridis", title, layout="bars", x_label="value")


@dataclass(frozen=True)
class LayerSignal:
    """One layer with weights, or one function between layers. What it does not have is None.

    Attributes:
        path: of its node.
        gradient: the norm of the gradient of the loss by all its weight matrices together.
        weight: the norm of these matrices.
        update: the norm of the last measured step next to that of the weights, of the matrix that changed most.
        mean, deviation: of all values that it gives for the samples.
        dead: of a rectifier, the share of its units that are 0 for every sample.
        saturated: of a squashing function, the share of values at one of its ends.
        weights, gradients, values: histograms.
    """

    path: str
    gradient: float | None = None
    weight: float | None = None
    update: float | None = None
    mean: float | None = None
    deviation: float | None = None
    dead: float | None = None
    saturated: float | None = None
    weights: Histogram | None = None
    gradients: Histogram | None = None
    values: Histogram | None = None


def short(layer: LayerSignal) -> str:
    """The numbers of a layer in a few words: ``gradient 0.28 · step 0.0011``."""
    if layer.gradient is not None:
        step = f" · step {number(layer.update)}" if layer.update is not None else ""
        return f"gradient {number(layer.gradient)}{step}"
    parts = []
    if layer.mean is not None and layer.deviation is not None:
        parts.append(f"{number(layer.mean)} ± {number(layer.deviation)}")
    if layer.dead is not None:
        parts.append(f"{percent(layer.dead)} dead")
    if layer.saturated is not None:
        parts.append(f"{percent(layer.saturated)} at an end")
    return " · ".join(parts)


def number(value: float) -> str:
    """Three digits, with a power of ten where that is shorter: 0.0312, 4.1e−7."""
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return "no number"
    if 1e-3 <= abs(value) < 1e5:
        text = f"{value:.3g}"
    else:
        mantissa, power = f"{value:.1e}".split("e")
        text = f"{mantissa}e{int(power)}"
    return text.replace("-", "−")
