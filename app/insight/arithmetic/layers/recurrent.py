"""Recurrent layers: the gates of every step, the memory, and what is told."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from app.insight.arithmetic.layer_call import LayerCall, Stages
from app.insight.arithmetic.notation import bracketed, short
from app.insight.arithmetic.number import Derivation, NumberTerm
from app.insight.arithmetic.registry import arithmetic
from app.insight.arithmetic.stage import GivenStage, Index, ReorderedStage, Stage


class _Worked(Stage):
    """Numbers that were worked out step by step; ``one`` says how."""

    def __init__(self, values: np.ndarray, one: Callable[[Index], Derivation]) -> None:
        self._values, self._one = values, one

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        return self._one(index)


class _Pass:
    """One layer in one direction, from its first step to its last. Steps are counted as they stand in the sequence."""

    def __init__(self, at: LayerCall, x: Stage, end: str, back: bool, row: int, prefix: str) -> None:
        self.at, self.x, self.back, self.prefix, self.row = at, x, back, prefix, row
        self.w, self.u = at.weight(f"weight_ih{end}"), at.weight(f"weight_hh{end}")
        self.b, self.c = at.maybe(f"bias_ih{end}"), at.maybe(f"bias_hh{end}")
        self.projection = at.maybe(f"weight_hr{end}")
        module: Any = at.module
        self.units = int(module.hidden_size)
        self.steps = x.shape[0]
        self.way = _way(at, self.steps)
        if back:
            self.way.reverse()
        self.told: Stage  # (steps, told)
        self.parts: Stages = {}

    def order(self) -> list[int]:
        """The steps in the order in which they are read; padding is left out."""
        return self.way

    def before(self, step: int) -> int | None:
        """The step whose state this one goes on from; None for the first."""
        at = self.way.index(step)
        return self.way[at - 1] if at else None

    @property
    def last(self) -> int:
        """The step that ends the pass."""
        return self.way[-1]

    def start(self, port: str, size: int) -> Stage:
        given = self.at.arrived.get(port)
        if given:
            state = given[0]
            if len(state.shape) == 2:
                return state
            return ReorderedStage(state, state.values[None], lambda index: index[1:])  # a single step has a single row
        return GivenStage(np.zeros((self.row + 1, size)), "", "")

    def part(self, name: str, values: np.ndarray, one: Callable[[Index], Derivation]) -> Stage:
        """An inner value with a name of its own."""
        name = f"{self.prefix}{name}"

        def told(index: Index) -> Derivation:
            if index[0] not in self.way:
                return Derivation("given", "This step is padding: it is left out.", 0.0)
            return one(index)

        stage = _Worked(values, told).named(self.at.node, name)
        self.parts[name] = stage
        return stage

    def reads(self, gate: int, unit: int, step: int) -> tuple[NumberTerm, ...]:
        """The inputs of a step with their weights."""
        row = gate * self.units + unit
        return tuple(
            self.x.term((step, i), float(self.w.values[row, i]), self.w.place((row, i))) for i in range(self.x.shape[1])
        )

    def remembers(self, gate: int, unit: int, step: int, told: Stage, start: Stage) -> tuple[NumberTerm, ...]:
        """What the step before told, with its weights."""
        row, before = gate * self.units + unit, self.before(step)
        found = []
        for k in range(self.u.shape[1]):
            factor, place = float(self.u.values[row, k]), self.u.place((row, k))
            where, index = (start, (self.row, k)) if before is None else (told, (before, k))
            found.append(where.term(index, factor, place))
        return tuple(found)

    def biases(self, gate: int, unit: int) -> tuple[NumberTerm, ...]:
        row = (gate * self.units + unit,)
        return tuple(each.term(row) for each in (self.b, self.c) if each is not None)

    def totals(self, told: np.ndarray, start: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
        """What all units read and remember at a step, biases included, apart from each other."""
        before = self.before(step)
        state = start if before is None else told[before]
        read = self.w.values @ self.x.values[step]
        kept = self.u.values @ state
        return (
            read + (self.b.values if self.b is not None else 0),
            kept + (self.c.values if self.c is not None else 0),
        )


def _way(at: LayerCall, steps: int) -> list[int]:
    """The steps that are read, in their order: those that keep tells come first, as many as it says."""
    given = at.arrived.get("keep")
    if not given:
        return list(range(steps))
    keep = given[0].values
    order = np.argsort(-keep, kind="stable")
    return [int(step) for step in order[: int(max(keep.sum(), 1))]]


def _sigmoid(x: Any) -> Any:
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(x, np.float64)))


def _gate(
    run: _Pass, name: str, gate: int, sums: np.ndarray, told: Callable[[], Stage], start: Stage, bends: str
) -> Stage:
    """A gate of all steps, and the sums that it bends."""
    bend = np.tanh if bends == "tanh" else _sigmoid if bends == "sigmoid" else (lambda v: np.maximum(v, 0))

    def sum_of(index: Index) -> Derivation:
        step, unit = index
        terms = (*run.reads(gate, unit, step), *run.remembers(gate, unit, step, told(), start))
        more = run.biases(gate, unit)
        rule = "Inputs of this step and what the step before told, each times its weight, and the biases."
        return Derivation("sum", rule, sum(t.product for t in terms) + sum(t.value for t in more), terms, more)

    total = run.part(f"{name} sum", sums, sum_of)
    values = np.zeros(sums.shape)
    values[run.way] = bend(sums[run.way])

    def made(index: Index) -> Derivation:
        term = total.term(index)
        result = float(bend(np.float64(term.value)))
        return Derivation(
            "function",
            f"{bends} of the sum.",
            result,
            (term,),
            lines=(f"{bends}({short(term.value)}) = {short(result)}",),
        )

    return run.part(name, values, made)


def _lstm(run: _Pass) -> None:
    told_size = run.u.shape[1]
    start, memory = run.start("h_0", told_size), run.start("c_0", run.units)
    sums = np.zeros((4, run.steps, run.units))
    cells, full, told = (
        np.zeros((run.steps, run.units)),
        np.zeros((run.steps, run.units)),
        np.zeros((run.steps, told_size)),
    )
    for step in run.order():
        read, kept = run.totals(told, start.values[run.row], step)
        sums[:, step] = (read + kept).reshape(4, run.units)
        i, f, g, o = _sigmoid(sums[0, step]), _sigmoid(sums[1, step]), np.tanh(sums[2, step]), _sigmoid(sums[3, step])
        before = run.before(step)
        cells[step] = f * (memory.values[run.row] if before is None else cells[before]) + i * g
        full[step] = o * np.tanh(cells[step])
        told[step] = full[step] if run.projection is None else run.projection.values @ full[step]
    later = lambda: run.told  # noqa: E731
    gates = [
        _gate(run, name, number, sums[number], later, start, bends)
        for number, (name, bends) in enumerate(
            (("input gate", "sigmoid"), ("forget gate", "sigmoid"), ("candidate", "tanh"), ("output gate", "sigmoid"))
        )
    ]
    held: list[Stage] = []

    def cell(index: Index) -> Derivation:
        step, unit = index
        before = run.before(step)
        old = memory.term((run.row, unit)) if before is None else held[0].term((before, unit))
        i, f, g = (gates[number].term(index) for number in (0, 1, 2))
        result = f.value * old.value + i.value * g.value
        line = f"{short(f.value)} × {bracketed(old.value)} + {short(i.value)} × {bracketed(g.value)} = {short(result)}"
        rule = "Forget gate × memory of the step before + input gate × candidate."
        return Derivation("function", rule, result, (f, old, i, g), lines=(line,))

    held.append(run.part("cell", cells, cell))

    def state(index: Index) -> Derivation:
        o, c = gates[3].term(index), held[0].term(index)
        result = o.value * float(np.tanh(c.value))
        bent = bracketed(float(np.tanh(c.value)))
        line = f"{short(o.value)} × tanh({short(c.value)}) = {short(o.value)} × {bent} = {short(result)}"
        return Derivation("function", "Output gate × tanh of the memory.", result, (o, c), lines=(line,))

    if run.projection is None:
        run.told = run.part("state", full, state)
        return
    whole = run.part("state before the projection", full, state)
    projection = run.projection

    def projected(index: Index) -> Derivation:
        step, unit = index
        terms = tuple(
            whole.term((step, k), float(projection.values[unit, k]), projection.place((unit, k)))
            for k in range(run.units)
        )
        return Derivation(
            "sum", "Each value of the state times its weight, added up.", sum(t.product for t in terms), terms
        )

    run.told = run.part("state", told, projected)


def _gru(run: _Pass) -> None:
    start = run.start("h_0", run.units)
    sums, parts = np.zeros((2, run.steps, run.units)), np.zeros((2, run.steps, run.units))
    fresh, told = np.zeros((run.steps, run.units)), np.zeros((run.steps, run.units))
    for step in run.order():
        read, kept = (each.reshape(3, run.units) for each in run.totals(told, start.values[run.row], step))
        sums[0, step], sums[1, step] = read[0] + kept[0], read[1] + kept[1]
        r, z = _sigmoid(sums[0, step]), _sigmoid(sums[1, step])
        parts[0, step], parts[1, step] = read[2], kept[2]
        fresh[step] = np.tanh(read[2] + r * kept[2])
        before = run.before(step)
        told[step] = (1 - z) * fresh[step] + z * (start.values[run.row] if before is None else told[before])
    later = lambda: run.told  # noqa: E731
    reset = _gate(run, "reset gate", 0, sums[0], later, start, "sigmoid")
    update = _gate(run, "update gate", 1, sums[1], later, start, "sigmoid")

    def from_input(index: Index) -> Derivation:
        step, unit = index
        terms = run.reads(2, unit, step)
        more = (run.b.term((2 * run.units + unit,)),) if run.b is not None else ()
        result = sum(t.product for t in terms) + sum(t.value for t in more)
        return Derivation("sum", "Inputs of this step, each times its weight, and the bias.", result, terms, more)

    def from_state(index: Index) -> Derivation:
        step, unit = index
        terms = run.remembers(2, unit, step, later(), start)
        more = (run.c.term((2 * run.units + unit,)),) if run.c is not None else ()
        result = sum(t.product for t in terms) + sum(t.value for t in more)
        return Derivation("sum", "What the step before told, each times its weight, and the bias.", result, terms, more)

    read_part = run.part("candidate from the input", parts[0], from_input)
    kept_part = run.part("candidate from the state", parts[1], from_state)

    def candidate(index: Index) -> Derivation:
        a, r, b = read_part.term(index), reset.term(index), kept_part.term(index)
        result = float(np.tanh(a.value + r.value * b.value))
        line = f"tanh({short(a.value)} + {short(r.value)} × {bracketed(b.value)}) = {short(result)}"
        return Derivation(
            "function", "tanh(from the input + reset gate × from the state).", result, (a, r, b), lines=(line,)
        )

    new = run.part("candidate", fresh, candidate)

    def state(index: Index) -> Derivation:
        step, unit = index
        before = run.before(step)
        old = start.term((run.row, unit)) if before is None else run.told.term((before, unit))
        z, n = update.term(index), new.term(index)
        result = (1 - z.value) * n.value + z.value * old.value
        kept = f"{short(z.value)} × {bracketed(old.value)}"
        line = f"(1 − {short(z.value)}) × {bracketed(n.value)} + {kept} = {short(result)}"
        rule = "(1 − update gate) × candidate + update gate × state of the step before."
        return Derivation("function", rule, result, (z, n, old), lines=(line,))

    run.told = run.part("state", told, state)


def _rnn(run: _Pass) -> None:
    bends = str(run.at.settings.get("nonlinearity", "tanh"))
    start = run.start("h_0", run.units)
    sums, told = np.zeros((run.steps, run.units)), np.zeros((run.steps, run.units))
    for step in run.order():
        read, kept = run.totals(told, start.values[run.row], step)
        sums[step] = read + kept
        told[step] = np.tanh(sums[step]) if bends == "tanh" else np.maximum(sums[step], 0)
    run.told = _gate(run, "state", 0, sums, lambda: run.told, start, bends)


class _BothWays(Stage):
    """What both directions tell, side by side: forwards first."""

    def __init__(self, runs: list[_Pass]) -> None:
        self._runs = runs

    @cached_property
    def values(self) -> np.ndarray:
        return np.concatenate([run.told.values for run in self._runs], axis=-1)

    def _find(self, index: Index) -> tuple[Stage, Index]:
        step, unit = index
        size = self._runs[0].told.shape[1]
        return self._runs[unit // size].told, (step, unit % size)

    def place(self, index: Index):  # type: ignore[no-untyped-def]
        stage, there = self._find(index)
        return stage.place(there)

    def made(self, index: Index) -> Derivation:
        stage, there = self._find(index)
        return stage.made(there)


class _Ends(Stage):
    """The numbers at the end of each pass: a row for each layer and direction, or one row of all."""

    def __init__(self, stages: list[tuple[Stage, int]], values: np.ndarray, flat: bool) -> None:
        self._stages, self._values, self._flat = stages, values, flat

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        if self._flat:
            row, unit = divmod(index[0], self._stages[0][0].shape[1])
        else:
            row, unit = index
        stage, step = self._stages[row]
        term = stage.term((step, unit))
        return Derivation("moved", f"The number only moves: it stood at {term.name}.", term.value, (term,))


@arithmetic("LSTM", "GRU", "RNN")
def recurrent(at: LayerCall) -> Stages:
    """Every step reads its input and what the step before told."""
    module: Any = at.module
    work = {"LSTM": _lstm, "GRU": _gru}.get(type(module).__name__, _rnn)
    ways = 2 if module.bidirectional else 1
    x, found, runs = at.x, Stages(), []
    for level in range(module.num_layers):
        level_runs = []
        for way in range(ways):
            end = f"_l{level}{'_reverse' if way else ''}"
            words = [f"layer {level + 1}"] if module.num_layers > 1 else []
            words += [("forward", "backward")[way]] if ways > 1 else []
            run = _Pass(at, x, end, way == 1, level * ways + way, "".join(f"{word} " for word in words))
            work(run)
            found |= run.parts
            level_runs.append(run)
        runs += level_runs
        x = level_runs[0].told if ways == 1 else _BothWays(level_runs)
    if len(at.output["output"].shape) == 1:
        ends = [(run.told, run.last) for run in runs[-ways:]]
        found["output"] = _Ends(ends, at.output["output"], flat=True)
    else:
        found["output"] = x
    if "h_n" in at.output:
        found["h_n"] = _Ends([(run.told, run.last) for run in runs], at.output["h_n"], flat=False)
    if "c_n" in at.output:
        cells = [(run.parts[f"{run.prefix}cell"], run.last) for run in runs]
        found["c_n"] = _Ends(cells, at.output["c_n"], flat=False)
    return found


@arithmetic("LSTMCell", "GRUCell", "RNNCell")
def cells(at: LayerCall) -> Stages:
    """A single step."""
    module: Any = at.module
    work = {"LSTMCell": _lstm, "GRUCell": _gru}.get(type(module).__name__, _rnn)
    x = ReorderedStage(at.x, at.x.values[None], lambda index: index[1:])
    run = _Pass(at, x, "", False, 0, "")
    work(run)
    found = {**run.parts, "h_1": _Ends([(run.told, 0)], at.output["h_1"], flat=True)}
    if "c_1" in at.output:
        found["c_1"] = _Ends([(run.parts["cell"], 0)], at.output["c_1"], flat=True)
    return found
