"""A border of zeros."""

from dataclasses import replace

from nodes.api import Built, Example, Int, Settings, Shape, Sheet, brief, image, layer, module
from nodes.api.saves import NOTHING


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(36, 28, 3, 3, 15, 0.5)
    sheet.arrow((94, 50), (128, 50), "accent")
    sheet.grid(142, 12, 5, 5, 15, lambda row, column: 0.5 if 0 < row < 4 and 0 < column < 4 else None)
    return "Zeros are put around the image; what was inside stays as it is."


def _side(name: str) -> Int:
    return Int(name, 1, low=0, high=4096, card=True, help=f"Zeros at the {name}.")


@layer(
    id="ZeroPad2d",
    name="Zero pad 2-D",
    picture=_drawn,
    saves=NOTHING,
    values=lambda s, x: replace(x, low=min(x.low, 0.0), high=max(x.high, 0.0)),
    followed_by=["Conv2d"],
    stem="pad",
    formula="out = x with rows and columns of zeros around it",
    params=[_side("left"), _side("right"), _side("top"), _side("bottom")],
    examples=[
        Example(inputs=[(3, 8, 6)], output=(3, 10, 8)),
        Example(inputs=[(3, 8, 6)], params={"left": 0, "top": 0, "right": 2}, output=(3, 9, 8)),
    ],
    words=["border", "padding", "margin"],
)
def zero_pad2d(x: Shape, *, left: int, right: int, top: int, bottom: int) -> Built:
    """Adds rows and columns of zeros around an image, each side as many as wanted. Other borders are those of Pad."""
    channels, height, width = image(x)
    call = module("nn.ZeroPad2d", brief((left, right, top, bottom)))
    return Built(call, output=(channels, height + top + bottom, width + left + right))
