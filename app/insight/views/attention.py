"""How steps attend to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import has_call

    return int(has_call(plan, "MultiheadAttention", "TransformerEncoderLayer", "TransformerEncoder"))


@view(
    "Attention",
    "How much each step of a sample attends to each other one, for every head of an attention.",
    Int("head", "all", help="One head, counted from 0, or all of them", words=("all",), low=0),
    about="fitting",
    sample=True,
    group="Layers",
    fits=_fits,
)
def attention(look: Look, head: int | str) -> tuple[Tiles, ...]:
    """A map for each head."""
    from app.insight.attention import attention_pictures

    return attention_pictures(look, head)
