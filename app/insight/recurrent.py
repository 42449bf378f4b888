"""What goes on inside an LSTM, a GRU or an RNN while it reads: gates, memory and answer at each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from app.insight.anatomy import part
from app.insight.calls import first_with, heard, layer_at, unpacked
from app.insight.capture import arguments, array, undisturbed
from app.insight.letters import steps_said
from app.insight.tiles import NoPicture, Tiles, signed_scale
from app.insight.view import Look
from nodes.api.words import per_cent

MOST_UNITS = 256
KINDS: tuple[type[nn.Module], ...] = (nn.RNNBase, nn.RNNCellBase)
NAMES = ("nn.LSTM", "nn.GRU", "nn.RNN")
LOW, HIGH = 0.1, 0.9  # beyond these a gate counts as shut or open


@dataclass(frozen=True)
class RecurrentState:
    """Values at each step ``(time, units)`` by their names, in the order of the formulas. ``gates`` lie in 0..1."""

    gates: dict[str, Tensor]
    states: dict[str, Tensor]


def gate_pictures(look: Look, layer: int, backward: bool, unit: int | str) -> tuple[Tiles, ...]:
    """Gates and states of all units over time as maps, or of one unit as lines.

    Raises:
        NoPicture: if the net has no recurrent layer, or this one has no such layer, direction or unit.
    """
    net, model = look.net, look.model
    node, word = _recurrent(look)
    given = arguments(net, model, look.batch)
    calls = heard(net, model, given, part(net, node), KINDS)
    if not calls:
        raise NoPicture(f"{node} is not used when the net answers, so there is nothing to see in it.")
    with undisturbed(model), torch.no_grad():
        found = inside(calls, layer, backward, node)
    every = {**found.gates, **found.states}
    steps, units = next(iter(every.values())).shape
    said = steps_said(look, steps)
    which = f"layer {layer}, " if getattr(calls[0].module, "num_layers", 1) > 1 else ""
    which += "backward, " if backward else ""
    head = f"{node}: {which}"
    if isinstance(unit, int):
        return (_lines(head, found, unit, f"{word}{said}"),)
    pictures = []
    if found.gates:
        maps = _stack(found.gates, node)
        note = f"{word}{_saturated(found.gates)} Dark is shut (0), bright is open (1). {said}".strip()
        pictures.append(
            _maps(f"{head}gates of {units} units over {steps} steps", maps, tuple(found.gates), note, units)
        )
    for states in _alike(found.states):
        maps = _stack(states, node)
        note = f"{'' if pictures else word}Red above 0, blue below. {said}".strip()
        low, high = signed_scale(maps)
        title = f"{head}{' and '.join(states)} of {units} units over {steps} steps"
        left_out = f"Shown are the first {MOST_UNITS} of {units} units." if units > MOST_UNITS else ""
        pictures.append(
            Tiles(
                maps, low, high, "diverging", title, tuple(states), x_label="step", y_label="unit",
                note=f"{note} {left_out}".strip(), left_out=left_out,
            )
        )  # fmt: skip
    return tuple(pictures)


def _alike(states: dict[str, Tensor]) -> tuple[dict[str, Tensor], ...]:
    """The states in groups that can share a scale: a cell counts as far as it likes, the others stay within −1 to 1,
    and beside a cell of 40 nothing would be seen of them."""
    cell = {name: value for name, value in states.items() if name == "cell"}
    others = {name: value for name, value in states.items() if name not in cell}
    return (others, cell) if cell else (others,)


def _recurrent(look: Look) -> tuple[str, str]:
    """The recurrent layer that is looked at, and a word where it is not the one that was named."""

    def fits(text: str) -> bool:
        return text.startswith(NAMES)

    where = layer_at(look.net, look.node)
    if where is not None and where.step.call is not None and fits(where.step.call.constructor):
        return look.node, ""
    first = first_with(look.net.plan.graph, fits)
    if first is None:
        raise NoPicture(
            "This net has no LSTM, GRU or RNN, so there are no gates. Add one to a net that reads sequences."
        )
    return first, f"{look.node} has no gates; these are those of {first}. " if look.node else ""


def inside(calls: list[Any], layer: int, backward: bool, node: str) -> RecurrentState:
    """The gates and states of the first sample, worked out from the weights step by step.

    Raises:
        NoPicture: if there is no such layer or direction.
    """
    module = calls[0].module
    if isinstance(module, nn.RNNCellBase):
        if layer or backward:
            raise NoPicture(f"{node} is a single cell: it has layer 0 only, and reads forward.")
        return _joined([_cell(call) for call in calls])
    if layer >= module.num_layers:
        raise NoPicture(f"{node} has no layer {layer}; it has {module.num_layers}, counted from 0.")
    if backward and not module.bidirectional:
        raise NoPicture(f"{node} reads forward only. Set bidirectional, or choose forward.")
    x = unpacked(calls[0].given[0])
    x = x[:1] if module.batch_first else x[:, :1].transpose(0, 1)
    start = calls[0].value(1, "hx")
    found: RecurrentState | None = None
    for level in range(layer + 1):
        answers = []
        for way in range(2 if module.bidirectional else 1):
            made = _run(module, x[0], level, way, _start(module, start, level, way))
            answers.append(made.states["hidden"])
            if level == layer and way == int(backward):
                found = made
        x = torch.cat(answers, dim=-1)[None]
    assert found is not None, "the layer was checked"
    return found


def _start(module: nn.RNNBase, start: Any, level: int, way: int) -> tuple[Tensor, Tensor]:
    """The states (h, c) that a layer begins with."""
    told = module.proj_size or module.hidden_size
    weight: Tensor = getattr(module, "weight_ih_l0")  # noqa: B009  torch declares it for no checker
    if start is None:
        return weight.new_zeros(told), weight.new_zeros(module.hidden_size)
    row = level * (2 if module.bidirectional else 1) + way
    if isinstance(start, tuple):
        return start[0][row, 0], start[1][row, 0]
    return start[row, 0], weight.new_zeros(module.hidden_size)


def _run(module: nn.RNNBase, x: Tensor, level: int, way: int, start: tuple[Tensor, Tensor]) -> RecurrentState:
    """One layer in one direction over ``x`` ``(time, features)``; values stand at the step they were worked out at."""
    end = f"_l{level}" + ("_reverse" if way else "")
    weights = {
        name: getattr(module, name + end, None)
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
    }
    order = range(len(x) - 1, -1, -1) if way else range(len(x))
    h, c = start
    made: dict[int, RecurrentState] = {}
    for step in order:
        one, h, c = _step(module.mode, x[step], h, c, weights)
        made[step] = one
    return _joined([made[step] for step in range(len(x))])


def _cell(call: Any) -> RecurrentState:
    """One call of an LSTMCell, GRUCell or RNNCell, of the first sample."""
    module = call.module
    x = call.given[0]
    x = x[0] if x.dim() == 2 else x
    start = call.value(1, "hx")
    zeros = x.new_zeros(module.hidden_size)
    if start is None:
        h = c = zeros
    elif isinstance(start, tuple):
        h, c = (each[0] if each.dim() == 2 else each for each in start)
    else:
        h, c = start[0] if start.dim() == 2 else start, zeros
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    weights = {name: getattr(module, name) for name in names} | {"weight_hr": None}
    mode = {"LSTMCell": "LSTM", "GRUCell": "GRU"}.get(type(module).__name__)
    mode = mode or f"RNN_{module.nonlinearity.upper()}"
    return _step(mode, x, h, c, weights)[0]


def _step(
    mode: str, x: Tensor, h: Tensor, c: Tensor, weights: dict[str, Tensor | None]
) -> tuple[RecurrentState, Tensor, Tensor]:
    """One step as torch's documentation writes it; the values have one row."""
    read = nn.functional.linear(x, weights["weight_ih"], weights["bias_ih"])  # type: ignore[arg-type]
    kept = nn.functional.linear(h, weights["weight_hh"], weights["bias_hh"])  # type: ignore[arg-type]
    if mode == "LSTM":
        i, f, g, o = (read + kept).chunk(4)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = f * c + i * g
        h = o * c.tanh()
        if weights["weight_hr"] is not None:
            h = weights["weight_hr"] @ h
        gates = {"input gate": i, "forget gate": f, "output gate": o}
        return RecurrentState(gates, {"candidate": g, "cell": c, "hidden": h}), h, c
    if mode == "GRU":
        r1, z1, n1 = read.chunk(3)
        r2, z2, n2 = kept.chunk(3)
        r, z = (r1 + r2).sigmoid(), (z1 + z2).sigmoid()
        n = (n1 + r * n2).tanh()
        h = (1 - z) * n + z * h
        return RecurrentState({"reset gate": r, "update gate": z}, {"candidate": n, "hidden": h}), h, c
    total = read + kept
    h = total.relu() if mode.endswith("RELU") else total.tanh()
    return RecurrentState({}, {"hidden": h}), h, c


