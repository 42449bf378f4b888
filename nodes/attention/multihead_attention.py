"""Multi-head attention."""

from collections.abc import Sequence

from nodes.api import (
    RAW,
    Built,
    Example,
    Fix,
    Float,
    SetParam,
    Settings,
    Shape,
    ShapeError,
    Switch,
    differing,
    layer,
    module,
)
from nodes.api.saves import Saves
from nodes.api.shapes import describe, kept_steps, sequence
from nodes.attention._heads import CAUSAL, attention_weights, heads, mask, model_size, padding, saved_by_attention
from nodes.attention._pictures import attention


def _saved(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    time, features = arrived[0].sizes
    others = arrived[1].sizes[0] if len(arrived) > 1 else time
    return saved_by_attention(time, others, features, settings["num_heads"], settings["dropout"] > 0)


@layer(
    id="MultiheadAttention",
    name="Multi-head attention",
    picture=attention,
    saves=Saves(inputs=True, extra=_saved),
    values=RAW,
    stem="attention",
    learns="weights",
    formula="head[i] = softmax(Q[i] · K[i]ᵀ / √size) · V[i];  out = weight · [head₁, head₂, …] + bias",
    params=[
        heads("num_heads", 4),
        Float(
            "dropout",
            0.0,
            low=0.0,
            high=1.0,
            step=0.05,
            label="drop rate",
            help="Share of the attention that is set to zero while training.",
        ),
        Switch("bias", True, help="Adds a learned number to each projection."),
        CAUSAL,
    ],
    examples=[
        Example(inputs=[(7, 16)], output=(7, 16)),
        Example(inputs=[(7, 8)], params={"num_heads": 2, "causal": True, "bias": False}, output=(7, 8)),
        Example(inputs=[(7, 16), (9, 16)], output=(7, 16)),
        Example(inputs=[(7, 16), None, None, (7,)], params={"causal": True}, output=(7, 16)),
        Example(inputs=[(7, 16), (9, 16), None, (9,)], output=(7, 16)),
        Example(inputs=[(7, 16), (9, 5), (9, 6)], params={"num_heads": 8, "dropout": 0.1}, output=(7, 16)),
    ],
    words=["attention", "transformer", "self-attention", "cross-attention"],
)
def multihead_attention(
    query: Shape,
    key: Shape | None = None,
    value: Shape | None = None,
    keep: Shape | None = None,
    *,
    num_heads: int,
    dropout: float,
    bias: bool,
    causal: bool,
) -> Built:
    """Several attentions side by side, each with its own learned view of the sequence (Vaswani et al. 2017). With the
    query alone a sequence looks at itself; with a key (and a value) it looks at another sequence. Where keep is 0, a
    step of the key is padding, and nobody looks at it."""
    time, features = model_size(query, "num_heads", num_heads, "query")
    if key is None and value is not None:
        raise ShapeError("A value arrives, but no key by which to find it. Wire the same sequence to key.")
    others, key_features = sequence(key, "key") if key is not None else (time, features)
    values, value_features = sequence(value, "value") if value is not None else (others, key_features)
    if key is not None and value is not None and values != others:
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
    options = differing(
        dropout=(dropout, 0.0), bias=(bias, True), kdim=(key_features, features), vdim=(value_features, features)
    )
    if key_features == value_features == features:
        weights = attention_weights("", features, bias=bias)
    else:
        weights = {
            "q_proj_weight": (features, features),
            "k_proj_weight": (features, key_features),
            "v_proj_weight": (features, value_features),
            "out_proj.weight": (features, features),
        }
        if bias:
            weights |= {"in_proj_bias": (3 * features,), "out_proj.bias": (features,)}
    read = "{query}, " + ("{query}, " if key is None else "{key}, ")
    read += "{value}" if value is not None else "{query}" if key is None else "{key}"
    kept_steps(keep, others)
    hidden = f", attn_mask={mask(query, 'query')}, is_causal=True" if causal else ""
    if keep is not None:
        hidden += f", key_padding_mask={padding('keep')}"
    call = module("nn.MultiheadAttention", features, num_heads, batch_first=True, **options)
    projections = 2 * time * features + others * (key_features + value_features)
    return Built(
        call.used_as(f"{{output}}, _ = {{layer}}({read}{hidden}, need_weights=False)"),
        output=(time, features),
        weights=weights,
        multiply_adds=projections * features + 2 * time * others * features,
    )
