"""Settings that the layers of a transformer share."""

from __future__ import annotations

from collections.abc import Sequence

from nodes.api import Choice, Float, Int, Settings, Shape, Switch, differing
from nodes.api.calls import Value
from nodes.api.saves import FLOAT, Extra
from nodes.attention._heads import heads, saved_by_attention

SETTINGS = (
    heads("nhead", 4),
    Int(
        "dim_feedforward",
        256,
        low=1,
        high=1_000_000,
        label="inner units",
        help="Size of the fully connected layer between the attentions; often four times the features.",
    ),
    Float(
        "dropout",
        0.1,
        low=0.0,
        high=1.0,
        step=0.05,
        label="drop rate",
        help="Share of values set to zero while training.",
    ),
    Choice("activation", "relu", options=("relu", "gelu"), help="What bends the values of the inner layer."),
    Switch(
        "norm_first",
        False,
        label="normalize first",
        help="Normalizes before each part instead of behind it; deep stacks then train more easily.",
    ),
)


def options(dim_feedforward: int, dropout: float, activation: str, norm_first: bool) -> dict[str, Value]:
    """What is printed of the settings."""
    return differing(
        dim_feedforward=(dim_feedforward, 2048),
        dropout=(dropout, 0.1),
        activation=(activation, "relu"),
        batch_first=(True, False),
        norm_first=(norm_first, False),
    )


def feedforward_weights(features: int, inner: int, norms: int) -> dict[str, tuple[int, ...]]:
    """Weights of the two fully connected layers and of the normalizations."""
    weights: dict[str, tuple[int, ...]] = {
        "linear1.weight": (inner, features),
        "linear1.bias": (inner,),
        "linear2.weight": (features, inner),
        "linear2.bias": (features,),
    }
    for number in range(1, norms + 1):
        weights |= {f"norm{number}.weight": (features,), f"norm{number}.bias": (features,)}
    return weights


def saved(attentions: int) -> Extra:
    """What a transformer layer saves: its attentions, both fully connected layers, and the norms and dropouts between
    them."""

    def extra(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
        time, features = arrived[0].sizes
        heads, inner, drops = settings["nhead"], settings["dim_feedforward"], settings["dropout"] > 0
        bends = 2 if settings["activation"] == "gelu" else 1
        total: int = FLOAT * time * (inner * (bends + 2 * drops) + features * (attentions + 1) * (2 + drops))
        for index in range(attentions):
            others = arrived[min(index, len(arrived) - 1)].sizes[0]
            total += saved_by_attention(time, others, features, heads, drops)
        return total

    return extra
