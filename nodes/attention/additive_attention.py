"""Attention that is scored by a small net."""

from collections.abc import Sequence
from math import prod

from nodes.api import RAW, Built, Example, Int, Settings, Shape, layer, module
from nodes.api.saves import FLOAT, Saves
from nodes.attention._pictures import attention
from nodes.attention._scored import looked_at, outputs


def _saved(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """The tanh of every pair of query and step, and the weights twice."""
    query, memory = arrived[0], arrived[1]
    pairs = prod(query.sizes[:-1]) * memory.sizes[0]
    units: int = settings["units"]
    return FLOAT * pairs * (units + 1)


@layer(
    id="AdditiveAttention",
    name="Additive attention",
    picture=attention,
    saves=Saves(inputs=True, extra=_saved),
    values=RAW,
    stem="attention",
    learns="weights",
    outputs=("output", "weights"),
    formula="score[t] = v · tanh(A · query + B · memory[t]);  out = Σ softmax(score)[t] · memory[t]",
    params=[Int("units", 64, low=1, high=65_536, card=True, help="How many tanh units score each step.")],
    examples=[
        Example(inputs=[(16,), (9, 12)], outputs={"output": (12,), "weights": (9,)}),
        Example(inputs=[(5, 16), (9, 12), (9,)], params={"units": 8}, outputs={"output": (5, 12), "weights": (5, 9)}),
    ],
    words=["attention", "bahdanau", "encoder", "decoder", "sequence to sequence", "alignment"],
)
def additive_attention(query: Shape, memory: Shape, keep: Shape | None = None, *, units: int) -> Built:
    """Looks back at all steps of a memory and takes a mix of them: how much of each, a small net says that sees the
    step and the query (Bahdanau et al. 2014). weights tells where it looked. Where keep is 0, a step is padding and is
    not looked at."""
    features, steps, memory_features, query_steps = looked_at(query, memory, keep)
    pairs = prod(query_steps) * steps
    read = ", {keep}" if keep is not None else ""
    return Built(
        module("modules.AdditiveAttention", features, memory_features, units).used_as(
            f"{{output}}, {{weights}} = {{layer}}({{query}}, {{memory}}{read})"
        ),
        outputs=outputs(query_steps, steps, memory_features),
        weights={
            "query.weight": (units, features),
            "query.bias": (units,),
            "memory.weight": (units, memory_features),
            "score.weight": (1, units),
        },
        multiply_adds=units * (prod(query_steps) * features + steps * memory_features)
        + pairs * (units + memory_features),
    )
