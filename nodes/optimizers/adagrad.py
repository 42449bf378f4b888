"""Adagrad (Duchi, Hazan and Singer 2011)."""

from __future__ import annotations

from dataclasses import replace

from nodes.api import Call, Float, differing, module, optimizer
from nodes.optimizers._terms import EPS, WEIGHT_DECAY


@optimizer(
    id="Adagrad",
    name="Adagrad",
    params=[
        Float(
            "lr_decay",
            0.0,
            low=0.0,
            high=10.0,
            step=0.001,
            label="rate decay",
            help="The rate of step t is divided by 1 + t times this.",
        ),
        WEIGHT_DECAY,
        replace(EPS, default=1e-10),
    ],
    keeps=lambda settings: 1,
    usual_lr=0.01,
)
def adagrad(*, lr_decay: float, weight_decay: float, eps: float) -> Call:
    """Divides each step by the root of all squared gradients so far, so that rare features take larger steps and every
    step becomes smaller with time."""
    more = differing(lr_decay=(lr_decay, 0.0), weight_decay=(weight_decay, 0.0), eps=(eps, 1e-10))
    return module("torch.optim.Adagrad", **more, foreach=True)
