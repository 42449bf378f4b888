"""A learning rate that falls by the same share after every epoch."""

from __future__ import annotations

from nodes.api import Call, Float, module, schedule


@schedule(
    id="exponential",
    name="Exponential",
    params=[
        Float(
            "gamma",
            0.95,
            low=0.0,
            high=1.0,
            step=0.01,
            open_low=True,
            label="factor",
            help="What each epoch multiplies by.",
        )
    ],
    curve=lambda settings, epoch, epochs: settings["gamma"] ** int(epoch),
)
def exponential(*, gamma: float, lr: float, epochs: int) -> Call:
    """The learning rate is multiplied by the same factor after every epoch."""
    return module("torch.optim.lr_scheduler.ExponentialLR", gamma=gamma)
