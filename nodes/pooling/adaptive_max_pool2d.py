"""Max pooling to a wanted size."""

from nodes.api import Built, Example, Pair, Shape, layer
from nodes.api.saves import Saves, places
from nodes.api.values import pooled
from nodes.pooling._adaptive import adaptive
from nodes.pooling._pictures import adaptive_parts


@layer(
    id="AdaptiveMaxPool2d",
    name="Adaptive max pooling",
    picture=adaptive_parts,
    saves=Saves(inputs=True, extra=places),
    values=pooled,
    followed_by=["Flatten", "Linear", "Dropout", "Conv2d"],
    stem="maxpool",
    formula="out[c, i, j] = max of x[c, ⌊i·H/h⌋ … ⌈(i + 1)·H/h⌉ − 1, ⌊j·W/w⌋ … ⌈(j + 1)·W/w⌉ − 1]",
    params=[
        Pair("output_size", 7, low=1, high=4096, label="size", card=True, help="Height and width of the result."),
    ],
    examples=[
        Example(inputs=[(512, 14, 14)], output=(512, 7, 7)),
        Example(inputs=[(3, 10, 6)], params={"output_size": (4, 1)}, output=(3, 4, 1)),
    ],
    words=["resize", "downsample", "global"],
)
def adaptive_max_pool2d(x: Shape, *, output_size: tuple[int, int]) -> Built:
    """Keeps the strongest value of windows that are chosen so that the result has exactly the wanted size, whatever
    arrives."""
    return adaptive("nn.AdaptiveMaxPool2d", x, output_size)
