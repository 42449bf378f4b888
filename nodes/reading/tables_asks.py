"""Questions about single columns of a table, with what was chosen in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nodes.api.schema import Guess
from nodes.api.words import quoted
from nodes.reading.tables_examined import ExaminedColumn


def merged(ask: Guess, kinds: tuple[str, ...], roles: tuple[str, ...]) -> Guess:
    """A question about one column whose answers keep what was said of the others."""
    held = {"kinds": kinds, "roles": roles}.get(ask.setting)
    if held is None or not isinstance(ask.chosen, str):  # else its answers name all columns
        return ask

    def whole(value: str) -> tuple[str, ...]:
        column = value.rpartition("=")[0]
        return (*(each for each in held if each.rpartition("=")[0] != column), value)

    choices = tuple((label, whole(value)) for label, value in ask.choices)
    return replace(ask, choices=choices, chosen=whole(ask.chosen))


def chosen_asks(column: ExaminedColumn, roles: Mapping[str, str], kinds: Mapping[str, str]) -> ExaminedColumn:
    """The questions about a column with what was chosen in force."""
    asks = []
    for ask in column.asks:
        told = roles.get(column.name) if ask.setting == "roles" else kinds.get(column.name)
        value = f"{column.name}={told}" if told else ask.chosen
        label = next((label for label, each in ask.choices if value == each), "")
        if label and ask.setting == "roles" and value != ask.chosen:
            before = next((label for label, each in ask.choices if ask.chosen == each), "something else")
            said = f"{quoted(column.name, 40)} is {label}, as you chose. Without it, it would be {before}."
            ask = replace(ask, sentence=said)
        if label:
            asks.append(replace(ask, chosen=value))
    return replace(column, asks=tuple(asks))
