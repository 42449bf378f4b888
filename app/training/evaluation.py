"""How well the net of a run does on samples that it was not trained on: its numbers, and what it takes for what."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.decision import decision_of
from app.core.compile.modes import evaluating
from app.core.compile.plan import PlanSource
from app.core.graph.recipe import VALIDATION_BATCHES
from app.data import catalog
from app.data.joined import JoinedFeed
from app.data.refusals import check_there
from app.data.source_looks import as_before, no_data, renumbered, schema_of
from app.data.understanding import read_within
from app.training import batches
from app.training.checkpoints import LoadedRun
from app.training.judging.answers import MOST_CLASSES, PredictionCollector
from app.training.judging.baselines import Baselines, BaselineSamples, baselines
from app.training.judging.classes import ClassResult
from app.training.judging.intervals import RESAMPLES, Interval
from app.training.judging.judgement import Judgement
from app.training.judging.parts import parts_of, words_of
from app.training.metrics import Averages
from app.training.read_ahead import ahead, in_turn
from app.training.recipe import device_for
from app.training.refusal import CannotTrain
from app.training.trainer import Trainer
from nodes.api import Feed, Field, Layer, NoData, Schema, times
from nodes.api.corrections import class_words, without_corrections
from nodes.api.registry import find
from nodes.api.words import cut, listed

MOST_COUNTED = MOST_CLASSES
COUNTS = "f1"  # the metric whose sums are how often each class was taken for each
_MOST_READ = 20_000_000  # numbers that the metrics read of all samples; of more, no interval is drawn from them
_DRAWING_SECONDS = 3.0  # that the drawing of intervals may take
_LEAST_DRAWN = 50


@dataclass(frozen=True)
class Evaluation:
    """``metrics`` by name: ``loss``, ``accuracy`` and so on; what is no number is left out. ``intervals`` are theirs,
    as far as there are any. ``confusion`` counts by right class (rows) and chosen class. ``judgement`` knows every
    answer, ``baselines`` what one would get without a net, and ``sentences`` say it all. ``unreadable`` are sentences
    on samples that were left out, ``remarks`` on whatever else should be known."""

    part: str
    samples: int
    metrics: Mapping[str, float]
    judgement: Judgement
    intervals: Mapping[str, Interval]
    baselines: Baselines
    confusion: tuple[tuple[int, ...], ...] = ()
    unreadable: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[ClassResult, ...]:
        """What is known of each class."""
        return self.judgement.classes

    @property
    def sentences(self) -> tuple[str, ...]:
        """The evaluation in words."""
        return tuple(self.judgement.sentences(self.baselines))


def evaluate(run: LoadedRun, part: str | None = None, data: Path | None = None) -> Evaluation:
    """The numbers of a run on one of its own parts, ``test`` or ``validation``, or on other data of the same kind.

    Without ``part`` its test part if it has one, else its validation part; of other data all samples.

    Raises:
        CannotTrain: if the run has no such part, or nothing to measure.
        NoData: if the data cannot be had, or is of another kind.
    """
    recipe = run.project.recipe
    known = decision_of(run.net.plan)
    many = known is not None and known.classes > MOST_COUNTED
    metrics = recipe.metrics if many or COUNTS in recipe.metrics else (*recipe.metrics, COUNTS)
    recipe = replace(recipe, metrics=metrics)
    net = run.net.with_recipe(recipe)
    if not net.plan.losses:
        raise CannotTrain(
            "This run has no loss, so there is nothing to measure. Add a loss to the drawing and train it."
        )
    remarks: tuple[str, ...] = ()
    uncounted = (f"Of more than {MOST_COUNTED:,} classes, it is not counted which is taken for which.",) if many else ()
    if data is None:
        joined = batches.load(net.plan)
        remarks = tuple(remark for feed in joined.feeds.values() for remark in feed.remarks)
        parts = batches.divide(net.plan, joined, recipe.validation, recipe.seed, recipe.test)
        part = part or ("test" if len(parts.test) else "validation")
        index = parts.test if part == "test" else parts.validation
        if not len(index):
            raise CannotTrain(_no_part(part, bool(len(parts.test)), bool(len(parts.validation))))
    else:
        joined, without, remarks = other_data(run, data)
        index = torch.arange(joined.length)
        if part is not None:
            if part not in joined.parts:
                raise NoData(f"{data} has no part of its own for {part}. Leave --part out to use all of its samples.")
            index = joined.parts[part]
        index = index[~torch.isin(index, without)]
        part = part or "all"
        if not len(index):
            raise NoData(f"No sample of {data} can be measured. {' '.join(remarks)}".strip())
    device = device_for(recipe)
    model = run.model.to(device)
    losses = net.losses()
    assert losses is not None, "the plan has losses"
    losses = losses.to(device)
    trainer = Trainer(net, model, losses, 1)
    samples = batches.DeviceData(joined, device)
    averages = Averages(trainer.metric_sums, trainer.metric_values)
    size = recipe.batch_size * VALIDATION_BATCHES
    pieces = index.to(samples.home).split(size)
    heard = _Hearing(model)
    trainer.model = heard  # type: ignore[assignment]  # what is printed only calls it
    collector, reads = PredictionCollector(net, losses), _Reads(trainer)
    with evaluating(model), closing((ahead if samples.reads else in_turn)(samples.at, pieces)) as read_batches:
        for piece, batch in zip(pieces, read_batches):
            if batch:
                values, read = trainer.validate(batch)
                averages.add_read(read)
                reads.add(read)
                count = len(next(iter(batch.values())))
                averages.add_losses({name: value.item() for name, value in values.items()}, count)
                collector.add(samples.readable(piece), batch, heard.said, len(index))
    if not averages.samples:
        raise NoData(samples.none_left(index, part))
    numbers = {name.removeprefix("of_"): value for name, value in averages.numbers("of").items()}
    wanted = {name for name in numbers if name.partition(".")[0] == "loss"} | set(run.project.recipe.metrics)
    judgement = Judgement(collector.answers(part, len(index), words_of(net, joined)))
    confusion = judgement.answers.confusion
    found = {name: value for name, value in numbers.items() if name in wanted and math.isfinite(value)}
    own, data_parts = judgement.intervals, parts_of(net)
    learn = BaselineSamples(data_parts.samples, data_parts.index("train"))
    judged = BaselineSamples(batches.DeviceData(joined, torch.device("cpu")), index.cpu())
    return Evaluation(
        part,
        averages.samples,
        found,
        judgement,
        {name: each for name in found if (each := own.get(name) or reads.interval(name, found[name])) is not None},
        baselines(net, learn, judged, size, run.folder),
        tuple(tuple(row) for row in confusion.tolist()) if confusion is not None else (),
        tuple(samples.unreadable[number][1] for number in samples.lost(index)),
        (*remarks, *uncounted, *_torn(joined)),
    )


class _Hearing:
    """Calls a model and remembers what it said last."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self.said: Any = None

    def __call__(self, *inputs: Tensor) -> Any:
        self.said = self._model(*inputs)
        return self.said


