"""Normalization by the root mean square."""

from nodes.api import RAW, Built, Example, Float, Settings, Shape, ShapeError, Sheet, Switch, differing, layer, module
from nodes.api.shapes import floats
from nodes.normalization._pictures import cube


def _drawn(sheet: Sheet, settings: Settings) -> str:
    cube(sheet, "sample")
    return "What has the colour is divided by the same number: the root of the mean of its squares."


@layer(
    id="RMSNorm",
    name="RMS norm",
    picture=_drawn,
    values=RAW,
    learns="scale",
    formula="out = x / √(mean of x² + eps) · weight, over the features of each step",
    params=[
        Float("eps", 1e-6, low=0.0, high=1.0, step=1e-6, open_low=True, help="Keeps the division away from zero."),
        Switch("elementwise_affine", True, label="affine", help="Learns a scale for each feature."),
    ],
    examples=[
        Example(inputs=[(20, 64)], output=(20, 64)),
        Example(inputs=[(3, 8, 6)], output=(3, 8, 6)),
        Example(inputs=[(12,)], params={"elementwise_affine": False}, output=(12,)),
    ],
    words=["layer norm", "root mean square", "llama", "transformer", "normalisation"],
)
def rms_norm(x: Shape, *, eps: float, elementwise_affine: bool) -> Built:
    """Scales the features of each step so that the mean of their squares is 1. Unlike layer norm it does not shift,
    which saves work and does as well; large language models use it (Zhang and Sennrich 2019)."""
    if not floats(x).rank:
        raise ShapeError(
            "RMS norm compares several numbers, but one number arrives. Wire it to a list, a sequence or an image."
        )
    channels_first = x.rank > 2
    features = x.sizes[0] if channels_first else x.sizes[-1]
    call = module("nn.RMSNorm", features, eps=eps, **differing(elementwise_affine=(elementwise_affine, True)))
    if channels_first:
        call = call.used_as("{output} = {layer}({x}.movedim(1, -1)).movedim(-1, 1)")
    weights = {"weight": (features,)} if elementwise_affine else {}
    return Built(call, output=x, weights=weights, multiply_adds=x.values)
