"""The fully connected layer."""

from nodes.api import Built, Example, Int, Shape, Switch, differing, layer, module
from nodes.api.shapes import flat


@layer(
    id="Linear",
    name="Fully connected",
    stem="fc",
    learns="weights",
    formula="out = x · weightᵀ + bias",
    params=[
        Int("out_features", 10, low=1, label="outputs", card=True, help="How many sums to form."),
        Switch("bias", True, help="Adds one learned number to each sum."),
    ],
    examples=[
        Example(inputs=[(120,)], params={"out_features": 84}, output=(84,)),
        Example(inputs=[(7, 16)], params={"out_features": 4, "bias": False}, output=(7, 4)),
    ],
    words=["dense", "perceptron", "affine"],
)
def linear(x: Shape, *, out_features: int, bias: bool) -> Built:
    """Each output is a weighted sum of all inputs. The weights are learned. A sequence is treated step by step."""
    features = flat(x)
    weights: dict[str, tuple[int, ...]] = {"weight": (out_features, features)}
    if bias:
        weights["bias"] = (out_features,)
    steps = x.values // features
    return Built(
        module("nn.Linear", features, out_features, **differing(bias=(bias, True))),
        output=(*x.sizes[:-1], out_features),
        weights=weights,
        multiply_adds=steps * features * out_features,
    )
