"""3-D batch normalization."""

from nodes.api import RAW, Built, Example, Float, Shape, Switch, layer, volume
from nodes.normalization._batch import batch_norm
from nodes.normalization._pictures import shared_channel


@layer(
    id="BatchNorm3d",
    name="Batch norm 3-D",
    picture=shared_channel,
    values=RAW,
    learns="scale",
    formula="out = (x − mean) / √(variance + eps) · weight + bias, per channel",
    params=[
        Float("eps", 1e-5, low=0.0, high=1.0, step=1e-5, open_low=True, help="Keeps the division away from zero."),
        Float("momentum", 0.1, low=0.0, high=1.0, step=0.05, help="How fast the running mean and variance follow."),
        Switch("affine", True, help="Learns a scale and an offset for each channel."),
    ],
    examples=[
        Example(inputs=[(4, 5, 6, 7)], output=(4, 5, 6, 7)),
        Example(inputs=[(2, 3, 3, 3)], params={"affine": False}, output=(2, 3, 3, 3)),
    ],
    words=["batchnorm", "normalisation", "volume", "video"],
)
def batch_norm3d(x: Shape, *, eps: float, momentum: float, affine: bool) -> Built:
    """Shifts and scales each channel of a volume to mean 0 and deviation 1 over the batch, then learns the best scale
    and offset (Ioffe and Szegedy 2015)."""
    return batch_norm("nn.BatchNorm3d", x, volume(x)[0], eps=eps, momentum=momentum, affine=affine)
