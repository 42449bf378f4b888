"""A learning rate that rises and falls again and again (Smith 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nodes.api import Call, Code, Float, Int, Switch, module, schedule


def _rate(settings: Mapping[str, Any], epoch: float, epochs: int) -> float:
    cycle, place = divmod(epoch / settings["step_size_up"], 2)
    height = (1 - abs(1 - place)) / (2**cycle if settings["shrinking"] else 1)
    least = 1 / settings["div_factor"]
    return least + (1 - least) * height


@schedule(
    id="cyclic",
    name="Cyclic",
    params=[
        Int(
            "step_size_up",
            4,
            low=1,
            high=100_000,
            label="rises for",
            help="Epochs in which the rate rises; it falls as long.",
        ),
        Float(
            "div_factor",
            10.0,
            low=1.0,
            high=1e6,
            step=1.0,
            label="least divisor",
            help="The lowest rate is the set one divided by this.",
        ),
        Switch("shrinking", False, help="Each cycle rises only half as high as the one before."),
    ],
    when="batch",
    curve=_rate,
)
def cyclic(*, step_size_up: int, div_factor: float, shrinking: bool, lr: float, epochs: int) -> Call:
    """The learning rate rises with every batch to the one that is set, falls as slowly, and begins again: a high rate
    leaves poor places, a low one settles."""
    return module(
        "torch.optim.lr_scheduler.CyclicLR",
        base_lr=lr / div_factor,
        max_lr=lr,
        step_size_up=Code(f"{step_size_up} * batches"),  # type: ignore[arg-type]
        mode="triangular2" if shrinking else "triangular",
        cycle_momentum=False,
    )
