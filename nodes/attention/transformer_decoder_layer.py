"""One layer of a transformer's decoder."""

from dataclasses import replace

from nodes.api import RAW, Built, Example, InsertBefore, Settings, Shape, ShapeError, Sheet, layer, module
from nodes.api.saves import Saves
from nodes.api.shapes import describe, kept_steps, sequence
from nodes.attention._heads import CAUSAL, attention_weights, attention_work, mask, model_size, padding
from nodes.attention._pictures import blocks
from nodes.attention._transformer import SETTINGS, feedforward_weights, options, saved


def _drawn(sheet: Sheet, settings: Settings) -> str:
    blocks(sheet, ("itself", "memory", "layers"))
    return "Attention to itself, then to the memory, then two layers; the arcs add what went in, and norms follow."


@layer(
    id="TransformerDecoderLayer",
    name="Transformer decoder layer",
    picture=_drawn,
    saves=Saves(inputs=True, extra=saved(2)),
    values=RAW,
    followed_by=["TransformerDecoderLayer", "Linear", "LayerNorm"],
    stem="decoder",
    learns="weights",
    formula="a = norm(x + attention(x));  b = norm(a + attention(a, memory));  "
    "out = norm(b + linear2(relu(linear1(b))))",
    params=[*SETTINGS, replace(CAUSAL, default=True)],
    examples=[
        Example(inputs=[(7, 16), (9, 16)], output=(7, 16)),
        Example(
            inputs=[(7, 8), (7, 8)],
            params={"nhead": 2, "dim_feedforward": 32, "dropout": 0.0, "norm_first": True, "causal": False},
            output=(7, 8),
        ),
        Example(inputs=[(7, 8), (9, 8), (7,), (9,)], params={"nhead": 2, "dim_feedforward": 8}, output=(7, 8)),
    ],
    words=["attention", "transformer", "cross-attention", "translation"],
)
def transformer_decoder_layer(
    x: Shape,
    memory: Shape,
    keep: Shape | None = None,
    memory_keep: Shape | None = None,
    *,
    nhead: int,
    dim_feedforward: int,
    dropout: float,
    activation: str,
    norm_first: bool,
    causal: bool,
) -> Built:
    """Every step looks at the earlier steps of its own sequence, then at the memory that an encoder gives, and is
    then worked on alone by two fully connected layers (Vaswani et al. 2017). Where keep is 0, a step of its own
    sequence is padding: nobody looks at it, and 0 leaves there. Where memory_keep is 0, a step of the memory is."""
    time, features = model_size(x, "nhead", nhead)
    others, width = sequence(memory, "memory")
    if width != features:
        raise ShapeError(
            f"Memory and input must have the same number of features, but {describe(memory)} and {describe(x)} "
            f"arrive. Put a fully connected layer with {features} outputs before the memory.",
            fixes=[InsertBefore("Linear", "memory", (("out_features", features),))],
        )
    call = module(
        "nn.TransformerDecoderLayer", features, nhead, **options(dim_feedforward, dropout, activation, norm_first)
    )
    kept_steps(keep, time)
    kept_steps(memory_keep, others, "memory_keep")
    given = [f"tgt_mask={mask(x, 'x')}", "tgt_is_causal=True"] if causal else []
    given += [f"tgt_key_padding_mask={padding('keep')}"] if keep is not None else []
    given += [f"memory_key_padding_mask={padding('memory_keep')}"] if memory_keep is not None else []
    if given:
        hidden = ".masked_fill({keep}[:, :, None] == 0, 0.0)" if keep is not None else ""
        call = call.used_as(f"{{output}} = {{layer}}({{x}}, {{memory}}, {', '.join(given)}){hidden}")
    return Built(
        call,
        output=x,
        weights={
            **attention_weights("self_attn.", features),
            **attention_weights("multihead_attn.", features),
            **feedforward_weights(features, dim_feedforward, 3),
        },
        multiply_adds=attention_work(time, time, features)
        + attention_work(time, others, features)
        + 2 * time * features * dim_feedforward,
    )