class _Reads:
    """What the printed metrics read of all samples, to work any of them out again for samples drawn from those."""

    def __init__(self, trainer: Trainer) -> None:
        self._sums, self._values = trainer.metric_sums, trainer.metric_values
        self._kept: list[Mapping[str, Tensor]] = []
        self._room = _MOST_READ
        self._drawn: dict[str, list[float]] | None = None

    def add(self, read: Mapping[str, Tensor]) -> None:
        """What was read of a batch."""
        self._room -= sum(value.numel() for value in read.values())
        if self._room < 0:
            self._kept.clear()
        elif read:
            self._kept.append(read)

    def interval(self, name: str, value: float) -> Interval | None:
        """The interval of a metric: the samples are drawn again and again, as often as there is time for."""
        if self._drawn is None:
            self._drawn = self._draw()
        drawn = np.array([each for each in self._drawn.get(name, ()) if math.isfinite(each)])
        if len(drawn) < _LEAST_DRAWN:
            return None
        low, high = np.quantile(drawn, [0.025, 0.975])
        return Interval(value, float(low), float(high), "bootstrap")

    def _draw(self) -> dict[str, list[float]]:
        drawn: dict[str, list[float]] = {}
        if not self._kept or self._sums is None or self._values is None or self._room < 0:
            return drawn
        whole = {name: torch.cat([each[name] for each in self._kept]) for name in self._kept[0]}
        count = len(next(iter(whole.values())))
        generator = torch.Generator().manual_seed(0)
        start = time.perf_counter()
        for done in range(RESAMPLES):
            places = torch.randint(count, (count,), generator=generator)
            some = {name: value[places.to(value.device)] for name, value in whole.items()}
            for name, value in self._values(self._sums(**some)).items():
                drawn.setdefault(name, []).append(float(value))
            if time.perf_counter() - start > _DRAWING_SECONDS and done + 1 >= _LEAST_DRAWN:
                break
        return drawn


def _torn(joined: JoinedFeed) -> tuple[str, ...]:
    """A word on intervals of samples that belong together."""
    if joined.groups is not None:
        return (
            "Samples of one group are alike, and the intervals take them for independent: the true ones are wider.",
        )
    if joined.ordered:
        return (
            "Neighbours in a series are alike, and the intervals take them for independent: the true ones are wider.",
        )
    return ()


def _no_part(part: str, test: bool, validation: bool) -> str:
    if part == "test":
        other = " or evaluate its validation part" if validation else ""
        return f"This run kept no test part. Train with a share for it (test 0.15 in the recipe){other}."
    other = " Evaluate its test part" if test else " Train with a share for it"
    return f"This run kept no validation part.{other}, or name other data."


# Other data


