"""2-D transposed convolution."""

from nodes.api import RAW, Built, Example, Int, Pair, Settings, Shape, Sheet, Switch, image, layer
from nodes.api.pictures import side, words_of
from nodes.convolution._sliding import transposed_convolution


def _drawn(sheet: Sheet, settings: Settings) -> str:
    stride = side(settings, "stride", 2, 3) or 2
    kernel = side(settings, "kernel_size", 3, 4)
    sheet.grid(24, 28, 3, 3, 14, {(1, 1): "family"})
    size = min(8, 2 * stride + kernel)
    cell = 80 / size
    fills = {(stride + row, stride + column): "pale" for row in range(kernel) for column in range(kernel)}
    sheet.grid(134, 8, size, size, cell, fills)
    sheet.frame(134 + stride * cell, 8 + stride * cell, kernel * cell, kernel * cell)
    sheet.arrow((54, 49), (134 + stride * cell - 2, 8 + (stride + kernel / 2) * cell), "accent")
    return (
        f"Each value is painted with a window of weights into a larger image; steps of {words_of(settings, 'stride')}."
    )


@layer(
    id="ConvTranspose2d",
    name="Transposed convolution 2-D",
    picture=_drawn,
    values=RAW,
    stem="upconv",
    learns="weights",
    formula="size = (size before − 1)·stride − 2·padding + dilation·(kernel − 1) + output padding + 1",
    params=[
        Int("out_channels", 32, low=1, high=65_536, label="filters", card=True, help="How many channels to make."),
        Pair("kernel_size", 2, low=1, high=1024, label="kernel", card=True, help="Height and width of the window."),
        Pair("stride", 2, low=1, high=1024, card=True, help="How far apart the windows are painted."),
        Pair("padding", 0, low=0, high=1024, help="Rows and columns that are cut off on each side of the result."),
        Pair("output_padding", 0, low=0, high=1024, help="Rows and columns added at one side, to reach a wanted size."),
        Int("groups", 1, low=1, high=65_536, help="Splits the channels into groups that do not see each other."),
        Switch("bias", True, help="Adds one learned number to each channel."),
        Pair("dilation", 1, low=1, high=1024, help="Distance between the values that the window paints."),
    ],
    examples=[
        Example(inputs=[(64, 7, 7)], output=(32, 14, 14)),
        Example(inputs=[(8, 4, 5)], params={"out_channels": 3, "kernel_size": 4, "padding": 1}, output=(3, 8, 10)),
        Example(
            inputs=[(4, 7, 7)],
            params={"out_channels": 8, "kernel_size": 3, "padding": 1, "output_padding": 1, "groups": 2},
            output=(8, 14, 14),
        ),
    ],
    words=["deconvolution", "upsampling", "upconvolution", "generator", "decoder"],
)
def conv_transpose2d(
    x: Shape,
    *,
    out_channels: int,
    kernel_size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    output_padding: tuple[int, int],
    groups: int,
    bias: bool,
    dilation: tuple[int, int],
) -> Built:
    """Paints a small window of weights for every value of the image and adds up where windows overlap, so the image
    grows. The way back of a convolution, used by decoders and generators (Zeiler et al. 2010)."""
    channels, *sides = image(x)
    return transposed_convolution(
        "nn.ConvTranspose2d",
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
