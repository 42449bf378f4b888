"""A sample from a distribution that is learned."""

import itertools
import math

from nodes.api import RAW, Built, Example, Settings, Shape, ShapeError, Sheet, layer, module
from nodes.api.saves import Saves
from nodes.api.shapes import describe, floats


def _drawn(sheet: Sheet, settings: Settings) -> str:
    points = [(30 + 2.0 * step, 74 - 54 * math.exp(-(((step - 38) / 17) ** 2))) for step in range(89)]
    for start, end in itertools.pairwise(points):
        sheet.segment(start, end, "family", 1.6)
    sheet.segment((106, 74), (106, 20), "soft", 1.0)
    sheet.text(106, 90, "mean", "ink")
    sheet.disc(128, 74, 5, "accent")
    sheet.text(172, 60, "a draw", "ink")
    return (
        "While training one value is drawn from the bell that mean and variance describe; afterwards the mean counts."
    )


@layer(
    id="Reparameterize",
    name="Draw from normal",
    picture=_drawn,
    values=RAW,
    saves=Saves(extra=lambda arrived, left, settings: 8 * left.values),
    stem="draw",
    formula="training: out = mean + e^(log variance / 2) · noise, noise ~ N(0, 1);  afterwards: out = mean",
    examples=[
        Example(inputs=[(16,), (16,)], output=(16,)),
        Example(inputs=[(4, 7, 7), (4, 7, 7)], output=(4, 7, 7)),
    ],
    words=["variational", "vae", "sample", "latent", "code", "gaussian", "reparameterization trick"],
)
def reparameterize(mean: Shape, log_variance: Shape) -> Built:
    """Draws a code from the normal distribution whose mean and logarithm of the variance arrive, in such a way that
    gradients reach both: the heart of a variational autoencoder (Kingma and Welling 2013). It gives the mean when the
    trained network is used."""
    if floats(mean, "mean").sizes != floats(log_variance, "log_variance").sizes:
        raise ShapeError(
            f"Mean and logarithm of the variance belong together value by value, but {describe(mean)} and "
            f"{describe(log_variance)} arrive. Make both the same size."
        )
    return Built(module("modules.Reparameterize"), output=mean)
