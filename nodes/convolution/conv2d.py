"""2-D convolution."""

from nodes.api import RAW, Built, Example, Int, Pair, Settings, Shape, Sheet, Switch, image, layer
from nodes.api.pictures import Colour, side, words_of
from nodes.convolution._sliding import convolution


def _window(sheet: Sheet, kernel: int, stride: int) -> None:
    """A window on the grid at the left, and the value that it gives in the one at the right."""
    size, cell = 7, 11.0
    left, top = 12.0, 12.0
    places = max(1, (size - kernel) // stride + 1)
    at = min(1, places - 1)
    colors: dict[tuple[int, int], Colour] = {}
    for row in range(kernel):
        for column in range(kernel):
            colors[(at * stride + row, at * stride + column)] = "pale"
    sheet.grid(left, top, size, size, cell, colors)
    sheet.frame(left + at * stride * cell, top + at * stride * cell, kernel * cell, kernel * cell)
    out = min(places, 7)
    right = 150.0
    low = top + (size - out) * cell / 2
    sheet.grid(right, low, out, out, cell, {(at, at): "family"})
    for depth in (1, 2):
        sheet.frame(right + 4 * depth, low - 4 * depth, out * cell, out * cell, "line", 0.8)
    start = (left + (at * stride + kernel) * cell, top + (at * stride + kernel / 2) * cell)
    sheet.arrow(start, (right + at * cell - 1, low + (at + 0.5) * cell), "accent")


def _drawn(sheet: Sheet, settings: Settings) -> str:
    kernel = side(settings, "kernel_size", 3, 5)
    _window(sheet, kernel, side(settings, "stride", 1, 3) or 1)
    return (
        f"A window of {words_of(settings, 'kernel_size', 3)} slides over the image in steps of "
        f"{words_of(settings, 'stride')}. At each place it gives one number for each filter."
    )


@layer(
    id="Conv2d",
    name="Convolution 2-D",
    picture=_drawn,
    values=RAW,
    learns="weights",
    backward="each input gets, from every window that it took part in, what comes back there times its "
    "weight; each weight gets what comes back times its input, added over all places",
    formula="out[o, i, j] = bias[o] + Σ weight[o, c, m, n] · x[c, i·s + m·d − p, j·s + n·d − p];  "
    "s stride, d dilation, p padding",
    params=[
        Int("out_channels", 32, low=1, high=65_536, label="filters", card=True, help="How many patterns to look for."),
        Pair("kernel_size", 3, low=1, high=1024, label="kernel", card=True, help="Height and width of the window."),
        Pair("stride", 1, low=1, high=1024, help="How far the window moves in one step."),
        Pair(
            "padding",
            0,
            low=0,
            high=1024,
            words=("same", "valid"),
            help="Rows and columns of zeros on each side of the image; same keeps its size, valid adds none.",
        ),
        Pair("dilation", 1, low=1, high=1024, help="Distance between the values that the window reads."),
        Int("groups", 1, low=1, high=65_536, help="Splits the channels into groups that do not see each other."),
        Switch("bias", True, help="Adds one learned number to each filter's answer."),
    ],
    examples=[
        Example(inputs=[(1, 32, 32)], params={"out_channels": 6, "kernel_size": 5}, output=(6, 28, 28)),
        Example(inputs=[(3, 9, 7)], params={"out_channels": 4, "stride": 2, "padding": 1}, output=(4, 5, 4)),
        Example(inputs=[(4, 9, 9)], params={"out_channels": 8, "dilation": 2, "groups": 4}, output=(8, 5, 5)),
        Example(inputs=[(3, 8, 6)], params={"out_channels": 8, "padding": "same"}, output=(8, 8, 6)),
    ],
    words=["filter", "kernel", "feature map"],
)
def conv2d(
    x: Shape,
    *,
    out_channels: int,
    kernel_size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int] | str,
    dilation: tuple[int, int],
    groups: int,
    bias: bool,
) -> Built:
    """Slides small windows of weights over the image. Each filter looks for one pattern everywhere and
    gives one channel of answers: large where the pattern is found."""
    channels, *sides = image(x)
    return convolution(
        "nn.Conv2d",
        channels,
        tuple(sides),
        out_channels=out_channels,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        bias=bias,
    )
