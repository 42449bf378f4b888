"""A game of somebody against the net as pictures: the board, and on a second one what the search has seen."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from app.insight.boards.match import Board, NetPlayer, SearchResult
from app.insight.strips import LIGHT
from app.insight.text import draw_text, line_height
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look

SIDE = 64  # pixels of a square
MOST_ROWS = 12  # of the table
_OWN, _OTHER, _MARK = (0, 114, 178), (213, 94, 0), (230, 230, 200)
_BUSY = (86, 180, 233)  # the ground of a square that the search has visited most


@dataclass(frozen=True)
class BoardState:
    """Where a game stands. ``board`` is seen by who is to move, ``net_next`` says whether that is the net; ``last`` is
    the square of the last stone. ``looked`` is the net's last search, of the board ``before``, and ``said`` what has to
    be told of stones that could not be set."""

    board: Board
    net_next: bool
    outcome: float | None
    last: int | None
    before: Board
    looked: SearchResult
    said: str

    @property
    def words(self) -> str:
        """Who is to move, or has won."""
        if self.outcome is None:
            return "Your move: click on a free square."
        if self.outcome == 0:
            return "A draw."
        return "You have won." if self.net_next else "The net has won."


def stones_of(text: str, rows: int, columns: int) -> list[tuple[int, int]]:
    """Rows and columns in turn.

    Raises:
        NoPicture: for what is no such list, or lies beside the board.
    """
    found = []
    for word in text.replace(";", " ").split():
        match = re.fullmatch(r"(\d+),(\d+)", word)
        if match is None:
            raise NoPicture(f"{word[:40]} is no square. Write row and column of each stone, such as 1,1 0,2.")
        row, column = int(match[1]), int(match[2])
        if row >= rows or column >= columns:
            raise NoPicture(f"{word[:40]} lies beside the board of {rows} rows and {columns} columns, from 0,0 on.")
        found.append((row, column))
    return found


def played_so_far(seat: NetPlayer, stones: list[tuple[int, int]], net_begins: bool) -> BoardState:
    """The game in which somebody sets these stones, as far as they can be set, and the net answers each."""
    game = seat.game
    board, last, said = game.start(), None, ""
    looked = before = None

    def net_moves(board: Board) -> tuple[Board, int]:
        nonlocal looked, before
        looked, before = seat.look(board), board
        return game.play(board, looked.best), game.square(board, looked.best)

    if net_begins:
        board, last = net_moves(board)
    for row, column in stones:
        if game.outcome(board) is not None:
            break
        move = column if game.falling else row * game.columns + column
        if move not in game.legal(board):
            said = f"{row},{column} is taken. "
            continue
        last, board = game.square(board, move), game.play(board, move)
        if game.outcome(board) is None:
            board, last = net_moves(board)
    filled = sum(stone != 0 for stone in board)
    net_next = (filled % 2 == 0) == net_begins
    if looked is None or before is None:
        looked, before = seat.look(board), board
    return BoardState(board, net_next, game.outcome(board), last, before, looked, said)


def board_pictures(look: Look, stones: str, net_begins: bool, simulations: int) -> tuple[Tiles, ...]:
    """The board with the stones set, to be clicked on; the board of the net's last search with visits and priors; and
    a table of its moves.

    Raises:
        NoPicture: if the net plays no board game, or the stones are no squares of its board.
    """
    seat = NetPlayer(look.net, look.model, simulations)
    game = seat.game
    now = played_so_far(seat, stones_of(stones, game.rows, game.columns), net_begins)
    own, found = _signs(now.board, now.net_next), now.looked
    nets = sum(stone != 0 for stone in now.before) % 2 == (0 if net_begins else 1)
    whose = "the net" if nets else "you"
    worth = found.searched if any(found.visits) else found.worth
    note = (
        f"{now.said}{now.words} Blue are your stones, orange those of the net. Before {whose} moved, it took the board "
        f"for {worth:+.2f} for {whose} (1 is won, −1 lost)."
    ).replace("-", "−")
    first = Tiles(
        _drawn(seat, own, now.last)[None],
        0.0,
        1.0,
        "rgb",
        "Against the net",
        note=note,
        brush=True,
        square=SIDE,
    )
    seen = _drawn(seat, _signs(now.before, nets), None, found)
    words = f"{sum(found.visits):,} looks ahead" if any(found.visits) else "the net alone"
    search = Tiles(
        seen[None],
        0.0,
        1.0,
        "rgb",
        f"What it saw before {whose} moved",
        note=f"In each free square visits and prior; {words}, the net alone says {found.worth:+.2f}.".replace("-", "−"),
    )
    return first, search, _table(seat, found)


def _signs(board: Board, net_next: bool) -> list[int]:
    """1 for stones of who plays against the net, −1 for those of the net."""
    return [-stone if net_next else stone for stone in board]


def _table(seat: NetPlayer, found: SearchResult) -> Tiles:
    order = sorted(range(len(found.moves)), key=lambda at: (-found.visits[at], -found.priors[at]))[:MOST_ROWS]
    total = max(1, sum(found.visits))
    rows = [_called(seat, found.moves[at]) for at in order]
    values = [[found.visits[at] / total, found.priors[at], found.results[at]] for at in order]
    maps = np.array(values, np.float32)[None]
    labels = (*rows, "share of visits", "prior", "mean result")
    return Tiles(maps, -1.0, 1.0, "diverging", "Its moves", labels, layout="table")


def _called(seat: NetPlayer, move: int) -> str:
    if seat.game.falling:
        return f"column {move}"
    row, column = divmod(move, seat.game.columns)
    return f"{row},{column}"


def _drawn(seat: NetPlayer, signs: list[int], last: int | None, found: SearchResult | None = None) -> np.ndarray:
    """The board ``(h, w, 3)`` in 0..1; with a search free squares are the bluer the more often they were visited."""
    game = seat.game
    picture = Image.new("RGB", (game.columns * SIDE, game.rows * SIDE), (255, 255, 255))
    pen = ImageDraw.Draw(picture)
    blank = tuple(0 if not sign else 1 for sign in signs)
    at_square = {game.square(blank, move): at for at, move in enumerate(found.moves)} if found is not None else {}
    most = max(found.visits, default=0) if found is not None else 0
    for place, sign in enumerate(signs):
        row, column = divmod(place, game.columns)
        x, y = column * SIDE, row * SIDE
        ground: tuple[int, ...] = _MARK if place == last else (255, 255, 255)
        at = at_square.get(place)
        if at is not None and found is not None:
            share = found.visits[at] / most if most else found.priors[at]
            ground = tuple(round(255 + share * (ink - 255)) for ink in _BUSY)
        pen.rectangle([x, y, x + SIDE - 1, y + SIDE - 1], ground, (176, 180, 188))
        if sign:
            edge = SIDE * 0.2
            box = [x + edge, y + edge, x + SIDE - edge, y + SIDE - edge]
            if sign > 0:
                pen.line(box, _OWN, 6)
                pen.line([box[0], box[3], box[2], box[1]], _OWN, 6)
            else:
                pen.ellipse(box, None, _OTHER, 6)
        elif at is not None and found is not None:
            line = line_height(15)
            draw_text(picture, x + SIDE / 2, y + SIDE / 2 - line, f"{found.visits[at]:,}", 15, LIGHT.ink, 0.5)
            draw_text(picture, x + SIDE / 2, y + SIDE / 2 + 1, f"{100 * found.priors[at]:.0f} %", 13, LIGHT.ink, 0.5)
    return np.asarray(picture, np.float32) / np.float32(255)
