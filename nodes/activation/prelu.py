"""PReLU."""

from nodes.api import RAW, Built, Curve, Example, Float, SetParam, Shape, ShapeError, Switch, differing, layer, module
from nodes.api.curves import number
from nodes.api.shapes import floats


@layer(
    id="PReLU",
    name="PReLU",
    curve=Curve([lambda x, s: x if x > 0 else number(s, "init", 0.25) * x]),
    values=RAW,
    learns="scale",
    backward="where the input was above 0, what comes back goes on unchanged; elsewhere it is "
    "multiplied by the learned slope",
    formula="out = x if x > 0, else weight · x",
    params=[
        Switch(
            "per_channel",
            False,
            on_card="per channel",
            card=True,
            help="Learns a slope for each channel or feature instead of one for all.",
        ),
        Float("init", 0.25, low=-10.0, high=10.0, step=0.05, label="start slope", help="The slope before training."),
    ],
    examples=[
        Example(inputs=[(8,)], output=(8,)),
        Example(inputs=[(6, 28, 28)], params={"per_channel": True}, output=(6, 28, 28)),
        Example(inputs=[(9, 5)], params={"per_channel": True, "init": 0.1}, output=(9, 5)),
    ],
    words=["rectifier", "parametric", "learned"],
)
def prelu(x: Shape, *, per_channel: bool, init: float) -> Built:
    """Like Leaky ReLU, but the slope below zero is learned (He et al. 2015)."""
    floats(x)
    count = 1
    if per_channel:
        if not x.rank:
            raise ShapeError(
                "One number arrives, which has no channels. Turn per channel off, or wire it to a list or an image.",
                fixes=[SetParam("per_channel", False)],
            )
        count = x.sizes[-1] if x.rank == 2 else x.sizes[0]
    call = module("nn.PReLU", **differing(num_parameters=(count, 1), init=(init, 0.25)))
    return Built(call.along_time() if per_channel and x.rank == 2 else call, output=x, weights={"weight": (count,)})
