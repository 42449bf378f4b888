"""Games before one's eyes: what is painted, and the bars and arrows of what actions are worth."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from app.core.compile.net import compile_net
from app.insight.games import GameStep, GameTable, framed
from app.insight.tiles import NoPicture
from app.insight.view import Look, Samples, Subject
from app.insight.views import views
from nodes.modules.cart_pole import CartPole
from nodes.modules.grid_world import GridWorld
from nodes.sources.cart_pole import paint as paint_cart
from nodes.sources.grid_world import paint as paint_grid
from tests.support.games import playing_net
from tests.training.nets import linear_net

BLUE = np.array([0, 114, 178])


def test_the_cart_is_where_it_is_and_the_pole_leans_as_it_does() -> None:
    """Fails if the picture does not follow the state: place and angle are read back from the dots."""
    game = CartPole()
    game.reset(seed=0)
    for place, angle in ((-1.5, 0.1), (0.0, 0.0), (2.0, -0.2)):
        game.state = [place, 0.0, angle, 0.0]
        picture = paint_cart(game, lambda states: None).astype(int)
        assert picture.shape == (240, 400, 3)
        dark = np.argwhere(np.abs(picture - [60, 66, 78]).sum(-1) < 12)
        assert dark[:, 1].mean() == pytest.approx(200 + 180 * place / 2.4, abs=1.5)
        pole = np.argwhere(np.abs(picture - [213, 94, 0]).sum(-1) < 12)
        high, low = pole[pole[:, 0] < 80].mean(0), pole[pole[:, 0] > 120].mean(0)
        assert np.arctan2(high[1] - low[1], low[0] - high[0]) == pytest.approx(angle, abs=0.04)


def test_the_best_arrow_of_each_square_is_blue() -> None:
    """Fails if arrows do not stand where they belong: on each free square the blue one points to the best action."""
    world = GridWorld(3, 4, 0.2, 0.0, 1, 50)
    world.reset(seed=0)
    values = np.random.default_rng(0).permuted(np.tile([0.0, 0.2, 0.4, 1.0], (len(world.free), 1)), axis=1)
    asked: list[Tensor] = []

    def worth(states: Tensor) -> np.ndarray:
        asked.append(states)
        return values

    world.place = world.goal  # so that nobody stands on an arrow
    picture = paint_grid(world, worth).astype(int)
    side = picture.shape[0] // 3
    assert asked[0][:, 0].sum() == len(world.free)
    for (row, column), told in zip(world.free, values, strict=True):
        square = picture[row * side : (row + 1) * side, column * side : (column + 1) * side]
        dots = np.argwhere(np.abs(square - BLUE).sum(-1) < 30)
        down, right = dots.mean(0) - side / 2
        best = world.moves[int(told.argmax())]
        assert (abs(down) > abs(right)) == (best[0] != 0)
        assert np.sign(down if best[0] else right) == sum(best)


def test_the_bar_of_what_is_taken_is_blue_and_bars_are_as_long_as_values() -> None:
    """Fails if bars stand for other values, or another action is marked than the one that is taken."""
    step = GameStep(np.full((200, 300, 3), 255, np.uint8), np.array([1.0, 4.0, 2.0]), 1, 3, 2.0, False)
    picture = framed(step, ("left", "stay", "right"), "game 1").astype(int)
    blue = np.abs(picture - BLUE).sum(-1) < 6
    grey = np.abs(picture - [150, 154, 162]).sum(-1) < 6
    assert picture.shape[0] % 2 == picture.shape[1] % 2 == 0
    longest = blue.sum(1).max()
    rows = [row for row in range(picture.shape[0]) if grey[row].sum() > 5]
    first, last = grey[rows[2]].sum(), grey[rows[-3]].sum()
    assert first / longest == pytest.approx(1 / 4, abs=0.03)
    assert last / longest == pytest.approx(2 / 4, abs=0.03)
    assert min(rows) < np.argwhere(blue)[:, 0].min() < max(rows)


def test_the_view_plays_to_the_end_and_tells_the_reward() -> None:
    """Fails if a step of the game has no picture, the reward is another, or no training's weights are needed."""
    project = playing_net("GridWorld", 4, most=6)
    net = compile_net(project)
    view = views()["play"]
    assert view.slow
    assert view.follows
    steps = list(view.steps(Look(Subject(net, net.model(0), Samples({}, ()))), {"episodes": 2, "seed": 4}))
    lengths = [len(list(GameTable(net, net.model(0)).play(4 + game, every=0))) for game in range(2)]
    assert len(steps) == sum(lengths)
    assert steps[-1].done == steps[-1].steps == 2
    last = [list(GameTable(net, net.model(0)).play(4 + game, every=0))[-1].reward for game in range(2)]
    assert steps[lengths[0] - 1].score == last[0]
    assert steps[-1].score == last[1]
    assert f"Mean reward of 2: {sum(last) / 2:g}" in steps[-1].pictures[0].note
    assert not np.array_equal(steps[0].pictures[0].maps, steps[-1].pictures[0].maps)


class _Lost(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(float("nan")))

    def forward(self, seen: Tensor) -> Tensor:
        return self.weight.expand(len(seen), 2)


def test_nothing_to_play_is_said() -> None:
    """Fails if a net without a game, or one that has run away, gives a traceback or a game."""
    net = compile_net(linear_net())
    with pytest.raises(NoPicture, match="plays no game"):
        GameTable(net, net.model(0))
    with pytest.raises(NoPicture, match="no numbers"):
        next(GameTable(compile_net(playing_net()), _Lost()).play(0))
