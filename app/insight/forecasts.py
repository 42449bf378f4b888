"""A forecast beside the truth and beside forecasts that need no net: the last value, and the last season."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanLoss, PlanSource
from app.data.source_looks import schema_of
from app.insight.capture import array, device_of, undisturbed
from app.insight.part_predictions import parts_for
from app.insight.tiles import NoPicture, Tiles, rising_scale
from app.insight.view import PART_WORDS, Look, Subject
from app.training.refusal import CannotTrain
from nodes.api import NoData, Schema
from nodes.api.registry import find

TRUTH, NET, LAST, SEASON = "truth", "net", "last value", "last season"


@dataclass(frozen=True)
class ForecastKeys:
    """Where the forecast of a net stands: the keys of the windows, of the target and of what the net says; which column
    of the windows is predicted, and which of the targets where there are several."""

    windows: str
    target: str
    prediction: str
    column: int
    aim: int | None
    source: PlanSource


def series_of(net: CompiledNet) -> ForecastKeys:
    """The forecast that a net makes.

    Raises:
        NoPicture: if it makes none.
    """
    sources = {each.node: each for each in net.plan.sources}
    for loss in net.plan.losses:
        keys = _keys(loss)
        if keys is None:
            continue
        source = sources.get(keys[1].partition(".")[0])
        if source is None or keys[1] != f"{source.node}.target" or "input" not in source.fields:
            continue
        schema = _schema(source)
        if schema is None or not schema.ordered:
            continue
        names, aim = schema.fields["input"].names, _aim(source, schema)
        if aim in names:
            several = len(schema.fields["target"].sizes) > 1
            place = names.index(aim)
            return ForecastKeys(f"{source.node}.input", keys[1], keys[0], place, 0 if several else None, source)
    raise NoPicture(
        "This view is about nets that predict how a series in time goes on. Take the source Time series or Made-up "
        "series, with the predicted column among its inputs, and wire its target to a loss."
    )


def _aim(source: PlanSource, schema: Schema) -> str:
    """The name of the column that is predicted, of several the first. A drawing keeps of its data only what the net is
    made for, so that it may stand among what was settled alone."""
    named = schema.aims or schema.fields["target"].names
    return named[0] if named else str(schema.settled.get("target", source.settings.get("target", "")))


def _keys(loss: PlanLoss) -> tuple[str, str] | None:
    wires = loss.operands
    return (wires["prediction"].key, wires["target"].key) if {"prediction", "target"} <= wires.keys() else None


def _schema(source: PlanSource) -> Schema | None:
    layer = find(source.type)
    if source.seen is not None or layer is None or layer.source is None:
        return source.seen
    try:
        return schema_of(layer, source.settings)
    except NoData:
        return None


@dataclass(frozen=True)
class Forecasts:
    """Some samples: ``past`` (n, window), and by name truth and forecasts, each (n, horizon)."""

    past: np.ndarray
    made: Mapping[str, np.ndarray]
    season: int | None


def forecast(subject: Subject, series: ForecastKeys, batch: Mapping[str, Tensor], season: int | None) -> Forecasts:
    """What the net and the naive ways say of the samples of a batch. ``season``: None for no last season."""
    net, model = subject.net, subject.model
    here = {key: value.to(device_of(model)) for key, value in batch.items()}
    with undisturbed(model), torch.no_grad():
        outputs = net.outputs(model(*net.inputs_from(here)))
    past = array(here[series.windows][..., series.column], "The series")
    said, truth = outputs.get(series.prediction, here.get(series.prediction)), here[series.target]
    assert said is not None
    if series.aim is not None:
        said, truth = said[..., series.aim], truth[..., series.aim]
    right = array(truth, "The series").reshape(len(past), -1)
    made = {TRUTH: right, NET: array(said, "The forecast").reshape(right.shape)}
    made[LAST] = np.repeat(past[:, -1:], right.shape[1], 1)
    if season is not None:
        made[SEASON] = past[:, past.shape[1] - season + np.arange(right.shape[1]) % season]
    return Forecasts(past, made, season)


def found_season(past: np.ndarray) -> int | None:
    """The distance of two steps or more at which windows (n, steps) repeat best: the least mean distance between a
    value and the one so many steps before. None where no distance is better than the step before."""
    steps = past.shape[1]
    if steps < 4:
        return None
    apart = {lag: float(np.abs(past[:, lag:] - past[:, :-lag]).mean()) for lag in range(1, steps - 1)}
    best = min((lag for lag in apart if lag > 1), key=lambda lag: apart[lag])
    return best if apart[best] < apart[1] else None


def forecast_pictures(look: Look, part: str, season: int | str) -> tuple[Tiles, ...]:
    """One sample with its forecasts, and the mean error of each way by how many steps ahead, over a part; where a
    training waits, over as much of it as there is time for.

    Raises:
        NoPicture: if the net makes no forecast, or the season does not fit into the window.
    """
    subject, series = look.subject, series_of(look.net)
    window = series.source.fields["input"].sizes[0]
    errors: dict[str, np.ndarray] = {}
    samples, lag = 0, season if isinstance(season, int) else None
    if lag is not None and lag > window:
        raise NoPicture(f"A season of {lag:,} steps is longer than the window of {window:,}. Choose a shorter one.")
    parts, start = parts_for(look.net), time.perf_counter()
    try:
        index = parts.index(part) if subject.seconds is None else parts.mixed(part)
        for number, (_, batch) in enumerate(parts.read(index)):
            if number == 0 and lag is None:
                lag = _season(series, batch, window)
            found = forecast(subject, series, batch, lag)
            for name, values in found.made.items():
                if name != TRUTH:
                    wrong = np.abs(values - found.made[TRUTH]).astype(np.float64).sum(0)
                    errors[name] = errors.get(name, 0.0) + wrong
            samples += len(found.past)
            if subject.seconds is not None and time.perf_counter() - start > subject.seconds:
                break
    except (CannotTrain, NoData) as reason:
        raise NoPicture(str(reason)) from None
    if not samples:
        raise NoPicture(f"There is no {PART_WORDS[part]} part. Choose another one.")
    means = {name: total / samples for name, total in errors.items()}
    one = forecast(subject, series, look.batch, lag)
    return _one(one, look), _errors(means, lag, f"{samples:,} {PART_WORDS[part]} windows")


def _season(series: ForecastKeys, batch: Mapping[str, Tensor], window: int) -> int | None:
    told = series.source.settings.get("season")
    if isinstance(told, int) and told <= window:
        return told
    return found_season(array(batch[series.windows][..., series.column], "The series"))


def _one(found: Forecasts, look: Look) -> Tiles:
    window = found.past.shape[1]
    horizon = found.made[TRUTH].shape[1]
    rows = np.full((1 + len(found.made), window + horizon), np.nan, np.float32)
    rows[0, :window] = found.past[0]
    for place, values in enumerate(found.made.values(), 1):
        rows[place, window:] = values[0]
        rows[place, window - 1] = found.past[0, -1]
    return Tiles(
        rows[None],
        *rising_scale(rows[np.isfinite(rows)]),
        "viridis",
        f"How the series goes on: the next {horizon:,} steps",
        ("past", *found.made),
        layout="lines",
        x_label="step",
        at=np.arange(1 - window, horizon + 1, dtype=np.float32),
        strong=(1, 2),
        note="Step 0 is the last that the net has seen.",
    )


def _errors(means: Mapping[str, np.ndarray], lag: int | None, where: str) -> Tiles:
    rows = np.stack(list(means.values())).astype(np.float32)
    totals = {name: float(each.mean()) for name, each in means.items()}
    naive = {name: value for name, value in totals.items() if name != NET}
    beaten = [name for name, value in naive.items() if totals[NET] < value]
    others = [name for name in naive if name not in beaten]
    said = ", ".join(
        f"{name}{f' ({lag} steps)' if name == SEASON else ''} {value:.3g}" for name, value in totals.items()
    )
    verdict = f"The net beats {' and '.join(beaten)}." if not others else ""
    if others:
        better = f", only {' and '.join(beaten)}" if beaten else ""
        verdict = f"The net does not beat {' and '.join(others)}{better}: it is not worth having yet."
    return Tiles(
        rows[None],
        0.0,
        max(float(rows.max()), 1e-9),
        "viridis",
        f"Mean distance from the truth, {where}",
        tuple(means),
        layout="lines",
        x_label="steps ahead",
        at=np.arange(1, rows.shape[1] + 1, dtype=np.float32),
        strong=(0,),
        note=f"{verdict} In the mean: {said}.",
    )
