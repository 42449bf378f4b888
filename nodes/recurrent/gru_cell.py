"""One step of a gated recurrent unit."""

from nodes.api import RAW, Built, Example, Settings, Shape, Sheet, layer
from nodes.api.saves import Saves
from nodes.recurrent._pictures import one_step
from nodes.recurrent._single import SETTINGS, cell, kept


def _drawn(sheet: Sheet, settings: Settings) -> str:
    one_step(sheet, "GRU", False)
    return "One step: gates say how much of the past counts and how much of it is replaced."


@layer(
    id="GRUCell",
    name="GRU cell",
    picture=_drawn,
    saves=Saves(inputs=True, extra=kept(6)),
    gates=["reset gate", "update gate", "candidate"],
    values=RAW,
    learns="weights",
    outputs=("h_1",),
    formula="h₁ = (1 − update) · candidate + update · h₀",
    params=SETTINGS,
    examples=[
        Example(inputs=[(16,)], outputs={"h_1": (64,)}),
        Example(inputs=[(5,), (8,)], params={"hidden_size": 8, "bias": False}, outputs={"h_1": (8,)}),
    ],
    words=["memory", "recurrent", "gated recurrent unit", "step", "state", "decoder"],
)
def gru_cell(x: Shape, h_0: Shape | None = None, *, hidden_size: int, bias: bool) -> Built:
    """One step of a GRU (Cho et al. 2014), to be wired to itself in a block that runs over time. What it remembers is
    zero where nothing is wired."""
    return cell("nn.GRUCell", 3, x, {"h_0": h_0}, hidden_size=hidden_size, bias=bias)
