"""What a layer answers to many samples: one pass over the data, of which each unit's strongest answers stay."""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.decision import decision_of
from app.insight.anatomy import probe_name
from app.insight.capture import device_of, undisturbed
from app.insight.part_predictions import parts_for
from app.insight.tiles import NoPicture
from app.insight.view import PART_WORDS, Subject
from app.training.refusal import CannotTrain
from nodes.api import NoData


@dataclass(frozen=True, eq=False)
class UnitResponses:
    """What the units of a layer answer to some samples of a part.

    Attributes:
        part, whole: which part, and how many samples it has.
        numbers: of the samples in the data, ``(n,)``.
        best: the strongest answer of each unit to each sample, the largest over all places: ``(n, units)``.
        where: the place at which it is largest, counted row by row: ``(n, units)``.
        sides: how many places there are along each axis; empty where there are none.
        labels: the class of each sample ``(n,)``; None without classes.
        words: what the classes are called.
    """

    part: str
    whole: int
    numbers: np.ndarray
    best: np.ndarray
    where: np.ndarray
    sides: tuple[int, ...]
    labels: np.ndarray | None
    words: tuple[str, ...]

    @property
    def said(self) -> str:
        """Of how many samples: ``359 validation samples``."""
        return counted(len(self.numbers), self.whole, self.part)


def counted(count: int, whole: int, part: str) -> str:
    """``100 of 359 validation samples``."""
    return f"{count:,}{f' of {whole:,}' if count < whole else ''} {PART_WORDS[part]} samples"


def units_first(value: Tensor) -> Tensor:
    """Values ``(n, ...)`` as ``(n, units, places)``: of maps the channels are units, of sequences the features."""
    if value.dim() == 3:
        return value.transpose(1, 2)
    return value.flatten(2) if value.dim() > 3 else value.reshape(len(value), -1, 1)


