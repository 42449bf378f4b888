"""What goes on inside a recurrent layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Choice, Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import has_call

    return int(has_call(plan, "LSTM", "GRU", "RNN"))


@view(
    "Gates and memory",
    "Gates, cell and hidden state of an LSTM, GRU or RNN at each step of a sample.",
    Int("unit", "all", help="One unit as lines over time, or all as maps", words=("all",), low=0),
    Int("layer", 0, help="Which of several layers in a row, counted from 0", low=0, high=64),
    Choice("way", "forward", options=("forward", "backward"), help="Which direction, where it reads in both"),
    about="fitting",
    sample=True,
    group="Layers",
    fits=_fits,
)
def gates(look: Look, unit: int | str, layer: int, way: str) -> tuple[Tiles, ...]:
    """Maps of units over time, or lines."""
    from app.insight.recurrent import gate_pictures

    return gate_pictures(look, layer, way == "backward", unit)
