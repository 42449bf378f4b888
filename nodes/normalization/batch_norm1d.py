"""1-D batch normalization."""

from nodes.api import RAW, Built, Example, Float, InsertBefore, Shape, ShapeError, Switch, layer
from nodes.api.shapes import describe, floats
from nodes.normalization._batch import batch_norm
from nodes.normalization._pictures import shared_channel


@layer(
    id="BatchNorm1d",
    name="Batch norm 1-D",
    picture=shared_channel,
    values=RAW,
    learns="scale",
    backward="what comes back is multiplied by weight / √(variance + eps), as mean and variance are "
    "fixed outside of training",
    formula="out = (x − mean) / √(variance + eps) · weight + bias, per feature",
    params=[
        Float("eps", 1e-5, low=0.0, high=1.0, step=1e-5, open_low=True, help="Keeps the division away from zero."),
        Float("momentum", 0.1, low=0.0, high=1.0, step=0.05, help="How fast the running mean and variance follow."),
        Switch("affine", True, help="Learns a scale and an offset for each feature."),
    ],
    examples=[
        Example(inputs=[(120,)], output=(120,)),
        Example(inputs=[(9, 5)], params={"affine": False, "momentum": 0.01}, output=(9, 5)),
    ],
    words=["batchnorm", "normalisation"],
)
def batch_norm1d(x: Shape, *, eps: float, momentum: float, affine: bool) -> Built:
    """Shifts and scales each feature of a list or a sequence to mean 0 and deviation 1 over the batch, then learns the
    best scale and offset (Ioffe and Szegedy 2015)."""
    if floats(x).rank not in (1, 2):
        raise ShapeError(
            f"This layer reads a list of numbers or a sequence, but {describe(x)} arrives. "
            "Use Batch norm 2-D for images, or put a Flatten before it.",
            fixes=[InsertBefore("Flatten")],
        )
    return batch_norm("nn.BatchNorm1d", x, x.sizes[-1], eps=eps, momentum=momentum, affine=affine)
