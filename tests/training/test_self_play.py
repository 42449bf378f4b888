"""Self-play with a tree search: rules, the search against one by hand, what is remembered, and going on exactly."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from app.core.compile.net import compile_net
from app.core.graph.model import Project
from app.core.storage.templates import load
from app.training.checkpoints import load_run
from app.training.control import Control
from app.training.events import BatchDone, EpochDone, Failed, Finished
from app.training.loop import train
from app.training.script import print_script
from nodes.modules.board_game import BoardGame
from nodes.modules.perfect_player import PerfectPlayer
from nodes.modules.replay import Replay
from nodes.modules.self_play import SelfPlay
from nodes.modules.tree_search import TreeSearch

Board = tuple[int, ...]
TICTACTOE = BoardGame(3, 3, 3)
FOUR = BoardGame(6, 7, 4, falling=True)


class Told(nn.Module):
    """A net with made-up answers: ``scores`` (actions,) for every board, and worth by what is seen."""

    def __init__(self, scores: list[float], worth: float = 0.0) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.tensor(scores))
        self.worth = worth

    def forward(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Policy and value."""
        return self.scores.expand(len(seen), -1), torch.full((len(seen), 1), self.worth)


def winner(stones: list[int], rows: int, columns: int, line: int) -> int:
    """Who has a line, found square by square in another way: 1, −1, or 0 for nobody."""
    for row, column in product(range(rows), range(columns)):
        for down, right in ((0, 1), (1, 0), (1, 1), (-1, 1)):
            ends = row + down * (line - 1), column + right * (line - 1)
            if not (0 <= ends[0] < rows and 0 <= ends[1] < columns):
                continue
            some = {stones[(row + step * down) * columns + column + step * right] for step in range(line)}
            if len(some) == 1 and 0 not in some:
                return some.pop()
    return 0


@pytest.mark.parametrize("game", [TICTACTOE, FOUR, BoardGame(3, 4, 3), BoardGame(4, 4, 4, falling=True)])
def test_games_by_the_rules(game: BoardGame) -> None:
    """Random games beside a board that is kept in absolute stones. Fails if a move is offered on a taken square, a
    stone hangs in the air, sides are mixed up, or an end is missed."""
    chance = random.Random(1)
    for _ in range(40):
        board, stones, mover = game.start(), [0] * game.squares, 1
        while (outcome := game.outcome(board)) is None:
            assert winner(stones, game.rows, game.columns, game.line) == 0
            legal = game.legal(board)
            assert legal
            move = chance.choice(legal)
            place = game.square(board, move)
            assert stones[place] == 0
            if game.falling:
                assert place % game.columns == move
                assert place + game.columns >= game.squares or stones[place + game.columns] != 0
            else:
                assert sorted(legal) == [at for at, stone in enumerate(stones) if stone == 0]
            stones[place], board, mover = mover, game.play(board, move), -mover
            assert list(board) == [stone * mover for stone in stones]
            own, theirs = game.seen([board])[0]
            assert own.flatten().tolist() == [float(stone == mover) for stone in stones]
            assert theirs.flatten().tolist() == [float(stone == -mover) for stone in stones]
        won = winner(stones, game.rows, game.columns, game.line)
        assert outcome == (0.0 if won == 0 else float(won * mover))
        assert won != 0 or 0 not in stones


def by_hand(game: BoardGame, board: Board, priors: dict[int, float], worth: float, times: int, c: float) -> list[int]:
    """Visits of the moves of a board, by a recursion over dictionaries: another search than that of the product."""
    known: dict[Board, dict[int, list[float]]] = {}

    def visit(at: Board) -> float:
        outcome = game.outcome(at)
        if outcome is not None:
            return outcome
        if at not in known:
            allowed = game.legal(at)
            total = sum(priors[move] for move in allowed)
            known[at] = {move: [priors[move] / total, 0.0, 0.0] for move in allowed}
            return worth
        edges = known[at]
        count = max(1.0, sum(edge[1] for edge in edges.values()))
        score = {
            move: (edge[2] / edge[1] if edge[1] else 0.0) + c * edge[0] * math.sqrt(count) / (1 + edge[1])
            for move, edge in edges.items()
        }
        move = max(score, key=lambda each: (round(score[each], 12), -each))
        value = -visit(game.play(at, move))
        edges[move][1] += 1
        edges[move][2] += value
        return value

    visit(board)
    for _ in range(times):
        visit(board)
    return [int(edge[1]) for edge in known[board].values()]


