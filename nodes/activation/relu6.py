"""ReLU that ends at six."""

from nodes.api import Built, Curve, Example, Shape, Values, layer, module
from nodes.api.shapes import floats


@layer(
    id="ReLU6",
    name="ReLU6",
    stem="relu",
    curve=Curve([lambda x, s: min(max(0.0, x), 6.0)], low=-3.0, high=9.0),
    values=Values(0.0, 6.0, kind="relu"),
    backward="where the input was between 0 and 6, what comes back goes on unchanged; elsewhere it is stopped",
    formula="out = min(max(0, x), 6)",
    examples=[Example(inputs=[(8,)], output=(8,)), Example(inputs=[(6, 28, 28)], output=(6, 28, 28))],
    words=["rectifier", "clip", "mobile"],
)
def relu6(x: Shape) -> Built:
    """Like ReLU, but no number becomes larger than 6: nets for telephones calculate with few bits (Krizhevsky 2010)."""
    return Built(module("nn.ReLU6"), output=floats(x))
