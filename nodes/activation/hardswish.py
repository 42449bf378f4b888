"""SiLU out of straight lines."""

from nodes.api import Built, Curve, Example, Shape, Values, layer, module
from nodes.api.shapes import floats


@layer(
    id="Hardswish",
    name="Hardswish",
    curve=Curve([lambda x, s: x * min(max(x + 3.0, 0.0), 6.0) / 6.0], -5, 5),
    values=Values(-0.375),  # the lowest point of the curve, at −1.5
    formula="out = x · min(max(0, x + 3), 6) / 6",
    examples=[Example(inputs=[(8,)], output=(8,)), Example(inputs=[(6, 28, 28)], output=(6, 28, 28))],
    words=["mobile", "mobilenet"],
)
def hardswish(x: Shape) -> Built:
    """Almost SiLU, but made of pieces that need no exponential, for nets on telephones. It is 0 below −3 and x above 3
    (Howard et al. 2019)."""
    return Built(module("nn.Hardswish"), output=floats(x))
