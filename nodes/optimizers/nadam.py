"""NAdam (Dozat 2016)."""

from __future__ import annotations

from nodes.api import Call, Float, Switch, differing, module, optimizer
from nodes.optimizers._terms import BETA1, BETA2, EPS, WEIGHT_DECAY


@optimizer(
    id="NAdam",
    name="NAdam",
    params=[
        WEIGHT_DECAY,
        Switch(
            "decoupled_weight_decay",
            False,
            label="decay apart",
            help="Weight decay acts on the weights themselves, apart from the gradients, as in AdamW.",
        ),
        Float(
            "momentum_decay",
            0.004,
            low=0.0,
            high=1.0,
            step=0.001,
            label="warming",
            help="How fast the momentum rises to its full size with the first steps.",
        ),
        BETA1,
        BETA2,
        EPS,
    ],
    keeps=lambda settings: 2,
)
def nadam(
    *,
    weight_decay: float,
    decoupled_weight_decay: bool,
    momentum_decay: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> Call:
    """Adam that looks ahead by its momentum, as Nesterov does."""
    more = differing(
        betas=((beta1, beta2), (0.9, 0.999)),
        eps=(eps, 1e-8),
        weight_decay=(weight_decay, 0.0),
        momentum_decay=(momentum_decay, 0.004),
        decoupled_weight_decay=(decoupled_weight_decay, False),
    )
    return module("torch.optim.NAdam", **more, foreach=True)
