"""3-D transposed convolution."""

from nodes.api import RAW, Built, Example, Int, Settings, Shape, Sheet, Switch, Triple, layer, volume
from nodes.convolution._sliding import transposed_convolution


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.stack(24, 42, 3, 3, 3, 12, fills={(1, 1): "family"})
    sheet.arrow((78, 52), (128, 52), "accent")
    fills = {(row, column): "pale" for row in (1, 2, 3) for column in (1, 2, 3)}
    sheet.stack(136, 30, 4, 5, 5, 12, fills=fills)
    sheet.frame(148, 42, 36, 36)
    return "Each value is painted with a block of weights into a larger volume."


@layer(
    id="ConvTranspose3d",
    name="Transposed convolution 3-D",
    picture=_drawn,
    values=RAW,
    stem="upconv",
    learns="weights",
    formula="size = (size before − 1)·stride − 2·padding + dilation·(kernel − 1) + output padding + 1",
    params=[
        Int("out_channels", 16, low=1, high=65_536, label="filters", card=True, help="How many channels to make."),
        Triple(
            "kernel_size", 2, low=1, high=1024, label="kernel", card=True, help="Depth, height and width of the block."
        ),
        Triple("stride", 2, low=1, high=1024, card=True, help="How far apart the blocks are painted."),
        Triple("padding", 0, low=0, high=1024, help="Layers that are cut off on each side of the result."),
        Triple("output_padding", 0, low=0, high=1024, help="Layers added at one side, to reach a wanted size."),
        Int("groups", 1, low=1, high=65_536, help="Splits the channels into groups that do not see each other."),
        Switch("bias", True, help="Adds one learned number to each channel."),
        Triple("dilation", 1, low=1, high=1024, help="Distance between the values that the block paints."),
    ],
    examples=[
        Example(inputs=[(8, 3, 4, 5)], output=(16, 6, 8, 10)),
        Example(
            inputs=[(4, 3, 4, 4)],
            params={
                "out_channels": 2,
                "kernel_size": 3,
                "stride": (1, 2, 2),
                "padding": 1,
                "output_padding": (0, 1, 1),
            },
            output=(2, 3, 8, 8),
        ),
    ],
    words=["deconvolution", "upsampling", "video", "volume", "generator", "decoder"],
)
def conv_transpose3d(
    x: Shape,
    *,
    out_channels: int,
    kernel_size: tuple[int, int, int],
    stride: tuple[int, int, int],
    padding: tuple[int, int, int],
    output_padding: tuple[int, int, int],
    groups: int,
    bias: bool,
    dilation: tuple[int, int, int],
) -> Built:
    """Paints a small block of weights for every value of a volume and adds up where blocks overlap, so that the volume
    grows: the way back of a 3-D convolution, for scans and films."""
    channels, *sides = volume(x)
    return transposed_convolution(
        "nn.ConvTranspose3d",
        channels,
        tuple(sides),
        out_channels=out_channels,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
        groups=groups,
        bias=bias,
    )
