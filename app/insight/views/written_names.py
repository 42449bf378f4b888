"""Names that a net makes up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Float, Int, Text

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import token_inputs, writes_tokens

    labelled = any(each.shape.dtype == "int" and not each.shape.rank for each in plan.inputs)
    return 2 * (labelled and len(token_inputs(plan)) == 1 and writes_tokens(plan))


@view(
    "Names that it writes",
    "Fresh names of an origin, letter by letter, and how sure the net was of their letters.",
    Text("origin", "", help="Whose names, such as Italian; empty, the first"),
    Int("count", 8, low=1, high=40, help="How many"),
    Float("temperature", 0.7, low=0.05, high=5.0, step=0.1, help="Lower is safer, higher is bolder; 1 is as learned"),
    Int("seed", 0, low=0, high=2**31 - 1, help="The same number draws the same names"),
    about="net",
    group="Text",
    fits=_fits,
)
def written_names(look: Look, origin: str, count: int, temperature: float, seed: int) -> Tiles:
    """A table of names."""
    from app.insight.written_names import written_picture

    return written_picture(look, origin, count, temperature, seed)
