"""What the attention layers have in common: heads that divide the features, masks, and the weights of one attention."""

from __future__ import annotations

from nodes.api import Fix, Int, SetParam, Shape, ShapeError, Switch
from nodes.api.saves import FLOAT
from nodes.api.shapes import sequence

CAUSAL = Switch(
    "causal",
    False,
    on_card="causal",
    card=True,
    help="Lets each step look at itself and at earlier steps only, so that the next word can be predicted.",
)


def heads(name: str, usual: int) -> Int:
    """The setting for the number of heads, which torch calls by two names."""
    return Int(
        name,
        usual,
        low=1,
        high=1024,
        label="heads",
        card=True,
        help="How many attentions work side by side, each on its share of the features.",
    )


def model_size(x: Shape, name: str, count: int, port: str = "x") -> tuple[int, int]:
    """The (time, features) of ``x``, whose features so many heads can share.

    Raises:
        ShapeError: if ``x`` is no sequence, or the heads do not divide its features.
    """
    time, features = sequence(x, port)
    if features % count:
        nearest = max(number for number in range(1, count) if features % number == 0)
        fixes: list[Fix] = [SetParam(name, nearest)]
        raise ShapeError(
            f"{count} heads cannot share {features} features equally. Use {nearest}, or another number that divides "
            f"{features}.",
            fixes=fixes,
        )
    return time, features


def mask(x: Shape, port: str) -> str:
    """As printed: what hides later steps of ``x`` from earlier ones. ``port``, where it arrives, tells the device."""
    return f"nn.Transformer.generate_square_subsequent_mask({x.steps_text(port)}, device={{{port}}}.device)"


def padding(port: str) -> str:
    """As printed: what hides steps that are padding, as numbers that are added to the scores. Not −∞: of a step that
    may look at nothing, torch would make no number."""
    return f"torch.zeros_like({{{port}}}).masked_fill({{{port}}} == 0, -1e9)"


def attention_weights(name: str, features: int, *, bias: bool = True) -> dict[str, tuple[int, ...]]:
    """The weights of an ``nn.MultiheadAttention`` that reads three times the same number of features."""
    weights: dict[str, tuple[int, ...]] = {f"{name}in_proj_weight": (3 * features, features)}
    weights[f"{name}out_proj.weight"] = (features, features)
    if bias:
        weights |= {f"{name}in_proj_bias": (3 * features,), f"{name}out_proj.bias": (features,)}
    return weights


def attention_work(time: int, others: int, features: int) -> int:
    """Multiply-adds of one attention: the projections, every step times every other, and the weighted sum."""
    return 2 * time * features**2 + 2 * others * features**2 + 2 * time * others * features


def saved_by_attention(time: int, others: int, features: int, heads: int, drops: bool) -> int:
    """Bytes that one attention saves: queries, keys, values and their mix. Only with a dropout does torch save how much
    each step attends to each other; otherwise it works that out again on the way back."""
    weights = heads * time * others * 3 if drops else heads * time
    return FLOAT * (3 * time * features + 2 * others * features + weights)
