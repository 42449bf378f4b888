"""The samples that are shown to a net: validation samples of its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from app.core.compile.named_scores import named_scores
from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanInput
from app.core.graph.recipe import Recipe
from app.data.joined import JoinedFeed
from app.insight.anatomy import class_words, picture_input
from app.insight.letters import by_letters
from app.insight.tiles import NoPicture
from app.insight.view import SampleChoice, Samples
from app.insight.vocabulary import vocabulary
from app.training import batches
from app.training.refusal import CannotTrain
from nodes.api import NoData, cut
from nodes.api.given import entries_of
from nodes.reading.texts import END, PADDING, START, UNKNOWN

if TYPE_CHECKING:
    from app.training.checkpoints import LoadedRun

# A sample more or less makes no difference to somebody who chooses one; all of them would take memory and time.
MOST_SAMPLES = 64
MARKS = (PADDING, UNKNOWN, START, END)
_BEGIN = 32  # letters of a text that are its name
_SHORT = 6  # numbers of a sample that are its name


@dataclass(frozen=True, kw_only=True)
class SomeSamples(Samples):
    """Some samples of the data of a net, and on demand any other one."""

    net: CompiledNet
    read: dict[SampleChoice, Samples] = field(default_factory=dict, compare=False)  # the one that was chosen last

    def only(self, chosen: SampleChoice) -> Samples:
        if chosen not in self.read:
            made = self._read(chosen)
            self.read.clear()
            self.read[chosen] = made
        return self.read[chosen]

    def _read(self, chosen: SampleChoice) -> Samples:
        if not self.net.plan.sources and chosen.values is None:
            return self
        if chosen.values is not None:
            for name, values in chosen.values.items():
                if name not in self.fields or self.fields[name].shape[1:] != values.shape[1:]:
                    raise NoPicture(f"{chosen.name} was given to a net that reads other data. Choose another sample.")
            rest = {name: values[:1] for name, values in self.fields.items() if name not in chosen.values}
            return Samples({**chosen.values, **rest}, (chosen.name,), self.classes, self.picture)
        try:
            data = batches.joined(self.net.plan)
            names = (feed.name_of(chosen.number) for feed in data.feeds.values() if feed.length is not None)
            if chosen.number >= data.length or chosen.name not in names:  # other files have come or gone meanwhile
                raise NoPicture(f"The data has no {chosen.name} any more. Choose another sample.")
            device_data = batches.DeviceData(data, torch.device("cpu"))
            fields = device_data.at(torch.tensor([chosen.number]))
        except NoData as reason:
            raise NoPicture(str(reason)) from None
        if not fields:
            raise NoPicture(f"{data.unreadable[chosen.number][1]} Choose another sample.")
        word = _words_of(self.net, data, fields)[1]
        # What no data is wired to gets the same noise as for any other sample.
        rest = {name: values[:1] for name, values in self.fields.items() if name not in fields}
        return Samples({**fields, **rest}, word or (chosen.name,), self.classes, self.picture)


def _words_of(
    net: CompiledNet, data: JoinedFeed, fields: Mapping[str, Tensor]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words for the classes of the first field that has any, and the word of each of these samples; else none."""
    for source in net.plan.sources:
        schema = data.feeds[source.node].schema
        for port, shape in source.fields.items():
            words = schema.fields[port].words if schema is not None and port in schema.fields else ()
            if words and shape.kind == "label":
                labels = fields[f"{source.node}.{port}"].tolist()
                return words, tuple(words[label] for label in labels)
    return (), ()


def load_samples(net: CompiledNet, recipe: Recipe) -> Samples:
    """Samples for looking: validation samples of the drawing's data, or random noise for inputs without data.

    Raises:
        ValueError: with a sentence, if the data cannot be loaded.
    """
    found = _validation_samples(net, recipe) if net.plan.sources else Samples({}, ())
    fields, names, note = dict(found.fields), found.names, found.note
    generator = torch.Generator().manual_seed(0)
    for entry in net.plan.inputs:
        key = f"{entry.node}.{entry.port}"
        if key in fields:
            continue
        own = _by_hand(net, entry)
        if own is not None and (not names or len(own) == len(names)):
            note = f"What comes in at {entry.node} is set by hand."
            names = names or tuple(_row_word(row, number) for number, row in enumerate(own.tolist(), start=1))
            fields[key] = own.reshape(len(own), *entry.shape.sizes)
            fields[key] = fields[key].long() if entry.shape.dtype == "int" else fields[key]
            continue
        note = f"No data is wired to {entry.node}, so random noise comes in there."
        names = names or tuple(f"noise {number}" for number in range(1, 9))
        size = (len(names), *entry.shape.sizes)
        if entry.shape.dtype == "int":
            fields[key] = torch.randint(0, vocabulary(net, entry) or 2, size, generator=generator)
        else:
            fields[key] = torch.rand(size, generator=generator)
    pictures = (
        f"{entry.node}.{entry.port}"
        for entry in net.plan.inputs
        if entry.shape.kind == "image" and entry.shape.sizes[0] in (1, 3)
    )
    words = found.classes
    scores = named_scores(net.plan) if not words else None
    if scores is not None:
        words, note = scores.names.words, f"{note} {scores.names.note}".strip()
    return SomeSamples(fields, names, words, next(pictures, None), note, net=net)


