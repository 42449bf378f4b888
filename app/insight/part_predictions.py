"""The answers of a net to the samples of a part, for whoever looks at them: all of them, or as many as there is time
for while a training waits."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable

import torch
from torch import nn

from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.insight.tiles import NoPicture
from app.insight.view import Subject
from app.training.judging.answers import PredictionCollector
from app.training.judging.judgement import Judgement
from app.training.judging.own_losses import LossHistory, read_history
from app.training.judging.parts import DataParts, parts_of
from app.training.refusal import CannotTrain
from nodes.api import NoData

_kept: weakref.WeakKeyDictionary[nn.Module, dict[str, Judgement]] = weakref.WeakKeyDictionary()


def parts_for(net: CompiledNet) -> DataParts:
    """The data of a net by part.

    Raises:
        NoPicture: if it has none.
    """
    try:
        return parts_of(net)
    except (CannotTrain, NoData) as reason:
        raise NoPicture(str(reason)) from None


def judged(subject: Subject, part: str, go_on: Callable[[], bool] = lambda: True) -> Judgement:
    """What can be said of the answers to the samples of a part. Where a training waits for it, of as many of them as
    there is time for, always the same first ones. ``go_on`` is asked between two batches.

    Raises:
        NoPicture: if there is nothing to judge.
    """
    net, model = subject.net, subject.model
    rests = subject.seconds is None
    if rests and part in _kept.get(model, {}):
        return _kept[model][part]
    losses = net.losses()
    if losses is None:
        raise NoPicture("This drawing has no loss, so there is nothing to judge its answers by. Add a loss.")
    parts = parts_for(net)
    device = next((value.device for value in model.parameters()), torch.device("cpu"))
    losses = losses.to(device)
    collector = PredictionCollector(net, losses)
    start = time.perf_counter()
    try:
        index = parts.index(part) if rests else parts.mixed(part)
        with evaluating(model), torch.no_grad():
            for numbers, batch in parts.read(index):
                arrived = {key: value.to(device) for key, value in batch.items()}
                collector.add(numbers, arrived, model(*net.inputs_from(arrived)), len(index))
                if subject.seconds is not None and time.perf_counter() - start > subject.seconds:
                    break
                if not go_on():
                    raise NoPicture("The look was ended.")
    except (CannotTrain, NoData) as reason:
        raise NoPicture(str(reason)) from None
    if not collector.count:
        raise NoPicture(f"No sample of the {part} part can be read.")
    found = Judgement(collector.answers(part, len(index), parts.words))
    if rests:
        _kept.setdefault(model, {})[part] = found
    return found


def history_of(subject: Subject, part: str) -> LossHistory | None:
    """The own losses of the training samples over the epochs, where the run has kept them."""
    return read_history(subject.folder) if part == "train" and subject.folder is not None else None
