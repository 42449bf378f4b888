"""A board game against the net, and what its tree search sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Choice, Int, Text

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import plays_boards

    return 3 * plays_boards(plan)


@view(
    "Against the net",
    "A board game against the net: your stones are set with a click, it answers, and beside the board stand its tree "
    "search in front of that move (visits, priors, results) and what it thinks the board is worth.",
    Text(
        "pixels",
        "",
        label="your stones",
        help="Row and column of each in turn, such as 1,1 0,2, counted from 0. In the window, click on the board; the "
        "right button takes a stone back. Empty begins a new game",
        most=4000,
    ),
    Choice("begins", "you", options=("you", "net"), help="Who has the first move"),
    Int(
        "simulations", 128, help="How often it looks ahead in front of each move; 0 for the net alone", low=0, high=5000
    ),
    about="net",
    group="What it makes",
    fits=_fits,
)
def board(look: Look, pixels: str, begins: str, simulations: int) -> tuple[Tiles, ...]:
    """The board, the search on the board, and a table."""
    from app.insight.boards.board_picture import board_pictures

    return board_pictures(look, pixels, begins == "net", simulations)
