"""Where the way back ends."""

from nodes.api import Built, Example, Settings, Shape, Sheet, expression, layer
from nodes.api.saves import VIEW
from nodes.api.shapes import floats
from nodes.api.values import same


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.arrow((30, 34), (206, 34), "family")
    sheet.text(118, 22, "values", "ink")
    sheet.arrow((206, 68), (132, 68), "accent")
    sheet.cross(118, 68, 8)
    sheet.text(168, 84, "gradients", "ink")
    return "Values go through, gradients do not come back: what stands before learns nothing from what stands behind."


@layer(
    id="StopGradient",
    name="Stop gradient",
    picture=_drawn,
    saves=VIEW,
    values=same,
    linear="features",
    formula="out = x;  ∂loss/∂x = 0",
    examples=[Example(inputs=[(8,)], output=(8,)), Example(inputs=[(3, 5, 7)], output=(3, 5, 7))],
    words=["detach", "no gradient", "freeze", "target network"],
)
def stop_gradient(x: Shape) -> Built:
    """Lets values through and no gradient back, so that the layers before it do not learn from the losses behind it."""
    return Built(expression("{x}.detach()"), output=floats(x))
