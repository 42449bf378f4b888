"""The learning rate over a training, drawn before it begins: from the declarations alone, without torch."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.graph.recipe import Recipe

POINTS = 240


def rate_curve(recipe: Recipe, points: int = POINTS) -> Sequence[tuple[float, float]] | None:
    """Pairs of epochs done and learning rate, evenly from the start to the end; as if an epoch had very many batches.
    None where the rate depends on what the training will bring."""
    rule = recipe.schedule_declared
    if rule.curve is None:
        return None
    settings = recipe.settings_of(rule)
    found = []
    for place in range(points + 1):
        epoch = recipe.epochs * place / points
        seen = min(epoch, recipe.epochs * (1 - 1e-9))  # the end belongs to the last epoch
        if seen < recipe.warmup:
            share = rule.curve(settings, 0.0, recipe.scheduled_epochs) * seen / recipe.warmup
        else:
            share = rule.curve(settings, seen - recipe.warmup, recipe.scheduled_epochs)
        found.append((epoch, recipe.lr * share))
    return found
