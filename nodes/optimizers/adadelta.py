"""Adadelta (Zeiler 2012)."""

from __future__ import annotations

from dataclasses import replace

from nodes.api import Call, Float, differing, module, optimizer
from nodes.optimizers._terms import EPS, WEIGHT_DECAY


@optimizer(
    id="Adadelta",
    name="Adadelta",
    params=[
        Float(
            "rho",
            0.9,
            low=0.0,
            high=1.0,
            step=0.05,
            open_high=True,
            label="smoothing",
            help="How much of the mean of the squares so far is kept.",
        ),
        WEIGHT_DECAY,
        replace(EPS, default=1e-6, step=1e-6),
    ],
    keeps=lambda settings: 2,
    usual_lr=1.0,
)
def adadelta(*, rho: float, weight_decay: float, eps: float) -> Call:
    """Finds the size of its steps by itself, from the size of the last steps and gradients; the learning rate only
    scales them and is usually 1."""
    more = differing(rho=(rho, 0.9), weight_decay=(weight_decay, 0.0), eps=(eps, 1e-6))
    return module("torch.optim.Adadelta", **more, foreach=True)
