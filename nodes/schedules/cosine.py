"""A learning rate that falls along a cosine (Loshchilov and Hutter 2017)."""

from __future__ import annotations

import math

from nodes.api import Call, module, schedule


@schedule(
    id="cosine",
    name="Cosine",
    curve=lambda settings, epoch, epochs: (1 + math.cos(math.pi * int(epoch) / epochs)) / 2,
)
def cosine(*, lr: float, epochs: int) -> Call:
    """The learning rate falls along half a cosine, slowly at the start and at the end, to zero after the last epoch."""
    return module("torch.optim.lr_scheduler.CosineAnnealingLR", T_max=epochs)