def _joined(steps: list[RecurrentState]) -> RecurrentState:
    return RecurrentState(
        {name: torch.stack([each.gates[name] for each in steps]) for name in steps[0].gates},
        {name: torch.stack([each.states[name] for each in steps]) for name in steps[0].states},
    )


def _stack(values: dict[str, Tensor], node: str) -> np.ndarray:
    """Maps ``(n, units, time)``; one with fewer units, behind a projection, is filled up with zeros."""
    units = max(value.shape[1] for value in values.values())
    maps = []
    for name, value in values.items():
        pixels = array(value.T, f"The {name} of {node}")[:MOST_UNITS]
        maps.append(np.pad(pixels, ((0, min(units, MOST_UNITS) - len(pixels)), (0, 0))))
    return np.stack(maps)


def _maps(title: str, maps: np.ndarray, names: tuple[str, ...], note: str, units: int) -> Tiles:
    left_out = f"Shown are the first {MOST_UNITS} of {units} units." if units > MOST_UNITS else ""
    return Tiles(
        maps, 0.0, 1.0, "viridis", title, names, x_label="step", y_label="unit", note=f"{note} {left_out}".strip(),
        left_out=left_out,
    )  # fmt: skip


def _saturated(gates: dict[str, Tensor]) -> str:
    """How often each gate is shut or open (Karpathy, Johnson and Fei-Fei 2015)."""
    said = [
        f"{name} {per_cent(float((value < LOW).float().mean()))} shut, "
        f"{per_cent(float((value > HIGH).float().mean()))} open"
        for name, value in gates.items()
    ]
    return f"Below {LOW} and above {HIGH}: {'; '.join(said)}."


def _lines(head: str, found: RecurrentState, unit: int, said: str) -> Tiles:
    every = {**found.gates, **found.states}
    units = min(value.shape[1] for value in every.values())
    if unit >= units:
        raise NoPicture(f"There is no unit {unit}; there are {units}, numbered from 0 to {units - 1}.")
    values = np.stack([array(value[:, unit], f"The {name}") for name, value in every.items()])
    low, high = min(-1.0, float(values.min())), max(1.0, float(values.max()))
    return Tiles(
        values[:, None], low, high, "viridis", f"{head}unit {unit} over {values.shape[1]} steps", tuple(every),
        layout="lines", x_label="step", note=said.strip(),
    )  # fmt: skip
