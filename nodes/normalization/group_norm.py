"""Group normalization."""

from nodes.api import (
    RAW,
    Built,
    Example,
    Float,
    Int,
    Misfit,
    SetParam,
    Settings,
    Shape,
    Sheet,
    Switch,
    differing,
    layer,
    module,
)
from nodes.api.shapes import floats
from nodes.normalization._pictures import cube


def _drawn(sheet: Sheet, settings: Settings) -> str:
    cube(sheet, "group")
    return "What has the colour shares mean and deviation: a group of channels of one sample."


@layer(
    id="GroupNorm",
    name="Group norm",
    picture=_drawn,
    values=RAW,
    learns="scale",
    formula="out = (x − mean) / √(variance + eps) · weight + bias, per group of channels",
    params=[
        Int("num_groups", 8, low=1, high=65_536, label="groups", card=True, help="How many groups of channels."),
        Float("eps", 1e-5, low=0.0, high=1.0, step=1e-5, open_low=True, help="Keeps the division away from zero."),
        Switch("affine", True, help="Learns a scale and an offset for each channel."),
    ],
    examples=[
        Example(inputs=[(16, 8, 8)], output=(16, 8, 8)),
        Example(inputs=[(6, 4, 5)], params={"num_groups": 3, "affine": False}, output=(6, 4, 5)),
        Example(inputs=[(9, 8)], params={"num_groups": 2}, output=(9, 8)),
        Example(inputs=[(12,)], params={"num_groups": 1}, output=(12,)),
    ],
    words=["groupnorm", "normalisation"],
)
def group_norm(x: Shape, *, num_groups: int, eps: float, affine: bool) -> Built:
    """Shifts and scales each group of channels to mean 0 and deviation 1 within one sample, so that it works with
    small batches too (Wu and He 2018)."""
    if floats(x).values == 1:
        raise Misfit(
            "Group norm compares several numbers, but one number arrives. Wire it to a list, a sequence or an image."
        )
    channels = x.sizes[-1] if x.rank == 2 else x.sizes[0]
    if channels % num_groups:
        best = max(number for number in range(1, min(num_groups, channels) + 1) if channels % number == 0)
        raise Misfit(
            f"{num_groups} groups cannot share {channels} channels evenly. "
            f"Use a number that divides {channels}, such as {best}.",
            fixes=[SetParam("num_groups", best)],
        )
    if x.values == num_groups:
        best = max(number for number in range(1, channels) if channels % number == 0)
        raise Misfit(
            f"With {num_groups} groups each has one number alone, and less its mean that is always 0. "
            f"Use fewer groups, such as {best}.",
            fixes=[SetParam("num_groups", best)],
        )
    call = module("nn.GroupNorm", num_groups, channels, **differing(eps=(eps, 1e-5), affine=(affine, True)))
    if x.rank == 2:
        call = call.along_time()
    elif x.rank > 2 and affine:
        # With its channels last in memory, as convolutions like it on a CPU, and without a gradient of its own, as
        # behind frozen layers, an image lets torch 2.13 write outside its memory on the way back, by which the
        # process ends. Seen as one row of pixels it takes another way, to the same values.
        call = call.used_as("{output} = {layer}({x}.flatten(2)).view_as({x})")
    return Built(
        call,
        output=x,
        weights={"weight": (channels,), "bias": (channels,)} if affine else {},
        multiply_adds=x.values,
    )
