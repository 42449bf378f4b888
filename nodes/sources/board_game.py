"""A game on a board, which a net learns by playing against itself."""

from __future__ import annotations

from nodes.api import Call, Field, Float, Int, Schema, Switch, module, source

JUDGED = 9  # squares of a board on which a perfect player is quick


def describe(
    *,
    rows: int,
    columns: int,
    line: int,
    falling: bool,
    games: int,
    simulations: int,
    exploration: float,
    noise: float,
    opening: int,
    memory: int,
    every: int,
    batches: int,
) -> Schema:
    """Two put stones on a board in turn, and who has some in a row wins: tic-tac-toe with 3 by 3 and three in a row,
    Connect Four with 6 by 7, four in a row and falling stones. The net plays it against itself with a tree search in
    front of each move (Silver et al. 2017). Seen are the own stones and those of the other; what is learned is how
    often the search has visited each move, and how the game ended for who is to move (1, 0 or −1)."""
    if line > max(rows, columns):
        raise ValueError(f"{line} in a row do not fit on a board of {rows} by {columns}. Make the row shorter.")
    actions = columns if falling else rows * columns
    return Schema(
        {
            "state": Field((2, rows, columns)),
            "visits": Field((actions,), classes=actions),
            "outcome": Field((1,)),
        },
        noun=("position", "positions"),
    )


def player(
    *,
    rows: int,
    columns: int,
    line: int,
    falling: bool,
    games: int,
    simulations: int,
    exploration: float,
    noise: float,
    opening: int,
    memory: int,
    every: int,
    batches: int,
) -> Call:
    """The net against itself."""
    game = board(rows=rows, columns=columns, line=line, falling=falling)
    search = module("modules.TreeSearch", game, simulations, exploration=exploration, noise=noise)
    replay = module("modules.Replay", memory)
    judge = module("modules.PerfectPlayer", game) if rows * columns <= JUDGED else None
    return module("modules.SelfPlay", game, search, replay, judge, games=games, every=every, opening=opening)


def board(*, rows: int, columns: int, line: int, falling: bool) -> Call:
    """The rules alone."""
    return module("modules.BoardGame", rows, columns, line, **({"falling": True} if falling else {}))


BOARD_GAME = source(
    id="BoardGame",
    name="Board game",
    params=[
        Int("rows", 3, low=2, high=19, card=True, help="Squares from top to bottom."),
        Int("columns", 3, low=2, high=19, card=True, help="Squares from left to right."),
        Int("line", 3, low=2, high=10, card=True, label="in a row", help="Stones in a row that win."),
        Switch("falling", False, help="Stones fall to the lowest free square of a column, as in Connect Four."),
        Int("games", 32, low=1, high=1024, label="games at once", help="How many are played beside each other."),
        Int("simulations", 32, low=1, high=10_000, help="How often the search looks ahead in front of each move."),
        Float(
            "exploration", 1.5, low=0.0, high=100.0, step=0.1, help="How much the search tries what is little known."
        ),
        Float("noise", 0.25, low=0.0, high=1.0, step=0.05, help="Share of chance in the first move of each search."),
        Int("opening", 4, low=0, high=1000, help="First moves of a game that are drawn by their visits, not the best."),
        Int("memory", 20_000, low=100, high=10_000_000, help="Positions that are remembered."),
        Int("every", 8, low=1, high=100_000, label="moves per batch", help="Moves that are played for each batch."),
        Int("batches", 100, low=1, high=1_000_000, label="batches of an epoch", help="How many an epoch has."),
    ],
    describe=describe,
    player=player,
    examples=[
        {"games": 2, "simulations": 2},
        {"rows": 6, "columns": 7, "line": 4, "falling": True, "games": 2, "simulations": 2},
        {"rows": 3, "columns": 4, "games": 2, "simulations": 2, "opening": 0},
    ],
    words=[
        "game",
        "reinforcement",
        "alphazero",
        "alphago",
        "tic-tac-toe",
        "connect four",
        "mcts",
        "self-play",
        "board",
    ],
)
