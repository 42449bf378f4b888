"""What needs no net: the most frequent class or the mean, and logistic or linear regression, on the same split. Only
beside them can a result be judged."""

from __future__ import annotations

import contextlib
import hashlib
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from app.core.compile.decision import decision_of, estimate_of
from app.core.compile.net import CompiledNet
from app.core.storage.files import write_atomic
from app.training.batches import DeviceData
from app.training.folder import BASELINES
from app.training.judging.explained import r2, r2_sums
from app.training.judging.intervals import Interval, of_mean, of_sums, wilson
from app.training.judging.parts import read

MOST_SAMPLES = 10_000  # that a regression learns from; it takes minutes for more
MOST_VALUES = 40_000_000  # numbers of all its samples together
MOST_WORDS = 5_000  # of a text, counted one by one
MOST_TARGETS = 100  # numbers that are told of a sample
_ITERATIONS = 300
_VERSION = 1


@dataclass(frozen=True, eq=False)
class Baseline:
    """One way to answer without a net. ``metrics`` by name: ``accuracy``, or ``mae``, ``mse`` and ``r2``. ``each`` (n,)
    says of each sample whether it was right (1 or 0), where samples have one class each, or how far off it was, where
    they have numbers; else it is empty."""

    name: str
    metrics: Mapping[str, Interval]
    each: np.ndarray


@dataclass(frozen=True, eq=False)
class Baselines:
    """All of them; ``remark`` says in a sentence what is not as usual, such as why a regression is missing."""

    entries: tuple[Baseline, ...] = ()
    remark: str = ""


@dataclass(frozen=True)
class BaselineSamples:
    """Some of the data: which samples of what."""

    data: DeviceData
    index: Tensor


def baselines(
    net: CompiledNet, learn: BaselineSamples, judged: BaselineSamples, size: int, folder: Path | None = None
) -> Baselines:
    """How well one would do without a net: learned from ``learn``, measured on ``judged``, read in pieces of ``size``.
    What a ``folder`` keeps of the same samples is not computed again.

    Raises:
        NoData: if the data cannot be read.
    """
    decision, estimate = decision_of(net.plan), estimate_of(net.plan)
    if decision is None and estimate is None:
        return Baselines(remark="There is nothing to compare with: no loss reads classes or numbers.")
    some, part = _some(learn.index), judged
    fewer = len(some) < len(learn.index)
    x, y = _read(net, BaselineSamples(learn.data, some), size)
    judged_x, judged_y = _read(net, part, size)
    if not len(y) or not len(judged_y):
        return Baselines()
    key = _digest(x, y, judged_x, judged_y)
    kept = _kept(folder, key, len(judged_y))
    if kept is not None:
        return kept
    counted = f"The regression learned from {len(y):,} of the {len(learn.index):,} training samples. " if fewer else ""
    if decision is not None:
        made = _of_classes(x, y, judged_x, judged_y, decision.classes)
    else:
        assert estimate is not None
        own = estimate.truth.kind == "field" and any(
            f"{entry.node}.{entry.port}" == estimate.truth.key for entry in net.plan.inputs
        )
        made = _of_numbers(x, y, judged_x, judged_y, own or estimate.truth.kind == "output")
    made = Baselines(made.entries, f"{counted if len(made.entries) > 1 else ''}{made.remark}".strip())
    _keep(folder, key, made)
    return made


def _some(index: Tensor) -> Tensor:
    """Not more than a regression can learn from, mixed."""
    if len(index) <= MOST_SAMPLES:
        return index
    order = torch.randperm(len(index), generator=torch.Generator().manual_seed(0))[:MOST_SAMPLES]
    return index[order.sort().values]


