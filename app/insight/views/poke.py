"""What comes of laying hands on a copy of the net."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Text

if TYPE_CHECKING:
    from app.insight.tiles import Tiles

LONGEST = 4000


@view(
    "Poke and react",
    "What changes, and by how much, if units, channels, heads or weights of a copy of the net are set by hand.",
    Text("off", most=LONGEST, help="What is switched off, with blanks between: conv1:3 attention:head2 fc1"),
    Text("scale", most=LONGEST, help="What is multiplied: conv1:0=2"),
    Text("hold", most=LONGEST, help="What is held at a value: fc1:2=0.5, or a pixel of the input: digits:0,4,5=1"),
    Text("weights", most=LONGEST, help="Weights with their new values: conv1.weight:3,0,2,2=0.5"),
    Text("prune", most=LONGEST, help="How many per cent of the weights become 0, the smallest: 30, or fc1=50"),
    about="net",
    sample=True,
    group="How it learns",
)
def poke(look: Look, off: str, scale: str, hold: str, weights: str, prune: str) -> tuple[Tiles, ...]:
    """The answer before and after, how much each layer changed, and the layer that is named before and after."""
    from app.insight.poke import BadPoke, read_pokes
    from app.insight.poke_pictures import pictures
    from app.insight.tiles import NoPicture

    try:
        pokes = read_pokes(off, scale, hold, weights, prune)
    except BadPoke as reason:
        raise NoPicture(str(reason)) from None
    return pictures(look, pokes)
