"""The functions behind the curves of the help pictures, in plain Python: nothing here waits for torch.

Tests compare them with torch. Each takes x and the settings of the layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Settings = Mapping[str, Any]
Function = Callable[[float, Settings], float]
_ALPHA, _SCALE = 1.6732632423543772, 1.0507009873554805  # of SELU


def _number(settings: Settings, name: str, usual: float) -> float:
    value = settings.get(name, usual)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else usual


def sigmoid(x: float) -> float:
    """1 / (1 + e⁻ˣ), without overflow."""
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))


def softplus(x: float, beta: float = 1.0) -> float:
    """log(1 + e^(β·x)) / β, without overflow."""
    z = beta * x
    return (max(z, 0.0) + math.log1p(math.exp(-abs(z)))) / beta


def _elu(x: float, s: Settings) -> float:
    return x if x > 0 else _number(s, "alpha", 1.0) * math.expm1(x)


def _gelu(x: float, s: Settings) -> float:
    if s.get("approximate") == "tanh":
        return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + math.erf(x / math.sqrt(2)))


def _selu(x: float, s: Settings) -> float:
    return _SCALE * (x if x > 0 else _ALPHA * math.expm1(x))


def _softplus(x: float, s: Settings) -> float:
    beta = _number(s, "beta", 1.0) or 1.0
    return x if beta * x > _number(s, "threshold", 20.0) else softplus(x, beta)


def _power(x: float, s: Settings) -> float:
    try:
        value = x ** _number(s, "exponent", 2.0)
    except (ZeroDivisionError, OverflowError):
        return math.nan
    return math.nan if isinstance(value, complex) else value


def _huber(x: float, s: Settings) -> float:
    delta = _number(s, "delta", 1.0)
    return 0.5 * x * x if abs(x) <= delta else delta * (abs(x) - 0.5 * delta)


def _hinge(x: float, s: Settings) -> float:
    loss = max(0.0, _number(s, "margin", 1.0) - x)
    return loss * loss if s.get("squared") else loss


@dataclass(frozen=True)
class Curve:
    """What is plotted: one or more functions over a range of x, and the words at the axes."""

    functions: Sequence[Function]
    low: float = -4.0
    high: float = 4.0
    across: str = "x"
    up: str = "out"
    names: Sequence[str] = ()


def _nll(x: float, _: Settings) -> float:
    return -math.log(x) if x > 0 else math.nan


def _nll_of_rest(x: float, _: Settings) -> float:
    return -math.log(1 - x) if x < 1 else math.nan


# By id of the layer.
CURVES: Mapping[str, Curve] = {
    "ReLU": Curve([lambda x, s: max(0.0, x)]),
    "Sigmoid": Curve([lambda x, s: sigmoid(x)], -6, 6),
    "Tanh": Curve([lambda x, s: math.tanh(x)]),
    "ELU": Curve([_elu]),
    "GELU": Curve([_gelu]),
    "HardThreshold": Curve([lambda x, s: 1.0 if x > _number(s, "threshold", 0.0) else 0.0]),
    "LeakyReLU": Curve([lambda x, s: x if x > 0 else _number(s, "negative_slope", 0.01) * x]),
    "PReLU": Curve([lambda x, s: x if x > 0 else _number(s, "init", 0.25) * x]),
    "SELU": Curve([_selu]),
    "SiLU": Curve([lambda x, s: x * sigmoid(x)], -6, 4),
    "Softplus": Curve([_softplus]),
    "Exp": Curve([lambda x, s: math.exp(x)], -3, 2),
    "Log": Curve([lambda x, s: math.log(x) if x > 0 else math.nan], 0, 5),
    "Negate": Curve([lambda x, s: -x]),
    "Power": Curve([_power], -2, 2),
    "Reciprocal": Curve([lambda x, s: 1 / x if abs(x) > 0.19 else math.nan], -3, 3),
    "MSELoss": Curve([lambda x, s: x * x], -2, 2, "prediction − target", "loss"),
    "HalfSquaredError": Curve([lambda x, s: 0.5 * x * x], -2, 2, "prediction − target", "loss"),
    "L1Loss": Curve([lambda x, s: abs(x)], -2, 2, "prediction − target", "loss"),
    "HuberLoss": Curve([_huber], -3, 3, "prediction − target", "loss"),
    "HingeLoss": Curve([_hinge], -2, 3, "score of the right class", "loss"),
    "CrossEntropyLoss": Curve([_nll], 0.01, 1, "share given to the right class", "loss"),
    "NLLLoss": Curve([_nll], 0.01, 1, "share given to the right class", "loss"),
    "BCELoss": Curve([_nll, _nll_of_rest], 0.01, 0.99, "prediction", "loss", ("target 1", "target 0")),
    "BCEWithLogitsLoss": Curve(
        [lambda x, s: _number(s, "pos_weight", 1.0) * softplus(-x), lambda x, s: softplus(x)],
        -4,
        4,
        "prediction",
        "loss",
        ("target 1", "target 0"),
    ),
    "ContrastiveLoss": Curve(
        [lambda x, s: 0.5 * x * x, lambda x, s: 0.5 * max(0.0, _number(s, "margin", 1.0) - x) ** 2],
        0,
        2,
        "distance",
        "loss",
        ("alike", "not alike"),
    ),
    "CosineEmbeddingLoss": Curve(
        [lambda x, s: 1 - x, lambda x, s: max(0.0, x - _number(s, "margin", 0.0))],
        -1,
        1,
        "cosine of the angle between them",
        "loss",
        ("alike", "not alike"),
    ),
    "TripletMarginLoss": Curve(
        [lambda x, s: max(0.0, x + _number(s, "margin", 1.0))],
        -3,
        2,
        "|anchor − positive| − |anchor − negative|",
        "loss",
    ),
}


def softmax(values: Sequence[float]) -> list[float]:
    """Shares that add up to 1."""
    top = max(values)
    raised = [math.exp(value - top) for value in values]
    return [value / sum(raised) for value in raised]
