"""One step of a plain recurrent layer."""

from nodes.api import RAW, Built, Choice, Example, Settings, Shape, Sheet, differing, layer
from nodes.api.saves import Saves
from nodes.recurrent._pictures import one_step
from nodes.recurrent._single import SETTINGS, cell, kept


def _drawn(sheet: Sheet, settings: Settings) -> str:
    one_step(sheet, "RNN", False)
    return "One step: it mixes what arrives with what it remembers, h."


@layer(
    id="RNNCell",
    name="RNN cell",
    picture=_drawn,
    saves=Saves(inputs=True, output=True, extra=kept(1)),
    values=RAW,
    learns="weights",
    outputs=("h_1",),
    formula="h₁ = tanh(x · weight_ihᵀ + bias_ih + h₀ · weight_hhᵀ + bias_hh)",
    params=[
        *SETTINGS,
        Choice("nonlinearity", "tanh", options=("tanh", "relu"), label="activation", help="What bends the sum."),
    ],
    examples=[
        Example(inputs=[(16,)], outputs={"h_1": (64,)}),
        Example(
            inputs=[(5,), (8,)],
            params={"hidden_size": 8, "nonlinearity": "relu", "bias": False},
            outputs={"h_1": (8,)},
        ),
    ],
    words=["memory", "recurrent", "elman", "step", "state", "decoder"],
)
def rnn_cell(x: Shape, h_0: Shape | None = None, *, hidden_size: int, bias: bool, nonlinearity: str) -> Built:
    """One step of a plain recurrent layer (Elman 1990), to be wired to itself in a block that runs over time. What it
    remembers is zero where nothing is wired."""
    options = differing(nonlinearity=(nonlinearity, "tanh"))
    return cell("nn.RNNCell", 1, x, {"h_0": h_0}, hidden_size=hidden_size, bias=bias, **options)
