"""1-D convolution that sees no later step."""

from collections.abc import Sequence

from nodes.api import RAW, Built, Example, Int, Settings, Shape, Sheet, Switch, differing, layer, module
from nodes.api.pictures import side
from nodes.api.saves import FLOAT, Saves
from nodes.api.shapes import sequence
from nodes.convolution._sliding import check_groups, read_gaps


def _drawn(sheet: Sheet, settings: Settings) -> str:
    kernel, gap = side(settings, "kernel_size", 2, 3), side(settings, "dilation", 1, 4)
    cell, left, at = 17.0, 18.0, 9
    reads = {(0, at - step * gap): "pale" for step in range(kernel) if at - step * gap >= 0}
    sheet.grid(left, 62, 1, 12, cell, reads)
    sheet.grid(left, 14, 1, 12, cell, {(0, at): "family"})
    for _, place in reads:
        sheet.arrow((left + (place + 0.5) * cell, 60), (left + (at + 0.5) * cell, 34), "accent")
    return "Each answer reads its own step and earlier ones, never a later one; what lies before the beginning is zero."


def _padded(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """What arrives with the zeros before it, where there are any."""
    before = settings["dilation"] * (settings["kernel_size"] - 1)
    time, features = arrived[0].sizes
    return FLOAT * (time + before) * features if before else 0


@layer(
    id="CausalConv1d",
    name="Causal convolution 1-D",
    picture=_drawn,
    saves=Saves(inputs=True, extra=_padded, copies=True),
    values=RAW,
    learns="weights",
    followed_by=["ReLU", "Tanh", "CausalConv1d", "Add"],
    stem="conv",
    formula="out[t, o] = bias[o] + Σ weight[o, c, m] · x[t − (kernel − 1 − m)·dilation, c]",
    params=[
        Int("out_channels", 32, low=1, high=65_536, label="filters", card=True, help="How many patterns to look for."),
        Int("kernel_size", 2, low=1, high=1024, label="kernel", card=True, help="How many steps the window covers."),
        Int("dilation", 1, low=1, high=65_536, card=True, help="Distance between the steps that the window reads."),
        Int("groups", 1, low=1, high=65_536, help="Splits the features into groups that do not see each other."),
        Switch("bias", True, help="Adds one learned number to each filter's answer."),
    ],
    examples=[
        Example(inputs=[(100, 12)], output=(100, 32)),
        Example(
            inputs=[(9, 4)], params={"out_channels": 6, "kernel_size": 3, "dilation": 4, "groups": 2}, output=(9, 6)
        ),
        Example(inputs=[(5, 1)], params={"out_channels": 2, "kernel_size": 1, "bias": False}, output=(5, 2)),
    ],
    words=["wavenet", "dilated", "filter", "sound", "signal", "time series", "autoregressive"],
)
def causal_conv1d(x: Shape, *, out_channels: int, kernel_size: int, dilation: int, groups: int, bias: bool) -> Built:
    """Slides a window along a sequence that ends at the present step, so that nothing is known of what comes. Several
    with dilations of 1, 2, 4, 8 look far back with few weights (van den Oord et al. 2016)."""
    time, features = sequence(x)
    check_groups(groups, features, out_channels)
    (dilation,) = read_gaps((dilation,), (kernel_size,))
    options = differing(dilation=(dilation, 1), groups=(groups, 1), bias=(bias, True))
    before = (kernel_size - 1) * dilation
    turned = "{x}.transpose(1, 2)"
    read = f"nn.functional.pad({turned}, ({before}, 0))" if before else turned
    weights: dict[str, tuple[int, ...]] = {"weight": (out_channels, features // groups, kernel_size)}
    if bias:
        weights["bias"] = (out_channels,)
    call = module("nn.Conv1d", features, out_channels, kernel_size, **options)
    return Built(
        call.used_as(f"{{output}} = {{layer}}({read}).transpose(1, 2)"),
        output=(time, out_channels),
        weights=weights,
        multiply_adds=time * out_channels * features // groups * kernel_size,
    )
