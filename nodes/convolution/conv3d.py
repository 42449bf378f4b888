"""3-D convolution."""

from nodes.api import RAW, Built, Example, Int, Settings, Shape, Sheet, Switch, Triple, layer, volume
from nodes.convolution._sliding import convolution


def _drawn(sheet: Sheet, settings: Settings) -> str:
    fills = {(row, column): "pale" for row in (1, 2) for column in (1, 2)}
    sheet.stack(20, 30, 4, 5, 5, 12, fills=fills)
    sheet.frame(32, 42, 24, 24)
    sheet.frame(37, 37, 24, 24)
    sheet.arrow((64, 50), (146, 52), "accent")
    sheet.stack(152, 38, 3, 4, 4, 12, fills={(1, 1): "family"})
    return "A small cube slides through the volume in all three directions; each place gives one number per filter."


@layer(
    id="Conv3d",
    name="Convolution 3-D",
    picture=_drawn,
    values=RAW,
    learns="weights",
    backward="each input gets, from every window that it took part in, what comes back there times its "
    "weight; each weight gets what comes back times its input, added over all places",
    formula="out[o, h, i, j] = bias[o] + Σ weight[o, c, l, m, n] · x[c, h·s + l·d − p, i·s + m·d − p, j·s + n·d − p];  "
    "s stride, d dilation, p padding",
    params=[
        Int("out_channels", 16, low=1, high=65_536, label="filters", card=True, help="How many patterns to look for."),
        Triple(
            "kernel_size", 3, low=1, high=1024, label="kernel", card=True, help="Depth, height and width of the window."
        ),
        Triple("stride", 1, low=1, high=1024, help="How far the window moves in one step."),
        Triple(
            "padding",
            0,
            low=0,
            high=1024,
            words=("same", "valid"),
            help="Layers of zeros on each side of the volume; same keeps its size, valid adds none.",
        ),
        Triple("dilation", 1, low=1, high=1024, help="Distance between the values that the window reads."),
        Int("groups", 1, low=1, high=65_536, help="Splits the channels into groups that do not see each other."),
        Switch("bias", True, help="Adds one learned number to each filter's answer."),
    ],
    examples=[
        Example(inputs=[(1, 8, 9, 10)], params={"out_channels": 4}, output=(4, 6, 7, 8)),
        Example(inputs=[(2, 6, 8, 8)], params={"stride": (1, 2, 2), "padding": 1}, output=(16, 6, 4, 4)),
        Example(inputs=[(2, 4, 5, 5)], params={"out_channels": 2, "padding": "same"}, output=(2, 4, 5, 5)),
    ],
    words=["filter", "kernel", "video", "scan"],
)
def conv3d(
    x: Shape,
    *,
    out_channels: int,
    kernel_size: tuple[int, int, int],
    stride: tuple[int, int, int],
    padding: tuple[int, int, int] | str,
    dilation: tuple[int, int, int],
    groups: int,
    bias: bool,
) -> Built:
    """Slides small blocks of weights through a volume, such as a scan of a body or the frames of a video. Each
    filter looks for one pattern everywhere (Ji et al. 2013)."""
    channels, *sides = volume(x)
    return convolution(
        "nn.Conv3d",
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
