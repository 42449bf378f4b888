"""What several losses plot."""

from __future__ import annotations

import math

from nodes.api import Curve
from nodes.api.curves import Settings


def surprise(x: float, _: Settings) -> float:
    """−log x."""
    return -math.log(x) if x > 0 else math.nan


SURPRISE = Curve([surprise], 0.01, 1, "share given to the right class", "loss")
