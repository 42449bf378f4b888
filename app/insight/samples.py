"""The samples that are shown to a net: held-out ones of its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe
from app.data import catalog
from app.data.dataset import NoData
from app.insight.tiles import NoPicture
from app.insight.view import Samples
from app.insight.vocabulary import vocabulary
from app.training.batches import divide, load
from app.training.refusal import CannotTrain

if TYPE_CHECKING:
    from app.training.checkpoints import LoadedRun

# A sample more or less makes no difference to somebody who chooses one; all of them would take memory and time.
MOST_SAMPLES = 64


def load_samples(net: CompiledNet, recipe: Recipe) -> Samples:
    """Samples for looking: held-out ones of the drawing's data, or random noise for inputs without data.

    Raises:
        ValueError: with a sentence, if the data cannot be loaded.
    """
    found = _held_out(net, recipe) if net.plan.sources else Samples({}, ())
    fields, names, note = dict(found.fields), found.names, found.note
    generator = torch.Generator().manual_seed(0)
    for entry in net.plan.inputs:
        key = f"{entry.node}.{entry.port}"
        if key in fields:
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
    return Samples(fields, names, found.classes, next(pictures, None), note)


def _held_out(net: CompiledNet, recipe: Recipe) -> Samples:
    """Samples that the training does not see, as far as there are such."""
    data = {source.node: catalog.load(source) for source in net.plan.sources}
    everything = {f"{node}.{name}": values for node, held in data.items() for name, values in held.fields.items()}
    count = min(len(held) for held in data.values())
    fields = {name: values[:count] for name, values in everything.items()}
    training, held_out = divide(net.plan, fields, recipe.validation, recipe.seed)
    note = "" if len(held_out) else "Nothing is held out, so these are samples of the training."
    chosen = (held_out if len(held_out) else training)[:MOST_SAMPLES]
    fields = {name: values[chosen] for name, values in fields.items()}
    for source in net.plan.sources:
        classes = data[source.node].classes
        for port, shape in source.fields.items():
            if classes and shape.kind == "label":
                labels = fields[f"{source.node}.{port}"].tolist()
                return Samples(fields, tuple(classes[label] for label in labels), classes, note=note)
    return Samples(fields, tuple(f"sample {number}" for number in range(1, len(chosen) + 1)), note=note)


def held_out(run: LoadedRun) -> Samples:
    """The samples that the run kept out of training; all of them if it kept none.

    Raises:
        NoPicture: if the drawing has no data.
    """
    plan = run.net.plan
    try:
        fields = load(plan)
        recipe = run.project.recipe
        trained, kept = divide(plan, fields, recipe.validation, recipe.seed)
        words = next((data.classes for each in plan.sources if (data := catalog.load(each)).classes), ())
    except (CannotTrain, NoData) as reason:
        raise NoPicture(str(reason)) from None
    chosen = kept if len(kept) else trained
    names = tuple(f"sample {number}" for number in range(len(chosen)))
    return Samples({name: values[chosen] for name, values in fields.items()}, names, words)
