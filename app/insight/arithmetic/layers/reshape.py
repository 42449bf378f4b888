"""What only moves numbers, or leaves some out; and what does nothing once the net is used."""

from __future__ import annotations

from app.insight.arithmetic.asked import Asked, Stages
from app.insight.arithmetic.operations import Moved
from app.insight.arithmetic.registry import arithmetic


@arithmetic(
    "Concat", "Flatten", "Reshape", "Pad", "Permute", "Repeat", "Select", "Slice", "Squeeze", "ToFloat", "Unsqueeze"
)
def moves(at: Asked) -> Stages:
    """The layer itself is asked where each number stood."""
    return {"output": at.moved()}


@arithmetic("Dropout", "AlphaDropout", "Dropout2d", "GaussianNoise", "SpectrogramMask")
def training_only(at: Asked) -> Stages:
    """In training they disturb; here they hand on what arrives."""
    moved: Moved = at.moved()
    moved.rule = "It only acts in training. Here it hands on the number that stood at {place}."
    return {"output": moved}
