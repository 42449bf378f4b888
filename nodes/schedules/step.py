"""A learning rate that falls in steps."""

from __future__ import annotations

from nodes.api import Call, Float, Int, module, schedule


@schedule(
    id="step",
    name="Step",
    params=[
        Int("step_size", 10, low=1, high=100_000, label="step after", help="Epochs from one step to the next."),
        Float(
            "gamma",
            0.1,
            low=0.0,
            high=1.0,
            step=0.1,
            open_low=True,
            label="factor",
            help="What each step multiplies by.",
        ),
    ],
    curve=lambda settings, epoch, epochs: settings["gamma"] ** (int(epoch) // settings["step_size"]),
)
def step(*, step_size: int, gamma: float, lr: float, epochs: int) -> Call:
    """The learning rate is multiplied by a factor after every few epochs."""
    return module("torch.optim.lr_scheduler.StepLR", step_size=step_size, gamma=gamma)
