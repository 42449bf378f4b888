"""Random noise."""

import itertools
import math
import random
from dataclasses import replace
from math import inf

from nodes.api import Built, Example, Float, Settings, Shape, Sheet, layer, module
from nodes.api.saves import NOTHING
from nodes.api.shapes import floats


def _drawn(sheet: Sheet, settings: Settings) -> str:
    shaken = random.Random(2)
    points = [(20 + 5.0 * step, 50 - 22 * math.sin(step / 6.4)) for step in range(41)]
    rough = [(x, y + shaken.gauss(0, 7)) for x, y in points]
    for line, color, width in ((rough, "family", 1.4), (points, "soft", 1.2)):
        for start, end in itertools.pairwise(line):
            sheet.segment(start, end, color, width)
    return "While training, each value is shaken a little at random. Afterwards nothing happens."


@layer(
    id="GaussianNoise",
    name="Gaussian noise",
    picture=_drawn,
    saves=NOTHING,
    values=lambda s, x: replace(x, low=-inf, high=inf),
    training_only=True,
    stem="noise",
    formula="training: out = x + std · noise, noise ~ N(0, 1);  afterwards: out = x",
    params=[
        Float("std", 0.1, low=0.0, high=1e3, step=0.05, card=True, label="deviation", help="How strong the noise is.")
    ],
    examples=[
        Example(inputs=[(84,)], output=(84,)),
        Example(inputs=[(1, 28, 28)], params={"std": 0.5}, output=(1, 28, 28)),
    ],
    words=["regularization", "overfitting", "denoising", "autoencoder", "random"],
)
def gaussian_noise(x: Shape, *, std: float) -> Built:
    """Adds random numbers to every value while training, so that small differences cannot be learned by heart. Does
    nothing when the trained network is used (Bishop 1995)."""
    return Built(module("modules.GaussianNoise", std), output=floats(x))