def test_the_search_counts_as_one_by_hand() -> None:
    """Three free squares, one of which wins: a tree so small that every order of moves leads to a board of its own.
    Fails if the bonus, the sign of the value, the count of visits or the sharing of priors is another."""
    # own stones 0 and 1, so square 2 wins; of the other 3, 4 and 8.
    board = (1, 1, 0, -1, -1, 0, 0, 1, -1)
    scores = [0.0, 0.0, -1.5, 0.0, 0.0, 1.0, 0.5, 0.0, 0.0]
    priors = {move: math.exp(score) for move, score in enumerate(scores)}
    for times in (1, 2, 3, 5, 8, 30):
        for worth in (0.0, 0.3, -0.6):
            (root,) = TreeSearch(TICTACTOE, times, 1.5).search([board], Told(scores, worth))
            assert root.visits == by_hand(TICTACTOE, board, priors, worth, times, 1.5), (times, worth)
            assert sum(root.visits) == times
    assert root.moves == [2, 5, 6]


def test_the_first_steps_written_out() -> None:
    """Two moves: 2 wins at once, 6 leads to a draw; the net gives them 2/7 and 5/7. With c = 1 the scores are by the
    formula, in front of each step: 0.286 and 0.714; 0.286 and 0.714/2; √2·0.286 = 0.404 and √2·0.714/3 = 0.337; then 2
    has won, so 1 + √3·0.286/2 = 1.25 against √3·0.714/3 = 0.41, and so on. Fails if any of it is another."""
    board = (1, 1, 0, -1, -1, 1, 0, 1, -1)
    scores = [0.0] * 9
    scores[6] = math.log(2.5)
    expected = {0: [0, 0], 1: [0, 1], 2: [0, 2], 3: [1, 2], 4: [2, 2], 10: [8, 2]}
    for times, visits in expected.items():
        (root,) = TreeSearch(TICTACTOE, times, 1.0).search([board], Told(scores))
        assert root.moves == [2, 6]
        assert root.priors == pytest.approx([2 / 7, 5 / 7])
        assert root.visits == visits
        assert root.sums == [float(visits[0]), 0.0]


def test_a_win_is_found_and_a_loss_is_avoided_without_a_net() -> None:
    """Fails if values are not turned round from one to the other, in either direction."""
    search = TreeSearch(TICTACTOE, 200)
    (wins,) = search.search([(1, 1, 0, -1, -1, 0, 0, 0, 0)], None)
    assert wins.moves[wins.visits.index(max(wins.visits))] == 2
    (holds,) = search.search([(-1, -1, 0, 1, 0, 0, 0, 0, 0)], None)
    assert holds.moves[holds.visits.index(max(holds.visits))] == 2


def test_noise_is_there_in_training_alone() -> None:
    """Fails if the noise does not sum to one, is drawn without being asked for, or another seed gives the same."""
    search = TreeSearch(TICTACTOE, 0, noise=0.25)
    start = TICTACTOE.start()
    plain = search.search([start], Told([0.0] * 9))[0].priors
    assert plain == pytest.approx([1 / 9] * 9)
    noisy = [search.search([start], Told([0.0] * 9), random.Random(seed))[0].priors for seed in (1, 1, 2)]
    assert noisy[0] == noisy[1] != noisy[2]
    assert sum(noisy[0]) == pytest.approx(1.0)
    assert min(noisy[0]) >= 0.75 / 9 - 1e-9


@pytest.mark.parametrize("game", [TICTACTOE, BoardGame(3, 4, 3), FOUR])
def test_turned_boards_are_worth_the_same(game: BoardGame) -> None:
    """Fails if a turn is none of the game: another winner, other moves, or one way missing or there twice."""
    squares, moves = game.turns()
    assert len({tuple(each.tolist()) for each in squares}) == len(squares) == {9: 8, 12: 4, 42: 2}[game.squares]
    chance = random.Random(3)
    for _ in range(20):
        board = game.start()
        for _ in range(chance.randrange(game.squares)):
            if game.outcome(board) is not None:
                break
            move = chance.choice(game.legal(board))
            behind = game.play(board, move)
            for turn, moved in zip(squares.tolist(), moves.tolist()):
                turned = tuple(board[at] for at in turn)
                there = moved.index(move)  # where the move lies in the turned board
                assert game.play(turned, there) == tuple(behind[at] for at in turn)
                assert game.outcome(turned) == game.outcome(board)
            board = behind
    if game.squares == 9:
        perfect = PerfectPlayer(game)
        board = (1, 0, 0, 0, -1, 0, 0, 0, 0)
        assert len({perfect.worth(tuple(board[at] for at in turn)) for turn in squares.tolist()}) == 1


