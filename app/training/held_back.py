"""Settings that leave nothing to be learned: why a loss stands still although its learning rate is as usual.

Each is so far from what anybody uses that it is the reason wherever it meets a loss that has not fallen.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.core.checks.problems import AnyFix, SetTraining
from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from nodes.api import SetParam
from nodes.api.words import per_cent

# Steps of these depend on the direction of a gradient, hardly on its size.
_OF_ANY_SIZE = ("Adam", "AdamW", "NAdam", "RMSprop", "Adagrad", "Adadelta", "Muon")
_FAINT = 1e-3  # of a common norm that is usually 1, or of single numbers
_HEAVY = 0.01  # times the sizes of all weights
_DECAY = 0.1
_DROPPED = 0.9  # share of values
_SMOOTHED = 0.9


@dataclass(frozen=True)
class HeldBack:
    """``node`` is to blame; None for a setting of the recipe."""

    node: str | None
    words: str
    fixes: tuple[AnyFix, ...]


def held_back(recipe: Recipe, project: Project | None) -> HeldBack | None:
    """What holds a training back that does not get on; None if no setting is that strange."""
    if recipe.optimizer not in _OF_ANY_SIZE:
        for name, limit in (("clip_norm", recipe.clip_norm), ("clip_value", recipe.clip_value)):
            if 0 < limit <= _FAINT:
                said = f"Gradients are clipped to {limit:g}, so the steps are next to nothing. Clip them at 1, or not."
                return HeldBack(None, said, (SetTraining(name, 1.0),))
    if recipe.l1 >= _HEAVY:
        said = f"The L1 penalty of {recipe.l1:g} counts more than the loss and keeps the weights near 0. Try 0.0001."
        return HeldBack(None, said, (SetTraining("l1", 0.0001),))
    decay = recipe.settings_of(recipe.optimizer_named()).get("weight_decay", 0.0)
    if decay >= _DECAY and recipe.optimizer not in ("AdamW", "Muon"):  # which take it from the weights, not the loss
        said = f"The weight decay of {decay:g} counts more than the loss and keeps the weights near 0. Try 0.0001."
        return HeldBack(None, said, (SetTraining("weight_decay", 0.0001),))
    for node in project.graph.nodes.values() if project is not None else ():
        share, smoothing = node.params.get("p", 0.0), node.params.get("label_smoothing", 0.0)
        if node.type.startswith("Dropout") and not node.bypassed and share > _DROPPED:
            said = (
                f"{node.name} leaves out {per_cent(share)} of what arrives, so hardly anything can be learned. Try 0.5."
            )
            return HeldBack(node.name, said, (SetParam("p", 0.5),))
        if smoothing >= _SMOOTHED:
            said = f"{node.name} smooths the labels by {smoothing:g}, so classes hardly differ. Try 0.1."
            return HeldBack(node.name, said, (SetParam("label_smoothing", 0.1),))
    return None
