"""A game of gymnasium."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import GAMES, Call, Schema, Text, module, source
from nodes.reading.games import gymnasium_schema

if TYPE_CHECKING:
    from numpy import ndarray

    from nodes.api.sources import Worth
    from nodes.modules.gymnasium_game import GymnasiumGame


def describe(*, id: str, games: int) -> Schema:
    """Any game of the package gymnasium (MIT licence) by its id, such as Acrobot-v1 or MountainCar-v0, if its actions
    can be counted. A state that is the number of one is seen as zeros and a one. What a net learns from, it plays
    itself. pip install netloom[play] brings the package."""
    return gymnasium_schema(id)


def game(*, id: str, games: int) -> Call:
    """One such game."""
    return module("modules.GymnasiumGame", id)


def paint(game: GymnasiumGame, worth: Worth) -> ndarray:
    """The game's own picture; where it has none, or what paints it is not installed, what is seen as bars."""
    import numpy
    from PIL import Image, ImageDraw

    try:
        found = game.render()
        if found is not None:
            return numpy.asarray(found)
    except Exception:  # most often pygame is missing
        pass
    values = numpy.asarray(game.last, "float64").reshape(-1)[:64]
    picture = Image.new("RGB", (400, 240), (255, 255, 255))
    pen = ImageDraw.Draw(picture)
    reach = float(numpy.abs(values).max(initial=0.0)) or 1.0
    pitch = 380 / max(1, len(values))
    for place, value in enumerate(values):
        left, far = 10 + place * pitch, 100 * float(value) / reach
        pen.rectangle([left + 1, 120 - max(far, 0.0), left + max(2.0, pitch * 0.8), 120 - min(far, 0.0)], (0, 114, 178))
    pen.line([(0, 120), (400, 120)], (150, 154, 162), 1)
    return numpy.asarray(picture)


GYMNASIUM = source(
    id="Gymnasium",
    name="Game of gymnasium",
    params=[Text("id", "Acrobot-v1", card=True, help="The id of the game, such as Acrobot-v1."), GAMES],
    fields=["state", "action", "reward", "next_state", "ended"],
    describe=describe,
    game=game,
    paint=paint,
    packaged=True,
    needs=["gymnasium"],
    examples=[{"id": "CartPole-v1", "games": 2}, {"id": "FrozenLake-v1"}, {"id": "MountainCar-v0"}],
    words=["environment", "reinforcement", "play", "dqn", "openai gym", "acrobot", "mountain car", "frozen lake"],
)
