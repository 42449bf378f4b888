"""Learned positions."""

from nodes.api import Built, Example, Shape, layer, module
from nodes.api.shapes import sequence


@layer(
    id="LearnedPositionalEncoding",
    name="Positional encoding, learned",
    picture="learned_positions",
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