def test_the_perfect_player_knows_the_end() -> None:
    """Known facts of tic-tac-toe. Fails if a board is judged for the wrong side, or a forced win is missed."""
    perfect = PerfectPlayer(TICTACTOE)
    assert perfect.worth(TICTACTOE.start()) == 0
    assert len(perfect.known) == 5478  # boards that can be reached
    assert perfect.worth((-1, -1, -1, 1, 1, 0, 1, 0, 0)) == -1  # over: the other has a line
    assert perfect.worth((1, 1, 0, -1, -1, 0, 0, 0, 0)) == 1
    assert perfect.moves((1, 1, 0, -1, -1, 0, 0, 0, 0)) == [2]
    assert perfect.worth((-1, -1, 0, 1, -1, 0, 0, 0, 0)) == -1  # two ways to win for the other
    corner = TICTACTOE.play(TICTACTOE.start(), 0)
    assert perfect.moves(corner) == [4]  # all other answers to a corner lose


def player(games: int = 4, opening: int = 2) -> SelfPlay:
    search = TreeSearch(TICTACTOE, 6)
    return SelfPlay(TICTACTOE, search, Replay(500), PerfectPlayer(TICTACTOE), games, 8, opening)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_what_is_remembered_is_what_was_played() -> None:
    """Fails if an outcome has the wrong sign, a board is not that before the move, or shares are of other moves."""
    made, model = player(), Told([0.1 * at for at in range(9)])
    seen = []

    class Watch(Replay):
        def add(self, steps: dict[str, Tensor], numbers: list[int] | None) -> None:
            seen.append(steps)
            super().add(steps, numbers)

    made.replay = Watch(500)
    for batch in range(12):
        made.batch(model, 16, generator(batch))
    assert len(seen) > 5
    for game in seen:
        count = len(game["state"])
        outcome = game["outcome"].flatten().tolist()
        assert all(a == -b for a, b in pairwise(outcome))
        assert outcome[-1] >= 0  # who makes the last move does not lose by it
        assert game["visits"].sum(1).tolist() == pytest.approx([1.0] * count)
        for at in range(count):
            own, theirs = game["state"][at]
            assert int(own.sum()) + int(theirs.sum()) == at
            assert float((game["visits"][at] * (own + theirs).flatten()).sum()) == 0  # no visit to a taken square
        if at + 1 < count:
            own, theirs = game["state"][at + 1]
            assert torch.equal(theirs.sum(), game["state"][at][0].sum() + 1)


def test_batches_are_turned_with_their_moves() -> None:
    """One remembered board in all of its eight ways. Fails if moves are turned otherwise than the board."""
    made = player()
    board = (1, 0, 0, 0, -1, 0, 0, 0, 0)
    visits = torch.zeros(1, 9)
    visits[0, 1] = 0.75
    visits[0, 8] = 0.25
    made.replay.add({"state": TICTACTOE.seen([board]), "visits": visits, "outcome": torch.ones(1, 1)}, [0])
    made.every = 0
    batch = made.batch(None, 200, generator(0))
    ways = set()
    for state, shares in zip(batch["state"], batch["visits"]):
        own, move, other = int(state[0].flatten().argmax()), int(shares.argmax()), int((shares == 0.25).nonzero())
        rows = [divmod(at, 3) for at in (own, move, other)]
        assert state[1, 1, 1] == 1
        assert abs(rows[0][0] - rows[1][0]) + abs(rows[0][1] - rows[1][1]) == 1  # still beside the own stone
        assert rows[2] == (2 - rows[0][0], 2 - rows[0][1])  # still in the corner across
        ways.add((own, move))
    assert len(ways) == 8


