"""How a drawing is trained: plain values with their limits. ``app.training`` turns them into torch objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from nodes.api.params import BadSetting, Choice, Float, Int, Param
from nodes.api.words import quoted

SETTINGS: tuple[Param, ...] = (
    Choice("optimizer", "Adam", options=("Adam", "SGD"), help="The rule that turns gradients into steps."),
    Float("lr", 0.002, low=0.0, high=10.0, step=0.001, open_low=True, label="learning rate", help="Size of one step."),
    Float(
        "momentum", 0.9, low=0.0, high=1.0, step=0.05, open_high=True, help="SGD: how much of the last step is kept."
    ),
    Float(
        "weight_decay", 0.0, low=0.0, high=1.0, step=0.0001, label="weight decay", help="Pulls weights towards zero."
    ),
    Int("epochs", 20, low=1, high=100_000, help="How often all training data is seen."),
    Int("batch_size", 32, low=1, high=1_000_000, label="batch size", help="Samples behind each step."),
    Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same run."),
    Float(
        "validation",
        0.2,
        low=0.0,
        high=0.9,
        step=0.05,
        label="held out",
        help="Share of the data that is kept out of training to check the result.",
    ),
    Choice("device", "auto", options=("auto", "cpu", "cuda"), help="Where to compute; auto takes a GPU if one works."),
)
VALIDATION_BATCHES = 4  # times the batch size: nothing is kept for a gradient, so more held-out samples fit at once
_BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of a training run. ``momentum`` counts for SGD only."""

    optimizer: str = "Adam"
    lr: float = 0.002
    momentum: float = 0.9
    weight_decay: float = 0.0
    epochs: int = 20
    batch_size: int = 32
    seed: int = 0
    validation: float = 0.2
    device: str = "auto"

    def with_setting(self, name: str, value: Any) -> Recipe:
        """The recipe with one setting checked and changed.

        Raises:
            BadSetting: for a setting that does not exist or a value it cannot take.
        """
        if name not in _BY_NAME:
            raise BadSetting(f"A recipe has no setting {quoted(name)}; it has {', '.join(_BY_NAME)}.")
        return Recipe(**{**self.as_dict(), name: _BY_NAME[name].check(value)})

    def as_dict(self) -> Mapping[str, Any]:
        """The settings by name, in order."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}
