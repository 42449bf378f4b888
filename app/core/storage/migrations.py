"""From the form of an older version to the present one, one step for each version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Step = Callable[[dict[str, Any]], dict[str, Any]]


def _with_frames(data: dict[str, Any]) -> dict[str, Any]:
    """Version 2 may hold frames and notes; what was written before holds none and is otherwise the same."""
    return data


def _with_varied(data: dict[str, Any]) -> dict[str, Any]:
    """Version 3 may say which settings a sweep varies; what was written before says nothing of it."""
    return data


# The step at n turns data of version n into data of version n + 1. Version 1 is the first.
STEPS: Mapping[int, Step] = {1: _with_frames, 2: _with_varied}


def migrated(data: dict[str, Any], version: int, target: int) -> dict[str, Any]:
    """``data`` in the form of version ``target``.

    Raises:
        KeyError: if a step is missing.
    """
    for step in range(version, target):
        data = STEPS[step](data)
    return data