def other_data(run: LoadedRun, path: Path) -> tuple[JoinedFeed, Tensor, tuple[str, ...]]:
    """Other data in the place of the run's own: with the samples that are left aside, and what has to be told.

    Raises:
        NoData: if it is of another kind.
    """
    plan = run.net.plan
    files = [source for source in plan.sources if (layer := find(source.type)) and layer.source and layer.source.paths]
    if len(files) != 1:
        kind = "reads no files" if not files else "reads several files"
        raise NoData(f"The data of this run {kind}, so no other can stand in its place. Leave --data out.")
    (own,) = files
    layer = find(own.type)
    assert layer is not None
    assert layer.source is not None
    check_there(path)
    path = read_within(path, layer)
    if layer.source.recognise is not None and layer.source.recognise(path) is None:
        raise NoData(
            f"{path} is nothing that {layer.name} reads, which the run was trained on. Name data of that kind."
        )
    before = run.project.schemas
    trained = own.seen or next(
        (seen.schema for key, seen in before.items() if key[0] == own.type and seen.schema), None
    )
    prepared = _prepared(path, own, layer, trained)
    if prepared is not None:
        feeds = {each.node: prepared if each is own else catalog.load(each) for each in plan.sources}
        return _joined(run, feeds), torch.empty(0, dtype=torch.int64), prepared.remarks
    settings = {**as_before(without_corrections(own.settings), trained), layer.source.paths[0]: str(path)}
    now = schema_of(layer, settings)
    _check_fields(path, own, now)
    feeds = {}
    fields = {name: now.fields[name].shape for name in own.fields}
    for source in plan.sources:
        known = replace(source, settings=settings, fields=fields, seen=None) if source is own else source
        feeds[source.node] = catalog.load(known)
    without, remarks = torch.empty(0, dtype=torch.int64), []
    feed = copy.copy(feeds[own.node])
    for name in own.fields:
        if trained is None or name not in trained.fields or not trained.fields[name].classes:
            continue
        old, new = class_words(trained.fields[name]), class_words(now.fields[name])
        if old == new:
            continue
        places = renumbered(new, old)
        unknown = [word for word, place in zip(new, places) if place < 0]
        numbers = torch.tensor(places, dtype=torch.int64)
        column = _Renumbered(feed.fields[name], numbers)
        values = column.at(torch.arange(feed.length or 0))
        strange = (values < 0).reshape(len(values), -1).any(1).nonzero().flatten()
        feed.fields = {**feed.fields, name: column}
        assert feed.schema is not None
        feed.schema = replace(feed.schema, fields={**feed.schema.fields, name: trained.fields[name]})
        if unknown:
            classes = (
                f"class {unknown[0]}" if len(unknown) == 1 else f"classes {listed([cut(w, 30) for w in unknown[:5]])}"
            )
            remarks.append(
                f"The run does not know the {classes}: {_samples(len(strange))} left out. It knows "
                f"{listed([cut(word, 30) for word in old[:5]])}{' and others' if len(old) > 5 else ''}."
            )
            without = torch.cat([without, strange]).unique()
    feeds[own.node] = feed
    return _joined(run, feeds), without, tuple(remarks)


def _joined(run: LoadedRun, feeds: Mapping[str, Feed]) -> JoinedFeed:
    plan = run.net.plan
    shapes = {f"{source.node}.{name}": shape for source in plan.sources for name, shape in source.fields.items()}
    return JoinedFeed(feeds, shapes, plan.augmentations, frozenset(batches.read_keys(plan)))


def _prepared(path: Path, own: PlanSource, layer: Layer, trained: Schema | None) -> Feed | None:
    """The data as that of the training was prepared, where its source can do that.

    Raises:
        NoData: if it lacks something.
    """
    made = layer.source
    if made is None or made.again is None or trained is None:
        return None
    settings = {**without_corrections(own.settings), made.paths[0]: str(path)}
    try:
        feed = made.again(trained.settled, tuple(own.fields), **settings)
    except Exception as error:
        raise no_data(error, layer, settings) from error
    if feed is not None:
        feed.schema = replace(trained, samples=feed.length, parts={}, stamp="")
    return feed


def _samples(count: int) -> str:
    return "1 sample was" if count == 1 else f"{count:,} samples were"


def _check_fields(path: Path, own: PlanSource, now: Schema) -> None:
    """That other data has the same fields.

    Raises:
        NoData: if not.
    """
    for name, shape in own.fields.items():
        if name not in now.fields:
            has = listed(list(now.fields)) or "none"
            raise NoData(f"{path} has no {name}, which the run reads. It has {has}. Name data with the same fields.")
        known: Field = now.fields[name]
        if known.sizes != shape.sizes or known.dtype != shape.dtype:
            found, wanted = times(known.sizes) or "one value", times(shape.sizes) or "one value"
            raise NoData(
                f"{name} of {path} is {found} of {known.dtype}, and the run reads {wanted} of {shape.dtype}. Name data "
                "of the same form."
            )


class _Renumbered:
    """A column of classes under the numbers that they had in the training; -1 for others."""

    def __init__(self, column: Any, numbers: Tensor) -> None:
        self._column = column
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._column)

    def at(self, index: Tensor) -> Tensor:
        column = self._column
        values = column.index_select(0, index) if isinstance(column, Tensor) else column.at(index)
        return self._numbers[values.long()]
