"""The game that the net has learned."""

from __future__ import annotations

from collections.abc import Iterator

from app.insight.view import Look, ViewStep, view
from nodes.api.params import Int


@view(
    "Play",
    "The net plays its game, at each step with the action that it thinks most of; bars say what each is worth to it.",
    Int("episodes", 3, help="How many games are played", low=1, high=1000),
    Int("seed", 0, help="How the first game begins; each further one begins with the next seed", low=0, high=2**31 - 1),
    about="net",
    follows=True,
    group="What it makes",
)
def play(look: Look, episodes: int, seed: int) -> Iterator[ViewStep]:
    """A picture for each step."""
    from app.insight.games_picture import play_pictures

    yield from play_pictures(look, episodes, seed)
