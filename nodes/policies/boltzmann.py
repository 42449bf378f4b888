"""The more an action is worth, the likelier it is taken."""

from __future__ import annotations

from nodes.api import Call, Float, Int, module, policy


@policy(
    id="boltzmann",
    name="Boltzmann",
    params=[
        Float(
            "start",
            1.0,
            low=0.0,
            high=1e6,
            step=0.1,
            open_low=True,
            label="temperature",
            help="The temperature at first: the higher it is, the more alike are the probabilities.",
        ),
        Float(
            "end",
            0.05,
            low=0.0,
            high=1e6,
            step=0.01,
            open_low=True,
            label="to",
            help="The temperature in the end. Near 0 the action with the largest value is taken nearly always.",
        ),
        Int(
            "steps",
            10_000,
            low=1,
            high=100_000_000,
            label="within",
            help="Steps of the games in which the temperature goes evenly from the first to the last.",
        ),
    ],
)
def boltzmann(*, start: float, end: float, steps: int) -> Call:
    """Takes an action with the probability that the softmax of the values, divided by a temperature, gives it."""
    return module("modules.Boltzmann", start=start, end=end, steps=steps)
