"""One step of a long short-term memory."""

from nodes.api import RAW, Built, Example, Settings, Shape, Sheet, layer
from nodes.api.saves import Saves
from nodes.recurrent._pictures import one_step
from nodes.recurrent._single import SETTINGS, cell, kept


def _drawn(sheet: Sheet, settings: Settings) -> str:
    one_step(sheet, "LSTM", True)
    return "One step: the memory c runs through, and gates say what is forgotten, written and shown."


@layer(
    id="LSTMCell",
    name="LSTM cell",
    picture=_drawn,
    saves=Saves(inputs=True, extra=kept(6)),
    gates=["input gate", "forget gate", "candidate", "output gate"],
    values=RAW,
    learns="weights",
    outputs=("h_1", "c_1"),
    formula="c₁ = forget · c₀ + input · candidate;  h₁ = output · tanh(c₁)",
    params=SETTINGS,
    examples=[
        Example(inputs=[(16,)], outputs={"h_1": (64,), "c_1": (64,)}),
        Example(
            inputs=[(5,), (8,), (8,)], params={"hidden_size": 8, "bias": False}, outputs={"h_1": (8,), "c_1": (8,)}
        ),
        Example(inputs=[(5,), (8,)], params={"hidden_size": 8}, outputs={"h_1": (8,), "c_1": (8,)}),
    ],
    words=["memory", "recurrent", "long short-term memory", "step", "state", "decoder"],
)
def lstm_cell(x: Shape, h_0: Shape | None = None, c_0: Shape | None = None, *, hidden_size: int, bias: bool) -> Built:
    """One step of an LSTM (Hochreiter and Schmidhuber 1997), to be wired to itself in a block that runs over time. What
    it remembers is zero where nothing is wired."""
    return cell("nn.LSTMCell", 4, x, {"h_0": h_0, "c_0": c_0}, hidden_size=hidden_size, bias=bias)
