"""A ring of steps whose states are pictures in a row."""

from __future__ import annotations

from nodes.api import Call, Int, module, replay


@replay(
    id="frames",
    name="Pictures in a row",
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
def frames(*, capacity: int) -> Call:
    """As the uniform memory, for states that are the last pictures of a game: each is kept once and not as often as it
    is seen, which takes a quarter of the room."""
    return module("modules.FrameReplay", capacity=capacity)
