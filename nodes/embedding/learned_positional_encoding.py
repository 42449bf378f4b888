"""Learned positions."""

import random

from nodes.api import Built, Example, Settings, Shape, Sheet, layer, module
from nodes.api.shapes import sequence


def _drawn(sheet: Sheet, settings: Settings) -> str:
    table = random.Random(7)
    shades = [[table.random() for _ in range(4)] for _ in range(5)]
    sheet.grid(16, 14, 5, 4, 14, 0.35)
    sheet.disc(93, 50, 8, "family", "+")
    sheet.grid(110, 14, 5, 4, 14, lambda row, column: shades[row][column])
    sheet.text(138, 94, "place 0 … 4")
    sheet.arrow((170, 50), (184, 50), "accent")
    sheet.grid(186, 14, 5, 3, 14, lambda row, column: (0.35 + shades[row][column]) / 1.4)
    return "Each place in the sequence has a learned vector, which is added."


@layer(
    id="LearnedPositionalEncoding",
    name="Positional encoding, learned",
    picture=_drawn,
    followed_by=["TransformerEncoderLayer", "MultiheadAttention", "Dropout", "TransformerDecoderLayer"],
    stem="positions",
    learns="weights",
    formula="out[t] = x[t] + weight[t]",
    examples=[
        Example(inputs=[(20, 64)], output=(20, 64)),
        Example(inputs=[(4, 7)], params={"init": "normal", "init_value": 0.1}, output=(4, 7)),
    ],
    words=["position", "embedding", "transformer", "time", "order"],
)
def learned_positional_encoding(x: Shape) -> Built:
    """Adds a learned list of numbers to every step of a sequence, a different one for each step, so that attention
    can tell them apart (Gehring et al. 2017)."""
    time, features = sequence(x)
    return Built(
        module("modules.LearnedPositionalEncoding", time, features),
        output=x,
        weights={"weight": (time, features)},
    )
