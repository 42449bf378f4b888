"""Which settings of a drawing can vary, and values that are worth a try. Needs neither Qt nor torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.core.graph.model import Project
from app.core.graph.roles import plays
from app.core.variants.axes import BadVariants, written
from app.core.variants.drawings import param_named, value_now
from nodes.api.params import Choice, Float, Int, Param, Sides, Switch
from nodes.api.registry import find

_KINDS = (Int, Float, Choice, Switch, Sides)
_NOT_WORTH = {"device", "unreadable", "precision", "metrics", "validation", "test", "frozen"}
_ACTIVATIONS = ("ReLU", "LeakyReLU", "GELU", "Tanh", "Sigmoid")
_MOST_CHOICES = 6
_MOST_LAYERS = 60


def names(project: Project) -> Iterator[str]:
    """The settings that can vary: of the recipe, then of the layers."""
    short: set[str] = set()
    for full, param in project.recipe.settings(plays(project)):
        name = full.rpartition(".")[2]
        if isinstance(param, _KINDS) and name not in _NOT_WORTH and name not in short:
            short.add(name)
            yield name
    for node in list(project.graph.nodes.values())[:_MOST_LAYERS]:
        layer = find(node.type)
        if layer is None:
            continue
        for param in layer.params:
            if isinstance(param, _KINDS) and param.name not in _NOT_WORTH and param.name not in layer.common:
                yield f"{node.name}.{param.name}"
        if layer.role == "layer":
            if layer.category == "activation":
                yield f"{node.name}.type"
            yield f"{node.name}.muted"


def values(project: Project, name: str) -> str:
    """Values for a setting, around what it has now, as they are written; empty for one that nothing is known of."""
    try:
        param, now = param_named(project, name), value_now(project, name)
    except BadVariants:
        return ""
    own = name.rpartition(".")[2]
    if own == "type":
        others = [kind for kind in _ACTIVATIONS if kind != now]
        return ",".join([str(now), *others[:3]])
    if own == "muted":
        return "off,on"
    if own == "repeat":
        return "1..3"
    return _of(param, now, own) if param is not None else ""


def _of(param: Param, now: Any, own: str) -> str:
    if isinstance(param, Switch):
        return "off,on"
    if isinstance(param, Choice):
        return ",".join([str(now), *(option for option in param.options if option != now)][:_MOST_CHOICES])
    if own == "seed":
        return "0..4"
    if isinstance(param, Float):
        return _numbers(param, float(now))
    if isinstance(param, Int) and isinstance(now, int):
        some = [max(param.low, now // 2), now, min(param.high, max(now * 2, now + 1))]
        return ",".join(map(str, dict.fromkeys(some)))
    if isinstance(now, tuple):
        sides = [tuple(max(1, side + step) for side in now) for step in (-2, 0, 2)]
        return ",".join(written(each) for each in dict.fromkeys(sides))
    return ""


def _numbers(param: Float, now: float) -> str:
    if param.high <= 1 and param.low >= 0 and now >= 0.05:  # a share, such as the rate of a dropout
        return f"0..{min(2 * now, 0.8 if param.high >= 0.8 else param.high):.2g}/3"
    if now > 0:
        low, high = max(now / 10, param.low), min(now * 10, param.high)
        return f"{low:.2g}~{high:.2g}/5" if 0 < low < high else f"{now:g}"
    step = min(param.step, (param.high - now) / 4)
    return ",".join(f"{each:g}" for each in (now, now + step, now + 2 * step))
