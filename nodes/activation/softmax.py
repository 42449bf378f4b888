"""Softmax."""

from nodes.activation._scores import classes_axis
from nodes.api import Built, Example, Shape, layer, module


@layer(
    id="Softmax",
    name="Softmax",
    picture="softmax_bars",
    followed_by=["Output", "MSELoss"],
    formula="out[i] = e^x[i] / Σ e^x[j]",
    examples=[
        Example(inputs=[(10,)], output=(10,)),
        Example(inputs=[(6, 10)], output=(6, 10)),
        Example(inputs=[(3, 8, 8)], output=(3, 8, 8)),
    ],
    words=["probabilities"],
)
def softmax(x: Shape) -> Built:
    """Turns scores into probabilities that add up to 1: over the classes of a list, over the features of a
    sequence, over the channels of an image. The cross-entropy loss already contains it; do not use both."""
    return Built(module("nn.Softmax", dim=classes_axis(x, "Softmax")), output=x)
