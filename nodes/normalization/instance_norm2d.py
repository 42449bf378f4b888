"""Instance normalization."""

from nodes.api import (
    RAW,
    Built,
    Example,
    Float,
    Misfit,
    Settings,
    Shape,
    Sheet,
    Switch,
    UseInstead,
    differing,
    image,
    layer,
    module,
)
from nodes.normalization._pictures import cube


def _drawn(sheet: Sheet, settings: Settings) -> str:
    cube(sheet, "one")
    return "What has the colour shares mean and deviation: one channel of one sample."


@layer(
    id="InstanceNorm2d",
    name="Instance norm 2-D",
    picture=_drawn,
    values=RAW,
    learns="scale",
    formula="out = (x − mean) / √(variance + eps) · weight + bias, per channel of each sample",
    params=[
        Float("eps", 1e-5, low=0.0, high=1.0, step=1e-5, open_low=True, help="Keeps the division away from zero."),
        Switch("affine", False, help="Learns a scale and an offset for each channel."),
    ],
    examples=[
        Example(inputs=[(16, 8, 8)], output=(16, 8, 8)),
        Example(inputs=[(3, 4, 5)], params={"affine": True}, output=(3, 4, 5)),
    ],
    words=["instancenorm", "normalisation", "style transfer", "contrast"],
)
def instance_norm2d(x: Shape, *, eps: float, affine: bool) -> Built:
    """Shifts and scales each channel of each image to mean 0 and deviation 1, which takes the contrast of the picture
    away. Used to transfer styles (Ulyanov et al. 2016)."""
    channels, height, width = image(x)
    if height * width == 1:
        raise Misfit(
            "Instance norm compares the pixels of a channel, but the image that arrives has one pixel. "
            "Use fewer poolings before it, or Group norm.",
            fixes=[UseInstead("GroupNorm", (("num_groups", 1),))] if channels > 1 else [],
        )
    return Built(
        module("nn.InstanceNorm2d", channels, **differing(eps=(eps, 1e-5), affine=(affine, False))),
        output=x,
        weights={"weight": (channels,), "bias": (channels,)} if affine else {},
        multiply_adds=x.values,
    )
