"""The other sign."""

from nodes.api import Built, Curve, Example, Shape, Values, expression, layer
from nodes.api.saves import NOTHING
from nodes.api.shapes import floats


@layer(
    id="Negate",
    name="Negate",
    curve=Curve([lambda x, s: -x]),
    saves=NOTHING,
    values=lambda s, x: Values(-x.high, -x.low, "raw" if x.kind == "raw" else ""),
    backward="what comes back changes its sign: the derivative is −1",
    formula="out = −x",
    examples=[Example(inputs=[()], output=()), Example(inputs=[(7, 5)], output=(7, 5))],
    words=["minus", "sign", "opposite"],
)
def negate(x: Shape) -> Built:
    """Turns the sign of each value."""
    return Built(expression("-{x}"), output=floats(x))