def test_the_net_alone_is_measured_fairly() -> None:
    """Two players that are known: the perfect one as a net loses none, one that only takes the first free square loses
    some. Fails if wins and losses or the sides are mixed up."""
    perfect = PerfectPlayer(TICTACTOE)

    class Perfect(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.none = nn.Parameter(torch.zeros(1))

        def forward(self, seen: Tensor) -> Tensor:
            boards = (seen[:, 0] - seen[:, 1]).flatten(1).int().tolist()
            scores = torch.zeros(len(boards), 9)
            for at, board in enumerate(boards):
                for move in perfect.moves(tuple(board)):
                    scores[at, move] = 5.0
            return scores

    made = player()
    made.model = Perfect()
    assert made.unbeaten(20) == 1.0
    made.model = Told([9.0 - at for at in range(9)])
    assert made.unbeaten(20) < 0.6


def small(**recipe: object) -> Project:
    """The template with fewer games and looks ahead."""
    project = load("alphazero_tictactoe")
    nodes = dict(project.graph.nodes)
    settings = {"games": 4, "simulations": 4, "batches": 6}
    nodes["board"] = replace(nodes["board"], params={**nodes["board"].params, **settings})
    changed = replace(project.recipe.with_settings(**recipe), device="cpu")
    return replace(project, graph=replace(project.graph, nodes=nodes), recipe=changed)


def test_a_training_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    """Stopped within an epoch and gone on, with games that were begun. Fails if a bit of the weights differs."""
    project = small(epochs=3, batch_size=16)
    net = compile_net(project)
    told = list(train(net, project.recipe, out=tmp_path / "whole"))
    assert isinstance(told[-1], Finished)
    control = Control()
    for event in train(net, project.recipe, out=tmp_path / "two", control=control):
        assert not isinstance(event, Failed)
        if isinstance(event, BatchDone) and event.epoch == 2 and event.batch == 3:
            control.stop()
    rest = list(train(net, project.recipe, out=tmp_path / "two", resume=tmp_path / "two"))
    assert isinstance(rest[-1], Finished)
    here, there = (load_run(tmp_path / name).model.state_dict() for name in ("whole", "two"))
    assert all(torch.equal(here[name], there[name]) for name in here)
    last = [event for event in rest if isinstance(event, EpochDone)][-1]
    whole = [event for event in told if isinstance(event, EpochDone)][-1]
    assert last.metrics == whole.metrics
    names = [name for name in last.metrics if "loss" not in name]
    assert names == ["train_unbeaten", "train_draws", "train_episode_length", "train_memory"]  # what counts comes first


def test_a_program_of_its_own_plays_to_the_same_weights(tmp_path: Path) -> None:
    """Fails if the exported file lacks a part of what plays, or learns something else than the loop."""
    project = small(epochs=2, batch_size=16)
    net = compile_net(project)
    assert isinstance(list(train(net, project.recipe, out=tmp_path / "run"))[-1], Finished)
    (tmp_path / "program.py").write_text(print_script(net, project.recipe))
    done = subprocess.run(
        [sys.executable, "-I", "program.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "unbeaten" in done.stdout
    theirs = torch.load(tmp_path / "weights.pt", weights_only=True)
    ours = load_run(tmp_path / "run").model.state_dict()
    assert all(torch.equal(theirs[name], value) for name, value in ours.items())


def test_stones_may_fall(tmp_path: Path) -> None:
    """A net for four columns learns the game with falling stones. Fails if moves and squares are mixed up there."""
    project = small(epochs=1, batch_size=16)
    nodes = dict(project.graph.nodes)
    board = {**nodes["board"].params, "rows": 4, "columns": 4, "falling": True}
    nodes["board"] = replace(nodes["board"], params=board)
    nodes["policy"] = nodes["policy"].with_param("out_features", 4)
    project = replace(project, graph=replace(project.graph, nodes=nodes))
    told = list(train(compile_net(project), project.recipe, out=tmp_path / "run"))
    assert isinstance(told[-1], Finished)
    (epoch,) = [event for event in told if isinstance(event, EpochDone)]
    assert "train_unbeaten" not in epoch.metrics  # no perfect player looks so far
    assert all(math.isfinite(value) for value in epoch.metrics.values())


def test_games_of_another_board_are_refused() -> None:
    """Fails if the state of other games is taken up without a word."""
    made, other = player(), player(games=3)
    made.batch(None, 4, generator(0))
    with pytest.raises(ValueError, match="other games"):
        other.load_state_dict(made.state_dict())
    state = made.state_dict()
    state["taken"][0] = torch.tensor([4, 4])
    with pytest.raises(ValueError, match="other games"):
        player().load_state_dict(state)


def test_one_answer_or_none_is_enough() -> None:
    """Fails if a net with a value or a policy alone cannot play."""
    boards = [TICTACTOE.start(), (1, 0, 0, 0, -1, 0, 0, 0, 0)]

    class Alone(nn.Linear):
        def forward(self, seen: Tensor) -> Tensor:
            return super().forward(seen.flatten(1))

    scores, worth = TreeSearch(TICTACTOE, 0).judged(boards, Alone(18, 1))
    assert scores.abs().sum() == 0
    assert (worth.abs() <= 1).all()
    scores, worth = TreeSearch(TICTACTOE, 0).judged(boards, Alone(18, 9))
    assert scores.shape == (2, 9)
    assert worth.tolist() == [0.0, 0.0]