def _by_hand(net: CompiledNet, entry: PlanInput) -> Tensor | None:
    """The values (samples, numbers) that somebody has set by hand for an input; None where nobody has."""
    node = net.project.graph.nodes.get(entry.node) if net.project is not None else None
    text = str(node.params.get("given", "")) if node is not None else ""
    if not text:
        return None
    return torch.tensor([each.numbers for each in entries_of(text)], dtype=torch.float32)


def _row_word(row: Sequence[float], number: int) -> str:
    """What a sample that was set by hand is called: its numbers, where these are few."""
    return " ".join(f"{value:g}" for value in row) if len(row) <= _SHORT else f"sample {number}"


def _validation_samples(net: CompiledNet, recipe: Recipe) -> Samples:
    """Samples that the training does not see, as far as there are such."""
    data = batches.joined(net.plan)
    training, validation, _ = batches.divide(net.plan, data, recipe.validation, recipe.seed, recipe.test)
    note = "" if len(validation) else "Nothing is held out, so these are samples of the training."
    chosen = validation if len(validation) else training
    fields = batches.DeviceData(data, torch.device("cpu")).some(chosen, MOST_SAMPLES)
    words, named = _words_of(net, data, fields)
    if words:
        return Samples(fields, named, words, note=note)
    count = len(next(iter(fields.values())))
    named = _texts_of(net, data, fields) or tuple(f"sample {number}" for number in range(1, count + 1))
    return Samples(fields, named, note=note)


def _texts_of(net: CompiledNet, data: JoinedFeed, fields: Mapping[str, Tensor]) -> tuple[str, ...]:
    """How each sample that is one line of text begins; none where the net reads no text whose words are known."""
    for entry in net.plan.inputs:
        schema = data.feeds[entry.node].schema if entry.node in data.feeds else None
        words = schema.fields[entry.port].words if schema is not None and entry.port in schema.fields else ()
        if words and entry.shape.dtype == "int" and entry.shape.rank == 1:
            between = "" if by_letters(words) else " "
            spelled = [" " if word == "\\n" else word for word in words]
            return tuple(
                cut(between.join(spelled[n] for n in row if n < len(words) and words[n] not in MARKS).strip(), _BEGIN)
                or f"sample {number}"
                for number, row in enumerate(fields[f"{entry.node}.{entry.port}"].tolist(), start=1)
            )
    return ()


@dataclass(frozen=True, kw_only=True)
class ValidationSamples(Samples):
    """Samples of a run that it was not trained on. Only those that are looked at are read."""

    data: batches.DeviceData
    index: Tensor
    draws: bool  # whether a source makes each batch anew

    @property
    def count(self) -> int:
        return len(self.index)

    def at(self, first: int, count: int) -> dict[str, Tensor]:
        """As many samples from the one with the number ``first`` on, by field: ``{"digits.image": (n, 1, 8, 8)}``."""
        return self.data.at(self.index[first : first + count])

    def several(self) -> Mapping[str, Tensor]:
        return self.at(0, MOST_SAMPLES)

    def one(self, index: int) -> dict[str, Tensor]:
        if not self.draws:
            found = self.at(index, 1)
            if not found and index < len(self.index):
                raise NoPicture(f"{self.data.unreadable[int(self.index[index])][1]} Choose another sample.")
            return found
        first = index - index % MOST_SAMPLES  # drawn in groups of as many as the window shows, so both show the same
        place = index - first
        return {name: values[place : place + 1] for name, values in self.at(first, MOST_SAMPLES).items()}


def picture_of(run: LoadedRun, path: str) -> Samples:
    """The picture in a file as the one sample of a run, fitted to what the net reads. Views that need more than it,
    such as a label, say so. Where the net reads words beside it, such as a question, they are those of the first sample
    that was held out.

    Raises:
        NoPicture: if the file cannot be read, or the net reads no picture, or something besides one.
    """
    from app.insight.images import load_for

    entry = picture_input(run.net)
    words_beside = [each for each in run.net.plan.inputs if each is not entry]
    if any(each.shape.dtype != "int" or each.shape.rank != 1 for each in words_beside):
        raise NoPicture(f"The net reads more than {entry.variable}, so a picture alone is not enough. Use --sample.")
    pixels = torch.from_numpy(load_for(run.net, path))[None]
    held = validation_samples(run) if run.net.plan.sources else None
    words = held.classes if held is not None else ()
    fields = {f"{entry.node}.{entry.port}": pixels}
    if words_beside and held is not None:
        first = held.one(0)
        fields |= {key: first[key] for key in (f"{each.node}.{each.port}" for each in words_beside)}
    return Samples(fields, (Path(path).name,), words or class_words(run.net))


def validation_samples(run: LoadedRun) -> ValidationSamples:
    """The samples that the run kept out of training; all of them if it kept none.

    Raises:
        NoPicture: if the drawing has no data.
    """
    plan = run.net.plan
    try:
        batches.load(plan)  # refuses what could not be trained
        data = batches.joined(plan)
        recipe = run.project.recipe
        trained, kept, _ = batches.divide(plan, data, recipe.validation, recipe.seed, recipe.test)
    except (CannotTrain, NoData) as reason:
        raise NoPicture(str(reason)) from None
    words = next((feed.schema.words for feed in data.feeds.values() if feed.schema and feed.schema.words), ())
    chosen = kept if len(kept) else trained
    words = words or class_words(run.net)
    return ValidationSamples(
        {}, (), words, data=batches.DeviceData(data, torch.device("cpu")), index=chosen, draws=data.draws
    )
