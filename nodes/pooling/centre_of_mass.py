"""Where the values of an image lie in the mean."""

from collections.abc import Sequence

from nodes.api import Built, Example, Settings, Shape, Sheet, image, layer, module
from nodes.api.saves import FLOAT, Saves
from nodes.api.values import Values


def _drawn(sheet: Sheet, settings: Settings) -> str:
    heights = {(1, 3): 0.5, (1, 4): 0.7, (2, 3): 0.9, (2, 4): 1.0, (2, 5): 0.4, (3, 4): 0.5}
    sheet.grid(34, 14, 6, 6, 12, lambda row, column: heights.get((row, column), "pale"))
    sheet.disc(34 + 12 * 4.4, 14 + 12 * 2.4, 4, "accent")
    sheet.arrow((118, 50), (150, 50), "accent")
    sheet.grid(164, 40, 1, 2, 20, 0.3, [["x", "y"]])
    return "Each channel becomes the place where its values lie in the mean, from −1 to 1."


def _saved(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """The two coordinates, and the sums that they are divided by."""
    channels, height, width = arrived[0].sizes
    return FLOAT * (2 * left.values + 2 * channels + height + width)


@layer(
    id="CentreOfMass",
    name="Centre of mass",
    picture=_drawn,
    saves=Saves(extra=_saved),
    values=lambda s, x: Values(-1.0, 1.0) if x.low >= 0 else Values(),
    followed_by=["Glimpse", "Linear"],
    stem="centre",
    formula="x = Σ m[i, j] · xⱼ / Σ m[i, j],  y = Σ m[i, j] · yᵢ / Σ m[i, j],  xⱼ and yᵢ from −1 to 1",
    examples=[
        Example(inputs=[(1, 12, 12)], output=(2,)),
        Example(inputs=[(3, 4, 7)], output=(6,)),
    ],
    words=[
        "soft argmax",
        "spatial softmax",
        "expected place",
        "coordinates",
        "keypoint",
        "heat map",
        "where",
        "moment",
    ],
)
def centre_of_mass(x: Shape) -> Built:
    """Gives the place of each channel, x then y from −1 (left, top) to 1, as the mean of all places, each with the
    value that stands there. Behind a softmax or the shares of an attention it is the soft argmax, which says where a
    map is high and lets gradients through (Levine et al. 2016). Values must not be below 0."""
    channels, _, _ = image(x)
    return Built(module("modules.CentreOfMass"), output=(2 * channels,))
