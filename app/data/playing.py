"""Data that comes of playing: what can be seen of it while no net plays."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Generator, Tensor

from nodes.api import Call, Drawn
from nodes.modules.player import Player
from nodes.modules.replay import Replay
from nodes.modules.sources import file_of


class GameFeed(Drawn):
    """Samples of games with random actions. A training does not read these: it plays itself, by ``make_player``.

    ``look(count, generator)`` gives the fields of as many steps.
    """

    def __init__(self, look: Callable[[int, Generator], Mapping[str, Tensor]]) -> None:
        super().__init__(look)


def made(call: Call) -> Any:
    """The object that a call of a class of ``nodes.modules`` makes."""
    name = call.constructor.removeprefix("modules.")
    args = [made(value) if isinstance(value, Call) else value for value in call.args]
    named = {key: made(value) if isinstance(value, Call) else value for key, value in call.kwargs}
    return getattr(importlib.import_module(f"nodes.modules.{file_of(name)}"), name)(*args, **named)


def steps_of_games(calls: Sequence[Call], count: int, generator: Generator) -> Mapping[str, Tensor]:
    """So many steps, by field, of games that are played with random actions."""
    steps = max(64, 2 * count)
    player = Player([made(call) for call in calls], None, Replay(steps), every=0, warm_up=steps)
    return player.batch(None, count, generator)
