"""A goal."""

from __future__ import annotations

from nodes.api import Call, Float, module, stop_rule


@stop_rule(
    id="reached",
    name="Reached",
    params=[
        Float(
            "goal",
            0.95,
            low=-1e9,
            high=1e9,
            step=0.01,
            help="The value that ends the training: a share such as 0.95 for 95 % accuracy, or a loss.",
        )
    ],
    because="as the goal was reached",
    aims=True,
)
def reached(*, goal: float) -> Call:
    """Ends the training after the epoch in which the loss is as low as the goal, or the metric as good."""
    return module("modules.Reached", goal=goal)