def strongest_of(values: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The largest of ``(n, units, places)`` and where it stands, both ``(n, units)``; on a CPU numpy finds it twice as
    fast."""
    if values.device.type != "cpu":
        best, where = values.float().max(2)
        return best.cpu().numpy(), where.to("cpu", torch.int32).numpy()
    rows = values.float().contiguous().numpy().reshape(-1, values.shape[2])
    where_ = rows.argmax(1)
    best_ = rows[np.arange(len(rows)), where_]
    return best_.reshape(values.shape[:2]), where_.astype(np.int32).reshape(values.shape[:2])


def values_over(
    subject: Subject, node: str, part: str, most: int | str
) -> Iterator[tuple[Tensor, Mapping[str, Tensor], Tensor, int]]:
    """Numbers, fields and the values of a node for the samples of a part, in pieces, and how many samples there are.
    At most ``most`` of them (``all``: every one), taken evenly from the whole part; where a training waits, as many as
    there is time for.

    Raises:
        NoPicture: if there is no data, no such part, or no such value.
    """
    net, model = subject.net, subject.model
    name = probe_name(net, node)
    parts = parts_for(net)
    start = time.perf_counter()
    device = device_of(model)
    try:
        index = parts.index(part)
        whole = len(index)
        if subject.seconds is not None:
            index = parts.mixed(part)
        elif isinstance(most, int) and most < whole:
            index = index[torch.linspace(0, whole - 1, most).round().long()]
        for numbers, batch in parts.read(index):
            arrived = {key: value.to(device) for key, value in batch.items()}
            with undisturbed(model):
                value = net.capture(model, net.inputs_from(arrived), [name], no_further=True)[name]
            yield numbers, batch, value, whole
            if subject.seconds is not None and time.perf_counter() - start > subject.seconds:
                return
    except (CannotTrain, NoData) as reason:
        raise NoPicture(str(reason)) from None
    except KeyError as missing:
        raise NoPicture(str(missing.args[0])) from None


def answers_over(subject: Subject, part: str) -> Iterator[tuple[np.ndarray, Mapping[str, Tensor], int]]:
    """The numbers of the samples of a part, their fields together with what the net gives by ``fc3.output``, in pieces,
    and how many samples there are; where a training waits, of as many as there is time for.

    Raises:
        NoPicture: if there is no data or no such part, or none of its samples can be read.
    """
    net, model = subject.net, subject.model
    parts, device, start = parts_for(net), device_of(model), time.perf_counter()
    empty = True
    try:
        index = parts.index(part) if subject.seconds is None else parts.mixed(part)
        for numbers, batch in parts.read(index):
            here = {key: value.to(device) for key, value in batch.items()}
            with undisturbed(model):
                outputs = net.outputs(model(*net.inputs_from(here)))
            empty = False
            yield numbers.cpu().numpy(), {**here, **outputs}, len(index)
            if subject.seconds is not None and time.perf_counter() - start > subject.seconds:
                return
    except (CannotTrain, NoData) as reason:
        raise NoPicture(str(reason)) from None
    if empty:
        raise NoPicture(f"No sample of the {PART_WORDS[part]} part can be read.")


_kept: weakref.WeakKeyDictionary[nn.Module, dict[tuple[str, str, int | str], UnitResponses]] = (
    weakref.WeakKeyDictionary()
)


def responses(subject: Subject, node: str, part: str, most: int | str) -> UnitResponses:
    """The answers of all units of a layer, from one pass.

    Raises:
        NoPicture: as ``values_over``, or for values that are not numbers.
    """
    key = node, part, most
    rests = subject.seconds is None
    if rests and key in _kept.get(subject.model, {}):
        return _kept[subject.model][key]
    decision = decision_of(subject.net.plan)
    label = decision.label if decision is not None and not decision.channels else ""
    numbers, best, where, labels = [], [], [], []
    sides: tuple[int, ...] = ()
    whole = 0
    for some, batch, value, every in values_over(subject, node, part, most):
        if not value.is_floating_point():
            raise NoPicture(f"{node} gives whole numbers, which are no answers. Choose a layer behind it.")
        whole = every
        sides = tuple(value.shape[2:]) if value.dim() > 3 else tuple(value.shape[1:2]) if value.dim() == 3 else ()
        strongest, places = strongest_of(units_first(value))
        numbers.append(some.cpu().numpy())
        best.append(strongest)
        where.append(places)
        if label in batch and batch[label].dim() == 1:
            labels.append(batch[label].cpu().numpy())
    if not numbers:
        raise NoPicture(f"No sample of the {PART_WORDS[part]} part can be read.")
    strengths = np.concatenate(best)
    if not np.isfinite(strengths).all():
        raise NoPicture(
            f"{node} answers with values that are infinite or not numbers. Training has run away: use a smaller "
            "learning rate and train again."
        )
    found = UnitResponses(
        part,
        whole,
        np.concatenate(numbers),
        strengths,
        np.concatenate(where),
        sides,
        np.concatenate(labels) if len(labels) == len(numbers) else None,
        parts_for(subject.net).words,
    )
    if rests:
        held = _kept.setdefault(subject.model, {})
        held.clear()  # one pass at a time: of large layers it is much
        held[key] = found
    return found


def forget(model: nn.Module) -> None:
    """Hold nothing more of what this model answered."""
    _kept.pop(model, None)


def ranked(found: UnitResponses, unit: int, which: str, count: int) -> np.ndarray:
    """Which samples (rows of ``found``) a unit answers to most strongly (``highest``), most weakly (``lowest``) or as
    to the middle one (``median``); at most ``count``. Of equal answers the first sample comes first."""
    answers = found.best[:, unit]
    if which == "lowest":
        return np.argsort(answers, kind="stable")[:count]
    order = np.argsort(-answers, kind="stable")
    if which == "highest":
        return order[:count]
    first = max(0, min(len(order) // 2 - count // 2, len(order) - count))
    return order[first : first + count]
