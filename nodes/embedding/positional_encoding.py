"""Positions as waves."""

from nodes.api import Built, Example, Shape, layer, module
from nodes.api.shapes import sequence


@layer(
    id="PositionalEncoding",
    name="Positional encoding",
    picture="positions",
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
    return Built(module("modules.PositionalEncoding", time, features), output=x)
