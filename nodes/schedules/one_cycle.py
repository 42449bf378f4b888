"""A learning rate that rises and falls once (Smith and Topin 2018)."""

from __future__ import annotations

from nodes.api import Call, Code, Float, module, schedule


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
