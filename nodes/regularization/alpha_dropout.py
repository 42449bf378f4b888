"""Dropout that goes with SELU."""

from nodes.api import Built, Example, Float, Settings, Shape, Sheet, layer, module
from nodes.api.saves import Saves, mask
from nodes.api.shapes import floats
from nodes.regularization._pictures import crossed_units


def _drawn(sheet: Sheet, settings: Settings) -> str:
    share = 100 * crossed_units(sheet, settings)
    return (
        f"While training, about {share:.0f} % of the values take the lowest that SELU can give, and all are shifted "
        "so that mean and deviation stay. Afterwards all count."
    )


@layer(
    id="AlphaDropout",
    name="Alpha dropout",
    picture=_drawn,
    saves=Saves(extra=mask),
    training_only=True,
    stem="dropout",
    formula="training: out = a · (x · mask − 1.7581 · (1 − mask)) + b;  afterwards: out = x",
    params=[
        Float(
            "p",
            0.5,
            low=0.0,
            high=1.0,
            step=0.05,
            card=True,
            label="drop rate",
            help="Share of values that are dropped.",
        )
    ],
    examples=[
        Example(inputs=[(84,)], output=(84,)),
        Example(inputs=[(7, 16)], params={"p": 0.1}, output=(7, 16)),
    ],
    words=["regularization", "overfitting", "selu", "self-normalizing"],
)
def alpha_dropout(x: Shape, *, p: float) -> Built:
    """Dropout for networks with SELU: dropped values get SELU's lowest value, then all are scaled so that mean and
    deviation stay as they were. Does nothing when the trained network is used (Klambauer et al. 2017)."""
    return Built(module("nn.AlphaDropout", p), output=floats(x))
