"""1-D max pooling."""

from nodes.api import Built, Example, Int, Shape, Switch, layer
from nodes.api.saves import Saves, places
from nodes.api.shapes import sequence
from nodes.api.values import pooled
from nodes.pooling._pictures import max_pool_1d
from nodes.pooling._window import pooling


@layer(
    id="MaxPool1d",
    name="Max pooling 1-D",
    picture=max_pool_1d,
    saves=Saves(inputs=True, extra=places),
    values=pooled,
    backward="of each window the largest gets what comes back, the others get nothing",
    formula="out[t, c] = max of x[t·s + m·d − p, c], m from 0 to k − 1;  s stride, d dilation, p padding",
    params=[
        Int(
            "kernel_size",
            2,
            low=1,
            high=1024,
            label="window",
            card=True,
            help="How many steps are reduced to their largest value.",
        ),
        Int(
            "stride",
            0,
            low=0,
            high=1024,
            zero="as kernel",
            help="How far the window moves in one step; as kernel: by its own size.",
        ),
        Int("padding", 0, low=0, high=512, help="Empty steps at both ends; they never are the largest."),
        Int("dilation", 1, low=1, high=1024, help="Distance between the values that the window reads."),
        Switch(
            "ceil_mode",
            False,
            label="keep the rest",
            help="Lets a last window hang over the end instead of leaving the rest out.",
        ),
    ],
    examples=[
        Example(inputs=[(32, 12)], output=(16, 12)),
        Example(inputs=[(9, 4)], params={"kernel_size": 3, "stride": 2, "padding": 1}, output=(5, 4)),
        Example(inputs=[(8, 2)], params={"kernel_size": 3, "stride": 2, "ceil_mode": True}, output=(4, 2)),
    ],
    words=["subsampling", "downsample"],
)
def max_pool1d(
    x: Shape,
    *,
    kernel_size: int,
    stride: int,
    padding: int,
    dilation: int,
    ceil_mode: bool,
) -> Built:
    """Keeps the strongest value among a few neighbouring steps. The sequence gets shorter; what was found stays."""
    time, features = sequence(x)
    return pooling(
        "nn.MaxPool1d",
        features,
        (time,),
        kernel_size=(kernel_size,),
        stride=(stride,),
        padding=(padding,),
        dilation=(dilation,),
        ceil_mode=ceil_mode,
    )
