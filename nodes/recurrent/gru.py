"""Gated recurrent unit."""

from nodes.api import RAW, Built, Example, Settings, Shape, Sheet, layer
from nodes.api.saves import Saves
from nodes.recurrent._cells import SETTINGS, cells, recurrent
from nodes.recurrent._pictures import unrolled


def _drawn(sheet: Sheet, settings: Settings) -> str:
    unrolled(sheet, "GRU", False, "r z")
    return "The same cell at each step. The gates r and z say how much of the past counts and how much is replaced."


@layer(
    id="GRU",
    name="GRU",
    picture=_drawn,
    saves=Saves(inputs=True, output=True, extra=cells(8)),
    gates=["reset gate", "update gate", "candidate"],
    values=RAW,  # at most 1 in size for most settings, but none are probabilities
    learns="weights",
    outputs=("output", "h_n"),
    backward="what comes back walks through the steps from the last to the first, through both gates",
    formula="h[t] = (1 − update) · candidate + update · h[t−1]",
    params=SETTINGS,
    examples=[
        Example(
            inputs=[(9, 5), (2, 8), (9,)],
            params={"hidden_size": 8, "bidirectional": True, "last_step_only": True},
            outputs={"output": (16,), "h_n": (2, 8)},
        ),
        Example(inputs=[(28, 16)], outputs={"output": (28, 64), "h_n": (1, 64)}),
        Example(
            inputs=[(9, 5), (2, 8)],
            params={"hidden_size": 8, "num_layers": 2, "dropout": 0.1, "last_step_only": True},
            outputs={"output": (8,), "h_n": (2, 8)},
        ),
        Example(
            inputs=[(9, 5)],
            params={"hidden_size": 8, "bidirectional": True},
            outputs={"output": (9, 16), "h_n": (2, 8)},
        ),
    ],
    words=["memory", "sequence", "recurrent", "gated recurrent unit"],
)
def gru(
    x: Shape,
    h_0: Shape | None = None,
    keep: Shape | None = None,
    *,
    hidden_size: int,
    num_layers: int,
    bidirectional: bool,
    dropout: float,
    last_step_only: bool,
    bias: bool,
) -> Built:
    """Reads a sequence step by step and keeps a memory, with fewer gates and weights than an LSTM
    (Cho et al. 2014). With "last step only" it gives one list for the whole sequence.
    Where keep is 0, a step is padding and is left out."""
    return recurrent(
        "nn.GRU",
        3,
        x,
        {"h_0": h_0},
        hidden_size=hidden_size,
        num_layers=num_layers,
        bidirectional=bidirectional,
        dropout=dropout,
        last_step_only=last_step_only,
        bias=bias,
        keep=keep,
    )
