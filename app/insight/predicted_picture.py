"""What a net says against what is true, where both are numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from app.core.compile.decision import estimate_of
from app.core.compile.net import CompiledNet
from app.insight.capture import array
from app.insight.generative import as_pictures
from app.insight.part_predictions import parts_for
from app.insight.plot import Plot, PlotLine, class_inks, plotted, span
from app.insight.tiles import NoPicture, Tiles, rising_scale
from app.insight.unit_responses import answers_over, counted
from app.insight.view import Subject

MOST_NUMBERS = 64  # that one net says; more are a picture or a text


@dataclass(frozen=True, eq=False)
class Predicted:
    """What is said and what is true, both (n,), of the samples with these numbers in the data. ``whole`` is how many
    samples the part has, ``name`` what the data calls the number."""

    said: np.ndarray
    true: np.ndarray
    numbers: np.ndarray
    whole: int
    name: str

    @property
    def errors(self) -> np.ndarray:
        """How far off each answer is."""
        return np.asarray(np.abs(self.said - self.true))

    @property
    def of_mean(self) -> float:
        """The mean error of whoever always says the mean of these samples."""
        return float(np.abs(self.true - self.true.mean()).mean())


def predicted_of(subject: Subject, part: str, number: int) -> Predicted:
    """The answers of a part; where a training waits, of as many samples as there is time for. Samples without a true
    number are left out.

    Raises:
        NoPicture: if the net says no number, or not so many; if there is no such part, or values are no numbers.
    """
    net = subject.net
    estimate = estimate_of(net.plan)
    field = _field(net, estimate.truth.node, estimate.truth.port) if estimate is not None else None
    if estimate is None or field is None or field[0] > MOST_NUMBERS:
        raise NoPicture(
            "No loss here compares a few numbers that the net says with those of the data. The template Age from a "
            "face has one; Copies and Forecast show nets that say many."
        )
    count, names = field
    if number >= count:
        word = "number" if count == 1 else "numbers"
        raise NoPicture(f"The net says {count} {word}, counted from 0; choose another.")
    said, true, numbers, whole = [], [], [], 0
    for some, values, every in answers_over(subject, part):
        whole = every
        said.append(array(values[estimate.prediction.key], "What is said").reshape(len(some), -1)[:, number])
        true.append(values[estimate.truth.key].float().cpu().numpy().reshape(len(some), -1)[:, number])
        numbers.append(some)
    told, right = np.concatenate(said).astype(np.float64), np.concatenate(true).astype(np.float64)
    known = np.isfinite(right)
    if not known.any():
        raise NoPicture("None of these samples has a true number to compare with.")
    name = names[number] if number < len(names) else estimate.truth.port
    return Predicted(told[known], right[known], np.concatenate(numbers)[known], whole, name)


def _field(net: CompiledNet, node: str, port: str) -> tuple[int, tuple[str, ...]] | None:
    """How many numbers a field of the data has, and what they are called."""
    from app.data.source_looks import schema_of
    from nodes.api.registry import find

    source = next((each for each in net.plan.sources if each.node == node and port in each.fields), None)
    layer = find(source.type) if source is not None else None
    if source is None or layer is None:
        return None
    schema = source.seen or schema_of(layer, source.settings)
    return source.fields[port].values, schema.fields[port].names if port in schema.fields else ()


def predicted_tiles(subject: Subject, part: str, number: int, count: int, order: str) -> tuple[Tiles, ...]:
    """The plot, and ``count`` pictures where the net reads some: those with the largest error, or the first.

    Raises:
        NoPicture: as ``predicted_of``.
    """
    found = predicted_of(subject, part, number)
    errors = found.errors
    spread = float(np.square(found.true - found.true.mean()).sum())
    fit = f", R² {1 - float(np.square(errors).sum()) / spread:.3f}" if spread > 0 else ""
    note = (
        f"Mean absolute error {errors.mean():.3g}{fit}; always saying their mean, {found.true.mean():.3g}, would be "
        f"{found.of_mean:.3g} off. The dashed line is where what is said is true."
    )
    blue, orange = ((int(i[0]), int(i[1]), int(i[2])) for i in class_inks(2))
    reach = span(np.concatenate([found.said, found.true]))
    diagonal = np.array([[reach[0], reach[0]], [reach[1], reach[1]]], np.float32)
    plot = Plot(
        reach,
        reach,
        f"true {found.name}",
        "said",
        points=np.stack([found.true, found.said], 1).astype(np.float32),
        inks=np.tile(np.array(blue, np.uint8), (len(errors), 1)),
        lines=(PlotLine("true", diagonal, orange, dashed=True),),
        equal=True,
    )
    where = counted(len(errors), found.whole, part)
    shown = _pictures(subject, found, count, order)
    made = plotted(plot, f"{found.name}: said and true, {where}", note)
    return (made, shown) if shown is not None else (made,)


def _pictures(subject: Subject, found: Predicted, count: int, order: str) -> Tiles | None:
    """Some samples with both numbers; None where they are no pictures."""
    entries = [
        entry
        for entry in subject.net.plan.inputs
        if entry.shape.kind == "image" and entry.shape.sizes[0] in (1, 3) and min(entry.shape.sizes[1:]) > 1
    ]
    if not entries:
        return None
    order_ = np.argsort(-found.errors, kind="stable") if order == "worst first" else np.arange(len(found.said))
    places = order_[:count]
    wanted = found.numbers[places]
    read = list(parts_for(subject.net).read(torch.from_numpy(np.sort(wanted))))
    row = {int(one): at for at, one in enumerate(torch.cat([some for some, _ in read]).tolist())}
    key = f"{entries[0].node}.{entries[0].port}"
    values = torch.cat([batch[key] for _, batch in read]).float()[[row[int(each)] for each in wanted]]
    maps = as_pictures(values).astype(np.float32)
    colour = maps.ndim == 4
    low, high = (0.0, 1.0) if colour else rising_scale(maps)
    labels = tuple(f"{found.true[at]:.3g} → {found.said[at]:.3g}".replace("-", "−") for at in places.tolist())
    title = f"{len(places)} with the largest error" if order == "worst first" else f"The first {len(places)}"
    note = f"Below each: the true {found.name} → what the net says."
    return Tiles(maps, low, high, "rgb" if colour else "gray", title, labels, note=note)
