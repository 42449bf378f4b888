"""A picture without its colours."""

from dataclasses import replace

from nodes.api import Built, Choice, Example, Settings, Shape, ShapeError, Sheet, expression, image, layer
from nodes.api.saves import INPUTS


def _drawn(sheet: Sheet, settings: Settings) -> str:
    for place, (word, share) in enumerate((("red", "0.299"), ("green", "0.587"), ("blue", "0.114"))):
        sheet.box(20, 8 + 30 * place, 58, 24, "pale")
        sheet.text(49, 20 + 30 * place, word, "ink")
        sheet.arrow((84, 20 + 30 * place), (138, 50), "accent")
        sheet.text(104, 14 + 30 * place, share, "soft")
    sheet.box(144, 38, 50, 24, "family")
    sheet.text(169, 50, "grey", "ink")
    return "Green counts most, as it does for our eyes."


@layer(
    id="Grayscale",
    name="Grey",
    picture=_drawn,
    saves=INPUTS,
    values=lambda s, x: replace(x, kind=""),
    stem="grey",
    formula="out = 0.299 · red + 0.587 · green + 0.114 · blue",
    params=[
        Choice(
            "channels",
            "1",
            options=("1", "3"),
            card=True,
            help="1 for one channel; 3 for three that are alike, so that colours can be added to it.",
        ),
    ],
    examples=[
        Example(inputs=[(3, 32, 32)], output=(1, 32, 32)),
        Example(inputs=[(3, 5, 7)], params={"channels": "3"}, output=(3, 5, 7)),
    ],
    words=["gray", "grayscale", "luma", "luminance", "black and white", "colorize", "colour"],
)
def grayscale(x: Shape, *, channels: str) -> Built:
    """The brightness of a colour picture (red, green, blue), as television reckons it (ITU-R BT.601)."""
    count, height, width = image(x)
    if count != 3:
        raise ShapeError(
            f"Grey is made of three channels, red, green and blue, but {count} "
            f"{'arrives' if count == 1 else 'arrive'}. Wire a colour picture to it."
        )
    grey = "0.299 * {x}[:, :1] + 0.587 * {x}[:, 1:2] + 0.114 * {x}[:, 2:]"
    call = expression(f"({grey}).repeat(1, 3, 1, 1)" if channels == "3" else grey)
    return Built(call, output=(int(channels), height, width), multiply_adds=3 * height * width)
