"""1-D transposed convolution."""

from nodes.api import RAW, Built, Example, Int, Settings, Shape, Sheet, Switch, layer
from nodes.api.saves import Saves
from nodes.api.shapes import sequence
from nodes.convolution._sliding import transposed_convolution


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(75, 14, 1, 5, 18, {(0, 2): "family"})
    sheet.grid(21, 66, 1, 11, 18, {(0, 4): "pale", (0, 5): "pale", (0, 6): "pale"})
    sheet.frame(21 + 4 * 18, 66, 54, 18)
    sheet.arrow((120, 34), (120, 63), "accent")
    return "Each value is spread with a window of weights into a longer sequence."


@layer(
    id="ConvTranspose1d",
    name="Transposed convolution 1-D",
    picture=_drawn,
    saves=Saves(inputs=True, copies=True),  # torch wants the steps last,
    values=RAW,
    stem="upconv",
    learns="weights",
    formula="length = (length before − 1)·stride − 2·padding + dilation·(kernel − 1) + output padding + 1",
    params=[
        Int("out_channels", 32, low=1, high=65_536, label="filters", card=True, help="How many features to make."),
        Int("kernel_size", 2, low=1, high=1024, label="kernel", card=True, help="How many steps the window covers."),
        Int("stride", 2, low=1, high=1024, card=True, help="How far apart the windows are painted."),
        Int("padding", 0, low=0, high=1024, help="Steps that are cut off at both ends of the result."),
        Int("output_padding", 0, low=0, high=1024, help="Steps added at the end, to reach a wanted length."),
        Int("groups", 1, low=1, high=65_536, help="Splits the features into groups that do not see each other."),
        Switch("bias", True, help="Adds one learned number to each feature."),
        Int("dilation", 1, low=1, high=1024, help="Distance between the steps that the window paints."),
    ],
    examples=[
        Example(inputs=[(7, 64)], output=(14, 32)),
        Example(inputs=[(9, 4)], params={"out_channels": 3, "kernel_size": 4, "padding": 1}, output=(18, 3)),
        Example(inputs=[(5, 6)], params={"out_channels": 2, "output_padding": 1, "groups": 2}, output=(11, 2)),
    ],
    words=["deconvolution", "upsampling", "generator", "decoder", "signal"],
)
def conv_transpose1d(
    x: Shape,
    *,
    out_channels: int,
    kernel_size: int,
    stride: int,
    padding: int,
    output_padding: int,
    groups: int,
    bias: bool,
    dilation: int,
) -> Built:
    """Writes a short window of weights for every step of the sequence and adds up where windows overlap, so the
    sequence grows. The way back of a convolution (Zeiler et al. 2010)."""
    time, features = sequence(x)
    return transposed_convolution(
        "nn.ConvTranspose1d",
        features,
        (time,),
        out_channels=out_channels,
        kernel_size=(kernel_size,),
        stride=(stride,),
        padding=(padding,),
        output_padding=(output_padding,),
        dilation=(dilation,),
        groups=groups,
        bias=bias,
    )
