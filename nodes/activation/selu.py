"""SELU."""

import math

from nodes.api import Built, Curve, Example, Shape, Values, layer, module
from nodes.api.shapes import floats

_ALPHA, _SCALE = 1.6732632423543772, 1.0507009873554805  # as in torch.nn.SELU


@layer(
    id="SELU",
    name="SELU",
    curve=Curve([lambda x, s: _SCALE * (x if x > 0 else _ALPHA * math.expm1(x))]),
    values=Values(-1.7581),  # below zero the curve ends there
    formula="out = 1.0507 · (x if x > 0, else 1.6733 · (eˣ − 1))",
    examples=[Example(inputs=[(8,)], output=(8,)), Example(inputs=[(6, 28, 28)], output=(6, 28, 28))],
    words=["exponential", "self-normalizing", "rectifier"],
)
def selu(x: Shape) -> Built:
    """An ELU scaled so that mean 0 and deviation 1 survive many fully connected layers without a normalization. Goes
    with Alpha dropout (Klambauer et al. 2017)."""
    return Built(module("nn.SELU"), output=floats(x))
