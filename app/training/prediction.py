"""What the net of a run says of a file or a folder, prepared exactly as the data that it was trained on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from app.core.compile.decision import decision_of
from app.core.compile.modes import evaluating
from app.core.compile.plan import Plan, PlanSource, Ref
from app.data.catalog import usual_type
from app.data.looks import as_before, no_data, renumbered, schema_of
from app.data.refusals import check_there, waits
from app.training.checkpoints import LoadedRun
from nodes.api import Feed, Layer, NoData, Schema, Shape, Unreadable, cut, listed, times
from nodes.api.corrections import class_words, without_corrections
from nodes.api.registry import find

AT_ONCE = 64  # samples that go through the net together
MOST_NAMED = 1000  # classes, the likeliest ones


@dataclass(frozen=True)
class Prediction:
    """What is said of one sample. ``classes`` with their probabilities, the likeliest first; or ``numbers`` by name.
    ``trouble`` is why the sample cannot be read, in a sentence; then there is neither."""

    name: str
    classes: tuple[tuple[str, float], ...] = ()
    numbers: tuple[tuple[str, float], ...] = ()
    trouble: str = ""


def predictions(run: LoadedRun, path: Path) -> Iterator[Prediction]:
    """The answers for one file, or for all that lies in a folder. A sample that cannot be read is told of by name.

    Raises:
        NoData: if nothing there can be given to the net, with what it reads.
    """
    own = _source(run.net.plan)
    layer = find(own.type)
    assert layer is not None
    assert layer.source is not None
    path = Path(os.path.abspath(path))
    check_there(path)
    trained = _trained(own, layer)
    read = _read_fields(run.net.plan, own)
    pictures = _pictures(path, read)
    samples = _of_pictures(path, pictures, read, own) if pictures else _of_data(path, layer, own, trained, read)
    while some := list(islice(samples, AT_ONCE)):
        good = [(name, values) for name, values in some if not isinstance(values, str)]
        answers = iter(_answers(run, own, trained, [values for _, values in good]) if good else ())
        for name, values in some:
            if isinstance(values, str):
                yield Prediction(name, trouble=values)
            else:
                classes, numbers = next(answers)
                yield Prediction(name, classes, numbers)


Values = Mapping[str, Tensor]  # of one sample, by field


def _source(plan: Plan) -> PlanSource:
    """The one source that the model reads."""
    nodes = [plan.origin(Ref(entry.node, entry.port)).node for entry in plan.inputs]
    found = [source for source in plan.sources if source.node in nodes]
    if len(found) != 1 or not set(nodes) <= {found[0].node}:
        raise NoData("The net of this run reads several sources, or none, so a file alone is not enough for it.")
    return found[0]


def _read_fields(plan: Plan, own: PlanSource) -> dict[str, Shape]:
    """The fields of the source that reach the model, by name."""
    ports = [plan.origin(Ref(entry.node, entry.port)).port for entry in plan.inputs]
    return {port: own.fields[port] for port in dict.fromkeys(ports)}


def _trained(own: PlanSource, layer: Layer) -> Schema | None:
    """What the data of the training was; None where nobody remembers."""
    if own.seen is not None:
        return own.seen
    try:
        return schema_of(layer, own.settings)
    except NoData:
        return None


# Pictures


def _pictures(path: Path, read: Mapping[str, Shape]) -> list[Path]:
    """The files of pictures, where the net reads one picture of each sample; none else."""
    from nodes.reading.listing import ending, hidden
    from nodes.reading.pictures import ENDINGS

    (shape, *more) = read.values()
    if more or shape.rank != 3 or shape.dtype != "float" or shape.sizes[0] not in (1, 3):
        return []
    if path.is_file():
        return [path] if path.suffix.lower().lstrip(".") in ENDINGS else []
    found = []
    for folder, inner, names in os.walk(path):
        inner[:] = sorted(each for each in inner if not hidden(each))
        found += [
            Path(folder, name)
            for name in sorted(names)
            if not hidden(name) and ending(name) in ENDINGS and not waits(Path(folder, name))
        ]
    return found


def _of_pictures(
    path: Path, files: Sequence[Path], read: Mapping[str, Shape], own: PlanSource
) -> Iterator[tuple[str, Values | str]]:
    from nodes.reading.pictures import Preparation, prepare

    ((field, shape),) = read.items()
    channels, height, width = shape.sizes
    kept = {name: own.settings[name] for name in ("fit", "background") if name in own.settings}
    how = Preparation(height, width, channels, **kept)
    for file in files:
        name = str(file.relative_to(path)) if file != path else file.name
        try:
            yield name, {field: torch.from_numpy(prepare(str(file), how, name))}
        except Unreadable as reason:
            yield name, str(reason)
        except OSError as error:
            yield name, f"{name} cannot be read: {error.strerror or error}."


# Tables, arrays and whatever else a source reads


def _of_data(
    path: Path, layer: Layer, own: PlanSource, trained: Schema | None, read: Mapping[str, Shape]
) -> Iterator[tuple[str, Values | str]]:
    made = layer.source
    assert made is not None
    if not made.paths or (made.recognise is not None and made.recognise(path) is None):
        forms = listed([f"{name} ({times(shape.sizes) or 'one value'})" for name, shape in read.items()])
        raise NoData(f"{path} is nothing that this net reads. It reads {forms}, as {layer.name} gives it.")
    feed, places = _loaded(path, layer, own, trained, read)
    for number in range(feed.length or 0):
        name = feed.name_of(number)
        index = torch.tensor([number])
        try:
            values = feed.at(index, None, list(read))
        except (Unreadable, OSError) as reason:
            yield name, str(reason)
            continue
        given = {field: _aligned(usual_type(values[field][0], read[field]), places[field]) for field in read}
        strange = next(
            (field for field, found in given.items() if found.dtype == torch.int64 and (found < 0).any()), ""
        )
        yield name, given if not strange else f"{name} has a {strange} that the net was not trained on."


Places = Mapping[str, list[int] | None]


def _loaded(
    path: Path, layer: Layer, own: PlanSource, trained: Schema | None, read: Mapping[str, Shape]
) -> tuple[Feed, Places]:
    """The data at a path with the settings of the training, and where its columns stand. What was guessed there is
    settled; data without what was learned, as a table that lacks that column, is read without a target.

    Raises:
        NoData: if no way of reading gives the fields of the training.
    """
    made = layer.source
    assert made is not None
    assert made.load is not None
    plain = without_corrections(own.settings)
    tries = [as_before(plain, trained), plain]
    if "target" in plain:
        learned = trained.fields.get("target") if trained is not None else None
        if learned is not None and learned.names and plain["target"] == "auto":
            tries.insert(0, {**plain, "target": ", ".join(learned.names)})
        tries.append({**plain, "target": "none"})
    reasons = []
    for wanted in tries:
        settings = {**wanted, made.paths[0]: str(path)}
        try:
            settings = layer.settings(settings)
            schema = schema_of(layer, settings)
            places = {name: _columns(path, name, read[name], schema, trained) for name in read}
            given = made.load(**settings)
        except Exception as error:
            reasons.append(no_data(error, layer, settings))
            continue
        feed = given if isinstance(given, Feed) else Feed(*given) if isinstance(given, tuple) else Feed(given)
        return feed, places
    raise reasons[-1]


def _columns(path: Path, name: str, shape: Shape, now: Schema, trained: Schema | None) -> list[int] | None:
    """Where the numbers of the training stand in a field of other data, -1 for those of a category that it lacks; of
    classes and words, the numbers that they had there. None where both are alike.

    Raises:
        NoData: if it lacks others.
    """
    found = now.fields.get(name)
    if found is None:
        raise NoData(f"{path} has no {name}, which the net reads.")
    before = trained.fields[name].names if trained is not None and name in trained.fields else ()
    if before and found.names and before != found.names:
        places = {word: place for place, word in enumerate(found.names)}
        groups = {word.partition(": ")[0] for word in found.names if ": " in word}
        lacking = [w for w in before if w not in places and w.partition(": ")[0] not in groups]
        if lacking:
            raise NoData(f"{path} has no column {cut(lacking[0])}, which the net was trained on. Add it.")
        return [places.get(word, -1) for word in before]
    if found.sizes != shape.sizes or found.dtype != shape.dtype:
        was, wanted = times(found.sizes) or "one value", times(shape.sizes) or "one value"
        raise NoData(f"{name} of {path} is {was} of {found.dtype}, and the net reads {wanted} of {shape.dtype}.")
    if found.dtype == "int" and found.classes and trained is not None and name in trained.fields:
        words, known = class_words(found), class_words(trained.fields[name])
        return renumbered(words, known) if words != known else None
    return None


def _aligned(values: Tensor, places: list[int] | None) -> Tensor:
    if places is None:
        return values
    index = torch.tensor(places)
    if values.dtype == torch.int64:
        return index[values]
    return torch.where(index >= 0, values[..., index.clamp(min=0)], torch.zeros((), dtype=values.dtype))


# Answers


def _answers(
    run: LoadedRun, own: PlanSource, trained: Schema | None, samples: Sequence[Values]
) -> Iterator[tuple[tuple[tuple[str, float], ...], tuple[tuple[str, float], ...]]]:
    plan, batch = run.net.plan, {}
    for entry in plan.inputs:
        port = plan.origin(Ref(entry.node, entry.port)).port
        batch[f"{entry.node}.{entry.port}"] = torch.stack([values[port] for values in samples])
    device = next((each.device for each in run.model.parameters()), torch.device("cpu"))
    with evaluating(run.model), torch.no_grad():
        moved = {key: values.to(device) for key, values in batch.items()}
        returned = run.net.outputs(run.model(*run.net.inputs_from(moved)))
    outputs = [values.cpu() for values in returned.values()]
    decision = decision_of(plan)
    if decision is not None and not decision.channels and outputs[decision.output].dim() <= 2:
        target = decision.label.partition(".")[2]
        words = class_words(trained.fields[target]) if trained is not None and target in trained.fields else ()
        for chances in _chances(plan, outputs[decision.output], decision.threshold is not None):
            best, places = chances.topk(min(len(chances), MOST_NAMED))
            named = zip(places.tolist(), best.tolist())
            yield tuple((words[n] if n < len(words) else str(n), chance) for n, chance in named), ()
        return
    target = next((wire.key for loss in plan.losses for name, wire in loss.operands.items() if name == "target"), "")
    field = trained.fields.get(target.partition(".")[2]) if trained is not None else None
    names = field.names if field is not None else ()
    for row in outputs[0].flatten(1) if outputs[0].dim() > 1 else outputs[0][:, None]:
        called = names if len(names) == len(row) else _numbered(target.partition(".")[2] or "number", len(row))
        yield (), tuple(zip(called, (float(number) for number in row), strict=True))


def _numbered(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name} {number}" for number in range(1, count + 1)]


def _chances(plan: Plan, scores: Tensor, single: bool) -> Tensor:
    """Probabilities (n, classes) of what a loss reads as scores."""
    reads: Any = ""
    for loss in plan.losses:
        layer = find(loss.type)
        reads = reads or (layer.reads.get("prediction", "") if layer is not None else "")
    if single:
        one = scores.reshape(len(scores)).double()
        one = one.sigmoid() if reads == "sigmoid_scores" else one.clamp(0, 1)
        return torch.stack([1 - one, one], 1)
    scores = scores.double()
    if reads == "log_probabilities":
        return scores.exp()
    return scores.softmax(1) if reads != "probabilities" else scores
