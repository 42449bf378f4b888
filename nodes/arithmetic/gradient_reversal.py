"""Gradients with the other sign."""

from nodes.api import Built, Example, Float, Settings, Shape, Sheet, layer, module
from nodes.api.saves import VIEW
from nodes.api.shapes import floats
from nodes.api.values import same


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.arrow((30, 34), (206, 34), "family")
    sheet.text(118, 22, "x", "ink")
    sheet.arrow((206, 68), (30, 68), "accent")
    sheet.text(118, 84, "gradient · (−factor)", "ink")
    return "Values go through; gradients come back with the other sign, so that what helps behind it hurts before it."


@layer(
    id="GradientReversal",
    name="Gradient reversal",
    picture=_drawn,
    saves=VIEW,
    values=same,
    linear="features",
    stem="reversal",
    formula="out = x;  ∂loss/∂x = −factor · ∂loss/∂out",
    params=[Float("factor", 1.0, low=0.0, high=1e3, card=True, help="How strong the gradient comes back.")],
    examples=[
        Example(inputs=[(8,)], output=(8,)),
        Example(inputs=[(3, 5, 7)], params={"factor": 0.5}, output=(3, 5, 7)),
    ],
    words=["domain adaptation", "adversarial", "dann", "minus"],
)
def gradient_reversal(x: Shape, *, factor: float) -> Built:
    """Turns the sign of the gradient: the layers behind it learn to tell something, the layers before it learn to hide
    it, such as from which camera a picture is (Ganin and Lempitsky 2015)."""
    return Built(module("modules.GradientReversal", factor), output=floats(x))
