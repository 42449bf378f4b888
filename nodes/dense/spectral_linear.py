"""Fully connected with spectral norm."""

from collections.abc import Sequence

from nodes.api import RAW, Built, Example, Int, Settings, Shape, Sheet, Switch, differing, layer, module
from nodes.api.saves import FLOAT, Saves
from nodes.api.shapes import flat


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.disc(58, 50, 26, "pale")
    sheet.arrow((58, 50), (84, 50), "family")
    sheet.arrow((96, 50), (134, 50), "accent")
    sheet.text(115, 38, "W / σ", "ink")
    sheet.disc(178, 50, 26, "pale")
    sheet.arrow((178, 50), (196, 32), "family")
    return "No vector comes out longer than it went in: the weights are divided by their largest stretch σ."


def _divided(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """The divided weights, once for a batch: the share of each of 64 samples."""
    return FLOAT * arrived[0].sizes[-1] * left.sizes[-1] // 64


@layer(
    id="SpectralLinear",
    name="Spectral fully connected",
    picture=_drawn,
    saves=Saves(inputs=True, extra=_divided),
    values=RAW,
    linear="sums",
    stem="fc",
    learns="weights",
    formula="out = x · (weight / σ)ᵀ + bias, σ the largest singular value of weight",
    params=[
        Int("out_features", 10, low=1, high=65_536, label="outputs", card=True, help="How many sums to form."),
        Switch("bias", True, help="Adds one learned number to each sum."),
    ],
    examples=[
        Example(inputs=[(120,)], params={"out_features": 84}, output=(84,)),
        Example(inputs=[(7, 16)], params={"out_features": 4, "bias": False}, output=(7, 4)),
    ],
    words=["spectral norm", "normalization", "lipschitz", "gan", "discriminator", "judge", "dense"],
)
def spectral_linear(x: Shape, *, out_features: int, bias: bool) -> Built:
    """A fully connected layer whose weights are divided by their largest singular value, so that it never stretches
    what arrives. It keeps the judge of a generative pair from running away (Miyato et al. 2018)."""
    features = flat(x)
    weights: dict[str, tuple[int, ...]] = {"weight": (out_features, features)}
    if bias:
        weights["bias"] = (out_features,)
    return Built(
        module("modules.SpectralLinear", features, out_features, **differing(bias=(bias, True))),
        output=(*x.sizes[:-1], out_features),
        weights=weights,
        multiply_adds=x.values // features * features * out_features,
    )
