"""What a net answers all over the plane of its two inputs, or along its only one: its output, and each unit inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.decision import Decision, decision_of, estimate_of
from app.core.compile.net import CompiledNet
from app.insight.anatomy import probe_name
from app.insight.capture import array, device_of, undisturbed, values_of
from app.insight.part_predictions import parts_for
from app.insight.plot import GREY, Plot, PlotLine, class_inks, legend_of, on_ground, plotted, span
from app.insight.tiles import NoPicture, Tiles, finite, rising_scale, signed_scale
from app.insight.view import PART_WORDS, Subject
from app.training.judging.answers import reader
from app.training.refusal import CannotTrain
from nodes.api import NoData

STEPS = 121  # along each axis of a surface
UNIT_STEPS = 41  # of the small one of a unit
CURVE_STEPS = 401  # along one input
MOST_UNITS = 64
MOST_CURVES = 16
MOST_POINTS = 600  # of the data that are drawn
_MARGIN = 0.15


@dataclass(frozen=True, eq=False)
class SurfacePoints:
    """Samples of the data: what enters, (n, inputs), and what is right, (n,), or not a number without that."""

    inputs: np.ndarray
    truth: np.ndarray
    numbers: np.ndarray
    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    part: str = ""


def how_many_inputs(net: CompiledNet) -> int:
    """How many numbers enter the net.

    Raises:
        NoPicture: if what enters is not one number or two, with a sentence that says what it is.
    """
    for entry in net.plan.inputs:
        if entry.shape.dtype != "float":
            raise NoPicture(f"{entry.variable} is no number that could be changed a little: it names classes or words.")
    count = sum(entry.shape.values for entry in net.plan.inputs)
    if count not in (1, 2):
        raise NoPicture(
            f"This net reads {count:,} numbers. A surface has room for two of them, and a curve for one: "
            "try it on a drawing such as Two moons."
        )
    return count


def entering(net: CompiledNet, rows: np.ndarray, device: torch.device) -> tuple[Tensor, ...]:
    """Rows (n, inputs) of numbers as the net reads them."""
    given, start = [], 0
    for entry in net.plan.inputs:
        piece = rows[:, start : start + entry.shape.values]
        start += entry.shape.values
        given.append(torch.from_numpy(piece.astype(np.float32)).reshape(len(rows), *entry.shape.sizes).to(device))
    return tuple(given)


def points_of(net: CompiledNet, part: str) -> SurfacePoints | None:
    """Some samples of a part of the data; None where there is none, or where it gives only some of the inputs."""
    keys = [f"{entry.node}.{entry.port}" for entry in net.plan.inputs]
    try:
        parts = parts_for(net)
        index = parts.mixed(part)[:MOST_POINTS]
        found = [(numbers, batch) for numbers, batch in parts.read(index)]
    except (NoPicture, CannotTrain, NoData):
        return None
    if not found or not all(key in found[0][1] for key in keys):
        return None
    rows = torch.cat([torch.cat([batch[key].flatten(1) for key in keys], 1) for _, batch in found])
    numbers = torch.cat([each for each, _ in found])
    key = _truth_key(net)
    truth = torch.full((len(rows),), torch.nan)
    if key is not None and key in found[0][1]:
        values = torch.cat([batch[key] for _, batch in found])
        decision = decision_of(net.plan)
        if decision is not None and decision.soft:
            values = values.argmax(-1)
        truth = values.reshape(len(rows), -1)[:, 0].double()
    return SurfacePoints(
        rows.double().numpy(), truth.double().numpy(), numbers.numpy(), parts.words,
        tuple(parts.name_of(number) for number in numbers.tolist()), part,
    )  # fmt: skip


def _truth_key(net: CompiledNet) -> str | None:
    decision, estimate = decision_of(net.plan), estimate_of(net.plan)
    if decision is not None:
        return decision.target
    return estimate.truth.key if estimate is not None and estimate.truth.kind == "field" else None


def surface_of(subject: Subject, node: str, part: str) -> tuple[Tiles, ...]:
    """The surfaces, or the curves, of the output; of each unit of a layer, if one is named.

    Raises:
        NoPicture: if the net reads more than two numbers, or the layer gives none.
    """
    net, model = subject.net, subject.model
    count = how_many_inputs(net)
    points = points_of(net, part)
    rows = points.inputs if points is not None else np.array([[-1.0] * count, [1.0] * count])
    spans = [span(rows[:, axis], _MARGIN) for axis in range(count)]
    said = _said(points, part)
    if count == 1:
        return (_curves(net, model, node, spans[0], points, said),)
    if node:
        return (_units(net, model, node, (spans[0], spans[1])),)
    return (_decided(net, model, (spans[0], spans[1]), points, said),)


def plane(spans: tuple[tuple[float, float], tuple[float, float]], steps: int) -> np.ndarray:
    """All places of a plane (steps², 2), row by row from its upper left end: the middles of as many squares."""
    (x0, x1), (y0, y1) = spans
    share = (np.arange(steps) + 0.5) / steps
    across, down = np.meshgrid(x0 + share * (x1 - x0), y1 - share * (y1 - y0))
    return np.stack([across.ravel(), down.ravel()], 1)


def _axes(net: CompiledNet) -> tuple[str, str]:
    entries = net.plan.inputs
    if len(entries) == 2:
        return entries[0].variable, entries[1].variable
    words = entries[0].node
    return f"{words}, first number", f"{words}, second number"


def _said(points: SurfacePoints | None, part: str) -> str:
    if points is None:
        return "No data is drawn in, because none is wired to every input."
    return f"Points: {len(points.inputs):,} {PART_WORDS[part]} samples."


def _outputs(net: CompiledNet, model: nn.Module, rows: np.ndarray) -> dict[str, Tensor]:
    with undisturbed(model), torch.no_grad():
        return net.outputs(model(*entering(net, rows, device_of(model))))


def _probabilities(decision: Decision, outputs: dict[str, Tensor], rows: int) -> np.ndarray | None:
    """The probability of each class (rows, classes), where each sample has one answer."""
    scores = list(outputs.values())[decision.output].float().cpu()
    target = torch.zeros(rows, dtype=torch.long)
    if decision.channels or scores.reshape(rows, -1).shape[1] != (
        1 if decision.threshold is not None else decision.classes
    ):
        return None
    _, found = reader(decision)(scores, target)
    return finite(found.double().reshape(rows, -1).numpy(), "The answer")


def _decided(
    net: CompiledNet, model: nn.Module, spans: tuple[tuple[float, float], tuple[float, float]],
    points: SurfacePoints | None, said: str,
) -> Tiles:  # fmt: skip
    """Which class, and how surely; or which number."""
    places = plane(spans, STEPS)
    outputs = _outputs(net, model, places)
    decision = decision_of(net.plan)
    likely = _probabilities(decision, outputs, len(places)) if decision is not None else None
    x_label, y_label = _axes(net)
    drawn = points.inputs.astype(np.float32) if points is not None else np.empty((0, 2), np.float32)
    if likely is not None:
        inks = class_inks(likely.shape[1])
        words = points.words if points is not None and points.words else tuple(map(str, range(likely.shape[1])))
        # Paler than the points, and mixed where it is not sure.
        ground = (likely @ (0.55 * inks / 255 + 0.45)).reshape(STEPS, STEPS, 3)
        truth = np.nan_to_num(points.truth if points is not None else np.empty(0)).astype(int)
        plot = Plot(
            *spans, x_label, y_label, drawn, inks=inks[truth.clip(0, len(inks) - 1)], legend=legend_of(words, inks),
            ground=True, **_samples(net, points, words),
        )  # fmt: skip
        note = f"The colour is the class that it answers; colours mix where it is not sure. {said}"
        return on_ground(plot, ground, 0.0, 1.0, "rgb", "Decision surface", note)
    value = next(iter(outputs.values()))
    flat = array(value.reshape(len(places), -1)[:, 0], "The answer").reshape(STEPS, STEPS)
    known = points is not None and bool(np.isfinite(points.truth).any())
    low, high = rising_scale(np.concatenate([flat.ravel(), points.truth]) if known and points is not None else flat)
    inks_of = np.full((len(drawn), 3), GREY, np.uint8)
    if known and points is not None:
        from app.insight.colours import coloured

        inks_of = coloured(points.truth, low, high, "viridis")
    plot = Plot(
        *spans, x_label, y_label, drawn, inks_of, ground=True, **_samples(net, points, ()),
    )  # fmt: skip
    right = " Their colour is what is right." if known else ""
    return on_ground(plot, flat, low, high, "viridis", "Surface of the output", f"{said}{right}")


def _samples(net: CompiledNet, points: SurfacePoints | None, words: tuple[str, ...]) -> dict[str, Any]:
    """Which samples the points are."""
    if points is None:
        return {}
    known = np.isfinite(points.truth)
    said = tuple(
        (words[int(truth)] if words and 0 <= truth < len(words) else f"{truth:.4g}") if there else ""
        for truth, there in zip(points.truth.tolist(), known.tolist())
    )
    node = net.plan.sources[0].node if net.plan.sources else ""
    return {"node": node, "numbers": points.numbers, "names": points.names, "said": said, "part": points.part}


def _unit_values(net: CompiledNet, model: nn.Module, node: str, rows: np.ndarray) -> np.ndarray:
    """What a layer gives for each row, (rows, units)."""
    name = probe_name(net, node)
    given = entering(net, rows, device_of(model))
    value = values_of(net, model, given, (name,))[name]
    if not value.is_floating_point():
        raise NoPicture(f"{node} gives whole numbers, such as classes, so there is no surface of it.")
    return array(value.reshape(len(rows), -1), f"What {node} gives")


def _units(
    net: CompiledNet, model: nn.Module, node: str, spans: tuple[tuple[float, float], tuple[float, float]]
) -> Tiles:
    """One small surface of each unit."""
    found = _unit_values(net, model, node, plane(spans, UNIT_STEPS))
    shown = found[:, :MOST_UNITS].T.reshape(-1, UNIT_STEPS, UNIT_STEPS)
    low, high = signed_scale(shown)
    left = f"The first {MOST_UNITS} of {found.shape[1]:,} units. " if found.shape[1] > MOST_UNITS else ""
    (x, y), ends = _axes(net), [f"{low:.3g} to {high:.3g}" for low, high in spans]
    note = f"{left}From left to right {x}, {ends[0]}; upwards {y}, {ends[1]}."
    labels = tuple(str(at) for at in range(len(shown)))
    whole = (found.shape[1],)
    return Tiles(
        shown, low, high, "diverging", f"{node}: what each unit answers over the plane", labels, note=note,
        whole=whole, left_out=left.strip(),
    )  # fmt: skip


def _curves(
    net: CompiledNet, model: nn.Module, node: str, ends: tuple[float, float], points: SurfacePoints | None, said: str
) -> Tiles:
    """What it answers along its only input."""
    rows = np.linspace(*ends, CURVE_STEPS)[:, None]
    decision = decision_of(net.plan)
    label = net.plan.inputs[0].variable
    if node:
        values, names = _unit_values(net, model, node, rows), None
        title, note, points = f"{node}: what each unit answers", "", None
        y_label = "answer"
    else:
        outputs = _outputs(net, model, rows)
        likely = _probabilities(decision, outputs, len(rows)) if decision is not None else None
        y_label = "probability" if likely is not None else "answer"
        title, note = "The fit", said
        if likely is not None:
            values = likely.astype(np.float32)
            words = points.words if points is not None else ()
            names = list(words) or [str(at) for at in range(likely.shape[1])]
        else:
            value = next(iter(outputs.values()))
            values, names = array(value.reshape(len(rows), -1), "The answer"), None
    many = values.shape[1]
    inks = class_inks(min(many, MOST_CURVES))
    lines = tuple(
        PlotLine(
            (names[at] if names is not None else f"unit {at}" if many > 1 else "net"),
            np.column_stack([rows[:, 0], values[:, at]]),
            (int(inks[at][0]), int(inks[at][1]), int(inks[at][2])),
        )
        for at in range(min(many, MOST_CURVES))
    )
    drawn, colours = np.empty((0, 2), np.float32), np.empty((0, 3), np.uint8)
    known = points is not None and bool(np.isfinite(points.truth).any())
    if points is not None and known:
        truth = points.truth
        if decision is not None:
            places = np.nan_to_num(truth).astype(int).clip(0, many - 1)
            colours = inks[places.clip(0, len(inks) - 1)]
            truth = np.where(places > 0, 1.0, 0.0) if many == 2 else np.full(len(places), 1.0)
        else:
            colours = np.full((len(truth), 3), GREY, np.uint8)
        drawn = np.column_stack([points.inputs[:, 0], truth]).astype(np.float32)
    levels = np.concatenate([values[:, :MOST_CURVES].ravel(), drawn[:, 1]])
    plot = Plot(
        ends, span(levels), label, y_label, drawn, colours, lines=lines,
        **(_samples(net, points, points.words) if points is not None and known else {}),
    )  # fmt: skip
    left = f"The first {MOST_CURVES} of {many:,} units. " if many > MOST_CURVES else ""
    return plotted(plot, title, f"{left}{note}".strip())
