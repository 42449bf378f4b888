"""AdamW (Loshchilov and Hutter 2019)."""

from __future__ import annotations

from dataclasses import replace

from nodes.api import Call, differing, module, optimizer
from nodes.optimizers._terms import BETA1, BETA2, EPS, WEIGHT_DECAY


@optimizer(
    id="AdamW",
    name="AdamW",
    params=[replace(WEIGHT_DECAY, default=0.01, step=0.01), BETA1, BETA2, EPS],
    keeps=lambda settings: 2,
)
def adamw(*, weight_decay: float, beta1: float, beta2: float, eps: float) -> Call:
    """Adam whose weight decay acts on the weights themselves, apart from the gradients."""
    more = differing(betas=((beta1, beta2), (0.9, 0.999)), eps=(eps, 1e-8), weight_decay=(weight_decay, 0.01))
    return module("torch.optim.AdamW", **more, fused=True)
