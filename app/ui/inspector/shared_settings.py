"""Which settings several layers have in common, and what all of them can take. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nodes.api import BadSetting, Choice, File, Float, Int, Names, Numbers, Param, Several, Sides, Sizes


def in_common(declared: Sequence[Mapping[str, Param]]) -> dict[str, Param]:
    """The settings that all of these layers have under one name and of one kind, with the limits of the strictest.

    What one layer calls filters and another outputs goes by torch's name.
    """
    found = {}
    for name in declared[0]:
        params = [each[name] for each in declared if name in each]
        if len(params) == len(declared) and len({type(param) for param in params}) == 1:
            merged = params[0] if all(param == params[0] for param in params) else _merged(params)
            if merged is not None:
                found[name] = merged
    return found


def _merged(params: Sequence[Any]) -> Param | None:
    """One declaration for values that all take, or None if there is no such value."""
    first: Any = params[0]
    changes: dict[str, Any] = {
        "label": first.label if len({param.title for param in params}) == 1 else "",
        "help": first.help if len({param.help for param in params}) == 1 else "",
    }
    if hasattr(first, "low"):
        changes |= {"low": max(param.low for param in params), "high": min(param.high for param in params)}
        if changes["low"] > changes["high"]:
            return None
    if isinstance(first, Float):
        changes["open_low"] = any(param.open_low and param.low == changes["low"] for param in params)
        changes["open_high"] = any(param.open_high and param.high == changes["high"] for param in params)
        changes["step"] = min(param.step for param in params)
    if isinstance(first, Int | Sides):
        changes["words"] = _shared(param.words for param in params)
        changes["zero"] = first.zero if len({param.zero for param in params}) == 1 else ""
    if isinstance(first, Choice | Several):
        changes["options"] = _shared(param.options for param in params)
        if not changes["options"]:
            return None
    if isinstance(first, File) and len({bool(param.endings) for param in params}) == 1:
        changes["endings"] = _shared(param.endings for param in params)
    if isinstance(first, Sizes):
        changes["least"] = max(param.least for param in params)
    if isinstance(first, Sizes | Numbers | Names):
        changes["most"] = min(param.most for param in params)
        if changes.get("least", 0) > changes["most"]:
            return None
    return _with_default(replace(first, **changes))


def _with_default(merged: Any) -> Param:
    """A default that the merged setting takes; an editor begins with it."""
    for value in (merged.default, getattr(merged, "low", None), *getattr(merged, "options", ())):
        try:
            made: Param = replace(merged, default=merged.check(value))
            return made
        except BadSetting:
            continue
    made = merged
    return made


def _shared(several: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    first, *others = several
    return tuple(word for word in first if all(word in each for each in others))
