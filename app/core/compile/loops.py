"""The lines of a block that is used once for each step of a sequence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.core.compile.lines import INDENT
from app.core.compile.plan import PlannedStep
from app.core.graph.loops import CARRIED, STEPS, LoopInput, states


def loop_rows(
    step: PlannedStep,
    names: Mapping[str, str],
    arrived: Mapping[str, list[str]],
    call: Callable[[str], str],
    model: str = "self",
) -> list[str]:
    """A loop over the steps of what arrives. ``names`` are the variables of the outputs, "_" of those nobody reads;
    ``call`` makes the call of the block of its arguments, ``model`` is the module whose mode decides whether true
    values are read."""
    assert step.inner is not None
    kept = states(step.loop)
    first = next(arrived[entry.name][0] for entry in step.loop if entry.over_time == STEPS)
    fed = {entry.comes_from for entry in step.loop if entry.comes_from and entry.true_values != "always"}
    given = {
        port: f"{step.name}_{port}" if name == "_" and (port in kept or port in fed) else name
        for port, name in names.items()
    }
    place = "step"
    while place in {*given.values(), *(value for values in arrived.values() for value in values)}:
        place += "_"
    rows = []
    for entry in step.loop:
        if entry.over_time == CARRIED:
            begin = arrived[entry.name][0] if entry.name in arrived else _zeros(entry, first)
            rows.append(f"{given[entry.comes_from]} = {begin}")
    left = [port for port in given if port not in kept and names[port] != "_"]
    answers = {port: f"{step.name}_{port}_steps" for port in left}
    rows += [f"{name} = []" for name in answers.values()]
    rows.append(f"for {place} in range({first}.shape[1]):")
    read = [_read(entry, step, arrived, given, place, model) for entry in step.loop]
    results = [given.get(port, "_") for port in step.inner.return_ports]
    rows.append(f"{INDENT}{', '.join(results)} = {call(', '.join(read))}")
    rows += [f"{INDENT}{name}.append({given[port]})" for port, name in answers.items()]
    rows += [f"{given[port]} = torch.stack({name}, dim=1)" for port, name in answers.items()]
    return rows


def _zeros(entry: LoopInput, first: str) -> str:
    sizes = ", ".join(str(side) for side in entry.size)
    return f"torch.zeros(len({first}), {sizes}, device={first}.device)"


def _read(
    entry: LoopInput,
    step: PlannedStep,
    arrived: Mapping[str, list[str]],
    given: Mapping[str, str],
    place: str,
    model: str,
) -> str:
    """What is read at one input at one step."""
    if entry.over_time == CARRIED:
        return given[entry.comes_from]
    value = arrived[entry.name][0]
    if entry.over_time != STEPS:
        return value
    true = f"{value}[:, {place}]"
    if entry.true_values == "always":
        return true
    assert step.inner is not None
    answer = given[entry.comes_from]
    own = f"{answer}.argmax(1)" if entry.chosen else answer
    keeps = f" or {model}.training" if entry.true_values == "in training" else ""
    return f"{true} if {place} == 0{keeps} else {own}"
