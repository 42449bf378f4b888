"""2-D batch normalization."""

from nodes.api import RAW, Built, Example, Float, Shape, Switch, image, layer
from nodes.normalization._batch import batch_norm
from nodes.normalization._pictures import shared_channel


@layer(
    id="BatchNorm2d",
    name="Batch norm 2-D",
    picture=shared_channel,
    values=RAW,
    learns="scale",
    backward="what comes back is multiplied by weight / √(variance + eps), as mean and variance are "
    "fixed outside of training",
    formula="out = (x − mean) / √(variance + eps) · weight + bias, per channel",
    params=[
        Float("eps", 1e-5, low=0.0, high=1.0, step=1e-5, open_low=True, help="Keeps the division away from zero."),
        Float("momentum", 0.1, low=0.0, high=1.0, step=0.05, help="How fast the running mean and variance follow."),
        Switch("affine", True, help="Learns a scale and an offset for each channel."),
    ],
    examples=[
        Example(inputs=[(16, 8, 8)], output=(16, 8, 8)),
        Example(inputs=[(3, 4, 5)], params={"affine": False}, output=(3, 4, 5)),
    ],
    words=["batchnorm", "normalisation"],
)
def batch_norm2d(x: Shape, *, eps: float, momentum: float, affine: bool) -> Built:
    """Shifts and scales each channel to mean 0 and deviation 1 over the batch, then learns the best scale and
    offset. Training becomes faster and steadier (Ioffe and Szegedy 2015)."""
    return batch_norm("nn.BatchNorm2d", x, image(x)[0], eps=eps, momentum=momentum, affine=affine)
