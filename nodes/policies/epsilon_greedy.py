"""The best action, or now and then any."""

from __future__ import annotations

from nodes.api import Call, Float, Int, module, policy


@policy(
    id="epsilon-greedy",
    name="Epsilon-greedy",
    params=[
        Float("start", 1.0, low=0.0, high=1.0, step=0.05, label="epsilon", help="Share of random actions at first."),
        Float("end", 0.05, low=0.0, high=1.0, step=0.01, label="to", help="Share of random actions in the end."),
        Int(
            "steps",
            10_000,
            low=1,
            high=100_000_000,
            label="within",
            help="Steps of the games in which the share goes evenly from the first to the last.",
        ),
    ],
)
def epsilon_greedy(*, start: float, end: float, steps: int) -> Call:
    """Takes the action with the largest value, and with the probability epsilon any action, so that it also learns of
    those that it does not think much of (Watkins 1989)."""
    return module("modules.EpsilonGreedy", start=start, end=end, steps=steps)
