"""Edits of what the columns of a table are for and what they hold."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.core.commands.base import Command
from app.core.commands.project import EditAll
from app.core.commands.settings import SetSetting
from app.core.graph.model import MAIN, Node
from nodes.api import Layer, TableColumn
from nodes.api.params import Columns, Text

NEEDED = ("target", "roles", "kinds")  # the settings of a source whose columns can be chosen
SERIES = ("inputs", "target", "time")  # the same of a series in time, whose columns hold what they hold


def choosable(layer: Layer | None) -> bool:
    """Whether a layer has the settings that say what its columns are for."""
    return of_series(layer) or _of_table(layer)


def of_series(layer: Layer | None) -> bool:
    """Whether its columns are those of a series in time."""
    found = {param.name: param for param in layer.params} if layer is not None else {}
    return all(isinstance(found.get(name), Text) for name in SERIES)


def _of_table(layer: Layer | None) -> bool:
    found = {param.name: param for param in layer.params} if layer is not None else {}
    return all(name in found for name in NEEDED) and all(isinstance(found[n], Columns) for n in NEEDED[1:])


def target_text(targets: Sequence[str]) -> str:
    """The names of columns as the setting ``target`` writes them; ``none`` for none."""
    if not targets:
        return "none"
    if len(targets) == 1 and targets[0] not in ("auto", "none"):
        return targets[0]
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL if len(targets) == 1 else csv.QUOTE_MINIMAL).writerow(targets)
    return line.getvalue().strip("\r\n")


def target_columns(target: object, columns: Sequence[TableColumn]) -> tuple[str, ...]:
    """The columns that a setting ``target`` names; none where a file holds something else there."""
    if not isinstance(target, str):
        return ()
    names = [column.name for column in columns]
    if target in names:
        return (target,)
    row = next(csv.reader(io.StringIO(target), skipinitialspace=True), [])
    return tuple(name.strip() for name in row if name.strip() in names)


def as_told(columns: Sequence[TableColumn], settings: Mapping[str, Any]) -> tuple[TableColumn, ...]:
    """Columns as they were seen last, with what has been said of them since: until the table is looked at again."""
    roles, kinds = _told(settings.get("roles", ())), _told(settings.get("kinds", ()))
    target = settings.get("target", "auto")
    made = [
        replace(column, role=roles.get(column.name, column.role), kind=kinds.get(column.name, column.kind))
        for column in columns
    ]
    if target == "auto":
        return tuple(made)
    aims = target_columns(target, columns) if target != "none" else ()
    return tuple(
        replace(column, role="target" if column.name in aims else "feature" if column.role == "target" else column.role)
        for column in made
    )


def set_role(node: Node, columns: Sequence[TableColumn], name: str, role: str, more: bool = False) -> Command:
    """Say what a column is for. As the target it takes the place of the one before, or stands beside it (``more``; and
    is none any more if it was). The target that was guessed so far is kept by name: else another choice moves it."""
    aims = [column.name for column in columns if column.role == "target"]
    roles = _told(node.params.get("roles", ()))
    roles = {each: word for each, word in roles.items() if word != "target" and each != name}
    if role == "target":
        if more:
            aims = [aim for aim in aims if aim != name] if name in aims else [*aims, name]
        else:
            aims = [name]
    else:
        aims = [aim for aim in aims if aim != name]
        roles[name] = role
    return _edit(node, f"Read {name} as {role}", roles=_listed(roles), target=target_text(aims))


def set_series_role(node: Node, columns: Sequence[TableColumn], name: str, role: str, more: bool = False) -> Command:
    """The same for a series in time: a column goes in, is predicted (and goes in, too), says when each row was, or is
    left out. All others stay as they are, by name. Where nothing would be predicted it is guessed again."""
    now = {column.name: column.role for column in columns}
    if role == "target" and not more:
        now = {each: "feature" if word == "target" else word for each, word in now.items()}
    elif role == "time":
        now = {each: "ignore" if word == "time" else word for each, word in now.items()}
    now[name] = "feature" if role == "target" and more and now.get(name) == "target" else role
    lists = {word: [each for each, own in now.items() if own == word] for word in ("feature", "target", "time")}
    target = target_text(lists["target"]) if lists["target"] else "auto"
    inputs = target_text([*lists["feature"], *lists["target"]]) if lists["feature"] or lists["target"] else "auto"
    time = lists["time"][0] if lists["time"] else "none"
    return _edit(node, f"Read {name} as {role}", inputs=inputs, target=target, time=time)


def set_kind(node: Node, columns: Sequence[TableColumn], name: str, kind: str) -> Command:
    """Say what a column holds. What it is for stays, apart from a text, which becomes a feature."""
    roles, kinds = _told(node.params.get("roles", ())), _told(node.params.get("kinds", ()))
    before = next((column for column in columns if column.name == name), None)
    kinds[name] = kind
    if before is not None and before.role not in ("target", "text") and kind != "text":
        roles.setdefault(name, before.role)
    elif roles.get(name) == "text" and kind != "text":
        del roles[name]
    return _edit(node, f"Read {name} as {kind}", roles=_listed(roles), kinds=_listed(kinds))


def forget_column(node: Node, name: str) -> Command:
    """Let a column be guessed again; of a series, all of them."""
    if "inputs" in node.params:
        return _edit(node, "Let the columns be guessed", inputs="auto", target="auto", time="auto")
    roles, kinds = _told(node.params.get("roles", ())), _told(node.params.get("kinds", ()))
    roles.pop(name, None)
    kinds.pop(name, None)
    return _edit(node, f"Let {name} be guessed", roles=_listed(roles), kinds=_listed(kinds))


def _told(parts: object) -> dict[str, str]:
    """What is said of single columns; nothing where a file holds something else there."""
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        return {}
    return {part.rpartition("=")[0]: part.rpartition("=")[2] for part in parts}


def _listed(said: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{name}={word}" for name, word in said.items())


def _edit(node: Node, title: str, **values: Any) -> Command:
    return EditAll(MAIN, tuple(SetSetting(MAIN, (node.name,), key, value) for key, value in values.items()), title)
