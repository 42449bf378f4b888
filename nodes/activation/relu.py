"""ReLU."""

from nodes.api import Built, Curve, Example, Shape, Values, layer, module
from nodes.api.saves import OUTPUT
from nodes.api.shapes import floats


@layer(
    id="ReLU",
    name="ReLU",
    curve=Curve([lambda x, s: max(0.0, x)]),
    saves=OUTPUT,
    values=Values(0.0, kind="relu"),
    backward="where the input was above 0, what comes back goes on unchanged; elsewhere it is stopped",
    formula="out = max(0, x)",
    examples=[Example(inputs=[(8,)], output=(8,)), Example(inputs=[(6, 28, 28)], output=(6, 28, 28))],
    words=["rectifier"],
)
def relu(x: Shape) -> Built:
    """Keeps positive numbers and turns negative ones into zero."""
    return Built(module("nn.ReLU"), output=floats(x))
