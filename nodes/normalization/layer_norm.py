"""Layer normalization."""

from nodes.api import (
    RAW,
    Built,
    Choice,
    Example,
    Float,
    Settings,
    Shape,
    ShapeError,
    Sheet,
    Switch,
    differing,
    layer,
    module,
)
from nodes.api.shapes import floats
from nodes.normalization._pictures import cube


def _drawn(sheet: Sheet, settings: Settings) -> str:
    cube(sheet, "sample")
    return "What has the colour shares mean and deviation: all values of one sample."


@layer(
    id="LayerNorm",
    name="Layer norm",
    picture=_drawn,
    values=RAW,
    learns="scale",
    backward="what comes back is divided by the deviation; its mean and its part along the values are taken out",
    formula="out = (x − mean) / √(variance + eps) · weight + bias, within each sample",
    params=[
        Choice(
            "normalized_shape",
            "features",
            options=("features", "whole sample"),
            label="over",
            help="Over the features of each step (the channels of each pixel), or over all values of the sample.",
        ),
        Float("eps", 1e-5, low=0.0, high=1.0, step=1e-5, open_low=True, help="Keeps the division away from zero."),
        Switch("elementwise_affine", True, label="affine", help="Learns a scale and an offset for each value."),
    ],
    examples=[
        Example(inputs=[(20, 64)], output=(20, 64)),
        Example(inputs=[(3, 8, 6)], output=(3, 8, 6)),
        Example(inputs=[(3, 8, 6)], params={"normalized_shape": "whole sample"}, output=(3, 8, 6)),
        Example(inputs=[(12,)], params={"elementwise_affine": False}, output=(12,)),
    ],
    words=["layernorm", "normalisation", "transformer"],
)
def layer_norm(x: Shape, *, normalized_shape: str, eps: float, elementwise_affine: bool) -> Built:
    """Shifts and scales the features of each step to mean 0 and deviation 1, then learns the best scale and offset.
    Unlike batch norm it looks at one sample alone (Ba et al. 2016)."""
    if not floats(x).rank:
        raise ShapeError(
            "Layer norm compares several numbers, but one number arrives. Wire it to a list, a sequence or an image."
        )
    channels_first = x.rank > 2 and normalized_shape == "features"
    sizes = x.sizes if normalized_shape == "whole sample" else x.sizes[:1] if channels_first else x.sizes[-1:]
    call = module(
        "nn.LayerNorm",
        sizes[0] if len(sizes) == 1 else sizes,
        **differing(eps=(eps, 1e-5), elementwise_affine=(elementwise_affine, True)),
    )
    if channels_first:
        call = call.used_as("{output} = {layer}({x}.movedim(1, -1)).movedim(-1, 1)")
    return Built(
        call,
        output=x,
        weights={"weight": sizes, "bias": sizes} if elementwise_affine else {},
        multiply_adds=x.values,
    )
