"""A game of the Atari 2600."""

from __future__ import annotations

from nodes.api import GAMES, Call, Float, Int, Schema, Switch, Text, module, source
from nodes.reading.games import atari_schema


def describe(*, game: str, skip: int, noops: int, sticky: float, fire: bool, life: bool, games: int) -> Schema:
    """A game of the Atari 2600 from the package ale-py, which brings over a hundred. Pictures are those of Mnih et al.
    2015: grey, 84 by 84, the last four together; each action is held for some frames. Rewards are the points of the
    game. What a net learns from, it plays itself. pip install netloom[play] brings the package."""
    return atari_schema(game)


def game(*, game: str, skip: int, noops: int, sticky: float, fire: bool, life: bool, games: int) -> Call:
    """One such game."""
    return module("modules.AtariGame", game, skip=skip, noops=noops, sticky=sticky, fire=fire, life=life)


ATARI = source(
    id="Atari",
    name="Atari game",
    params=[
        Text("game", "breakout", card=True, help="The name of the game, such as breakout, pong or space_invaders."),
        Int("skip", 4, low=1, high=60, label="frames per action", help="Frames for which an action is held."),
        Int("noops", 30, low=0, high=1000, label="idle at first", help="Frames without action at the begin, at most."),
        Float("sticky", 0.0, low=0.0, high=1.0, step=0.05, help="How often the action before is done once more."),
        Switch("fire", True, help="Presses FIRE at the begin of each life, for which some games wait."),
        Switch("life", False, label="ends with a life", help="Whether the game is over when a life is lost."),
        GAMES,
    ],
    fields=["state", "action", "reward", "next_state", "ended"],
    describe=describe,
    game=game,
    packaged=True,
    needs=["ale_py"],
    examples=[{"game": "pong", "games": 2, "sticky": 0.25}],
    words=["environment", "reinforcement", "play", "dqn", "breakout", "pong", "arcade", "ale", "gymnasium"],
)
