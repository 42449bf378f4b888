"""A learning rate that rises and falls once (Smith and Topin 2018)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nodes.api import Call, Code, Float, module, schedule

_LEAST = 1e-4  # of the rate that it starts with, at the end; torch's default


def _rate(settings: Mapping[str, Any], epoch: float, epochs: int) -> float:
    start, top = 1 / settings["div_factor"], settings["pct_start"] * epochs
    if epoch < top:
        return _between(start, 1.0, epoch / top)
    return _between(1.0, start * _LEAST, (epoch - top) / (epochs - top))


def _between(before: float, after: float, share: float) -> float:
    """Half a cosine from one value to the other."""
    return after + (before - after) / 2 * (1 + math.cos(math.pi * min(1.0, share)))


@schedule(
    id="one-cycle",
    name="One cycle",
    params=[
        Float(
            "pct_start",
            0.3,
            low=0.0,
            high=1.0,
            step=0.05,
            open_low=True,
            open_high=True,
            label="rising part",
            help="Share of the training in which the learning rate rises.",
        ),
        Float(
            "div_factor",
            25.0,
            low=1.0,
            high=1e6,
            step=5.0,
            label="start divisor",
            help="It starts at the rate divided by this.",
        ),
    ],
    when="batch",
    curve=_rate,
)
def one_cycle(*, pct_start: float, div_factor: float, lr: float, epochs: int) -> Call:
    """The learning rate rises with every batch to the one that is set, and falls almost to zero until the end."""
    return module(
        "torch.optim.lr_scheduler.OneCycleLR",
        max_lr=lr,
        total_steps=Code(f"{epochs} * batches"),  # type: ignore[arg-type]
        pct_start=pct_start,
        div_factor=div_factor,
        cycle_momentum=False,
    )
