"""Stochastic gradient descent."""

from __future__ import annotations

from nodes.api import Call, Float, Switch, differing, module, optimizer
from nodes.optimizers._terms import WEIGHT_DECAY


@optimizer(
    id="SGD",
    name="SGD",
    params=[
        Float("momentum", 0.9, low=0.0, high=1.0, step=0.05, open_high=True, help="How much of the last step is kept."),
        Switch(
            "nesterov", False, label="Nesterov", help="Looks ahead by the momentum; without momentum it does nothing."
        ),
        WEIGHT_DECAY,
    ],
    keeps=lambda settings: 1 if settings["momentum"] else 0,
    usual_lr=0.01,
)
def sgd(*, momentum: float, nesterov: bool, weight_decay: float) -> Call:
    """Goes a step against the gradient, with some of the step before."""
    more = differing(
        momentum=(momentum, 0.0), nesterov=(nesterov and momentum > 0, False), weight_decay=(weight_decay, 0.0)
    )
    return module("torch.optim.SGD", **more, fused=True)
