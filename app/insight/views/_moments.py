"""What views share that set a moment of a run beside another."""

from __future__ import annotations

from app.training.position import At, TrainingPosition
from nodes.api.params import BadSetting, Int

STEP = Int(
    "step",
    "end",
    low=1,
    words=("end",),
    label="step of it",
    help="A step within that epoch that was kept, where epochs are long; end: when it was complete",
)


def moment(epoch: int | str, step: int | str) -> At | None:
    """Both as the moment that they name; None if there is no epoch.

    Raises:
        BadSetting: for a step of what has none.
    """
    if not isinstance(epoch, int):
        return None
    if not isinstance(step, int):
        return epoch
    if not epoch:
        raise BadSetting(f"step {step} is of no epoch: epoch 0 is the beginning, before the first step; say 1")
    return TrainingPosition(epoch - 1, step)
