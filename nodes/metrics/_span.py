"""The setting that metrics of pictures share."""

from __future__ import annotations

from nodes.api import Float

SPAN = Float(
    "data_range",
    1.0,
    low=0.0,
    high=1e9,
    step=1.0,
    open_low=True,
    label="range",
    help="From the lowest to the highest possible value: 1 for pictures from 0 to 1.",
)
