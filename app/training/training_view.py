"""What may be looked at while a net trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.training.signals import Updates


@dataclass(frozen=True)
class TrainingView:
    """What a request (``Control.ask``) may look at, between two batches.

    ``batch`` are fields of the training samples seen last, ``validation`` of as many validation samples as are checked
    at once (None if there are none), both on the device, by name: ``{"digits.image": (n, 1, 32, 32)}``. The model is
    live: use it in evaluation mode, copy it to keep it, change nothing. ``epoch`` counts complete epochs, ``progress``
    with the part of the present one. ``updates`` measures how far steps change the weights: whoever sets its ``wanted``
    finds the next step measured when he looks again.
    """

    net: CompiledNet
    model: nn.Module
    batch: Mapping[str, Tensor]
    validation: Mapping[str, Tensor] | None
    epoch: int
    updates: Updates | None = None
    progress: float = 0.0
