"""What a training says of an epoch, for tests that need no training."""

from __future__ import annotations

from app.training.events import EpochDone


def epoch_done(
    epoch: int,
    epochs: int,
    *,
    seconds: float = 1.0,
    samples_per_second: float = 1000.0,
    lr: float = 0.01,
    **metrics: float | None,
) -> EpochDone:
    """The event with these metrics; what is None was not measured."""
    known = {name: value for name, value in metrics.items() if value is not None}
    return EpochDone(epoch, epochs, known, seconds, samples_per_second, lr)
