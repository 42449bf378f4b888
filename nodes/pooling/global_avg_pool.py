"""The average of each channel."""

from nodes.api import Built, Example, Settings, Shape, ShapeError, Sheet, expression, layer
from nodes.api.saves import NOTHING
from nodes.api.shapes import describe, floats
from nodes.api.values import pooled


def _drawn(sheet: Sheet, settings: Settings) -> str:
    for channel in range(3):
        y = 5 + 32 * channel
        fill = 0.3 + 0.3 * channel
        sheet.grid(24, y, 3, 3, 9, fill)
        sheet.arrow((58, y + 13), (140, y + 13), "accent")
        sheet.box(146, y + 4, 18, 18, fill)
    sheet.text(99, 36, "mean")
    return "Each channel becomes one number: the mean of all its pixels."


@layer(
    id="GlobalAvgPool",
    name="Global average pooling",
    picture=_drawn,
    saves=NOTHING,
    values=pooled,
    followed_by=["Linear", "Dropout", "Flatten"],
    stem="globalpool",
    backward="each value gets an equal share of what comes back",
    formula="out[c] = mean of all x[c, i, j]",
    examples=[
        Example(inputs=[(512, 7, 7)], output=(512,)),
        Example(inputs=[(20, 16)], output=(16,)),
        Example(inputs=[(8, 4, 6, 6)], output=(8,)),
    ],
    words=["gap", "mean", "vector", "squeeze"],
)
def global_avg_pool(x: Shape) -> Built:
    """Averages each channel of an image over all places, or each feature of a sequence over all steps. Often
    replaces the large fully connected layers at the end of a network (Lin et al. 2013)."""
    if floats(x).rank not in (2, 3, 4):
        raise ShapeError(
            f"This layer averages the channels of an image, a volume or a sequence, but {describe(x)} arrives. "
            "Wire it to a convolution, a pooling or a layer that gives a sequence."
        )
    if x.rank == 2:
        return Built(expression("{x}.mean(dim=1)"), output=(x.sizes[1],))
    axes = tuple(range(2, x.rank + 1))
    return Built(expression(f"{{x}}.mean(dim={axes})"), output=(x.sizes[0],))
