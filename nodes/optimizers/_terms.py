"""Settings that several optimizers have."""

from __future__ import annotations

from nodes.api import Float

BETA1 = Float(
    "beta1", 0.9, low=0.0, high=1.0, step=0.05, open_high=True, help="How much of the mean gradient so far is kept."
)
BETA2 = Float(
    "beta2",
    0.999,
    low=0.0,
    high=1.0,
    step=0.001,
    open_high=True,
    help="How much of the mean of the squares so far is kept.",
)
EPS = Float(
    "eps",
    1e-8,
    low=0.0,
    high=1.0,
    step=1e-8,
    open_low=True,
    help="Keeps the division by the root of the squares finite.",
)
WEIGHT_DECAY = Float(
    "weight_decay", 0.0, low=0.0, high=1.0, step=0.0001, label="weight decay", help="Pulls weights towards zero."
)
