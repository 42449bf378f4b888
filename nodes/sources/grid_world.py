"""A little world of squares."""

from __future__ import annotations

from nodes.api import GAMES, Call, Field, Float, Int, Schema, module, source


def describe(
    *, rows: int, columns: int, walls: float, slip: float, seed: int, most: int, games: int, epoch: int
) -> Schema:
    """A made-up world of squares with walls, a goal and a pit; the seed says where they are. One begins anywhere and
    goes up, to the right, down or to the left. The goal gives 1, the pit −1, every other step costs 0.01. Seen are four
    planes of zeros and ones: where one stands, the walls, the goal and the pit. What a net learns from, it plays
    itself."""
    planes = Field((4, rows, columns))
    return Schema(
        {
            "state": planes,
            "action": Field((), "int", ("up", "right", "down", "left")),
            "reward": Field(()),
            "next_state": planes,
            "ended": Field(()),
        },
        noun=("step", "steps"),
    )


def game(*, rows: int, columns: int, walls: float, slip: float, seed: int, most: int, games: int, epoch: int) -> Call:
    """One world."""
    return module("modules.GridWorld", rows=rows, columns=columns, walls=walls, slip=slip, seed=seed, most=most)


GRID_WORLD = source(
    id="GridWorld",
    name="Grid world",
    params=[
        Int("rows", 5, low=2, high=50, card=True, help="Squares from top to bottom."),
        Int("columns", 6, low=2, high=50, card=True, help="Squares from left to right."),
        Float("walls", 0.2, low=0.0, high=0.8, step=0.05, help="Share of the squares that are walls, at most."),
        Float("slip", 0.0, low=0.0, high=1.0, step=0.05, help="How often one slips to the side."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same world."),
        Int("most", 100, low=1, high=1_000_000, label="longest game", help="Steps after which a game is cut short."),
        *GAMES,
    ],
    describe=describe,
    game=game,
    examples=[{"rows": 2, "columns": 2, "games": 1}, {"rows": 7, "columns": 4, "walls": 0.8, "slip": 0.2, "seed": 3}],
    words=["game", "environment", "reinforcement", "maze", "toy", "play", "dqn", "goal", "pit", "made up", "walls"],
)
