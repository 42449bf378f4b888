"""A power with a fixed exponent."""

import math

from nodes.api import Built, Curve, Example, Float, Shape, expression, layer
from nodes.api.curves import Settings, number
from nodes.api.shapes import floats


def _plotted(x: float, s: Settings) -> float:
    try:
        value = x ** number(s, "exponent", 2.0)
    except (ZeroDivisionError, OverflowError):
        return math.nan
    return math.nan if isinstance(value, complex) else value


@layer(
    id="Power",
    name="Power",
    curve=Curve([_plotted], -2, 2),
    backward="what comes back is multiplied by n · x^(n − 1)",
    formula="out = x ^ exponent",
    params=[
        Float(
            "exponent",
            2.0,
            low=-100.0,
            high=100.0,
            step=0.5,
            card=True,
            help="2 squares, 0.5 takes the root, −1 divides 1 by the value.",
        )
    ],
    examples=[
        Example(inputs=[()], output=()),
        Example(inputs=[(7, 5)], params={"exponent": 0.5}, output=(7, 5)),
    ],
    words=["square", "root", "exponent", "sqrt"],
)
def power(x: Shape, *, exponent: float) -> Built:
    """Raises each value to a power. A negative value has no root, so exponents with a fraction need values of 0 or
    more."""
    # A whole exponent is printed without its point: torch multiplies then, and a negative value is no matter.
    shown = int(exponent) if exponent.is_integer() else exponent
    return Built(expression(f"{{x}} ** {shown}"), output=floats(x))
