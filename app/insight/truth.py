"""The truth table of a net that reads a few numbers, and for two of them the lines that its units draw."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlannedStep, Ref
from app.insight.anatomy import own_weights, part
from app.insight.colours import coloured
from app.insight.plot import Plot, PlotLine, class_inks, on_ground
from app.insight.tiles import NoPicture, Tiles, finite, rising_scale

MOST_INPUTS = 4
MOST_OUTPUTS = 4
MOST_LINES = 16
LOW, HIGH, SIDE = -0.5, 1.5, 121  # of the plane around the four corners


@dataclass(frozen=True, eq=False)
class TruthTable:
    """``rows`` (n, inputs) of 0 and 1, what comes out of each (n, outputs), and words for both."""

    rows: np.ndarray
    answers: np.ndarray
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class DecisionLine:
    """Where a unit changes its mind: ``weights`` times the two inputs is ``level``."""

    unit: str
    weights: tuple[float, float]
    level: float

    def words(self, inputs: tuple[str, ...]) -> str:
        """The line as an equation."""
        sides = [f"{_number(weight)} · {name}" for weight, name in zip(self.weights, inputs)]
        return f"{self.unit}: {' + '.join(sides)} = {_number(self.level)}".replace("+ −", "− ")


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def truth_of(net: CompiledNet, model: nn.Module) -> TruthTable:
    """What the net answers to every row of zeros and ones.

    Raises:
        NoPicture: if it does not read one to four numbers.
    """
    names = _input_names(net)
    rows = torch.tensor(list(product((0.0, 1.0), repeat=len(names))))
    answers, outputs = _answers(net, model, rows)
    return TruthTable(rows.numpy(), answers, names, outputs)


def _input_names(net: CompiledNet) -> tuple[str, ...]:
    names: list[str] = []
    for entry in net.plan.inputs:
        count = entry.shape.values
        names += [entry.node] if count == 1 else [f"{entry.node}{number}" for number in range(1, count + 1)]
        if len(names) > MOST_INPUTS:
            break
    total = sum(entry.shape.values for entry in net.plan.inputs)
    if not 1 <= total <= MOST_INPUTS:
        reads = "no numbers" if not total else f"{total:,} numbers"
        raise NoPicture(
            f"A truth table is for nets that read up to {MOST_INPUTS} numbers, and this one reads {reads}. Make an "
            "Input with a shape such as 2, or open the template Perceptron."
        )
    return tuple(names)


def _answers(net: CompiledNet, model: nn.Module, rows: Tensor) -> tuple[np.ndarray, tuple[str, ...]]:
    """The first few numbers that the net gives for rows (n, inputs), and words for them."""
    if not net.plan.outputs:
        raise NoPicture("This drawing answers nothing: wire its last layer to an Output or a loss.")
    device = next((value.device for value in model.parameters()), torch.device("cpu"))
    given, first = [], 0
    for entry in net.plan.inputs:
        piece = rows[:, first : first + entry.shape.values].reshape(len(rows), *entry.shape.sizes)
        first += entry.shape.values
        given.append((piece.long() if entry.shape.dtype == "int" else piece).to(device))
    with evaluating(model), torch.no_grad():
        try:
            returned = net.outputs(model(*given))
        except RuntimeError as error:
            place, sentence = net.explain(error)
            raise NoPicture(f"{place}: {sentence}" if place else sentence) from error
    columns, words = [], []
    for key, value in returned.items():
        flat = value.reshape(len(rows), -1).cpu().float().numpy()
        node = key.partition(".")[0]
        columns.append(flat)
        words += [node] if flat.shape[1] == 1 else [f"{node}, {number}" for number in range(flat.shape[1])]
    answers = np.concatenate(columns, 1)[:, :MOST_OUTPUTS]
    return finite(answers, "The answer"), tuple(words[:MOST_OUTPUTS])


def borders(net: CompiledNet, model: nn.Module) -> tuple[DecisionLine, ...]:
    """The lines of the units that read the two inputs directly: where a threshold behind them is, else where their sum
    is 0. None where no fully connected layer reads them."""
    entry = net.plan.inputs[0]
    if len(net.plan.inputs) != 1 or entry.shape.values != 2:
        return ()
    found: list[DecisionLine] = []
    ways, seen = {Ref(entry.node, entry.port)}, True
    while seen:  # past layers that only order values anew
        seen = False
        for step in net.plan.graph.running:
            refs = {ref for arrived in step.inputs.values() for ref in arrived}
            if refs & ways and _kind(step) == "" and step.call is not None and "flatten" in str(step.call.forward):
                out = Ref(step.name, next(iter(step.outputs)))
                seen, ways = seen or out not in ways, ways | {out}
    for step in net.plan.graph.running:
        refs = {ref for arrived in step.inputs.values() for ref in arrived}
        if _kind(step) != "Linear" or not refs & ways:
            continue
        weights = own_weights(model, part(net, step.name))
        bias = weights.get("bias")
        level = _level_behind(net, step)
        for unit, row in enumerate(weights["weight"].cpu().tolist()):
            name = step.name if len(weights["weight"]) == 1 else f"{step.name}, unit {unit}"
            found.append(DecisionLine(name, (row[0], row[1]), level - (float(bias[unit]) if bias is not None else 0.0)))
    return tuple(found)


def _kind(step: PlannedStep) -> str:
    return step.call.constructor.rpartition(".")[2] if step.call is not None else ""


def _level_behind(net: CompiledNet, step: PlannedStep) -> float:
    """What the sum of a unit has to reach: the threshold that follows; 0 is the middle of every other function."""
    mine = Ref(step.name, next(iter(step.outputs)))
    for other in net.plan.graph.running:
        if mine in {ref for arrived in other.inputs.values() for ref in arrived} and _kind(other) == "HardThreshold":
            assert other.call is not None
            given = other.call.args[0] if other.call.args else dict(other.call.kwargs).get("threshold", 0.0)
            return float(given) if isinstance(given, int | float) else 0.0
    return 0.0


def truth_tiles(net: CompiledNet, model: nn.Module) -> tuple[Tiles, ...]:
    """The table as bars, one picture for each output; for two inputs the plane around them as well.

    Raises:
        NoPicture: as ``truth_of``.
    """
    truth = truth_of(net, model)
    labels = tuple(" ".join(f"{value:g}" for value in row) for row in truth.rows)
    made = []
    for place, name in enumerate(truth.outputs):
        values = truth.answers[:, place]
        low, high = rising_scale(np.append(values, 0.0))
        said = "; ".join(f"{label}: {value:.4g}" for label, value in zip(labels, values.tolist()))
        made.append(
            Tiles(
                values.reshape(1, 1, -1).astype(np.float32),
                low,
                high,
                "viridis",
                f"{name} for every row of {', '.join(truth.inputs)}",
                labels,
                layout="bars",
                x_label=" ".join(truth.inputs),
                note=f"{said.replace('-', '−')}.",
            )
        )
    if len(truth.inputs) == 2:
        made.append(_plane(net, model, truth))
    return tuple(made)


def _plane(net: CompiledNet, model: nn.Module, truth: TruthTable) -> Tiles:
    """The first output between and around the corners, the second input upwards; the lines, and the corners as dots,
    dark on what is light and light on what is dark: in the colour of their answer they would lie on just that one."""
    ends = torch.linspace(LOW, HIGH, SIDE)
    up, right = torch.meshgrid(ends.flip(0), ends, indexing="ij")
    answers, _ = _answers(net, model, torch.stack([right.flatten(), up.flatten()], 1))
    values = answers[:, 0].reshape(SIDE, SIDE)
    low, high = rising_scale(np.append(values, truth.answers[:, 0]))
    found = borders(net, model)
    inks = class_inks(min(len(found), MOST_LINES))
    drawn = [
        PlotLine(border.unit, points, (int(ink[0]), int(ink[1]), int(ink[2])))
        for border, ink in zip(found, inks)
        if len(points := _inside(border))
    ]
    plot = Plot(
        (LOW, HIGH),
        (LOW, HIGH),
        truth.inputs[0],
        truth.inputs[1],
        truth.rows.astype(np.float32),
        standing_out(coloured(truth.answers[:, 0], low, high, "viridis")),
        lines=tuple(drawn),
        ground=True,
        equal=True,
    )
    lines = [border.words(truth.inputs) for border in found]
    shown = "; ".join(lines[:4]) + (f" and {len(lines) - 4} more" if len(lines) > 4 else "")
    said = f"The line is {shown}." if len(lines) == 1 else f"Lines: {shown}." if lines else ""
    title = f"{truth.outputs[0]} over {truth.inputs[0]} and {truth.inputs[1]}"
    return on_ground(plot, values, low, high, "viridis", title, f"{said} The dots are the rows of the table.".strip())


def standing_out(colours: np.ndarray) -> np.ndarray:
    """Black or white for each of these colours (n, 3) uint8 of a ground, whichever is seen better on it."""
    light = colours.astype(float) @ np.array([0.299, 0.587, 0.114]) > 128
    return np.where(light[:, None], 0, 255).astype(np.uint8).repeat(3, 1)


def _inside(border: DecisionLine) -> np.ndarray:
    """The two ends of a line in the plane that is shown, (2, 2); nothing where it does not cross it."""
    (first, second), level = border.weights, border.level
    if not (first or second):
        return np.empty((0, 2), np.float32)
    along = np.linspace(LOW, HIGH, 2001)
    if abs(second) >= abs(first):
        places = np.stack([along, (level - first * along) / second], 1)
    else:
        places = np.stack([(level - second * along) / first, along], 1)
    there = places[((places >= LOW) & (places <= HIGH)).all(1)]
    return there[[0, -1]].astype(np.float32) if len(there) > 1 else np.empty((0, 2), np.float32)
