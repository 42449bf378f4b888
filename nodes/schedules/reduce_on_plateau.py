"""A learning rate that falls when nothing becomes better."""

from __future__ import annotations

from nodes.api import Call, Float, Int, module, schedule


@schedule(
    id="reduce-on-plateau",
    name="Reduce on plateau",
    params=[
        Int("patience", 5, low=0, high=100_000, help="Epochs without anything better that are waited for."),
        Float(
            "factor",
            0.5,
            low=0.0,
            high=1.0,
            step=0.1,
            open_low=True,
            open_high=True,
            help="What the rate is multiplied by.",
        ),
    ],
    watches=True,
    curve=None,
)
def reduce_on_plateau(*, patience: int, factor: float, lr: float, epochs: int) -> Call:
    """The learning rate is multiplied by a factor when nothing has become better for some epochs."""
    # A share of the value (torch's default) would take worse for better where the value is below zero.
    return module("torch.optim.lr_scheduler.ReduceLROnPlateau", patience=patience, factor=factor, threshold_mode="abs")