def _read(net: CompiledNet, some: BaselineSamples, size: int) -> tuple[np.ndarray | None, np.ndarray]:
    """What enters the net as rows (n, features), None where it is too much; and the truth, (n,) or (n, answers)."""
    decision, estimate = decision_of(net.plan), estimate_of(net.plan)
    rows: list[np.ndarray] | None = []
    truths = []
    held = 0
    for _, batch in read(some.data, some.index, size):
        if decision is not None:
            target = batch[decision.target]
            target = (target.argmax(-1) if decision.soft else target).long()
            if decision.ignored is not None:
                target = torch.where(target == decision.ignored, -1, target)
        else:
            assert estimate is not None
            target = batch[estimate.truth.key] if estimate.truth.kind == "field" else torch.zeros(len(_first(batch)))
        truths.append(target.reshape(len(target), -1).numpy())
        if rows is not None:
            row = _features(net, batch)
            rows.append(row)
            held += row.size
            rows = None if held > MOST_VALUES else rows
    y = np.concatenate(truths) if truths else np.empty((0, 1))
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if rows is None or not rows or len({each.shape[1] for each in rows}) != 1:
        return None, y
    return np.concatenate(rows), y


def _first(batch: Mapping[str, Tensor]) -> Tensor:
    return next(iter(batch.values()))


def _features(net: CompiledNet, batch: Mapping[str, Tensor]) -> np.ndarray:
    """Every number that enters, side by side; of whole numbers, such as words, how often each is there."""
    parts = []
    for entry in net.plan.inputs:
        values = batch[f"{entry.node}.{entry.port}"]
        flat = values.reshape(len(values), -1)
        if entry.shape.dtype == "int":
            counts = torch.zeros(len(values), MOST_WORDS + 1)
            counts.scatter_add_(1, flat.long().clamp(0, MOST_WORDS), torch.ones(flat.shape))
            parts.append(counts.numpy())
        else:
            parts.append(flat.float().numpy())
    return np.nan_to_num(np.concatenate(parts, 1)) if parts else np.empty((len(_first(batch)), 0), np.float32)


def _of_classes(
    x: np.ndarray | None, y: np.ndarray, judged_x: np.ndarray | None, judged_y: np.ndarray, classes: int
) -> Baselines:
    known = y[(y >= 0) & (y < classes)].astype(np.int64)
    if not len(known):
        return Baselines()
    most = int(np.bincount(known, minlength=classes).argmax())
    there = (judged_y >= 0) & (judged_y < classes)
    single = judged_y.ndim == 1
    guess = _classified("most frequent class", (judged_y == most) & there, there, single)
    if not single:
        return Baselines((guess,), "A regression answers once for each sample; here each sample has many answers.")
    if x is None or judged_x is None:
        return Baselines((guess,), "The samples are too large for a logistic regression.")
    if not x.shape[1]:
        return Baselines((guess,), "No data enters the net, so there is nothing to regress on.")
    if len(np.unique(known)) < 2:
        return Baselines((guess,))
    learnt = (y >= 0) & (y < classes)
    told, late = _regressed(x[learnt], y[learnt].astype(np.int64), judged_x, logistic=True)
    found = _classified("logistic regression", (told == judged_y) & there, there, True)
    return Baselines((guess, found), "The logistic regression was not quite done when it was ended." if late else "")


def _classified(name: str, right: np.ndarray, there: np.ndarray, single: bool) -> Baseline:
    count = int(there.sum())
    if single:
        return Baseline(name, {"accuracy": wilson(int(right.sum()), count)} if count else {}, right.astype(float))
    each = right.reshape(len(right), -1).sum(1) / np.maximum(there.reshape(len(there), -1).sum(1), 1)
    mean = of_mean(each)
    return Baseline(name, {"accuracy": mean} if mean is not None else {}, np.empty(0))


