"""The samples of one source, to be looked at one by one: what each is called, which class and part it is in, and what
it looks like. Only those that are asked for are read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from app.core.commands.corrections import corrections_of
from app.core.compile.plan import PlanSource
from app.core.graph.model import Project
from app.data import splits
from app.data.catalog import load
from app.data.corrected import with_corrections
from app.data.joined import JoinedFeed
from app.insight.data_overlays import drawn_over, fields_over
from app.training.sample_examination import parts_of
from nodes.api import Feed, Layer, NoData, Shape
from nodes.api.corrections import class_words, corrected_field, without_corrections
from nodes.api.registry import find
from nodes.api.schema import PARTS
from nodes.reading.tables_days import as_date, date_names
from nodes.reading.texts import END, PADDING, START

Kind = Literal["pictures", "curves", "texts", "rows"]
SIDE = 112  # pixels of a thumbnail, at most
STEPS = 256  # points of a curve, at most
LINES = 4  # of one curve
MOST_COLUMNS = 500  # of a row
LONG_ROW = 64  # numbers without names: more than these are a curve
DRAWN = 64  # samples that are shown of data without an end
LETTERS = 400  # of a text
TAGS = "tags"  # the field with a tag for each word of a text
AT_ONCE = 4_096  # samples between two words on how far a search is
MISSING = "missing"


@dataclass(frozen=True, slots=True, eq=False)
class BrowsedSample:
    """One sample. ``place`` is its class as the data says it, -1 without one.

    One of these is there, as the kind of the data is: ``picture`` (h, w) or (h, w, 3) uint8, ``curve`` (steps, lines)
    with values from 0 to 1, ``text``, or ``cells``, a word for each column. Beside a picture or a curve, ``text`` is
    the sentence that belongs to it. ``trouble`` says why it cannot be read.
    """

    number: int
    name: str
    place: int = -1
    picture: np.ndarray | None = None
    curve: np.ndarray | None = None
    text: str = ""
    cells: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """How far a search is, in samples."""

    done: int
    total: int


class Browser:
    """Holds what the source holds, and two numbers for each sample.

    ``kind`` is what its samples are shown as. ``words`` are its classes, ``labels`` (n,) those of the samples as they
    are corrected, -1 without one; None where the data has no classes. ``parts`` (n,) are the places in PARTS, -1 for a
    sample in none of them; ``divided`` whether anything is known of them. ``balance`` counts the samples of each class
    by part. ``columns`` are the heads of the cells of a row.
    """

    def __init__(self, project: Project, node: str) -> None:
        """
        Raises:
            NoData: if the data cannot be had.
        """
        drawn = project.graph.nodes[node]
        layer = find(drawn.type)
        if layer is None or layer.source is None:
            raise NoData(f"{node} is no data.", node)
        settings = without_corrections(layer.settings(drawn.params))
        self.node = node
        self.feed: Feed = _loaded(layer, node, settings)
        assert self.feed.schema is not None
        self.schema = self.feed.schema
        corrections = corrections_of(drawn)
        self.corrected = with_corrections(self.feed, self.schema, corrections) if corrections else self.feed
        self.shapes: dict[str, Shape] = {
            name: known.shape
            for name, known in self.schema.fields.items()
            if self.feed.length is None or name in self.feed.fields
        }
        self.joined = self._joined(self.feed)
        self.length = DRAWN if self.feed.length is None else self.feed.length
        self.label = corrected_field(self.schema) if corrected_field(self.schema) in self.shapes else None
        self.words = class_words(self.schema.fields[self.label]) if self.label is not None else ()
        self.labels = self._labels()
        self.parts = np.full(self.length, -1, dtype=np.int8)
        self.by_part: Mapping[str, Tensor] = self._divided(project)
        for name, numbers in self.by_part.items():
            self.parts[numbers.numpy()] = PARTS.index(name)
        self.divided = bool(self.by_part)
        out = self.corrected.excluded
        self.left_out = frozenset(out.tolist()) if out is not None else frozenset()
        self.balance = self._balance()
        self.main = next((name for name in self.shapes if name != self.label), self.label or "")
        self.kind: Kind = _kind(self.shapes[self.main], bool(self.schema.fields[self.main].names))
        self._over = fields_over(self.schema, self.main) if self.kind == "pictures" else ()
        self.sentence = self._sentence() if self.kind in ("pictures", "curves") else ""
        self._columns = self._cells_of() if self.kind == "rows" else ()
        tagged = self.kind == "texts" and TAGS in self.shapes
        self._tags = TAGS if tagged and self.shapes[TAGS].sizes == self.shapes[self.main].sizes else ""
        self.columns = tuple(title for title, _, _ in self._columns)
        self.dates = date_names(self.schema.settled)
        self._ends: tuple[float, float] | None = None
        self._all_drawn: list[BrowsedSample] = []

    def _joined(self, feed: Feed) -> JoinedFeed:
        return JoinedFeed({self.node: feed}, {f"{self.node}.{name}": shape for name, shape in self.shapes.items()})

    def _labels(self) -> np.ndarray | None:
        if self.label is None:
            return None
        if self.feed.length is None:
            values = self._read(torch.arange(DRAWN), {self.label})[0][self.label]
        else:
            values = self._joined(self.corrected)[f"{self.node}.{self.label}"]
        return values.numpy()

    def _sentence(self) -> str:
        """The field with a sentence for each picture or sound; empty without one. Of one that is read a word back and
        one that is to be written, the latter."""
        fields = self.schema.fields
        told = [
            name
            for name, shape in self.shapes.items()
            if shape.dtype == "int" and shape.rank == 1 and PADDING in fields[name].words[:1] and name not in self._over
        ]
        return told[-1] if told else ""

    def _divided(self, project: Project) -> dict[str, Tensor]:
        """The samples of each part as a training would have them, or as one would if the drawing were complete."""
        if self.feed.length is None:
            return {}
        found = parts_of(project, self.node, self.feed)
        if found is not None:
            return dict(found)
        recipe = project.recipe
        try:
            parts = splits.divide(
                self.length,
                recipe.validation,
                recipe.test,
                recipe.seed,
                torch.from_numpy(self.labels) if self.labels is not None else None,
                torch.as_tensor(self.feed.groups) if self.feed.groups is not None else None,
                self.schema.ordered,
                self.corrected.excluded,
                self.feed.parts or None,
            )
        except ValueError:
            return {name: torch.as_tensor(part) for name, part in self.feed.parts.items()}
        return {name: numbers for name, numbers in zip(PARTS, parts) if len(numbers)}

    def _balance(self) -> dict[str, np.ndarray]:
        if self.labels is None:
            return {}
        named = {name: self.parts == place for place, name in enumerate(PARTS)}
        if not self.divided:
            named = {"": np.ones(self.length, dtype=bool)}
        known = (self.labels >= 0) & (self.labels < len(self.words))
        return {
            name: np.bincount(self.labels[inside & known], minlength=len(self.words))
            for name, inside in named.items()
            if inside.any()
        }

    # Which samples

    def search(self, place: int | None, part: str | None, text: str) -> Iterator[SearchProgress | np.ndarray]:
        """The numbers of the samples of a class, of a part (``left out`` is one, too), whose name, class or text has
        ``text`` in it; the last thing that it gives, after words on how far it is."""
        chosen = np.ones(self.length, dtype=bool)
        if place is not None and self.labels is not None:
            chosen &= self.labels == place
        if part == LEFT_OUT:
            out = np.zeros(self.length, dtype=bool)
            out[[number for number in self.left_out if number < self.length]] = True
            chosen &= out
        elif part in PARTS:
            chosen &= self.parts == PARTS.index(part)
        found = np.flatnonzero(chosen)
        wanted = _plain(" ".join(text.split()))
        if not wanted:
            yield found
            return
        fitting = np.array([wanted in _plain(word) for word in self.words], dtype=bool)
        pieces = []
        for start in range(0, len(found), AT_ONCE):
            piece = found[start : start + AT_ONCE]
            if self.labels is not None and fitting.any():
                labels = self.labels[piece]
                hit = np.where(
                    (labels >= 0) & (labels < len(fitting)), fitting[labels.clip(0, len(fitting) - 1)], False
                )
            else:
                hit = np.zeros(len(piece), dtype=bool)
            for at, number in enumerate(piece.tolist()):
                hit[at] |= wanted in _plain(self.name_of(number))
            if self.kind == "texts" or self.sentence:
                rest = piece[~hit]
                says = self._said(rest)
                hit[~hit] = [wanted in says.get(number, "") for number in rest.tolist()]
            pieces.append(piece[hit])
            yield SearchProgress(start + len(piece), len(found))
        yield np.concatenate(pieces) if pieces else found

    def _said(self, numbers: np.ndarray) -> dict[int, str]:
        """What these samples say, whole and as it is searched, without reading their pictures."""
        if self.feed.length is None:
            return {each.number: _plain(each.text) for each in self.read(numbers.tolist())}
        field = self.sentence or self.main
        batch, read = self._read(torch.as_tensor(numbers), {field} | ({self._tags} if self._tags else set()))
        tags = batch.get(self._tags)
        return dict(zip(read.tolist(), map(_plain, self._texts(batch[field], 10**6, tags)))) if len(read) else {}

    def name_of(self, number: int) -> str:
        """What a sample is called."""
        return self.feed.name_of(number) if self.feed.length is not None else f"drawn {number + 1}"

    def part_of(self, number: int) -> str:
        """The part that a sample is in; empty for none."""
        place = int(self.parts[number])
        return PARTS[place] if place >= 0 else ""

    # What they look like

    def read(self, numbers: Sequence[int], letters: int = LETTERS) -> list[BrowsedSample]:
        """These samples, in this order.

        Raises:
            NoData: if the data as a whole cannot be read.
        """
        if self.feed.length is None:
            if not self._all_drawn:  # each depends on those that are drawn with it
                self._all_drawn = self._glimpses(list(range(DRAWN)), letters)
            return [self._all_drawn[number] for number in numbers]
        return self._glimpses(list(numbers), letters)

    def _read(self, index: Tensor, names: set[str]) -> tuple[dict[str, Tensor], Tensor]:
        batch, read, _ = self.joined.read_what_can_be(index, {f"{self.node}.{name}" for name in names}, None)
        return {key.partition(".")[2]: values for key, values in batch.items()}, read

    def _glimpses(self, numbers: list[int], letters: int) -> list[BrowsedSample]:
        wanted = {self.main} | ({self.label} if self.label is not None else set())
        wanted |= {field for _, field, _ in self._columns} | set(self._over)
        wanted |= {field for field in (self._tags, self.sentence) if field}
        batch, read = self._read(torch.tensor(numbers, dtype=torch.int64), wanted)
        at = {number: place for place, number in enumerate(read.tolist())}
        looks = self._looks(batch, letters) if len(read) else []
        made = []
        for number in numbers:
            name = self.name_of(number)
            if number not in at:
                why = self.joined.unreadable.get(number, ("", "It cannot be read."))[1]
                place = int(self.labels[number]) if self.labels is not None else -1
                made.append(BrowsedSample(number, name, place, trouble=why))
                continue
            place = int(batch[self.label][at[number]]) if self.label is not None else -1
            made.append(BrowsedSample(number, name, place, **looks[at[number]]))
        return made

    def _looks(self, batch: dict[str, Tensor], letters: int) -> list[dict[str, Any]]:
        if self.kind == "rows":
            return [{"cells": cells} for cells in self._cells(batch)]
        values = batch[self.main]
        if self.kind == "texts":
            return [{"text": text} for text in self._texts(values, letters, batch.get(self._tags))]
        said = list(self._texts(batch[self.sentence], letters)) if self.sentence else [""] * len(values)
        if self.kind == "curves":
            return [{"curve": curve, "text": text} for curve, text in zip(_curves(values.float()), said)]
        pictures = self._pictures(values.float())
        if self._over:
            counts = {name: self.shapes[name].classes or 0 for name in self._over}
            pictures = drawn_over(pictures, {name: batch[name] for name in self._over}, counts)
        return [{"picture": picture, "text": text} for picture, text in zip(pictures, said)]

    def _pictures(self, values: Tensor) -> list[np.ndarray]:
        """Pictures (n, ..., h, w) as bytes, on one scale for all samples."""
        while values.ndim > 4:
            values = values[:, 0]  # the first of several, as of a video
        if values.ndim == 3:
            values = values[:, None]
        if values.shape[1] not in (1, 3):
            values = values[:, :3] if values.shape[1] == 4 else values.mean(1, keepdim=True)
        if self._ends is None:
            self._ends = _ends(values)
        low, high = self._ends
        shrink = SIDE / max(values.shape[-2:])
        if shrink < 1:
            sides = [max(1, round(side * shrink)) for side in values.shape[-2:]]
            values = interpolate(values, size=sides, mode="area")
        scaled = ((values.nan_to_num(low, high, low) - low) / (high - low)).clamp(0, 1).mul(255).round().byte()
        rows = scaled.permute(0, 2, 3, 1).contiguous().numpy()
        return [row if row.shape[2] == 3 else np.ascontiguousarray(row[:, :, 0]) for row in rows]

    def mean_pictures(self, field: str, means: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Mean images (channels, h, w) by class on the scale of the pictures; none of a field that is not shown."""
        if self.kind != "pictures" or field != self.main or not means:
            return {}
        if self._ends is None:
            self.read(range(min(8, self.length)))
        seen = self._pictures(torch.stack([torch.tensor(mean) for mean in means.values()]))
        return dict(zip(means, seen))

    def _texts(self, values: Tensor, letters: int, tags: Tensor | None = None) -> Iterator[str]:
        """Texts (n, steps) of the field with words; where each word has a tag, as word/tag."""
        words = self.schema.fields[self.sentence or self.main].words
        kinds = self.schema.fields[TAGS].words if tags is not None else ()
        # Among letters there are a few words, such as that for what is unknown.
        glue = "" if sum(len(word) <= 1 for word in words) > len(words) / 2 else " "
        for number, row in enumerate(values.reshape(len(values), -1).tolist()):
            told, length = [], 0
            behind = tags[number].tolist() if tags is not None else row
            for code, tag in zip(row, behind):
                word = words[code] if 0 <= code < len(words) else str(code)
                if word == PADDING or (self.sentence and word in (START, END)):
                    continue
                if 0 <= tag < len(kinds):
                    word = f"{word}/{kinds[tag]}"
                length += len(word) + len(glue)
                told.append(word)
                if length > letters:
                    break
            yield glue.join(told).strip()

    def _cells_of(self) -> tuple[tuple[str, str, int], ...]:
        """Head, field and place of each column."""
        found = []
        for name, shape in self.shapes.items():
            known = self.schema.fields[name]
            if name == self.label:
                continue
            if shape.rank > 1:
                continue
            count = shape.values
            heads = known.names or ((name,) if count == 1 else tuple(f"{name} {at + 1}" for at in range(count)))
            found += [(head, name, at) for at, head in enumerate(heads)]
        return tuple(found[:MOST_COLUMNS])

    def _cells(self, batch: dict[str, Tensor]) -> list[tuple[str, ...]]:
        flat = {name: values.reshape(len(values), -1).tolist() for name, values in batch.items()}
        words = {name: self.schema.fields[name].words for name in flat}
        rows = len(next(iter(flat.values())))
        return [
            tuple(
                as_date(flat[field][row][at], self.dates[head])
                if head in self.dates
                else _cell(flat[field][row][at], words[field])
                for head, field, at in self._columns
            )
            for row in range(rows)
        ]


