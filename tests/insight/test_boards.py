"""A board game against the net: the board, its search, and matches."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
import torch

from app.core.storage.templates import load
from app.insight.boards.board_picture import SIDE, played_so_far, stones_of
from app.insight.boards.match import NetPlayer, counted, match, opponent
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look
from app.insight.view_runner import views
from nodes.modules.perfect_player import PerfectPlayer
from nodes.modules.tree_search import TreeSearch
from tests.insight.test_generative import looked


@pytest.fixture(scope="module")
def look() -> Look:
    return looked(load("alphazero_tictactoe"))


def pictures(look: Look, **settings: object) -> tuple[Tiles, ...]:
    return views()["board"].pictures(look, {"simulations": 12, **settings})


def test_the_answers_are_those_of_the_search(look: Look) -> None:
    """Played move by move with a search of our own. Fails if the net answers another board, the visits on the board
    are those of another move, or a taken square is set."""
    stones, board, game = [(1, 1)], (0,) * 9, NetPlayer(look.net, look.model).game
    board = game.play(board, 4)
    (root,) = TreeSearch(game, 12, 1.5).search([board], look.model)
    answer = root.moves[root.visits.index(max(root.visits))]
    now = played_so_far(NetPlayer(look.net, look.model, 12), stones, False)
    assert now.board == game.play(board, answer)
    assert (now.net_next, now.outcome, now.last) == (False, None, answer)
    assert now.looked.visits == tuple(root.visits)
    first, search, table = pictures(look, pixels="1,1")
    assert first.brush
    assert first.square == SIDE
    assert "Your move" in first.note
    assert f"the net alone says {root.worth:+.2f}".replace("-", "−") in search.note
    order = sorted(range(8), key=lambda at: (-root.visits[at], -root.priors[at]))
    expected = [[root.visits[at] / 12, root.priors[at]] for at in order]
    assert np.allclose(table.maps[0][:, :2], expected)
    assert table.labels[0] == "{},{}".format(*divmod(root.moves[order[0]], 3))
    again = played_so_far(NetPlayer(look.net, look.model, 12), [(1, 1), divmod(answer, 3)], False)
    assert again.board == now.board
    assert "is taken" in again.said


def test_the_net_may_begin_and_its_answers_stay(look: Look) -> None:
    """Fails if another game is shown when one more stone is set, or who begins changes nothing."""
    seat = NetPlayer(look.net, look.model, 6)
    first = played_so_far(seat, [], True)
    assert sum(stone != 0 for stone in first.board) == 1
    free = [divmod(move, 3) for move in seat.game.legal(first.board)]
    second = played_so_far(seat, free[:1], True)
    assert second.board != first.board
    (place,) = [at for at, stone in enumerate(first.board) if stone]
    assert second.board[place] != 0
    assert pictures(look, begins="net", pixels="")[0].note != pictures(look, pixels="")[0].note


def test_it_says_who_has_won(look: Look) -> None:
    """A perfect player against the untrained net without search until one has won. Fails if sides are mixed up."""
    seat = NetPlayer(look.net, look.model, 0)
    perfect, said = PerfectPlayer(seat.game), set()
    for seed in range(12):
        stones: list[tuple[int, int]] = []
        now = played_so_far(seat, stones, seed % 2 == 1)
        while now.outcome is None:
            stones.append(divmod(perfect.choose(now.board, Random(seed)), 3))
            now = played_so_far(seat, stones, seed % 2 == 1)
        said.add(now.words)
    assert "You have won." in said
    assert "The net has won." not in said


@pytest.mark.parametrize(
    ("pixels", "words"), [("one", "no square"), ("3,0", "beside the board"), ("1,1,1", "no square")]
)
def test_stones_that_are_none(look: Look, pixels: str, words: str) -> None:
    """Fails if that is a traceback, or is passed over."""
    with pytest.raises(NoPicture, match=words):
        pictures(look, pixels=pixels)


def test_nets_without_a_board_are_told() -> None:
    """Fails if a net of digits sits down at the board."""
    with pytest.raises(NoPicture, match="no board game"):
        pictures(looked("mlp_digits"))
    assert stones_of("0,1; 2,2", 3, 3) == [(0, 1), (2, 2)]


def test_matches_are_counted_for_the_net(look: Look) -> None:
    """Perfect against perfect is always a draw, against chance it never loses and mostly wins. Fails if results are
    those of the other, or who begins is another."""
    seat = NetPlayer(look.net, look.model, 0)

    class Perfect(NetPlayer):
        def choose(self, board: tuple[int, ...], random: Random) -> int:
            return PerfectPlayer(self.game).choose(board, random)

    perfect = Perfect(look.net, look.model, 0)
    assert counted(list(match(perfect, opponent("perfect", seat.game), 6, 0))) == (0, 6, 0)
    games = list(match(perfect, opponent("random", seat.game), 8, 0))
    assert counted(games)[2] == 0
    assert counted(games)[0] >= 4
    assert [game.began for game in games] == [True, False] * 4
    lost = counted(list(match(seat, opponent("perfect", seat.game), 8, 1)))
    assert lost[0] == 0
    assert lost[2] > 0
    before = torch.get_rng_state()
    list(match(seat, opponent("random", seat.game), 2, 0))
    assert torch.equal(before, torch.get_rng_state())
