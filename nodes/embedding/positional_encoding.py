"""Positions as waves."""

import math

from nodes.api import Built, Example, Settings, Shape, Sheet, layer, module
from nodes.api.shapes import ANY, sequence


def _drawn(sheet: Sheet, settings: Settings) -> str:
    size = 16
    for row, rate in enumerate((1.0, 0.5, 0.25, 0.12)):
        for place in range(size):
            value = 0.5 + 0.5 * math.sin(place * rate)
            sheet.cell(24 + 12 * place, 10 + 17 * row, 12, 17, value, 0.6)
    sheet.text(120, 90, "place in the sequence")
    return "Waves of different length are added, so that each place has a pattern of its own."


@layer(
    id="PositionalEncoding",
    name="Positional encoding",
    picture=_drawn,
    followed_by=["TransformerEncoderLayer", "MultiheadAttention", "Dropout", "TransformerDecoderLayer"],
    stem="positions",
    formula="out[t, 2i] = x[t, 2i] + sin(t / 10000^(2i/d));  out[t, 2i+1] = x[t, 2i+1] + cos(t / 10000^(2i/d))",
    examples=[
        Example(inputs=[(20, 64)], output=(20, 64)),
        Example(inputs=[(4, 7)], output=(4, 7)),
    ],
    words=["position", "sinusoidal", "transformer", "time", "order"],
)
def positional_encoding(x: Shape) -> Built:
    """Adds waves of different lengths to a sequence, so that every step can be told from the others: attention alone
    does not see the order of the words. Nothing is learned (Vaswani et al. 2017)."""
    time, features = sequence(x)
    any_length = x.sides[0] == ANY
    return Built(module("modules.PositionalEncoding", 0 if any_length else time, features), output=x)
