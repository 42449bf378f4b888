"""RMSprop (Hinton 2012)."""

from __future__ import annotations

from nodes.api import Call, Float, Switch, differing, module, optimizer
from nodes.optimizers._terms import EPS, WEIGHT_DECAY


@optimizer(
    id="RMSprop",
    name="RMSprop",
    params=[
        Float(
            "alpha",
            0.99,
            low=0.0,
            high=1.0,
            step=0.01,
            open_high=True,
            label="smoothing",
            help="How much of the mean of the squares so far is kept.",
        ),
        Float("momentum", 0.0, low=0.0, high=1.0, step=0.05, open_high=True, help="How much of the last step is kept."),
        Switch("centered", False, help="Divides by the deviation of the gradients instead of their root mean square."),
        WEIGHT_DECAY,
        EPS,
    ],
    keeps=lambda settings: 1 + (settings["momentum"] > 0) + settings["centered"],
)
def rmsprop(*, alpha: float, momentum: float, centered: bool, weight_decay: float, eps: float) -> Call:
    """Divides each step by the mean size of the last gradients; often used for recurrent networks."""
    more = differing(
        alpha=(alpha, 0.99),
        eps=(eps, 1e-8),
        momentum=(momentum, 0.0),
        centered=(centered, False),
        weight_decay=(weight_decay, 0.0),
    )
    return module("torch.optim.RMSprop", **more, foreach=True)
