"""1-D convolution."""

from nodes.api import RAW, Built, Example, Int, Settings, Shape, Sheet, Switch, layer
from nodes.api.pictures import side, words_of
from nodes.api.saves import Saves
from nodes.api.shapes import sequence
from nodes.convolution._sliding import convolution


def _row(sheet: Sheet, kernel: int, stride: int) -> None:
    size, cell, left = 12, 17.0, 18.0
    at = stride
    sheet.grid(left, 16, 1, size, cell, {(0, at + step): "pale" for step in range(kernel)})
    sheet.frame(left + at * cell, 16, kernel * cell, cell)
    places = max(1, (size - kernel) // stride + 1)
    start = left + (size - places) * cell / 2
    sheet.grid(start, 66, 1, places, cell, {(0, 1 if places > 1 else 0): "family"})
    spot = start + (1.5 if places > 1 else 0.5) * cell
    sheet.arrow((left + (at + kernel / 2) * cell, 34), (spot, 64), "accent")


def _drawn(sheet: Sheet, settings: Settings) -> str:
    kernel = side(settings, "kernel_size", 3, 5)
    _row(sheet, kernel, side(settings, "stride", 1, 3) or 1)
    return (
        f"A window of {words_of(settings, 'kernel_size', 3)} steps slides along the sequence in steps of "
        f"{words_of(settings, 'stride')}; each place gives one number for each filter."
    )


@layer(
    id="Conv1d",
    name="Convolution 1-D",
    picture=_drawn,
    saves=Saves(inputs=True, copies=True),  # torch wants the steps last,
    values=RAW,
    learns="weights",
    backward="each input gets, from every window that it took part in, what comes back there times its "
    "weight; each weight gets what comes back times its input, added over all places",
    formula="out[t, o] = bias[o] + Σ weight[o, c, m] · x[t·s + m·d − p, c];  s stride, d dilation, p padding",
    params=[
        Int("out_channels", 32, low=1, high=65_536, label="filters", card=True, help="How many patterns to look for."),
        Int("kernel_size", 3, low=1, high=1024, label="kernel", card=True, help="How many steps the window covers."),
        Int("stride", 1, low=1, high=1024, help="How far the window moves at once."),
        Int(
            "padding",
            0,
            low=0,
            high=1024,
            words=("same", "valid"),
            help="Steps of zeros at both ends of the sequence; same keeps its length, valid adds none.",
        ),
        Int("dilation", 1, low=1, high=1024, help="Distance between the steps that the window reads."),
        Int("groups", 1, low=1, high=65_536, help="Splits the features into groups that do not see each other."),
        Switch("bias", True, help="Adds one learned number to each filter's answer."),
    ],
    examples=[
        Example(inputs=[(100, 12)], output=(98, 32)),
        Example(inputs=[(20, 4)], params={"out_channels": 8, "kernel_size": 5, "stride": 2}, output=(8, 8)),
        Example(inputs=[(16, 1)], params={"padding": "same", "dilation": 4}, output=(16, 32)),
    ],
    words=["filter", "kernel", "sound", "signal", "time series"],
)
def conv1d(
    x: Shape,
    *,
    out_channels: int,
    kernel_size: int,
    stride: int,
    padding: int | str,
    dilation: int,
    groups: int,
    bias: bool,
) -> Built:
    """Slides a short window of weights along a sequence. Each filter looks for one pattern at every time, such as
    a rhythm in a signal or a phrase in a text (Waibel et al. 1989)."""
    time, features = sequence(x)
    return convolution(
        "nn.Conv1d",
        features,
        (time,),
        out_channels=out_channels,
        kernel_size=(kernel_size,),
        stride=(stride,),
        padding=(padding,) if isinstance(padding, int) else padding,
        dilation=(dilation,),
        groups=groups,
        bias=bias,
    )
