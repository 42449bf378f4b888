"""Fills the lines of a layer or loss with the names that stand there: variables, modules, numbers of samples."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.core.compile.lines import INDENT
from app.core.compile.plan import PlanLoss, PlannedStep
from app.core.compile.signatures import OURS
from nodes.api import Call, When
from nodes.api.calls import PLAIN, Line


class _Joined(list[str]):
    """Values at a variadic port; the format spec is what stands between them: ``{xs: + }``."""

    def __format__(self, spec: str) -> str:
        return (spec or ", ").join(self)


class _Holes(dict[str, object]):
    """What goes into the holes of a line. An output that does not exist, as behind a repeated layer, is not kept."""

    def __missing__(self, name: str) -> str:
        return "_"


def filled(
    lines: Sequence[Line], module: str, names: Mapping[str, str], arrived: Mapping[str, list[str]], batch: str = "1"
) -> list[str]:
    """The lines of a call: ``names`` are the variables of its outputs, ``arrived`` those at its inputs, by port."""
    every = [value for values in arrived.values() for value in values]
    holes = _Holes({port: _Joined(values) for port, values in arrived.items()})
    holes |= {"layer": module, "inputs": ", ".join(every), "outputs": ", ".join(names.values()), "batch": batch}
    holes |= names
    printed = [line for line in lines if not isinstance(line, When) or names.get(line.port, "_") != "_"]
    texts = [(line.text if isinstance(line, When) else line).format_map(holes) for line in printed]
    return [re.sub(r"^(.*)\(_(?:, _)+\)(.* = )", r"\1_\2", text) for text in texts]  # nobody reads any of the tuple


BLOCK: tuple[Line, ...] = ("{outputs} = {layer}({inputs})",)  # how a block is used


def used_rows(
    step: PlannedStep,
    lines: Sequence[Line],
    module: str,
    names: Mapping[str, str],
    arrived: Mapping[str, list[str]],
    batch: str,
) -> list[str]:
    """The lines that use a layer or block as often as it is repeated; for the rest see ``filled``."""
    constructed = step.call is None or bool(step.call.constructor)
    if step.repeat == 1 or (constructed and tuple(lines) in (PLAIN, BLOCK)):
        return filled(lines, module, names, arrived, batch)
    # N unlike Sequential can hold: walk through them, each reading what the one before gave.
    variable, start = next(iter(names.values())), next(iter(arrived.values()))[0]
    within = {port: [variable] for port in arrived}
    loop = f"for layer in {module}:" if constructed else f"for _ in range({step.repeat}):"
    begin = [f"{variable} = {start}"] if variable != start else []
    return [*begin, loop, *(INDENT + row for row in filled(lines, "layer", names, within))]


def call_text(call: Call, *first: str) -> str:
    """A constructor with its arguments, behind the expressions that come ``first``."""

    def written(value: object) -> str:
        return call_text(value) if isinstance(value, Call) else repr(value)

    parts = [*first, *map(written, call.args), *(f"{name}={written(value)}" for name, value in call.kwargs)]
    return f"{call.constructor.removeprefix(OURS)}({', '.join(parts)})"


def loss_rows(loss: PlanLoss, owner: str, read: Mapping[str, str], variable: str = "") -> list[str]:
    """The lines that give the value of a loss, times its weight, in ``variable``, if not in that of its name. ``owner``
    is the variable of the module of losses, ``read`` is what stands at its ports."""
    variable = variable or loss.name
    arrived = {port: [text] for port, text in read.items()}
    rows = filled(loss.call.forward, f"{owner}.{loss.name}", {"loss": variable, "output": variable}, arrived)
    weight = loss.settings.get("weight", 1.0)
    return rows if weight == 1.0 else [*rows, f"{variable} = {weight!r} * {variable}"]
