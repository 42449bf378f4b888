"""What panels ask to see, as small values, and what they get back. Carried out in jobs, next to the net; no Qt."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from app.core.compile.net import CompiledNet
    from app.core.graph.recipe import Recipe
    from app.insight.tiles import Tiles

# A sample more or less makes no difference to somebody who chooses one; all of them would take memory and time.
MOST_SAMPLES = 64


@dataclass(frozen=True)
class Samples:
    """Some samples that were kept out of training, by field (``digits.image``), and what they are called."""

    fields: dict[str, Tensor]
    names: tuple[str, ...]
    classes: tuple[str, ...] = ()
    picture: str | None = None  # the field that is an image, if there is one
    note: str = ""

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.names)


@dataclass(frozen=True)
class Subject:
    """What is looked at: a net with the weights of a moment."""

    net: CompiledNet
    model: nn.Module
    samples: Samples
    caption: str = ""


@dataclass(frozen=True)
class Scale:
    """A scale that is held: its ends, and what kind of picture it belongs to."""

    low: float
    high: float
    colormap: str
    layout: str


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture for a panel, its colours already worked out. ``caption`` says how far the weights are trained,
    ``held`` that the scale is the one that was asked for and not that of the values."""

    tiles: Tiles
    colours: np.ndarray | None
    caption: str
    held: bool = False


@dataclass(frozen=True)
class Nothing:
    """Why there is nothing to see, and what to do."""

    sentence: str


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """Small pictures to choose a sample from: ``(n, h, w)`` or ``(n, h, w, 3)`` uint8. None if they are no images."""

    pictures: np.ndarray | None
    names: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, eq=False)
class StripPictures:
    """Pictures for strips inside nodes, by name: ``(h, w, 3)`` uint8, and a word or two for each."""

    pictures: dict[str, np.ndarray]
    captions: dict[str, str]


class View(Protocol):
    """Something to look at. ``node`` is what it is about, or None if it concerns the drawing as a whole."""

    @property
    def node(self) -> str | None: ...

    def look(self, subject: Subject) -> object:
        """Make the picture.

        Raises:
            NoPicture: with a sentence, if there is none.
        """
        ...


@dataclass(frozen=True)
class FiltersOf:
    """The weights of one node."""

    node: str
    scale: Scale | None = None

    def look(self, subject: Subject) -> Shown:
        from app.insight.filters import filters

        return _shown(filters(subject.net, subject.model, self.node), subject.caption, self.scale)


@dataclass(frozen=True)
class ActivationsOf:
    """What one node answers to one sample."""

    node: str
    sample: int
    scale: Scale | None = None

    def look(self, subject: Subject) -> Shown:
        from app.insight.activations import activations

        one = _one(subject.samples, self.sample)
        tiles = activations(subject.net, subject.model, one, self.node, labels=subject.samples.classes)
        return _shown(tiles, subject.caption, self.scale)


@dataclass(frozen=True)
class SampleStrip:
    """The samples one can choose from."""

    node: str | None = None

    def look(self, subject: Subject) -> Thumbnails:
        samples = subject.samples
        if samples.picture is None:
            return Thumbnails(None, samples.names, samples.note)
        import numpy as np

        pictures = samples.fields[samples.picture].float().clamp(0, 1).mul(255).byte().cpu().numpy()
        if pictures.shape[1] == 3:
            return Thumbnails(np.ascontiguousarray(pictures.transpose(0, 2, 3, 1)), samples.names, samples.note)
        return Thumbnails(np.ascontiguousarray(pictures[:, 0]), samples.names, samples.note)


