"""2-D average pooling."""

from nodes.api import Built, Example, Int, Pair, Shape, brief, differing, layer, module
from nodes.pooling._window import pooled


@layer(
    id="AvgPool2d",
    name="Average pooling",
    formula="out[c, i, j] = mean of x[c, i·stride … i·stride + k − 1, j·stride … j·stride + k − 1]",
    params=[
        Pair(
            "kernel_size",
            2,
            low=1,
            high=1024,
            label="window",
            card=True,
            help="Size of the window that is reduced to its average.",
        ),
        Int("stride", 0, low=0, high=1024, help="How far the window moves in one step; 0 means its own size."),
    ],
    examples=[
        Example(inputs=[(16, 32, 32)], output=(16, 16, 16)),
        Example(inputs=[(2, 7, 9)], params={"kernel_size": 3, "stride": 2}, output=(2, 3, 4)),
    ],
    words=["subsampling", "downsample", "mean"],
)
def avg_pool2d(x: Shape, *, kernel_size: tuple[int, int], stride: int) -> Built:
    """Replaces each small window by its average. The image gets smaller and smoother."""
    options = differing(stride=(stride, 0))
    return Built(module("nn.AvgPool2d", brief(kernel_size), **options), output=pooled(x, kernel_size, stride))
