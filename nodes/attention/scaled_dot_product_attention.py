"""Attention without weights."""

from collections.abc import Sequence

from nodes.api import Built, Example, Fix, InsertBefore, SetParam, Settings, Shape, ShapeError, expression, layer
from nodes.api.saves import FLOAT, Saves, bytes_of
from nodes.api.shapes import describe, kept_steps, sequence
from nodes.attention._heads import CAUSAL, mask, padding
from nodes.attention._pictures import attention


def _saved(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """Query and key once more, scaled, and how much each step attends to each other."""
    query, key = arrived[:2]
    return bytes_of(query, key) + FLOAT * query.sizes[0] * key.sizes[0]


@layer(
    id="ScaledDotProductAttention",
    name="Scaled dot-product attention",
    picture=attention,
    saves=Saves(inputs=True, output=True, extra=_saved),
    stem="attention",
    formula="out = softmax(query · keyᵀ / √features) · value",
    params=[CAUSAL],
    examples=[
        Example(inputs=[(7, 16), (9, 16), (9, 5)], output=(7, 5)),
        Example(inputs=[(7, 16), (7, 16), (7, 16)], params={"causal": True}, output=(7, 16)),
        Example(inputs=[(7, 16), (7, 16), (7, 16), (7,)], params={"causal": True}, output=(7, 16)),
    ],
    words=["attention", "transformer", "lookup"],
)
def scaled_dot_product_attention(
    query: Shape, key: Shape, value: Shape, keep: Shape | None = None, *, causal: bool
) -> Built:
    """Each step of the query compares itself with all keys and takes a mix of the values, most from where the key
    is most alike (Vaswani et al. 2017). It has no weights; put fully connected layers before its inputs. Where keep is
    0, a step of key and value is padding, and nobody looks at it."""
    time, features = sequence(query, "query")
    others, key_features = sequence(key, "key")
    values, width = sequence(value, "value")
    if key_features != features:
        raise ShapeError(
            f"Query and key must have the same number of features, but {describe(query)} and {describe(key)} arrive. "
            f"Put a fully connected layer with {features} outputs before the key.",
            fixes=[InsertBefore("Linear", "key", (("out_features", features),))],
        )
    if values != others:
        raise ShapeError(
            f"There must be a value for each key, but {describe(key)} and {describe(value)} arrive. "
            "Wire key and value to sequences of the same length."
        )
    if causal and time != others:
        fixes: list[Fix] = [SetParam("causal", False)]
        raise ShapeError(
            f"A causal attention compares each step with those before it, but the query has {time} steps and the key "
            f"{others}. Switch causal off, or wire sequences of one length.",
            fixes=fixes,
        )
    kept_steps(keep, others)
    option = ", is_causal=True" if causal else ""
    if keep is not None:
        later = f"{mask(query, 'query')} + " if causal else ""
        option = f", attn_mask={later}{padding('keep')}[:, None]"
    return Built(
        expression(f"nn.functional.scaled_dot_product_attention({{query}}, {{key}}, {{value}}{option})"),
        output=(time, width),
        multiply_adds=time * others * (features + width),
    )