def _of_numbers(
    x: np.ndarray | None, y: np.ndarray, judged_x: np.ndarray | None, judged_y: np.ndarray, own: bool
) -> Baselines:
    y, judged_y = y.reshape(len(y), -1).astype(float), judged_y.reshape(len(judged_y), -1).astype(float)
    if own:
        remark = (
            "The net is to tell what it is given, or what another part of it tells, which a regression cannot show."
        )
        if not np.ptp(judged_y):
            return Baselines(remark=remark)
        return Baselines((_estimated("mean", np.broadcast_to(y.mean(0), judged_y.shape), judged_y),), remark)
    mean = _estimated("mean", np.broadcast_to(y.mean(0), judged_y.shape), judged_y)
    if x is None or judged_x is None or not x.shape[1]:
        return Baselines((mean,), "The samples are too large for a linear regression." if x is None else "")
    if y.shape[1] > MOST_TARGETS:
        return Baselines((mean,), "There are too many numbers to tell for a linear regression.")
    told, _ = _regressed(x, y, judged_x, logistic=False)
    return Baselines((mean, _estimated("linear regression", told.reshape(judged_y.shape), judged_y)))


def _estimated(name: str, told: np.ndarray, truth: np.ndarray) -> Baseline:
    wrong = told - truth
    sums = r2_sums(np.square(wrong), truth - truth.mean(0))
    found = {"mae": of_mean(np.abs(wrong).mean(1)), "mse": of_mean(np.square(wrong).mean(1)), "r2": of_sums(sums, r2)}
    known = {key: value for key, value in found.items() if value is not None}
    return Baseline(name, known, np.abs(wrong).mean(1))


def _regressed(x: np.ndarray, y: np.ndarray, judged: np.ndarray, logistic: bool) -> tuple[np.ndarray, bool]:
    """What a regression says of ``judged``, and whether it was ended before it was done."""
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        rows = scaler.fit_transform(x.astype(np.float64))
        model = LogisticRegression(max_iter=_ITERATIONS) if logistic else LinearRegression()
        model.fit(rows, y)
        found = model.predict(scaler.transform(judged.astype(np.float64)))
    return found, any("converge" in str(each.message).lower() for each in told)


# Kept in the folder of a run


def _digest(*arrays: np.ndarray | None) -> str:
    made = hashlib.sha256(str(_VERSION).encode())
    for each in arrays:
        made.update(b"-" if each is None else np.ascontiguousarray(each).tobytes())
    return made.hexdigest()


def _all(folder: Path) -> dict[str, Any]:
    try:
        path = folder / BASELINES
        if not path.is_file() or path.stat().st_size > 10_000_000:
            return {}
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _kept(folder: Path | None, key: str, count: int) -> Baselines | None:
    """What the folder keeps under this key, if it is whole."""
    found = _all(folder).get(key) if folder is not None else None
    try:
        entries = []
        for each in found["entries"]:  # type: ignore[index]
            metrics = {
                str(name): Interval(float(value), float(low), float(high), str(how))
                for name, (value, low, high, how) in each["metrics"].items()
            }
            values = np.array([float(value) for value in each["each"]])
            if len(values) not in (0, count):
                return None
            entries.append(Baseline(str(each["name"]), metrics, values))
        return Baselines(tuple(entries), str(found["remark"]))  # type: ignore[index]
    except (TypeError, KeyError, ValueError, AttributeError):
        return None


def _keep(folder: Path | None, key: str, made: Baselines) -> None:
    if folder is None or not folder.is_dir():
        return
    entries = [
        {
            "name": each.name,
            "metrics": {name: [i.value, i.low, i.high, i.how] for name, i in each.metrics.items()},
            "each": [int(value) if value in (0, 1) else float(f"{value:.6g}") for value in each.each.tolist()],
        }
        for each in made.entries
    ]
    held = _all(folder)
    while len(held) >= 8:  # of parts and other data; the oldest goes
        held.pop(next(iter(held)))
    held[key] = {"entries": entries, "remark": made.remark}
    with contextlib.suppress(OSError):  # a folder that cannot be written to: it is computed again next time
        write_atomic(folder / BASELINES, json.dumps(held).encode())
