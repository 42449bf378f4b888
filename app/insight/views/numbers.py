"""How a single number was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Text

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Arithmetic of a number",
    "How one number of a layer was made: the window it saw, the weights, the products and their sum.",
    Text("unit", help="Which number: channel, row and column, or the first of them, as 3,5,5. Empty: the strongest"),
    Text(
        "value",
        help="What of the layer: an output, a weight such as weight or bias, or an inner value such as forget gate. "
        "Empty: its output",
    ),
    sample=True,
    group="How it learns",
)
def numbers(look: Look, unit: str, value: str) -> tuple[Tiles, ...]:
    """The window or the terms, what they were multiplied by, and the products."""
    from app.insight.arithmetic.net_arithmetic import NetArithmetic, index_of, strongest
    from app.insight.arithmetic.number import NumberPlace
    from app.insight.arithmetic.pictures import pictures

    following = NetArithmetic(look.net, look.model, look.batch)
    what = following.called(look.node, value.strip())
    index = strongest(following.values(look.node, what), index_of(unit))
    return pictures(following.number(NumberPlace(look.node, what, index)))
