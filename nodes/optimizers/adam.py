"""Adam (Kingma and Ba 2015)."""

from __future__ import annotations

from nodes.api import Call, differing, module, optimizer
from nodes.optimizers._terms import BETA1, BETA2, EPS, WEIGHT_DECAY


@optimizer(id="Adam", name="Adam", params=[WEIGHT_DECAY, BETA1, BETA2, EPS], keeps=lambda settings: 2)
def adam(*, weight_decay: float, beta1: float, beta2: float, eps: float) -> Call:
    """Goes about equally far in every weight, whatever the size of its gradient."""
    more = differing(betas=((beta1, beta2), (0.9, 0.999)), eps=(eps, 1e-8), weight_decay=(weight_decay, 0.0))
    return module("torch.optim.Adam", **more, fused=True)
