"""Events as lines of JSON, for the way between two processes. Needs no torch."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from app.training.events import BatchDone, Cancelled, EpochDone, Event, Failed, Finished, Started

_KINDS: dict[str, Any] = {kind.__name__: kind for kind in (Started, BatchDone, EpochDone, Finished, Cancelled, Failed)}
_LEFT_OUT = {"fixes"}  # edits of the drawing; whoever wants them trains the variant by itself


def line_of(event: Event) -> str | None:
    """A line without its end; None for an event that is nobody's business in a sweep."""
    name = type(event).__name__
    if name not in _KINDS:
        return None
    values = {each.name: getattr(event, each.name) for each in fields(event) if each.name not in _LEFT_OUT}
    plain = {key: dict(value) if hasattr(value, "keys") else value for key, value in values.items()}
    return json.dumps({"event": name, **plain})


def event_of(line: str) -> Event | None:
    """The event of a line; None for one that holds none."""
    try:
        found = json.loads(line)
        kind = _KINDS[found.pop("event")]
        known = {each.name for each in fields(kind)}
        values = {
            name: MappingProxyType(value) if isinstance(value, dict) else value
            for name, value in found.items()
            if name in known
        }
        event: Event = kind(**values)
        return event
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def finite(value: object) -> object:
    """JSON for other programs knows no infinity; such a number is null there."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
