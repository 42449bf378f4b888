"""How good the answers are in slices of the samples: dark and bright pictures, small and large ones, long and short
texts, and by each column of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from app.core.compile.net import CompiledNet
from app.training.judging.answers import Predictions
from app.training.judging.intervals import Interval, of_mean, wilson
from app.training.judging.parts import DataParts
from nodes.api import Field
from nodes.reading.texts import PADDING

SLICES = 4  # of what takes many values: so many with equally many samples each
MOST_VALUES = 6  # that are slices of their own
MOST_COLUMNS = 60
MOST_READ = 20_000  # samples that are read again for this
FEWEST = 5  # samples of a slice of which something is said


@dataclass(frozen=True, eq=False)
class Slice:
    """Samples whose ``trait`` lies from ``low`` to ``high``, with these ``numbers`` in the data. ``result`` is the
    share of right answers, of numbers the mean absolute error, else the mean loss. ``worse`` says that all of its 95 %
    interval lies on the worse side of the result of all samples."""

    trait: str
    low: float
    high: float
    numbers: np.ndarray
    result: Interval
    worse: bool


def slices(net: CompiledNet, parts: DataParts, answers: Predictions) -> tuple[Slice, ...]:
    """The slices by each trait; the trait first by which the results differ most. None where the inputs have no trait
    that is known, or all samples are alike.

    Raises:
        CannotTrain, NoData: if the samples cannot be read again.
    """
    places = {int(number): place for place, number in enumerate(answers.numbers)}
    found: dict[str, np.ndarray] = {}
    index = torch.as_tensor(answers.numbers[:MOST_READ])
    for numbers, batch in parts.read(index):
        at = [places[number] for number in numbers.tolist()]
        for entry, values in zip(net.plan.inputs, net.inputs_from(batch), strict=True):
            alone = len(net.plan.inputs) == 1
            field = _field(parts, entry.node, entry.port)
            names, filled = (field.names, field.words[:1] == (PADDING,)) if field is not None else ((), False)
            for name, each in traits(values, names, filled).items():
                title = name if alone else f"{name} of {entry.node}"
                found.setdefault(title, np.full(answers.count, np.nan))[at] = each
    return sliced(found, answers)


def _field(parts: DataParts, node: str, port: str) -> Field | None:
    feed = parts.data.feeds.get(node)
    return feed.schema.fields.get(port) if feed is not None and feed.schema is not None else None


def traits(values: Tensor, names: Sequence[str] = (), filled: bool = False) -> dict[str, np.ndarray]:
    """What can be said of each of n inputs, in the units in which they enter.

    Pictures (n, channels, h, w) have a brightness (mean), a contrast (standard deviation) and a size: the share of dots
    that differ from the middle of the frame by more than a quarter of what the picture spans. Of numbers (n, k) each is
    a column, and whole numbers (n, steps) that are ``filled`` up with zeros have a length without these.
    """
    values = values.detach().cpu()
    if values.ndim == 4 and values.is_floating_point():
        grey = values.double().mean(1)
        frame = torch.cat([grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]], 1).median(1).values
        flat = grey.flatten(1)
        span = flat.amax(1) - flat.amin(1)
        drawn = (flat - frame[:, None]).abs() > span[:, None] / 4
        told = {"brightness": flat.mean(1), "contrast": flat.std(1, correction=0), "size": drawn.double().mean(1)}
        return {name: each.numpy() for name, each in told.items()}
    if values.ndim == 2 and values.is_floating_point() and values.shape[1] <= MOST_COLUMNS:
        titles = names if len(names) == values.shape[1] else [f"column {at}" for at in range(1, values.shape[1] + 1)]
        return {title: column.double().numpy() for title, column in zip(titles, values.T, strict=True)}
    if values.ndim == 2 and filled:
        return {"length": (values != 0).sum(1).double().numpy()}
    return {}


def sliced(found: Mapping[str, np.ndarray], answers: Predictions) -> tuple[Slice, ...]:
    """Slices by traits (n,), of which some may be no number."""
    whole = _result(answers, np.arange(answers.count))
    if whole is None:
        return ()
    told: list[tuple[float, list[Slice]]] = []
    for trait, values in found.items():
        some = []
        for places in _divided(values):
            result = _result(answers, places) if len(places) >= FEWEST else None
            if result is not None:
                low, high = float(values[places].min()), float(values[places].max())
                worse = result.high < whole.value if answers.kind == "classes" else result.low > whole.value
                some.append(Slice(trait, low, high, answers.numbers[places], result, worse))
        if len(some) > 1:
            results = [each.result.value for each in some]
            told.append((max(results) - min(results), some))
    told.sort(key=lambda each: -each[0])
    return tuple(each for _, some in told for each in some)


def _divided(values: np.ndarray) -> Iterator[np.ndarray]:
    """Places of like values: each value alone where there are few, else quarters. Equal values are never parted."""
    known = np.flatnonzero(np.isfinite(values))
    each = np.unique(values[known])
    if len(each) <= MOST_VALUES:
        groups = np.searchsorted(each, values[known])
    else:
        inner = np.quantile(values[known], np.arange(1, SLICES) / SLICES)
        groups = np.searchsorted(inner, values[known], side="left")
    for group in np.unique(groups):
        yield known[groups == group]


def _result(answers: Predictions, places: np.ndarray) -> Interval | None:
    if answers.kind == "classes":
        places = places[answers.answered[places] > 0]
        if answers.single:
            return wilson(int(answers.right[places].sum()), len(places)) if len(places) else None
        return of_mean(answers.right[places])
    return of_mean(answers.distance[places] if answers.kind == "numbers" else answers.losses[places])