@dataclass(frozen=True)
class StripsOf:
    """The small pictures inside nodes."""

    nodes: tuple[str, ...]
    filters: frozenset[str]  # those of which the weights are shown; of the others, the answer to the sample
    sample: int
    size: tuple[int, int]  # width, height in pixels
    paper: tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]  # back, ink, faint
    node: str | None = None

    def look(self, subject: Subject) -> StripPictures:
        from app.insight.activations import activations_of
        from app.insight.filters import filters
        from app.insight.numbers import Numbers
        from app.insight.strips import Paper, strip
        from app.insight.tiles import NoPicture

        paper = Paper(*self.paper)
        one = _one(subject.samples, self.sample)
        names = subject.samples.names  # none where constants alone are drawn: then there is nothing to choose from
        name_of_sample = names[min(self.sample, len(names) - 1)] if names else ""
        sources = {entry.node for entry in subject.net.plan.inputs}
        tiles: dict[str, Tiles] = {}  # a node without a picture has no strip
        for name in self.filters.intersection(self.nodes):
            with suppress(NoPicture):
                tiles[name] = filters(subject.net, subject.model, name)
        answering = [name for name in self.nodes if name not in self.filters]
        with suppress(NoPicture):
            tiles |= activations_of(subject.net, subject.model, one, answering, labels=subject.samples.classes)
        pictures: dict[str, np.ndarray] = {}
        captions: dict[str, str] = {}
        for name, seen in tiles.items():
            if name in self.filters:
                caption = "filters"
            elif seen.layout == "bars" and seen.x_label == "class":
                caption = _winner(seen)
            elif not names:
                only = seen.maps.reshape(-1).tolist()
                caption = Numbers(only).exact(only[0]) if len(only) == 1 else "value"
            else:
                caption = name_of_sample if name in sources else f"answer to {name_of_sample}"
            pictures[name] = strip(seen, *self.size, paper)
            captions[name] = caption
        return StripPictures(pictures, captions)


def _winner(scores: Tiles) -> str:
    """Which class has the highest score, and its share where there is one."""
    from app.insight.numbers import percent

    values = scores.maps.reshape(-1)
    best = int(values.argmax())
    made = [float(value) for value in values] if scores.percent else scores.shares
    share = f", {percent(made[best])}" if made else ""
    return f"highest: {scores.labels[best]}{share}"


def look_all(views: dict[str, View], subject: Subject) -> dict[str, object]:
    """Every view in turn. One that fails gives its sentence and does not keep the others from being seen."""
    from app.insight.tiles import NoPicture

    seen: dict[str, object] = {}
    for key, view in views.items():
        try:
            seen[key] = view.look(subject)
        except NoPicture as reason:
            seen[key] = Nothing(str(reason))
        except (RuntimeError, ValueError, KeyError, MemoryError) as error:
            # Not a reason that a view gives on purpose. It must not end the training that it was asked in.
            node, sentence = subject.net.explain(error)
            seen[key] = Nothing(f"This could not be shown. {node or 'The net'}: {sentence}")
    return seen


def load_samples(net: CompiledNet, recipe: Recipe) -> Samples:
    """Samples for looking: held-out ones of the drawing's data, or random noise for inputs without data.

    Raises:
        ValueError: with a sentence, if the data cannot be loaded.
    """
    import torch

    from app.insight.vocabulary import vocabulary

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
    import torch

    from app.training import batches

    data = batches.joined(net.plan)
    training, held_out = batches.divide(net.plan, data, recipe.validation, recipe.seed)
    note = "" if len(held_out) else "Nothing is held out, so these are samples of the training."
    chosen = (held_out if len(held_out) else training)[:MOST_SAMPLES]
    fields = batches.Samples(data, torch.device("cpu")).at(chosen)
    for source in net.plan.sources:
        schema = data.feeds[source.node].schema
        for port, shape in source.fields.items():
            words = schema.fields[port].words if schema is not None and port in schema.fields else ()
            if words and shape.kind == "label":
                labels = fields[f"{source.node}.{port}"].tolist()
                return Samples(fields, tuple(words[label] for label in labels), words, note=note)
    return Samples(fields, tuple(f"sample {number}" for number in range(1, len(chosen) + 1)), note=note)


def _one(samples: Samples, index: int) -> dict[str, Tensor]:
    """A batch of one sample; the last one if there are not as many."""
    index = min(index, samples.count - 1)
    return {name: tensor[index : index + 1] for name, tensor in samples.fields.items()}


def _shown(tiles: Tiles, caption: str, scale: Scale | None) -> Shown:
    from app.insight.colours import tile_colours
    from app.insight.tiles import held

    holds = scale is not None and (scale.colormap, scale.layout) == (tiles.colormap, tiles.layout)
    if scale is not None and holds:
        tiles = held(tiles, scale.low, scale.high)
    return Shown(tiles, tile_colours(tiles) if tiles.layout == "grid" else None, caption, holds)
