"""The curve that explains a layer, in plain Python: it is drawn in the help before torch is there.

Tests compare each with torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Settings = Mapping[str, Any]
Function = Callable[[float, Settings], float]  # of x and the settings of the layer


@dataclass(frozen=True, slots=True)
class Curve:
    """What is plotted: one or more functions over a range of x, and the words at the axes."""

    functions: Sequence[Function]
    low: float = -4.0
    high: float = 4.0
    across: str = "x"
    up: str = "out"
    names: Sequence[str] = ()


def number(settings: Settings, name: str, usual: float) -> float:
    """A setting as a number; the usual one where it is none."""
    value = settings.get(name, usual)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else usual


def sigmoid(x: float) -> float:
    """1 / (1 + e⁻ˣ), without overflow."""
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))


def softplus(x: float, beta: float = 1.0) -> float:
    """log(1 + e^(β·x)) / β, without overflow."""
    z = beta * x
    return (max(z, 0.0) + math.log1p(math.exp(-abs(z)))) / beta


def softmax(values: Sequence[float]) -> list[float]:
    """Shares that add up to 1."""
    top = max(values)
    raised = [math.exp(value - top) for value in values]
    return [value / sum(raised) for value in raised]
