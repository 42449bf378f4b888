"""A little world of squares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import GAMES, Call, Field, Float, Int, Schema, module, source

if TYPE_CHECKING:
    from numpy import ndarray

    from nodes.api.sources import Worth
    from nodes.modules.grid_world import GridWorld


def describe(*, rows: int, columns: int, walls: float, slip: float, seed: int, most: int, games: int) -> Schema:
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


def game(*, rows: int, columns: int, walls: float, slip: float, seed: int, most: int, games: int) -> Call:
    """One world."""
    return module("modules.GridWorld", rows=rows, columns=columns, walls=walls, slip=slip, seed=seed, most=most)


def paint(game: GridWorld, worth: Worth) -> ndarray:
    """The squares from above: walls dark, the goal green, the pit red, and on every free square an arrow for each
    action, the longer and the darker the more it is worth; the best one is blue."""
    import numpy
    import torch
    from PIL import Image, ImageDraw

    scale = 2
    side = max(16, min(64, 420 // max(game.rows, game.columns))) * scale
    picture = Image.new("RGB", (game.columns * side + scale, game.rows * side + scale), (255, 255, 255))
    pen = ImageDraw.Draw(picture)
    inks = dict.fromkeys(game.walls, (74, 80, 92)) | {game.goal: (150, 214, 170), game.pit: (240, 150, 140)}
    for row in range(game.rows):
        for column in range(game.columns):
            corner = column * side, row * side
            square = [*corner, corner[0] + side, corner[1] + side]
            pen.rectangle(square, inks.get((row, column), (255, 255, 255)), (196, 200, 208), scale)
    values = numpy.asarray(worth(torch.stack([game.seen(place) for place in game.free])))
    low, high = float(values.min()), float(values.max())
    for (row, column), told in zip(game.free, values):
        x, y = (column + 0.5) * side, (row + 0.5) * side
        for action, (down, right) in enumerate(game.moves):
            share = (float(told[action]) - low) / (high - low) if high > low else 0.0
            best = action == int(told.argmax())
            far = side * (0.14 + 0.3 * share)
            ink = (0, 114, 178) if best else tuple(round(225 - 105 * share) for _ in range(3))
            tip = x + right * far, y + down * far
            pen.line([(x + right * side * 0.06, y + down * side * 0.06), tip], ink, round(side * 0.045))
            wing = side * 0.055
            ends = [(tip[0] - wing * (right + turn * down), tip[1] - wing * (down + turn * right)) for turn in (1, -1)]
            pen.polygon([(tip[0] + right * wing, tip[1] + down * wing), *ends], ink)
    row, column = game.place
    x, y, radius = (column + 0.5) * side, (row + 0.5) * side, side * 0.17
    pen.ellipse([x - radius, y - radius, x + radius, y + radius], (230, 159, 0), (28, 30, 36), scale)
    size = picture.width // scale, picture.height // scale
    return numpy.asarray(picture.resize(size, Image.Resampling.BOX))


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
        GAMES,
    ],
    describe=describe,
    game=game,
    paint=paint,
    examples=[{"rows": 2, "columns": 2, "games": 1}, {"rows": 7, "columns": 4, "walls": 0.8, "slip": 0.2, "seed": 3}],
    words=["game", "environment", "reinforcement", "maze", "toy", "play", "dqn", "goal", "pit", "made up", "walls"],
)
