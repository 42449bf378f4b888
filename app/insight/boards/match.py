"""A net at the board: its search before each move, and games against a perfect or a random player."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

import torch
from torch import nn

from app.core.compile.games import played, playing_of
from app.core.compile.net import CompiledNet
from app.data.playing import made
from app.insight.tiles import NoPicture
from nodes.modules.perfect_player import PerfectPlayer
from nodes.modules.tree_search import TreeSearch

OPPONENTS = ("perfect", "random")
SIMULATIONS = 128  # in front of a move, where nothing else is said
Board = tuple[int, ...]


class Opponent(Protocol):
    """Who chooses moves."""

    def choose(self, board: Board, random: Random) -> int: ...


class RandomPlayer:
    """Any move that is allowed."""

    def __init__(self, game: Any) -> None:
        self.game = game

    def choose(self, board: Board, random: Random) -> int:
        """One of them."""
        move: int = random.choice(self.game.legal(board))
        return move


@dataclass(frozen=True)
class SearchResult:
    """What a search found out: the moves that are allowed, their prior probability, visits and mean result, and what
    the board is worth to who is to move, by the net alone and by the search."""

    moves: tuple[int, ...]
    priors: tuple[float, ...]
    visits: tuple[int, ...]
    results: tuple[float, ...]
    worth: float
    searched: float

    @property
    def best(self) -> int:
        """The most visited move; without any search the one with the largest prior. Of equal ones the first."""
        shares = self.visits if any(self.visits) else self.priors
        return self.moves[max(range(len(self.moves)), key=lambda at: shares[at])]


class NetPlayer:
    """The net of a drawing at its board."""

    def __init__(self, net: CompiledNet, model: nn.Module, simulations: int = SIMULATIONS) -> None:
        """
        Raises:
            NoPicture: if the net plays no board game.
        """
        source = played(net.plan.sources)
        playing = playing_of(source) if source is not None else None
        if source is None or playing is None or playing.player is None or source.type != "BoardGame":
            raise NoPicture(
                "This net plays no board game. The template AlphaZero: tic-tac-toe does: its data is a Board game."
            )
        player = made(playing.player(**source.settings))
        self.game, self.model = player.game, model
        self.search = TreeSearch(self.game, simulations, player.search.exploration)

    def look(self, board: Board) -> SearchResult:
        """What the net sees ahead of this board.

        Raises:
            NoPicture: if the net gives no numbers, or reads something else.
        """
        with torch.random.fork_rng(devices=[]):
            try:
                (root,) = self.search.search([board], self.model)
            except (RuntimeError, ValueError, OverflowError) as error:
                raise NoPicture(f"The net cannot judge this board: {' '.join(str(error).split())[:200]}.") from None
        if not all(prior == prior for prior in root.priors) or root.worth != root.worth:
            raise NoPicture(
                "The net gives values that are no numbers, so it cannot play. Train it with a smaller learning rate."
            )
        results = tuple(total / count if count else 0.0 for total, count in zip(root.sums, root.visits))
        count = sum(root.visits)
        searched = sum(root.sums) / count if count else root.worth
        return SearchResult(tuple(root.moves), tuple(root.priors), tuple(root.visits), results, root.worth, searched)

    def choose(self, board: Board, random: Random) -> int:
        """Its move."""
        return self.look(board).best


@dataclass(frozen=True)
class Game:
    """A game that is over: its moves, whether the net began, and its result for the net: 1, 0 or −1."""

    moves: tuple[int, ...]
    began: bool
    result: int


def opponent(name: str, game: Any) -> Opponent:
    """Who is called so.

    Raises:
        NoPicture: for the perfect one, if the board is too large for it.
    """
    if name == "random":
        return RandomPlayer(game)
    if game.squares > PerfectPlayer.most:
        raise NoPicture(
            f"A perfect player looks at every game to its end, which takes too long on {game.squares} squares; "
            f"{PerfectPlayer.most} are possible. Play against a random one."
        )
    perfect: Opponent = PerfectPlayer(game)
    return perfect


def match(seat: NetPlayer, other: Opponent, games: int, seed: int) -> Iterator[Game]:
    """So many games; the net begins every second one, the first among them. The seed says what the other does."""
    for number in range(games):
        random, began = Random(seed + number), number % 2 == 0
        board = seat.game.start()
        moves: list[int] = []
        while (outcome := seat.game.outcome(board)) is None:
            nets = (len(moves) % 2 == 0) == began
            move = seat.choose(board, random) if nets else other.choose(board, random)
            moves.append(move)
            board = seat.game.play(board, move)
        nets = (len(moves) % 2 == 0) == began  # whether the net would be next
        yield Game(tuple(moves), began, int(outcome if nets else -outcome))


def counted(games: Sequence[Game]) -> tuple[int, int, int]:
    """How many the net has won, drawn and lost."""
    results = [game.result for game in games]
    return results.count(1), results.count(0), results.count(-1)
