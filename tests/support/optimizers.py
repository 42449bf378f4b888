"""The optimizer of a recipe, for nets that have no loss and so no printed step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from app.core.compile.filling import call_text
from app.core.compile.signatures import OURS
from app.core.graph.recipe import Recipe
from nodes.modules.sources import source_of


def optimizer_for(recipe: Recipe, weights: Sequence[nn.Parameter]) -> torch.optim.Optimizer:
    """The printed call, executed."""
    chosen = recipe.optimizer_named()
    call = chosen.call(recipe.settings_of(chosen))
    text = call_text(call, "weights", f"lr={recipe.lr!r}")
    names: dict[str, Any] = {"torch": torch, "weights": weights}
    if call.constructor.startswith(OURS):
        exec(source_of(call.constructor.removeprefix(OURS)), names)
    made: torch.optim.Optimizer = eval(text, names)
    return made
