"""The optimizer of a recipe, for nets that have no loss and so no printed step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from app.core.compile.filling import called
from app.core.graph.recipe import Recipe


def optimizer_for(recipe: Recipe, weights: Sequence[nn.Parameter]) -> torch.optim.Optimizer:
    """The printed call, executed."""
    chosen = recipe.optimizer_named()
    text = called(chosen.call(recipe.settings_of(chosen)), "weights", f"lr={recipe.lr!r}")
    made: torch.optim.Optimizer = eval(text, {"torch": torch, "weights": weights})
    return made