LEFT_OUT = "left out"


def _loaded(layer: Layer, node: str, settings: Mapping[str, Any]) -> Feed:
    from app.data.source_looks import schema_of

    schema = schema_of(layer, settings)
    return load(PlanSource(node, layer.id, settings, schema.shapes))


def _plain(text: str) -> str:
    """What is compared in a search: capitals and the commas of 77,777 make no difference."""
    return text.casefold().replace(",", "")


def _kind(shape: Shape, named: bool) -> Kind:
    """What a field is shown as."""
    if shape.dtype == "int":
        return "rows" if shape.rank == 0 else "texts" if shape.rank == 1 else "pictures"
    if shape.rank <= 1:
        return "rows" if named or shape.values <= LONG_ROW else "curves"
    if shape.rank == 2:
        return "curves"
    # A wave of several channels, or one of them, lies in an image that is one line high.
    return "curves" if shape.rank == 3 and shape.sizes[1] == 1 and shape.sizes[2] > LONG_ROW else "pictures"


def _ends(values: Tensor) -> tuple[float, float]:
    """What is shown black and what white: as pictures usually are, else what these values have."""
    known = values[values.isfinite()]
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    for usual in ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)):
        if usual[0] <= low and high <= usual[1]:
            return usual
    return (low, high) if high > low else (low, low + 1.0)


