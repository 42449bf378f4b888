"""What RNN, LSTM and GRU have in common: settings, states, weights and the lines in ``forward``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nodes.api import (
    Built,
    Fix,
    Float,
    InsertBefore,
    Int,
    SetParam,
    SetUpstream,
    Shape,
    ShapeError,
    Switch,
    When,
    module,
)
from nodes.api.calls import Line
from nodes.api.curves import Settings
from nodes.api.saves import FLOAT, Extra
from nodes.api.shapes import describe, kept_steps, sequence

SETTINGS = (
    Int("hidden_size", 64, low=1, high=65_536, label="units", card=True, help="Size of the memory."),
    Int("num_layers", 1, low=1, high=64, label="layers", help="How many are stacked; each reads what the last gives."),
    Switch("bidirectional", False, on_card="both ways", card=True, help="Also reads from the end to the start."),
    Float(
        "dropout",
        0.0,
        low=0.0,
        high=1.0,
        step=0.05,
        label="drop rate",
        help="Share of values set to zero between the layers while training. Counts from two layers on.",
    ),
    Switch(
        "last_step_only",
        False,
        label="last step only",
        on_card="last step",
        card=True,
        help="Gives only the answer after the last step, to classify a whole sequence.",
    ),
    Switch("bias", True, help="Adds learned numbers to the sums of each step: two for each unit and gate."),
)


def recurrent(
    constructor: str,
    gates: int,
    x: Shape,
    states: Mapping[str, Shape | None],
    *,
    hidden_size: int,
    num_layers: int,
    bidirectional: bool,
    dropout: float,
    last_step_only: bool,
    bias: bool,
    proj_size: int = 0,
    nonlinearity: str = "tanh",
    keep: Shape | None = None,
) -> Built:
    """The layer for a cell with so many gates. ``states`` are the ports of the states it may start from; the output
    port of ``h_0`` is ``h_n``.

    Where ``keep`` is wired, the steps at which it is 0 are padding: they are left out, wherever they stand, and what
    the layer gives there is 0.

    ``proj_size`` above 0 makes what a step tells (h) that short, by a matrix of its own; the memory (c) keeps
    ``hidden_size`` numbers.

    Raises:
        ShapeError: if no sequence arrives, a state of another size, or a projection that makes nothing shorter.
    """
    time, features = sequence(x)
    kept_steps(keep, time)
    if proj_size >= hidden_size:  # torch refuses it
        raise ShapeError(
            f"A projection to {proj_size:,} numbers needs more units than that, but there are {hidden_size:,}. "
            "Give it fewer numbers, or 0 for no projection.",
            fixes=[SetParam("proj_size", 0), SetParam("hidden_size", proj_size + 1)],
        )
    told = proj_size or hidden_size
    ways = 2 if bidirectional else 1
    rows = num_layers * ways
    wired = {port: state for port, state in states.items() if state is not None}
    if not proj_size and len({state.values for state in wired.values()}) > 1:
        arrived = " and ".join(f"{describe(state)} at {port}" for port, state in wired.items())
        raise ShapeError(
            f"The states to start from must have the same size, but there is {arrived}. "
            "Wire both to the states of one recurrent layer, or leave both without a wire."
        )
    units = {port: told if port == "h_0" else hidden_size for port in states}
    for port, state in wired.items():
        setting, most = ("proj_size", hidden_size - 1) if proj_size and port == "h_0" else ("hidden_size", 65_536)
        _check_state(port, state, rows, units[port], ways, setting, most)
    weights: dict[str, tuple[int, ...]] = {}
    multiply_adds = 0
    for level in range(num_layers):
        width = features if level == 0 else told * ways
        for way in ("", "_reverse")[:ways]:
            weights[f"weight_ih_l{level}{way}"] = (gates * hidden_size, width)
            weights[f"weight_hh_l{level}{way}"] = (gates * hidden_size, told)
            if bias:
                weights[f"bias_ih_l{level}{way}"] = (gates * hidden_size,)
                weights[f"bias_hh_l{level}{way}"] = (gates * hidden_size,)
            if proj_size:
                weights[f"weight_hr_l{level}{way}"] = (proj_size, hidden_size)
            multiply_adds += time * hidden_size * (gates * (width + told) + proj_size)
    options: dict[str, int | float | bool | str] = {}
    if nonlinearity != "tanh":
        options["nonlinearity"] = nonlinearity
    if num_layers > 1:
        options["num_layers"] = num_layers
    if not bias:
        options["bias"] = False
    if proj_size:
        options["proj_size"] = proj_size
    if bidirectional:
        options["bidirectional"] = True
    if dropout and num_layers > 1:  # torch warns of a dropout that has no place
        options["dropout"] = dropout
    ends = [port.replace("_0", "_n") for port in states]
    read = _PACKED if keep is not None else "{x}"
    answer_lines = _unpacked(told, bidirectional, last_step_only) if keep is not None else []
    if keep is None and last_step_only:
        answer_lines = [_last(told, bidirectional)]
    lines: list[Line] = [
        "{output}, "
        + _tuple([f"{{{end}}}" for end in ends])
        + f" = {{layer}}({read}"
        + _start(states, units, rows)
        + ")",
        *(When("output", line) for line in answer_lines),
        *(When(end, f"{{{end}}} = {{{end}}}.transpose(0, 1)") for end in ends),
    ]
    answer = (told * ways,) if last_step_only else (time, told * ways)
    return Built(
        module(constructor, features, hidden_size, batch_first=True, **options).used_as(*lines),
        outputs={"output": Shape(answer), **{end: Shape((rows, units[port])) for end, port in zip(ends, states)}},
        weights=weights,
        multiply_adds=multiply_adds,
    )


# The steps of keep first, in their order; then as many of each sample as there are, whatever keep adds up to.
_REAL_FIRST = "{keep}.argsort(dim=1, descending=True, stable=True)[:, :, None]"
_COUNT = "{keep}.sum(dim=1).clamp(1, {keep}.shape[1]).long()"
_PACKED = (
    f"nn.utils.rnn.pack_padded_sequence({{x}}.gather(1, {_REAL_FIRST}.expand_as({{x}})), {_COUNT}.cpu(), "
    "batch_first=True, enforce_sorted=False)"
)


def _unpacked(units: int, bidirectional: bool, last: bool) -> list[str]:
    """What packed steps become: the sequence with every answer in its place, or the answer behind the last real one."""
    long = "total_length={keep}.shape[1]"
    lines = [f"{{output}} = nn.utils.rnn.pad_packed_sequence({{output}}, batch_first=True, {long})[0]"]
    if not last:
        lines.append(
            f"{{output}} = torch.zeros_like({{output}}).scatter(1, {_REAL_FIRST}.expand_as({{output}}), {{output}})"
        )
        return lines
    at_end = f"{{output}}[torch.arange(len({{output}})), {_COUNT} - 1"
    if not bidirectional:
        return [*lines, f"{{output}} = {at_end}]"]
    return [*lines, f"{{output}} = torch.cat([{at_end}, :{units}], {{output}}[:, 0, {units}:]], dim=1)"]


def _start(states: Mapping[str, Shape | None], units: Mapping[str, int], rows: int) -> str:
    """The states to start from as arguments. torch wants the layers before the batch; what is not wired is zero."""
    if all(state is None for state in states.values()):
        return ""
    turned = ".transpose(0, 1)" if rows == 1 else ".transpose(0, 1).contiguous()"
    wired = next(port for port, state in states.items() if state is not None)
    alike = len(set(units.values())) == 1
    zeros = {
        port: f"torch.zeros_like({{{wired}}})" if alike else f"{{{wired}}}.new_zeros(len({{{wired}}}), {rows}, {size})"
        for port, size in units.items()
    }
    names = [f"{{{port}}}" if state else zeros[port] for port, state in states.items()]
    return ", " + _tuple([name + turned for name in names])


def _last(units: int, bidirectional: bool) -> str:
    if not bidirectional:
        return "{output} = {output}[:, -1]"
    # The backward pass ends at the first step, so its last answer stands there.
    return f"{{output}} = torch.cat([{{output}}[:, -1, :{units}], {{output}}[:, 0, {units}:]], dim=1)"


def _tuple(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


def _check_state(port: str, state: Shape, rows: int, units: int, ways: int, setting: str, most: int) -> None:
    """Refuse a state that is not ``(rows, units)``; ``setting``, at most ``most``, is where ``units`` come from."""
    if state == Shape((rows, units)):
        return
    fixes: list[Fix] = []
    words = "units" if setting == "hidden_size" else "numbers after its projection"
    helps = "Wire the state of a recurrent layer of the same size to it."
    if state.dtype == "float" and state.values == rows * units:
        helps = "Put a Reshape before it."
        fixes = [InsertBefore("Reshape", port, (("shape", (rows, units)),))]
    elif state.kind == "vector" and state.values % rows == 0 and 0 < state.values // rows <= most:
        helps = f"Give the layer before it {rows * units} outputs, or this one {state.values // rows} {words}."
        fixes = [SetUpstream("out_features", rows * units, port), SetParam(setting, state.values // rows)]
    elif state.kind == "sequence" and state.sizes[0] == rows and state.sizes[1] <= most:
        helps = f"Give this layer {state.sizes[1]} {words}."
        fixes = [SetParam(setting, state.sizes[1])]
    elif state.kind == "sequence" and state.sizes[0] % ways == 0 and state.sizes[1] == units:
        helps = f"Give this layer {state.sizes[0] // ways} layers."
        fixes = [SetParam("num_layers", state.sizes[0] // ways)]
    raise ShapeError(
        f"The state {port} to start from has one row for each layer and direction, so it must be ({rows}, {units}), "
        f"but {describe(state)} arrives. {helps}",
        fixes=fixes,
    )


def cells(gates: int, lanes: int = 1) -> Extra:
    """Gates, state and output of every step, of every layer and direction, which are saved for the way back. An LSTM on
    a CPU fills its rows up to whole lanes."""

    def extra(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
        rows: int = settings["num_layers"] * (2 if settings["bidirectional"] else 1)
        units: int = -(-settings["hidden_size"] // lanes) * lanes
        return FLOAT * arrived[0].sizes[0] * rows * gates * units

    return extra
