"""A time limit."""

from __future__ import annotations

from nodes.api import Call, Float, module, stop_rule


@stop_rule(
    id="time-limit",
    name="Time limit",
    params=[
        Float("minutes", 10.0, low=0.0, high=100_000.0, step=1.0, open_low=True, help="How long the training may take.")
    ],
    watches=False,
    because="as the time was up",
)
def time_limit(*, minutes: float) -> Call:
    """Ends the training after the epoch in which so many minutes have passed. Pauses count; the time while a stopped
    run lies there does not."""
    return module("modules.TimeLimit", minutes=minutes)
