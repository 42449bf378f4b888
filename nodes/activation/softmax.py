"""Softmax."""

from nodes.activation._scores import classes_axis
from nodes.api import Built, Example, Settings, Shape, Sheet, Values, curves, layer, module
from nodes.api.saves import OUTPUT


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.bars(28, 84, [0.5, 1.6, 0.9, 0.2], 14, 42, 19)
    sheet.arrow((112, 55), (140, 55), "accent")
    sheet.bars(150, 84, curves.softmax([1.0, 3.2, 1.8, 0.4]), 14, 80, 19)
    return "Any numbers become shares between 0 and 1 that add up to 1; the largest takes most."


@layer(
    id="Softmax",
    name="Softmax",
    picture=_drawn,
    saves=OUTPUT,
    values=Values(0.0, 1.0, "softmax"),
    followed_by=["Output", "MSELoss"],
    backward="input i gets outᵢ · (gᵢ − Σ outⱼ · gⱼ), where g is what comes back",
    formula="out[i] = e^x[i] / Σ e^x[j]",
    examples=[
        Example(inputs=[(10,)], output=(10,)),
        Example(inputs=[(6, 10)], output=(6, 10)),
        Example(inputs=[(3, 8, 8)], output=(3, 8, 8)),
    ],
    words=["probabilities"],
)
def softmax(x: Shape) -> Built:
    """Turns scores into probabilities that add up to 1: over the classes of a list, over the features of a
    sequence, over the channels of an image. The cross-entropy loss already contains it; do not use both."""
    return Built(module("nn.Softmax", dim=classes_axis(x, "Softmax")), output=x)
