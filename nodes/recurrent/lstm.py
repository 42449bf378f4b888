"""Long short-term memory."""

from collections.abc import Sequence

from nodes.api import RAW, Built, Example, Int, Settings, Shape, Sheet, layer
from nodes.api.saves import Saves
from nodes.recurrent._cells import SETTINGS, cells, recurrent
from nodes.recurrent._pictures import unrolled


def _drawn(sheet: Sheet, settings: Settings) -> str:
    unrolled(sheet, "LSTM", True, "f i o")
    return (
        "The same cell at each step. The memory c runs through; the gates f, i and o say what is forgotten, written "
        "and shown. h goes on to the next step."
    )


def _saved(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """torch computes one with a projection step by step in its own way, without oneDNN's filled rows."""
    return (cells(8) if settings["proj_size"] else cells(16, 16))(arrived, left, settings)


def _untouched(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """oneDNN asks for more rows than it fills, a third of them at least."""
    return 0 if settings["proj_size"] else cells(5)(arrived, left, settings)


@layer(
    id="LSTM",
    name="LSTM",
    picture=_drawn,
    saves=Saves(inputs=True, output=True, extra=_saved, untouched=_untouched),
    gates=["input gate", "forget gate", "candidate", "output gate"],
    values=RAW,  # at most 1 in size for most settings, but none are probabilities
    learns="weights",
    outputs=("output", "h_n", "c_n"),
    backward="what comes back walks through the steps from the last to the first, through gates and memory",
    formula="c[t] = forget · c[t−1] + input · candidate;  h[t] = output · tanh(c[t])",
    params=[
        *SETTINGS,
        Int(
            "proj_size",
            0,
            low=0,
            high=65_535,
            label="projection",
            help="Shortens what each step tells to so many numbers, which saves weights; 0 leaves it as it is.",
        ),
    ],
    examples=[
        Example(
            inputs=[(9, 5), None, None, (9,)],
            params={"hidden_size": 8, "num_layers": 2, "bidirectional": True},
            outputs={"output": (9, 16), "h_n": (4, 8), "c_n": (4, 8)},
        ),
        Example(inputs=[(28, 16)], outputs={"output": (28, 64), "h_n": (1, 64), "c_n": (1, 64)}),
        Example(
            inputs=[(9, 5)],
            params={"hidden_size": 8, "last_step_only": True},
            outputs={"output": (8,), "h_n": (1, 8), "c_n": (1, 8)},
        ),
        Example(
            inputs=[(9, 5), (4, 8), (4, 8)],
            params={"hidden_size": 8, "num_layers": 2, "bidirectional": True, "dropout": 0.2},
            outputs={"output": (9, 16), "h_n": (4, 8), "c_n": (4, 8)},
        ),
        Example(
            inputs=[(9, 5), (4, 3), (4, 8)],
            params={"hidden_size": 8, "num_layers": 2, "bidirectional": True, "proj_size": 3, "bias": False},
            outputs={"output": (9, 6), "h_n": (4, 3), "c_n": (4, 8)},
        ),
    ],
    words=["memory", "sequence", "recurrent", "long short-term memory"],
)
def lstm(
    x: Shape,
    h_0: Shape | None = None,
    c_0: Shape | None = None,
    keep: Shape | None = None,
    *,
    hidden_size: int,
    num_layers: int,
    bidirectional: bool,
    dropout: float,
    last_step_only: bool,
    bias: bool,
    proj_size: int,
) -> Built:
    """Reads a sequence step by step and keeps a memory. Gates learn what to store, what to forget and what to
    tell (Hochreiter and Schmidhuber 1997). With "last step only" it gives one list for the whole sequence.
    Where keep is 0, a step is padding and is left out."""
    return recurrent(
        "nn.LSTM",
        4,
        x,
        {"h_0": h_0, "c_0": c_0},
        hidden_size=hidden_size,
        num_layers=num_layers,
        bidirectional=bidirectional,
        dropout=dropout,
        last_step_only=last_step_only,
        bias=bias,
        keep=keep,
        proj_size=proj_size,
    )
