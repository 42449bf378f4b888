"""Log-softmax."""

from nodes.activation._scores import classes_axis
from nodes.api import Built, Example, Shape, layer, module


@layer(
    id="LogSoftmax",
    name="Log-softmax",
    picture="log_softmax_bars",
    followed_by=["NLLLoss", "KLDivLoss", "Output"],
    formula="out[i] = x[i] − log Σ e^x[j]",
    examples=[
        Example(inputs=[(10,)], output=(10,)),
        Example(inputs=[(6, 10)], output=(6, 10)),
        Example(inputs=[(3, 8, 8)], output=(3, 8, 8)),
    ],
    words=["probabilities", "logarithm", "nll"],
)
def log_softmax(x: Shape) -> Built:
    """The logarithms of the probabilities that softmax gives, computed so that none becomes infinite. The NLL loss
    wants exactly these."""
    return Built(module("nn.LogSoftmax", dim=classes_axis(x, "Log-softmax")), output=x)
