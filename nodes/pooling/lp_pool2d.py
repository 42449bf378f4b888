"""2-D power-average pooling."""

from collections.abc import Sequence
from dataclasses import replace

from nodes.api import Built, Choice, Example, Pair, Settings, Shape, Sheet, Switch, image, layer
from nodes.api.saves import Saves, bytes_of
from nodes.pooling._pictures import average_pool
from nodes.pooling._window import pooling


def _drawn(sheet: Sheet, settings: Settings) -> str:
    average_pool(sheet, settings)
    power = settings.get("norm_type", "2")
    return f"The values of each window are raised to the power {power} and added; the root of the sum stays."


def _between(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """The powers of what arrives, and the steps from their mean to the root."""
    return bytes_of(*arrived) + 4 * bytes_of(left)


@layer(
    id="LPPool2d",
    name="Power pooling",
    picture=_drawn,
    saves=Saves(inputs=True, output=True, extra=_between),
    formula="out[c, i, j] = (Σ xᵖ over the window)^(1/p)",
    params=[
        Choice(
            "norm_type",
            "2",
            options=("1", "2", "4", "8"),
            label="power",
            card=True,
            help="1 is the sum; the larger the power, the closer it comes to the largest value.",
        ),
        Pair("kernel_size", 2, low=1, high=1024, label="window", card=True, help="Size of the window."),
        Pair(
            "stride",
            0,
            low=0,
            high=1024,
            zero="as kernel",
            help="How far the window moves in one step; as kernel: by its own size.",
        ),
        Switch(
            "ceil_mode",
            False,
            label="keep the rest",
            help="Lets a last window hang over the end instead of leaving the rest out.",
        ),
    ],
    examples=[
        Example(inputs=[(16, 32, 32)], output=(16, 16, 16)),
        Example(inputs=[(2, 7, 9)], params={"kernel_size": 3, "stride": 2, "norm_type": "1"}, output=(2, 3, 4)),
    ],
    words=["lp pooling", "norm", "subsampling", "downsample", "sum pooling"],
)
def lp_pool2d(
    x: Shape, *, norm_type: str, kernel_size: tuple[int, int], stride: tuple[int, int], ceil_mode: bool
) -> Built:
    """Joins the values of each window by a power mean without the division: between the sum (1) and the largest value
    (a high power). Powers are even above 1, so that values below zero have one too (Sermanet et al. 2012)."""
    channels, *sides = image(x)
    built = pooling(
        "nn.LPPool2d",
        channels,
        tuple(sides),
        kernel_size=kernel_size,
        stride=stride,
        padding=(0, 0),
        ceil_mode=ceil_mode,
    )
    return replace(built, call=replace(built.call, args=(int(norm_type), *built.call.args)))