def _curves(values: Tensor) -> list[np.ndarray]:
    """Series (n, ...) as points from 0 to 1, each sample on a scale of its own; NaN where a value is missing."""
    if values.ndim == 2:
        values = values[:, :, None]
    if values.ndim == 4:
        values = values[:, :, 0].transpose(1, 2)
    if values.ndim == 3 and values.shape[2] > LINES and values.shape[1] <= LINES:
        values = values.transpose(1, 2)
    values = values[:, :, :LINES]
    if values.shape[1] > STEPS:  # the lowest and the highest of each piece, so that no peak is lost
        piece = -(-values.shape[1] * 2 // STEPS)
        padded = values[:, : values.shape[1] // piece * piece]
        cut = padded.reshape(len(values), -1, piece, values.shape[2])
        values = torch.stack([cut.amin(2), cut.amax(2)], 2).flatten(1, 2)
    found = []
    for each in values.numpy():
        finite = each[np.isfinite(each)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        found.append(((each - low) / ((high - low) or 1.0)).astype(np.float32))
    return found


def _cell(value: float, words: Sequence[str]) -> str:
    if words and isinstance(value, int):
        return words[value] if 0 <= value < len(words) else str(value)
    if isinstance(value, float):
        if math.isnan(value):
            return MISSING
        if math.isinf(value):
            return "∞" if value > 0 else "−∞"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
