"""The plain recurrent layer."""

from nodes.api import RAW, Built, Choice, Example, Settings, Shape, Sheet, layer
from nodes.api.saves import Saves
from nodes.recurrent._cells import SETTINGS, cells, recurrent
from nodes.recurrent._pictures import unrolled


def _drawn(sheet: Sheet, settings: Settings) -> str:
    unrolled(sheet, "RNN", False, str(settings.get("nonlinearity", "tanh")))
    return "The same cell at each step: it mixes the new input with what it remembers, h."


@layer(
    id="RNN",
    name="RNN",
    picture=_drawn,
    saves=Saves(inputs=True, output=True, extra=cells(2)),
    values=RAW,  # at most 1 in size for most settings, but none are probabilities
    learns="weights",
    outputs=("output", "h_n"),
    backward="what comes back walks through the steps from the last to the first, each time through the same weights",
    formula="h[t] = tanh(x[t] · weight_ihᵀ + bias_ih + h[t−1] · weight_hhᵀ + bias_hh)",
    params=[
        *SETTINGS,
        Choice(
            "nonlinearity",
            "tanh",
            options=("tanh", "relu"),
            label="activation",
            help="What bends the sum of each step: tanh keeps it from −1 to 1, relu lets it grow.",
        ),
    ],
    examples=[
        Example(inputs=[(9, 5), None, (9,)], params={"hidden_size": 8}, outputs={"output": (9, 8), "h_n": (1, 8)}),
        Example(inputs=[(28, 16)], outputs={"output": (28, 64), "h_n": (1, 64)}),
        Example(
            inputs=[(9, 5), (2, 8)],
            params={"hidden_size": 8, "bidirectional": True, "nonlinearity": "relu", "last_step_only": True},
            outputs={"output": (16,), "h_n": (2, 8)},
        ),
    ],
    words=["memory", "sequence", "recurrent", "elman"],
)
def rnn(
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
    nonlinearity: str,
) -> Built:
    """Reads a sequence step by step: each answer depends on this step and on the answer before (Elman 1990).
    Simple, but it forgets soon; an LSTM or GRU remembers longer. Where keep is 0, a step is padding and is left
    out."""
    return recurrent(
        "nn.RNN",
        1,
        x,
        {"h_0": h_0},
        hidden_size=hidden_size,
        num_layers=num_layers,
        bidirectional=bidirectional,
        dropout=dropout,
        last_step_only=last_step_only,
        bias=bias,
        keep=keep,
        nonlinearity=nonlinearity,
    )
