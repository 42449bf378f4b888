"""Dropout."""

from nodes.api import Built, Example, Float, Settings, Shape, Sheet, layer, module
from nodes.api.saves import Saves, mask
from nodes.api.shapes import floats
from nodes.api.values import dropped
from nodes.regularization._pictures import crossed_units


def _drawn(sheet: Sheet, settings: Settings) -> str:
    share = 100 * crossed_units(sheet, settings)
    return f"While training, about {share:.0f} % of the values are set to 0, others each time. Afterwards all count."


@layer(
    id="Dropout",
    name="Dropout",
    picture=_drawn,
    saves=Saves(extra=mask),
    values=dropped,
    linear="features",
    training_only=True,
    backward="outside of training everything passes unchanged, both ways",
    formula="training: out = x · mask / (1 − p);  afterwards: out = x",
    params=[
        Float("p", 0.5, low=0.0, high=1.0, step=0.05, card=True, label="drop rate", help="Share of values set to zero.")
    ],
    examples=[Example(inputs=[(84,)], output=(84,))],
    words=["regularization", "overfitting"],
)
def dropout(x: Shape, *, p: float) -> Built:
    """Sets a random part of the values to zero while training, so that no unit relies on one other unit.
    Does nothing when the trained network is used (Srivastava et al. 2014)."""
    return Built(module("nn.Dropout", p), output=floats(x))
