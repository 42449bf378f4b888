"""Muon (Jordan et al. 2024), with AdamW for what is no matrix."""

from __future__ import annotations

from dataclasses import replace

from nodes.api import Call, Float, Switch, differing, module, optimizer
from nodes.optimizers._terms import WEIGHT_DECAY


@optimizer(
    id="Muon",
    name="Muon",
    params=[
        Float(
            "momentum", 0.95, low=0.0, high=1.0, step=0.05, open_high=True, help="How much of the last step is kept."
        ),
        Switch("nesterov", True, label="Nesterov", help="Looks ahead by the momentum."),
        replace(WEIGHT_DECAY, default=0.01, step=0.01),
    ],
    keeps=lambda settings: 2,  # of AdamW, which has the kernels of convolutions; Muon itself keeps one
    grouped=True,
)
def muon(*, momentum: float, nesterov: bool, weight_decay: float) -> Call:
    """Turns each step of a matrix of weights so that it goes equally far in all directions. It can do that for matrices
    only: the weights of Fully connected, recurrent and Embedding layers. Everything else, such as the kernels of
    convolutions and all biases, is trained by AdamW with the same learning rate and weight decay."""
    more = differing(momentum=(momentum, 0.95), nesterov=(nesterov, True), weight_decay=(weight_decay, 0.01))
    return module("modules.MuonWithAdamW", **more)
