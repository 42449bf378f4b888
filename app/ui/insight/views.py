"""What panels ask to see, as small values, and what they get back. Carried out in jobs, next to the net; no Qt."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from app.insight.view import Look, SampleChoice, Samples, Subject, ViewStep
from app.insight.views import views
from nodes.api import cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np

    from app.insight.tiles import Tiles

# What stands inside the nodes of the canvas: filters and answers to the sample, gradients of the loss by these answers,
# histograms of what is measured for each layer, or where painted pixels of the sample arrive.
StripMode = Literal["answers", "gradients", "signals", "path"]
MOST_LETTERS = 24  # of a caption, for which there is room at least


@dataclass(frozen=True)
class Scale:
    """A scale that is held: its ends, and what kind of picture it belongs to."""

    low: float
    high: float
    colormap: str
    layout: str


@dataclass(frozen=True, eq=False)
class ColouredPicture:
    """A picture with its colours already worked out. ``held`` says that the scale is the one that was asked for and not
    that of the values."""

    tiles: Tiles
    colours: np.ndarray | None
    held: bool = False


@dataclass(frozen=True, eq=False)
class ViewPictures:
    """What a view gave: at least one picture. ``caption`` says how far the weights are trained."""

    pictures: tuple[ColouredPicture, ...]
    caption: str

    @property
    def tiles(self) -> Tiles:
        """The first picture."""
        return self.pictures[0].tiles

    @property
    def held(self) -> bool:
        """Whether its scale is held."""
        return self.pictures[0].held


@dataclass(frozen=True)
class NothingToShow:
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
    """Pictures for strips inside nodes, by name: ``(h, w, 3)`` uint8, and a word or two for each. What is a single
    number is written: a bar of it would always be as high as the strip."""

    pictures: dict[str, np.ndarray]
    captions: dict[str, str]
    numbers: dict[str, str] = field(default_factory=dict)


class ViewRequest(Protocol):
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
class ViewOf:
    """One of the views in ``app/insight/views``, with its settings. ``scale`` is the one that is held for its first
    picture."""

    view: str
    node: str | None = None
    sample: int = 0
    settings: tuple[tuple[str, Any], ...] = ()
    scale: Scale | None = None
    chosen: SampleChoice | None = None  # a sample of the data, in place of the one with the number ``sample``

    def look(self, subject: Subject) -> ViewPictures:
        """What the view gives in the end."""
        return self.shown(self.pictures(subject), subject)

    def pictures(self, subject: Subject) -> tuple[Tiles, ...]:
        """The numbers of that, without their colours."""
        return views()[self.view].pictures(self._look(subject), dict(self.settings))

    def steps(self, subject: Subject) -> Iterator[ViewStep]:
        """What it gives on the way."""
        yield from views()[self.view].steps(self._look(subject), dict(self.settings))

    def shown(self, pictures: tuple[Tiles, ...], subject: Subject) -> ViewPictures:
        """Pictures of the view with their colours."""
        first, *others = pictures
        return ViewPictures((_painted(first, self.scale), *(_painted(each, None) for each in others)), subject.caption)

    def _look(self, subject: Subject) -> Look:
        """The last sample is shown if there are not as many."""
        if self.chosen is not None:
            only = replace(subject, samples=subject.samples.only(self.chosen))
            return Look(only, self.node or "", 0, subject.samples)
        return Look(subject, self.node or "", max(0, min(self.sample, subject.samples.count - 1)))


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
    chosen: SampleChoice | None = None  # as in ViewOf
    mode: StripMode = "answers"
    painted: tuple[tuple[str, Any], ...] = ()  # settings of the view path that are not as usual

    def look(self, subject: Subject) -> StripPictures:
        """The pictures, of those nodes that have one."""
        if self.mode == "gradients":
            return self._gradients(subject)
        if self.mode == "signals":
            return self._signals(subject)
        if self.mode == "path":
            return self._path(subject)
        return self._answers(subject)

    def _path(self, subject: Subject) -> StripPictures:
        """Where and how much each layer changes when pixels of the sample are painted over."""
        from app.insight.pixel_path import painted_changes, reach_words, small_picture
        from app.insight.strips import Paper, strip

        samples = subject.samples.only(self.chosen) if self.chosen is not None else subject.samples
        look = Look(replace(subject, samples=samples), "", max(0, min(self.sample, samples.count - 1)))
        *_, found = painted_changes(look, **views()["path"].settings(dict(self.painted)))
        kept = {each.node: each for each in found if each.node in self.nodes}
        pictures = {name: strip(small_picture(each), *self.size, Paper(*self.paper)) for name, each in kept.items()}
        return StripPictures(pictures, {name: reach_words(each) for name, each in kept.items()})

    def _gradients(self, subject: Subject) -> StripPictures:
        """What the loss would have the answers to the sample do."""
        from app.insight.gradients import gradients_of
        from app.insight.strips import Paper, strip

        samples = subject.samples.only(self.chosen) if self.chosen is not None else subject.samples
        one = _one(samples, self.sample)
        tiles = gradients_of(subject.net, subject.model, one, self.nodes, labels=samples.classes)
        pictures = {name: strip(seen, *self.size, Paper(*self.paper)) for name, seen in tiles.items()}
        captions = {name: f"gradient, {seen.title.split(', ')[-1]}" for name, seen in tiles.items()}
        return StripPictures(pictures, captions, _single(tiles))

    def _signals(self, subject: Subject) -> StripPictures:
        """Histograms of the gradients by the weights, or else of the values, with the numbers that matter."""
        from app.insight.layer_signals import layer_signals
        from app.insight.signal_values import short
        from app.insight.strips import Paper, strip

        updates = subject.updates
        if updates is not None:
            updates.wanted = True
        measured = updates.last() if updates is not None else {}
        layers = layer_signals(subject.net, subject.model, subject.samples.several(), measured)
        pictures, captions = {}, {}
        for layer in layers:
            shown = (layer.gradients or layer.values) if layer.path in self.nodes else None
            if shown is not None:
                pictures[layer.path] = strip(shown.tiles(layer.path), *self.size, Paper(*self.paper))
                captions[layer.path] = short(layer)
        return StripPictures(pictures, captions)

    def _answers(self, subject: Subject) -> StripPictures:
        from app.insight.activations import activations_of
        from app.insight.filters import filters
        from app.insight.numbers import NumberFormat
        from app.insight.strips import Paper, strip
        from app.insight.tiles import NoPicture

        paper = Paper(*self.paper)
        samples = subject.samples.only(self.chosen) if self.chosen is not None else subject.samples
        one = _one(samples, self.sample)
        names = samples.names  # none where constants alone are drawn: then there is nothing to choose from
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
                caption = NumberFormat(only).exact(only[0]) if len(only) == 1 else "value"
            else:
                caption = name_of_sample if name in sources else f"answer to {name_of_sample}"
            pictures[name] = strip(seen, *self.size, paper)
            captions[name] = caption
        if subject.untouched is not None:
            captions |= self._changes(subject, subject.untouched, one, captions)
        return StripPictures(pictures, captions, _single(tiles))

    def _changes(
        self, subject: Subject, before: Subject, one: dict[str, Any], captions: dict[str, str]
    ) -> dict[str, str]:
        """How much each layer changed by what was done to this copy, before what else is said of it."""
        from app.insight.poke_effect import changes_of
        from app.insight.poke_pictures import change_words

        found = changes_of((before.net, before.model), (subject.net, subject.model), one, [*captions])
        made = {}
        for name, said in captions.items():
            if found[name].changed:
                change = change_words(found[name])
                made[name] = change if said.startswith("answer to") else f"{change}, {said}"
        return made


def _single(tiles: Mapping[str, Tiles]) -> dict[str, str]:
    """Of what is a single number, that number."""
    from app.insight.numbers import NumberFormat

    found = {name: float(seen.maps.reshape(-1)[0]) for name, seen in tiles.items() if seen.maps.size == 1}
    return {name: NumberFormat([value]).exact(value) for name, value in found.items()}


def _winner(scores: Tiles) -> str:
    """Which class has the highest score, and its share where there is one."""
    from app.insight.numbers import percent

    values = scores.maps.reshape(-1)
    best = int(values.argmax())
    made = [float(value) for value in values] if scores.percent else scores.shares
    share = f", {percent(made[best])}" if made else ""
    said = f"highest: {scores.labels[best]}{share}"
    return said if len(said) <= MOST_LETTERS else f"{cut(scores.labels[best], MOST_LETTERS - len(share))}{share}"


def look_all(requests: dict[str, ViewRequest], subject: Subject) -> dict[str, object]:
    """Every request in turn. One that fails gives its sentence and does not keep the others from being seen."""
    from app.insight.tiles import NoPicture

    seen: dict[str, object] = {}
    for key, request in requests.items():
        try:
            seen[key] = request.look(subject)
        except NoPicture as reason:
            seen[key] = NothingToShow(str(reason))
        except (RuntimeError, ValueError, KeyError, MemoryError) as error:
            # Not a reason that a view gives on purpose. It must not end the training that it was asked in.
            node, sentence = subject.net.explain(error)
            seen[key] = NothingToShow(f"This could not be shown. {node or 'The net'}: {sentence}")
    return seen


def _one(samples: Samples, index: int) -> dict[str, Any]:
    """A batch of one sample; the last one if there are not as many."""
    index = min(index, samples.count - 1)
    return {name: tensor[index : index + 1] for name, tensor in samples.fields.items()}


def _painted(tiles: Tiles, scale: Scale | None) -> ColouredPicture:
    from app.insight.colours import tile_colours
    from app.insight.tiles import held

    holds = scale is not None and (scale.colormap, scale.layout) == (tiles.colormap, tiles.layout)
    if scale is not None and holds:
        tiles = held(tiles, scale.low, scale.high)
    return ColouredPicture(tiles, tile_colours(tiles) if tiles.layout == "grid" else None, holds)
