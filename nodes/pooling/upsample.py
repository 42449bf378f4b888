"""Enlarging an image."""

from nodes.api import Built, Choice, Example, Pair, Settings, Shape, Sheet, brief, differing, image, layer, module
from nodes.api.pictures import side
from nodes.api.saves import NOTHING
from nodes.api.values import pooled


def _drawn(sheet: Sheet, settings: Settings) -> str:
    factor = side(settings, "scale_factor", 2, 4) or 2
    sheet.grid(34, 28, 2, 2, 22, lambda row, column: 0.2 + 0.25 * (2 * row + column))
    sheet.arrow((96, 50), (134, 50), "accent")
    size = 2 * factor
    sheet.grid(146, 12, size, size, 76 / size, lambda row, c: 0.2 + 0.25 * (2 * (row // factor) + c // factor))
    return f"Each pixel becomes {factor}×{factor} pixels."


@layer(
    id="Upsample",
    name="Upsample",
    picture=_drawn,
    saves=NOTHING,
    values=pooled,
    followed_by=["Conv2d", "ReLU", "BatchNorm2d"],
    formula="nearest: out[c, i, j] = x[c, ⌊i / s⌋, ⌊j / s⌋];  bilinear: a weighted mean of the four nearest",
    params=[
        Pair("scale_factor", 2, low=1, high=64, label="factor", card=True, help="How many times as high and as wide."),
        Choice(
            "mode",
            "nearest",
            options=("nearest", "bilinear"),
            help="Repeats each value, or passes smoothly from one to the next.",
        ),
    ],
    examples=[
        Example(inputs=[(16, 7, 7)], output=(16, 14, 14)),
        Example(inputs=[(3, 4, 5)], params={"scale_factor": (3, 1), "mode": "bilinear"}, output=(3, 12, 5)),
    ],
    words=["resize", "enlarge", "interpolate", "unpooling", "decoder", "u-net"],
)
def upsample(x: Shape, *, scale_factor: tuple[int, int], mode: str) -> Built:
    """Makes the image larger without learning anything. A convolution behind it is a common way to build decoders."""
    channels, height, width = image(x)
    call = module("nn.Upsample", scale_factor=brief(scale_factor), **differing(mode=(mode, "nearest")))
    return Built(call, output=(channels, height * scale_factor[0], width * scale_factor[1]))
