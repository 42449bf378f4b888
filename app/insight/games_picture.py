"""Games that a net plays, step by step, as pictures of the panel."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from app.insight.games import GameTable, framed
from app.insight.tiles import Tiles
from app.insight.view import Look, ViewStep


def play_pictures(look: Look, episodes: int, seed: int) -> Iterator[ViewStep]:
    """Each step of each game; the score of a step is the reward of its game so far.

    Raises:
        NoPicture: if the net plays no game.
    """
    table = GameTable(look.net, look.model)
    rewards: list[float] = []
    for game in range(episodes):
        for step in table.play(seed + game):
            if step.last:
                rewards.append(step.reward)
            pixels = framed(step, table.actions, f"game {game + 1} of {episodes}")
            maps = (pixels / np.float32(255))[None]
            mean = f" Mean reward of {len(rewards)}: {sum(rewards) / len(rewards):g}." if rewards else ""
            note = f"Game {game + 1}, step {step.number:,}: {table.actions[step.taken]}.{mean}"
            yield ViewStep(
                game + step.last,
                episodes,
                (Tiles(maps, 0.0, 1.0, "rgb", "Play", ("the game, and what each action is worth",), note=note),),
                step.reward,
            )
