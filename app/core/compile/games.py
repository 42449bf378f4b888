"""Which source of a drawing is played, and what that means for its recipe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.core.compile.planned import PlanSource
from app.core.graph.recipe import Recipe
from nodes.api.registry import find
from nodes.api.sources import Source


def playing_of(source: PlanSource) -> Source | None:
    """What the file of a source says, if its data comes of playing."""
    layer = find(source.type)
    return layer.source if layer is not None and layer.source is not None and layer.source.plays else None


def played(sources: Iterable[PlanSource]) -> PlanSource | None:
    """The first source whose data comes of playing."""
    return next((source for source in sources if playing_of(source) is not None), None)


def for_games(recipe: Recipe, sources: Iterable[PlanSource]) -> Recipe:
    """The recipe as it counts: where a net plays, all that is played is learned from, and nothing is held out."""
    return recipe if played(sources) is None else replace(recipe, validation=0.0, test=0.0, folds=0)


def batches_of(source: PlanSource, recipe: Recipe) -> int:
    """How many batches an epoch has in which a net plays."""
    playing = playing_of(source)
    if playing is None or playing.player is not None:
        return int(source.settings.get("batches", 100))
    settings = recipe.settings_of(recipe.replay_declared)
    return max(1, int(settings["epoch"]) // int(settings["every"]))
