"""Log-softmax."""

import math

from nodes.activation._scores import classes_axis
from nodes.api import Built, Example, Settings, Shape, Sheet, Values, layer, module
from nodes.api.curves import softmax
from nodes.api.saves import OUTPUT


def _drawn(sheet: Sheet, settings: Settings) -> str:
    shares = softmax([1.0, 3.2, 1.8, 0.4])
    sheet.bars(28, 84, [0.5, 1.6, 0.9, 0.2], 14, 42, 19)
    sheet.arrow((112, 55), (140, 55), "accent")
    for number, share in enumerate(shares):
        sheet.box(150 + 19 * number, 16, 14, min(72.0, -21 * math.log(share)), "family")
    sheet.segment((148, 16), (226, 16), "soft", 0.8)
    return "Logarithms of shares: 0 would be certain, the further below the less likely."


@layer(
    id="LogSoftmax",
    name="Log-softmax",
    picture=_drawn,
    saves=OUTPUT,
    values=Values(high=0.0, kind="log_softmax"),
    followed_by=["NLLLoss", "KLDivLoss", "Output"],
    backward="input i gets gᵢ − exp(outᵢ) · Σ gⱼ, where g is what comes back",
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
