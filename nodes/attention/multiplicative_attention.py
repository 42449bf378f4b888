"""Attention that is scored by products."""

from collections.abc import Sequence
from math import prod

from nodes.api import RAW, Built, Example, Settings, Shape, layer, module
from nodes.api.saves import FLOAT, Saves
from nodes.attention._pictures import attention
from nodes.attention._scored import looked_at, outputs


def _saved(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """The turned query and the weights."""
    query, memory = arrived[0], arrived[1]
    return FLOAT * prod(query.sizes[:-1]) * (memory.sizes[0] + memory.sizes[1])


@layer(
    id="MultiplicativeAttention",
    name="Multiplicative attention",
    picture=attention,
    saves=Saves(inputs=True, extra=_saved),
    values=RAW,
    stem="attention",
    learns="weights",
    outputs=("output", "weights"),
    formula="score[t] = (A · query) · memory[t];  out = Σ softmax(score)[t] · memory[t]",
    examples=[
        Example(inputs=[(16,), (9, 12)], outputs={"output": (12,), "weights": (9,)}),
        Example(inputs=[(5, 16), (9, 12), (9,)], outputs={"output": (5, 12), "weights": (5, 9)}),
    ],
    words=["attention", "luong", "encoder", "decoder", "sequence to sequence", "alignment", "dot product"],
)
def multiplicative_attention(query: Shape, memory: Shape, keep: Shape | None = None) -> Built:
    """Looks back at all steps of a memory and takes a mix of them: how much of each, its product with the query says,
    turned by a matrix (Luong et al. 2015). weights tells where it looked. Where keep is 0, a step is padding and is not
    looked at."""
    features, steps, memory_features, query_steps = looked_at(query, memory, keep)
    read = ", {keep}" if keep is not None else ""
    queries = prod(query_steps)
    return Built(
        module("modules.MultiplicativeAttention", features, memory_features).used_as(
            f"{{output}}, {{weights}} = {{layer}}({{query}}, {{memory}}{read})"
        ),
        outputs=outputs(query_steps, steps, memory_features),
        weights={"turn.weight": (memory_features, features)},
        multiply_adds=queries * (features * memory_features + 2 * steps * memory_features),
    )
