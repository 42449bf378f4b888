"""A ring of steps, of which all are drawn alike."""

from __future__ import annotations

from nodes.api import Call, Int, module, replay


@replay(
    id="uniform",
    name="Uniform",
    params=[
        Int(
            "capacity",
            20_000,
            low=1,
            high=10_000_000,
            help="Steps of the games that are remembered; then a new one takes the place of the oldest.",
        ),
    ],
)
def uniform(*, capacity: int) -> Call:
    """Remembers the last steps of all games and draws each of them with the same probability, so that a batch is not
    made of steps that follow one another (Lin 1992)."""
    return module("modules.Replay", capacity=capacity)
