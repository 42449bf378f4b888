"""The game that the net has learned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.insight.view import Look, ViewStep, view
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan


def _fits(plan: Plan) -> int:
    from app.insight.fitting import plays

    return 2 * plays(plan)


@view(
    "Play",
    "The net plays its game, at each step with the action that it thinks most of; bars say what each is worth to it.",
    Int("episodes", 3, help="How many games are played", low=1, high=1000),
    Int("seed", 0, help="How the first game begins; each further one begins with the next seed", low=0, high=2**31 - 1),
    about="net",
    follows=True,
    group="What it makes",
    fits=_fits,
)
def play(look: Look, episodes: int, seed: int) -> Iterator[ViewStep]:
    """A picture for each step."""
    from app.insight.games_picture import play_pictures

    yield from play_pictures(look, episodes, seed)
