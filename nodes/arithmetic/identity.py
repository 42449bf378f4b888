"""Nothing at all."""

from nodes.api import Built, Example, Settings, Shape, Sheet, layer, module
from nodes.api.saves import VIEW
from nodes.api.values import same


def _drawn(sheet: Sheet, settings: Settings) -> str:
    for x in (40, 156):
        sheet.grid(x, 20, 1, 3, 20, lambda row, column: 0.25 + 0.25 * column)
    sheet.arrow((108, 30), (148, 30), "accent")
    return "What arrives goes on as it is."


@layer(
    id="Identity",
    name="Identity",
    picture=_drawn,
    saves=VIEW,
    values=same,
    linear="features",
    formula="out = x",
    examples=[
        Example(inputs=[(8,)], output=(8,)),
        Example(inputs=[Shape((5,), "int", 3)], output=Shape((5,), "int", 3)),
    ],
    words=["nothing", "pass", "skip", "placeholder", "shortcut"],
)
def identity(x: Shape) -> Built:
    """Hands on what arrives. It gives a place in a drawing a name, or stands where another layer may come later."""
    return Built(module("nn.Identity"), output=x)
