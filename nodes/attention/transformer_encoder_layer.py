"""One layer of a transformer's encoder."""

from nodes.api import RAW, Built, Example, Settings, Shape, Sheet, layer, module
from nodes.api.saves import Saves
from nodes.api.shapes import kept_steps
from nodes.attention._heads import CAUSAL, attention_weights, attention_work, mask, model_size, padding
from nodes.attention._pictures import blocks
from nodes.attention._transformer import SETTINGS, feedforward_weights, options, saved


def _drawn(sheet: Sheet, settings: Settings) -> str:
    blocks(sheet, ("attention", "two layers"))
    return "Attention among all steps, then two layers for each step; the arcs add what went in, and norms follow."


@layer(
    id="TransformerEncoderLayer",
    name="Transformer encoder layer",
    picture=_drawn,
    saves=Saves(inputs=True, extra=saved(1)),
    values=RAW,
    followed_by=[
        "TransformerEncoderLayer",
        "GlobalAvgPool",
        "Linear",
        "LayerNorm",
        "TransformerDecoderLayer",
        "Select",
    ],
    stem="encoder",
    learns="weights",
    formula="a = norm(x + attention(x));  out = norm(a + linear2(relu(linear1(a))))",
    params=[*SETTINGS, CAUSAL],
    examples=[
        Example(inputs=[(7, 16)], output=(7, 16)),
        Example(
            inputs=[(7, 8)],
            params={"nhead": 2, "dim_feedforward": 32, "activation": "gelu", "norm_first": True, "causal": True},
            output=(7, 8),
        ),
        Example(inputs=[(7, 8), (7,)], params={"nhead": 2, "dim_feedforward": 8}, output=(7, 8)),
        Example(inputs=[(7, 8), (7,)], params={"nhead": 2, "dim_feedforward": 8, "causal": True}, output=(7, 8)),
    ],
    words=["attention", "transformer", "self-attention", "bert", "gpt"],
)
def transformer_encoder_layer(
    x: Shape,
    keep: Shape | None = None,
    *,
    nhead: int,
    dim_feedforward: int,
    dropout: float,
    activation: str,
    norm_first: bool,
    causal: bool,
) -> Built:
    """Every step looks at all steps of its sequence, then each is worked on alone by two fully connected layers
    (Vaswani et al. 2017). Causal, it is the layer of a language model such as GPT; repeat it for a deep one. Where keep
    is 0, a step is padding: nobody looks at it, and 0 leaves there."""
    time, features = model_size(x, "nhead", nhead)
    call = module(
        "nn.TransformerEncoderLayer", features, nhead, **options(dim_feedforward, dropout, activation, norm_first)
    )
    kept_steps(keep, time)
    given = [f"src_mask={mask(x, 'x')}", "is_causal=True"] if causal else []
    if keep is not None:
        # In evaluation torch gives zeros at padded steps, in training it does not: here they are zeros in both.
        given.append(f"src_key_padding_mask={padding('keep')}")
        padded = "{keep}[:, :, None] == 0"
        call = call.used_as(f"{{output}} = {{layer}}({{x}}, {', '.join(given)}).masked_fill({padded}, 0.0)")
    elif causal:
        call = call.used_as(f"{{output}} = {{layer}}({{x}}, {', '.join(given)})")
    return Built(
        call,
        output=x,
        weights={**attention_weights("self_attn.", features), **feedforward_weights(features, dim_feedforward, 2)},
        multiply_adds=attention_work(time, time, features) + 2 * time * features * dim_feedforward,
    )
