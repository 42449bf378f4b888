"""Dropout of whole channels."""

import random

from nodes.api import Built, Example, Float, Settings, Shape, Sheet, image, layer, module
from nodes.api.saves import NOTHING
from nodes.api.values import dropped
from nodes.regularization._pictures import share_of


def _drawn(sheet: Sheet, settings: Settings) -> str:
    share = share_of(settings)
    crossed = set(random.Random(5).sample(range(6), 6)[: round(6 * share)])
    for place in range(6):
        x, y = 46 + 52 * (place % 3), 8 + 44 * (place // 3)
        fill = None if place in crossed else "pale"
        sheet.grid(x, y, 3, 3, 12, fill)
        if place in crossed:
            sheet.cross(x + 18, y + 18, 12)
    return f"While training, about {100 * share:.0f} % of the channels are left out whole. Afterwards all count."


@layer(
    id="Dropout2d",
    name="Dropout 2-D",
    picture=_drawn,
    saves=NOTHING,
    values=dropped,
    linear="features",
    training_only=True,
    formula="training: out[c] = x[c] · mask[c] / (1 − p);  afterwards: out = x",
    params=[
        Float(
            "p", 0.5, low=0.0, high=1.0, step=0.05, card=True, label="drop rate", help="Share of channels set to zero."
        )
    ],
    examples=[
        Example(inputs=[(16, 8, 8)], output=(16, 8, 8)),
        Example(inputs=[(3, 4, 5)], params={"p": 0.2}, output=(3, 4, 5)),
    ],
    words=["regularization", "overfitting", "spatial", "channels"],
)
def dropout2d(x: Shape, *, p: float) -> Built:
    """Sets whole channels of an image to zero while training. Neighbouring values of an image are so alike that single
    zeros would not matter. Does nothing when the trained network is used (Tompson et al. 2015)."""
    image(x)
    return Built(module("nn.Dropout2d", p), output=x)
