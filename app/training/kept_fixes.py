"""What a run that failed recommends, as it is kept in its folder, so that its buttons are there when it is opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from app.core.checks.problems import AnyFix, SetOwnRate, SetTraining
from app.core.graph.recipe import LR, Recipe
from nodes.api import InsertBefore, UseInstead
from nodes.api.params import BadSetting
from nodes.api.registry import find

_MOST = 10


def written(fixes: Iterable[AnyFix]) -> list[dict[str, Any]]:
    """Those edits of the recipe, of losses' own rates, and of the layer that is to blame, that need no settings."""
    made: list[dict[str, Any]] = []
    for fix in fixes:
        match fix:
            case SetTraining(setting, value):
                made.append({"set": setting, "to": value})
            case SetOwnRate(losses, value):
                made.append({"rate_of": list(losses), "to": value})
            case InsertBefore(type_, port, (), 0):
                made.append({"insert": type_, "before": port})
            case UseInstead(type_, ()):
                made.append({"use": type_})
    return made


def read(raw: object) -> tuple[AnyFix, ...]:
    """The edits of a file, which may be a stranger's: those of which every part is known."""
    return tuple(_read(raw)) if isinstance(raw, list) else ()


def _read(entries: list[Any]) -> Iterator[AnyFix]:
    for entry in entries[:_MOST]:
        match entry:
            case {"set": str(setting), "to": bool() | int() | float() | str() as value}:
                try:
                    recipe = Recipe().with_setting(setting, value)
                except BadSetting:
                    continue
                yield SetTraining(setting, getattr(recipe, setting))
            case {"rate_of": [*losses], "to": float() | int() as value} if all(
                isinstance(n, str) for n in losses[:_MOST]
            ):
                try:
                    yield SetOwnRate(tuple(losses[:_MOST]), LR.check(value))
                except BadSetting:
                    continue
            case {"insert": str(type_), "before": str(port)} if find(type_) is not None:
                yield InsertBefore(type_, port)
            case {"use": str(type_)} if find(type_) is not None:
                yield UseInstead(type_)
