"""One layer of a transformer's encoder."""

from nodes.api import RAW, Built, Example, Settings, Shape, Sheet, layer, module
from nodes.api.saves import Saves
from nodes.attention._heads import CAUSAL, attention_weights, attention_work, mask, model_size
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
    ],
    words=["attention", "transformer", "self-attention", "bert", "gpt"],
)
def transformer_encoder_layer(
    x: Shape, *, nhead: int, dim_feedforward: int, dropout: float, activation: str, norm_first: bool, causal: bool
) -> Built:
    """Every step looks at all steps of its sequence, then each is worked on alone by two fully connected layers
    (Vaswani et al. 2017). Causal, it is the layer of a language model such as GPT; repeat it for a deep one."""
    time, features = model_size(x, "nhead", nhead)
    call = module(
        "nn.TransformerEncoderLayer", features, nhead, **options(dim_feedforward, dropout, activation, norm_first)
    )
    if causal:
        call = call.used_as(f"{{output}} = {{layer}}({{x}}, src_mask={mask(time, 'x')}, is_causal=True)")
    return Built(
        call,
        output=x,
        weights={**attention_weights("self_attn.", features), **feedforward_weights(features, dim_feedforward, 2)},
        multiply_adds=attention_work(time, time, features) + 2 * time * features * dim_feedforward,
    )
