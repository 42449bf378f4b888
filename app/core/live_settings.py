"""Settings that may change while a training is on, as the drawing has them. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.core.graph.model import Node, Project
from app.core.graph.recipe import Recipe, setting
from nodes.api import BadSetting
from nodes.api.registry import find

# Of the recipe, besides the settings of the optimizer: what neither data nor weights depend on.
FREE = ("lr", "batch_size", "accumulate", "clip_norm", "clip_value", "l1")
BETWEEN_EPOCHS = ("batch_size", "accumulate")  # an epoch is cut into batches as a whole
DROPPED = "p"  # the setting of a layer that drops values
DROPPING = "regularization"  # the category of such layers


def is_free(recipe: Recipe, name: str) -> bool:
    """Whether a setting, by its full name, may change in a training with this recipe."""
    return name in FREE or name.rpartition(".")[0] == recipe.optimizer


def drop_rate(node: Node | None) -> float | None:
    """The share of values that a layer drops; None for one that drops nothing."""
    kind = find(node.type) if node is not None else None
    if node is None or kind is None or kind.category != DROPPING:
        return None
    value = kind.settings(node.params).get(DROPPED)
    return float(value) if isinstance(value, int | float) else None


def with_change(project: Project, name: str, value: Any) -> Project:
    """The drawing with another value of a setting of the recipe, or of a drop rate (``dropout1.p``).

    Raises:
        BadSetting: if there is no such setting, or it cannot take the value.
    """
    layer, _, own = name.rpartition(".")
    node = project.graph.nodes.get(layer)
    if own == DROPPED and node is not None and drop_rate(node) is not None:
        kind = find(node.type)
        param = next((each for each in kind.params if each.name == DROPPED), None) if kind is not None else None
        if param is None:
            raise BadSetting(f"{layer} has no drop rate.")
        changed = node.with_param(DROPPED, param.check(value))
        return project.with_graph("", project.graph.with_nodes(changed))
    return replace(project, recipe=project.recipe.with_setting(name, value))


def live_changes(before: Project, after: Project, running: Project) -> Mapping[str, Any]:
    """What of an edit the training of ``running`` can take over, by setting. That drawing may have been edited before
    in other ways, which count from the next training on."""
    found: dict[str, Any] = {}
    for name, _ in after.recipe.settings():
        if is_free(running.recipe, name) and before.recipe.value(name) != after.recipe.value(name):
            found[name] = after.recipe.value(name)
    for name, node in after.graph.nodes.items():
        rate, old, own = drop_rate(node), before.graph.nodes.get(name), running.graph.nodes.get(name)
        if rate is None or old is None or own is None or not old.type == own.type == node.type:
            continue
        if drop_rate(old) != rate:
            found[f"{name}.{DROPPED}"] = rate
    return found


def change_words(name: str, before: float, value: float) -> str:
    """A change in short: ``learning rate 0.002 → 0.01``, ``dropout1: drop rate 0.5 → 0.2``."""
    param = setting(name)
    layer, _, own = name.rpartition(".")
    title = param.title if param is not None else f"{layer}: drop rate" if own == DROPPED else name
    return f"{title} {before:g} → {value:g}"
