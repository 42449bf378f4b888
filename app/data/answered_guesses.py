"""What was decided about data without asking stays a question after it was answered, so that it can be answered
otherwise in one click."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from app.core.graph.seen_schema import Key, SeenSchema
from nodes.api import Guess, Layer, Schema, times


def with_answered(layer: Layer, settings: Mapping[str, Any], now: Schema, before: Iterable[Schema]) -> Schema:
    """What data looks like with these settings, with the questions that earlier looks at the same files asked and that
    ``now`` asks no more, because a setting says it. The last look that asked counts."""
    asked = {guess.setting for guess in now.guesses}
    kept: dict[str, Guess] = {}
    for schema in before:
        # Where one setting answers several questions, as about the columns of a table, the source itself asks on.
        often = Counter(guess.setting for guess in schema.guesses)
        for guess in schema.guesses:
            told = guess.setting in settings and settings[guess.setting] != layer.defaults().get(guess.setting)
            if guess.setting not in asked and often[guess.setting] == 1 and told:
                kept[guess.setting] = _answered(layer, guess, settings[guess.setting])
    return replace(now, guesses=(*now.guesses, *kept.values())) if kept else now


def earlier(schemas: Mapping[Key, SeenSchema], key: Key, layer: Layer) -> Iterator[Schema]:
    """The looks at the files that ``key`` names, with whatever settings, the last one last."""
    assert layer.source is not None
    wanted = json.loads(key[1])
    for (type_id, text), seen in schemas.items():
        if type_id == key[0] and seen.schema is not None and seen.schema.guesses:
            other = json.loads(text)
            if all(other.get(name) == wanted.get(name) for name in layer.source.paths):
                yield seen.schema


def _answered(layer: Layer, guess: Guess, value: Any) -> Guess:
    label = next((label for label, each in guess.choices if each == value), "")
    choices = guess.choices if label else (*guess.choices, (_spelled(value), value))
    param = next((each for each in layer.params if each.name == guess.setting), None)
    called = param.title if param is not None else guess.setting
    said = f"You have chosen: {called} {label or _spelled(value)}."
    return replace(guess, sentence=said, choices=choices, chosen=value)


def _spelled(value: Any) -> str:
    return times(value) if isinstance(value, tuple | list) else str(value)
