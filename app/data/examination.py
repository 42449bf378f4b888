"""Looks through all samples of a source, batch by batch: what cannot be read, what is there twice, how values lie.

It holds a few numbers for each feature and sixteen bytes for each sample, however large the data is. Whoever has seen
enough closes the generator. The same data gives the same events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from app.data.catalog import usual_type
from app.data.joined import JoinedFeed
from app.data.numbers import Feature, FeatureCorrelations, Measures, Ranges, by_feature, counts_of, of_numbers, of_words
from nodes.api import Feed, Schema, Shape, cut
from nodes.api.corrections import class_words, corrected_field
from nodes.api.words import listed

MOST_NAMED = 200  # unreadable samples and groups of equal ones that are named; all are counted
MOST_FEATURES = 2_000  # of one field that get numbers of their own
MOST_MEAN = 4_000_000  # values of all mean images together
AT_ONCE = 500_000  # values that are looked at together: counting them takes many times their bytes
MEASURED_AT_ONCE = 2_000_000  # values that are read together to be measured
MOST_AT_ONCE = 1_024  # samples
MANY = 20_000  # samples, of which the ranges are told before the rest
_PIECE = 65_536  # samples that are compared at once
_NODE = "data"


@dataclass(frozen=True, slots=True)
class ExaminedSamples:
    """How far it is: samples that were looked at, of how many."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class UnreadableSample:
    """A sample that cannot be read, and why, in a sentence."""

    name: str
    reason: str

    @property
    def sentence(self) -> str:
        """Name and reason in one; the name once, also where the reason names it."""
        return self.reason if self.name in self.reason else f"{self.name}: {self.reason}"


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Samples with the same content. ``parts`` and ``classes`` are those that they are in, each once."""

    names: tuple[str, ...]
    count: int
    parts: tuple[str, ...]
    classes: tuple[str, ...]


@dataclass(frozen=True)
class KnownMeasures:
    """What is known of data that lies in memory before it is looked through sample by sample: ``classes`` and
    ``features`` as in an examination, the features without histogram and correlation."""

    classes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    features: Mapping[str, tuple[Feature, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Examination:
    """All that was found, the last event.

    ``samples`` could be read. ``classes`` are the numbers of samples by field and word. ``features`` are by field, one
    for each feature or channel; a field with too many has none. ``means`` are the mean images by class, read-only
    arrays (channels, rows, columns) of ``mean_field``. ``equal`` are groups of samples of the same content, the first
    MOST_NAMED of ``equal_count``; ``repeated`` counts samples that could go without losing anything. ``across`` counts
    the samples of a part that another part has too, by both names. ``remarks`` are sentences for the student.
    """

    samples: int
    classes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    features: Mapping[str, tuple[Feature, ...]] = field(default_factory=dict)
    means: Mapping[str, Any] = field(default_factory=dict)
    mean_field: str = ""
    unreadable: tuple[UnreadableSample, ...] = ()
    unreadable_count: int = 0
    equal: tuple[DuplicateGroup, ...] = ()
    equal_count: int = 0
    repeated: int = 0
    across: Mapping[tuple[str, str], int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON, without the mean images."""
        return {
            "samples": self.samples,
            "classes": {name: dict(counts) for name, counts in self.classes.items()},
            "features": {
                name: [
                    {slot: getattr(each, slot) for slot in each.__slots__} | {"constant": each.constant}
                    for each in features
                ]
                for name, features in self.features.items()
            },
            "unreadable": [{"name": each.name, "reason": each.reason} for each in self.unreadable],
            "unreadable_count": self.unreadable_count,
            "duplicates": [
                {"names": list(e.names), "count": e.count, "parts": list(e.parts), "classes": list(e.classes)}
                for e in self.equal
            ],
            "duplicate_groups": self.equal_count,
            "repeated": self.repeated,
            "across": [{"parts": list(parts), "samples": count} for parts, count in self.across.items()],
            "remarks": list(self.remarks),
        }


Finding = ExaminedSamples | UnreadableSample | KnownMeasures | Examination


def examine(feed: Feed, schema: Schema, parts: Mapping[str, Tensor] | None = None) -> Iterator[Finding]:
    """Look through a feed, as it was corrected. ``parts`` are the indices of the samples in each part, by its name, to
    find the same sample in two; those that the data brings if not given. Of data without an end some are drawn.

    Raises:
        NoData: if the data as a whole cannot be read.
    """
    return _Look(feed, schema, parts if parts is not None else feed.parts).events()


class _Look:
    def __init__(self, feed: Feed, schema: Schema, parts: Mapping[str, Any]) -> None:
        self.feed = feed
        self.schema = schema
        self.shapes: dict[str, Shape] = {
            name: known.shape for name, known in schema.fields.items() if name in feed.fields or feed.length is None
        }
        self.joined = JoinedFeed({_NODE: feed}, {f"{_NODE}.{name}": shape for name, shape in self.shapes.items()})
        self.whole = self.joined.without is None
        self.count = self.joined.length if self.whole else len(self.index)
        self.label = corrected_field(schema) if corrected_field(schema) in self.shapes else None
        self.words = class_words(schema.fields[self.label]) if self.label is not None else ()
        self.counted = {
            name: torch.zeros(shape.classes, dtype=torch.int64) for name, shape in self.shapes.items() if shape.classes
        }
        self.ranges: dict[str, Ranges] = {}
        self.target = self._target()
        self.correlations: dict[str, FeatureCorrelations] = {}
        self.mean_field, self.sums = self._mean_images()
        self.parts = parts
        self.part_names = list(parts)
        self.done = 0

    @cached_property
    def index(self) -> Tensor:
        """The numbers of the samples that are looked at."""
        index = torch.arange(self.joined.length)
        return index if self.joined.without is None else index[~torch.isin(index, self.joined.without)]

    def _make_room(self) -> None:
        """For what is held of each sample; nobody waits for it who wants to see the ranges alone."""
        self.part_of = np.full(self.joined.length, -1, dtype=np.int8)
        for number, part in enumerate(self.parts.values()):
            self.part_of[torch.as_tensor(part).numpy()] = number
        self.hashes = np.zeros((self.count, 2), dtype=np.uint64)
        self.numbers = np.zeros(self.count, dtype=np.int64)
        self.labels = np.full(self.count, -1, dtype=np.int64)

    def _target(self) -> str | None:
        """The field that is to be learned: the classes, else the last field that is one number."""
        if self.label is not None:
            return self.label
        single = [name for name, shape in self.shapes.items() if shape.dtype == "float" and shape.sizes in ((), (1,))]
        return single[-1] if single and len(self.shapes) > 1 else None

    def _mean_images(self) -> tuple[str, Tensor]:
        classes = max(1, len(self.words))
        for name, shape in self.shapes.items():
            if shape.kind == "image" and shape.sizes[0] in (1, 3) and classes * shape.values <= MOST_MEAN:
                return name, torch.zeros(classes, *shape.sizes, dtype=torch.float64)
        return "", torch.zeros(0)

    def _measured(self) -> KnownMeasures | None:
        """Ranges and classes of many samples that lie in memory; None of others, which come soon enough with all the
        rest, or have to be read for it."""
        names = [name for name, shape in self.shapes.items() if shape.rank < 2 - (name in self.counted)]
        names = [name for name in names if self.shapes[name].values <= MOST_FEATURES]
        columns = [self.feed.fields.get(name) for name in names]
        there = all(isinstance(column, Tensor) or getattr(column, "in_memory", False) for column in columns)
        if self.count < MANY or not there or not names:
            return None
        apart = [name for name, column in zip(names, columns) if hasattr(column, "apart")]
        ranges = {name: self._measured_apart(name) for name in apart}
        names = [name for name in names if name not in apart]
        counts = {name: torch.zeros_like(known) for name, known in self.counted.items()}
        counts = {name: known for name, known in counts.items() if name in names}
        largest = max((self.shapes[name].values for name in names), default=1)
        # Nothing that lies in memory is copied where nobody has left out samples.
        held = {name: column for name in names if self.whole and isinstance(column := self.feed.fields[name], Tensor)}
        others = {f"{_NODE}.{name}" for name in names if name not in held}
        at_once = max(1, MEASURED_AT_ONCE // largest)
        for start in range(0, self.count if names else 0, at_once):
            rows = slice(start, start + at_once)
            batch = {name: usual_type(column[rows], self.shapes[name]) for name, column in held.items()}
            if others:
                found, read, _ = self.joined.read_what_can_be(self.index[rows], others, None)
                batch |= {key.partition(".")[2]: values for key, values in found.items() if len(read)}
            for name, values in batch.items():
                if name in counts:
                    _count(counts[name], values)
                else:
                    lying = by_feature(values)
                    ranges.setdefault(name, Measures(lying.shape[2])).add(lying)
        features = {name: each.features() for name, each in ranges.items()}
        return KnownMeasures(self._worded(counts), features)

    def _measured_apart(self, name: str) -> Measures:
        """The ranges of features of which some are held as codes of words: these are counted, and never become columns
        of 0 and 1."""
        lying, places, coded = self.feed.fields[name].apart(None if self.whole else self.index)
        made = Measures(self.shapes[name].values)
        made.put(places, of_numbers(lying, self.count))
        for first, several, codes in coded:
            made.put(range(first, first + several), of_words(counts_of(codes, several), len(codes)))
        return made

    def _worded(self, counts: Mapping[str, Tensor]) -> dict[str, dict[str, int]]:
        return {
            name: dict(zip(class_words(self.schema.fields[name]), known.tolist())) for name, known in counts.items()
        }

    def events(self) -> Iterator[Finding]:
        measured = self._measured()
        if measured is not None:
            yield measured
        self._make_room()
        largest = max((shape.values for shape in self.shapes.values()), default=1)
        at_once = max(1, min(MOST_AT_ONCE, AT_ONCE // max(1, largest)))
        named = looked = 0
        for piece in self.index.split(at_once):
            batch, read, _ = self.joined.read_what_can_be(piece, None, None)
            bad = [number for number in piece.tolist() if number in self.joined.unreadable]
            for number in bad[: MOST_NAMED - named]:
                yield UnreadableSample(self.feed.name_of(number), self.joined.unreadable[number][1])
            named = min(MOST_NAMED, named + len(bad))
            if len(read):
                self._add({key.partition(".")[2]: values for key, values in batch.items()}, read)
            looked += len(piece)
            yield ExaminedSamples(looked, self.count)
        yield self._found()

    def _add(self, batch: Mapping[str, Tensor], read: Tensor) -> None:
        target = batch[self.target] if self.target is not None else None
        if target is not None:
            target = target.reshape(len(read))
        for name, values in batch.items():
            if name in self.counted:
                _count(self.counted[name], values)
                continue
            lying = by_feature(values)
            if lying.shape[2] > MOST_FEATURES:
                continue
            self.ranges.setdefault(name, Ranges(lying.shape[2])).add(lying)
            if target is not None and name != self.target:
                known_as = self.correlations.setdefault(
                    name, FeatureCorrelations(lying.shape[2], len(self.words) if self.target == self.label else 0)
                )
                known_as.add(lying.double().mean(1), target)
        if self.mean_field:
            place = batch[self.label] if self.label is not None else torch.zeros(len(read), dtype=torch.int64)
            fit = (place >= 0) & (place < len(self.sums))
            self.sums.index_add_(0, place[fit], batch[self.mean_field][fit].double().nan_to_num(0.0, 0.0, 0.0))
        held = slice(self.done, self.done + len(read))
        self.numbers[held] = read.numpy()
        if self.label is not None:
            self.labels[held] = batch[self.label].numpy()
        others = [values for name, values in batch.items() if name != self.target] or list(batch.values())
        for number, values in enumerate(others):
            self.hashes[held] += _hashes(values, number)
        self.done += len(read)

    def _found(self) -> Examination:
        classes = self._worded(self.counted)
        features = {
            name: each.features(self.correlations[name].values() if name in self.correlations else None)
            for name, each in self.ranges.items()
        }
        groups = self._equal()
        unread = [UnreadableSample(self.feed.name_of(n), why) for n, (_, why) in sorted(self.joined.unreadable.items())]
        found = Examination(
            self.done,
            classes,
            features,
            self._means(classes),
            self.mean_field,
            tuple(unread[:MOST_NAMED]),
            len(unread),
            tuple(self._told(groups[place]) for place in range(min(MOST_NAMED, len(groups)))),
            len(groups),
            int(groups.lengths.sum()) - len(groups),
            self._across(groups),
        )
        return Examination(**{**vars(found), "remarks": tuple(self._new_remarks(found, self._torn(groups)))})

    def _means(self, classes: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
        if not self.mean_field or not self.done:
            return {}
        counts = list(classes[self.label].values()) if self.label is not None else [self.done]
        words = self.words if self.label is not None else ("",)
        found = {}
        for place, (word, count) in enumerate(zip(words, counts)):
            if count:
                mean = (self.sums[place] / count).float().numpy()
                mean.flags.writeable = False
                found[word] = mean
        return found

    def _equal(self) -> _Groups:
        """The samples with the same content. All of it is done on whole arrays by numpy, which lets other threads run:
        a window stays smooth beside a million samples that are all different, or all there twice."""
        hashes = self.hashes[: self.done]
        order = np.lexsort((hashes[:, 1], hashes[:, 0]))  # stable: of the same content the first sample comes first
        same = np.zeros(self.done + 1, dtype=bool)  # as the one before
        for start in range(1, self.done, _PIECE):
            piece = hashes[order[start - 1 : start + _PIECE]]
            same[start : start + len(piece) - 1] = (piece[1:] == piece[:-1]).all(1)
        first = np.flatnonzero(same[1:] & ~same[:-1])
        length = np.flatnonzero(same[:-1] & ~same[1:]) - first + 1
        sorted_by = np.argsort(order[first], kind="stable")
        members = order[same[:-1] | same[1:]]
        return _Groups(members, np.cumsum(length) - length, length, sorted_by)

    def _across(self, groups: _Groups) -> dict[tuple[str, str], int]:
        """Between parts, how many samples of the later part the earlier has too; in the order in which they come."""
        inside = self.part_of[self.numbers[groups.members]]
        known = [part for part in range(len(self.part_names)) if (inside == part).any()]
        counts = {part: groups.reduced(np.add, (inside == part).astype(np.int64)) for part in known}
        found: list[tuple[int, tuple[str, str], int]] = []
        for place, one in enumerate(known):
            for other in known[place + 1 :]:
                both = (counts[one] > 0) & (counts[other] > 0)
                if both.any():
                    pair = (self.part_names[one], self.part_names[other])
                    found.append((int(both.argmax()), pair, int(counts[other][both].sum())))
        return {pair: count for _, pair, count in sorted(found, key=lambda each: each[0])}

    def _torn(self, groups: _Groups) -> int:
        """How many samples have the content of another, but not its class."""
        labels = self.labels[groups.members]
        high = groups.reduced(np.maximum, labels)
        low = groups.reduced(np.minimum, np.where(labels < 0, np.iinfo(np.int64).max, labels))
        return int(groups.lengths[low < high].sum())

    def _told(self, run: np.ndarray) -> DuplicateGroup:
        numbers = self.numbers[run]
        parts = [self.part_names[int(part)] for part in np.unique(self.part_of[numbers]) if part >= 0]
        words = [self.words[int(k)] for k in np.unique(self.labels[run]) if 0 <= k < len(self.words)]
        names = tuple(self.feed.name_of(int(number)) for number in numbers[:10])
        return DuplicateGroup(names, len(run), tuple(parts), tuple(words))

    def _new_remarks(self, found: Examination, torn: int) -> Iterator[str]:
        """What the first look at the data has not said already."""
        yield from (remark for remark in self._remarks(found, torn) if remark not in self.schema.remarks)

    def _remarks(self, found: Examination, torn: int) -> Iterator[str]:
        one, several = self.schema.noun

        def amount(count: int) -> str:
            return f"{count:,} {one if count == 1 else several}"

        if found.unreadable_count:
            left = "is" if found.unreadable_count == 1 else "are"
            reasons = listed([_short(each) for each in found.unreadable], "; ", most=4, letters=120)
            yield f"{amount(found.unreadable_count)} cannot be read and {left} left out: {reasons}."
        again = not self.schema.recurring
        for (first_part, second), count in found.across.items() if again else ():
            yield f"{count:,} identical {one if count == 1 else several} in {first_part} and {second}."
        bare = self.schema.column_count and set(self.schema.fields) == {"target"}  # rows without features are all equal
        if again and found.repeated and not found.across and not bare:
            once = found.repeated == 1
            if self.schema.column_count:  # whole rows that are equal are told by the table itself, and are fewer
                yield f"{amount(found.repeated)} {'has' if once else 'have'} the same features as an earlier one."
            else:
                yield f"{amount(found.repeated)} {'is' if once else 'are'} there more than once."
        if again and torn:
            yield f"{amount(torn)} have the same content as another, but not the same class."
        for name, counts in found.classes.items():
            if self.schema.fields[name].sizes:
                continue
            single = [word for word, count in counts.items() if count == 1]
            none = [word for word, count in counts.items() if count == 0]
            told = [
                word
                for word, count in zip(self.schema.fields[name].words, self.schema.fields[name].counts)
                if count == 1
            ]
            said_before = single == told and any(
                f"only one {one}" in s or " one sample" in s for s in self.schema.remarks
            )
            if single and not said_before:
                yield f"{_classes(single)} one {one} alone: it can be learned from, or checked, but not both."
            if none:
                yield f"{_classes(none)} no {one}."
            yield from _alike(list(counts))
        for name, features in found.features.items():
            missing, infinite = sum(f.missing for f in features), sum(f.infinite for f in features)
            if missing:
                values = f"{missing:,} missing value{'' if missing == 1 else 's'} (NaN)"
                yield f"{name} has {values}. Fill them in, or leave the rows out."
            if infinite:
                yield f"{name} has {infinite:,} infinite value{'' if infinite == 1 else 's'}, at which a training ends."
            constant = [place + 1 for place, each in enumerate(features) if each.constant and found.samples > 1]
            if constant:
                which = f"feature {constant[0]}" if len(constant) == 1 else f"{len(constant):,} features"
                yield f"{name} has the same value in every {one} in {which}, so that nothing can be learned from it."


class _Groups:
    """Groups of places with the same content, in the order of their first samples, without an object for each."""

    def __init__(self, members: np.ndarray, starts: np.ndarray, lengths: np.ndarray, order: np.ndarray) -> None:
        """``members`` are the places of all groups one after another, those of each in ascending order; ``starts`` and
        ``lengths`` say where each group lies there, and ``order`` sorts them."""
        self.members = members
        self.lengths = lengths[order]
        self._starts, self._order = starts, order

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, number: int) -> np.ndarray:
        start = self._starts[self._order[number]]
        return self.members[start : start + self.lengths[number]]

    def reduced(self, how: np.ufunc, values: np.ndarray) -> np.ndarray:
        """One value for each group of those of its members."""
        return how.reduceat(values, self._starts)[self._order] if len(self) else np.zeros(0, dtype=np.int64)


def _count(counts: Tensor, values: Tensor) -> None:
    """Add how often each class stands among values; what is none counts nowhere."""
    counts += counts_of(values, len(counts))


def _hashes(values: Tensor, field: int) -> np.ndarray:
    """Two numbers of 64 bits for each row of values (n, ...): sums of its words, each times a number of its own. Two
    rows that differ agree in both about once in 10¹⁹ pairs. A hash of the bytes one row at a time takes ten times as
    long for short rows."""
    plain = np.ascontiguousarray(values.numpy()).reshape(len(values), -1)
    words = plain.view(np.uint8 if plain.itemsize % 4 else np.uint32).astype(np.uint64)
    found = np.empty((len(words), 2), dtype=np.uint64)
    random = np.random.default_rng([field, words.shape[1]])
    for place in (0, 1):
        factors = random.integers(1, 2**64, words.shape[1], dtype=np.uint64, endpoint=False)
        np.sum((words + np.uint64(1)) * factors, axis=1, dtype=np.uint64, out=found[:, place])
    return found


def _short(each: UnreadableSample) -> str:
    """The first sentence of why a sample cannot be read, with its name."""
    reason = each.reason.partition(". ")[0].rstrip(".")
    return reason if each.name in reason else f"{cut(each.name, 60)}: {reason}"


def _classes(words: list[str]) -> str:
    if len(words) == 1:
        return f"The class {cut(words[0], 30)} has"
    more = f" and {len(words) - 2:,} more" if len(words) > 2 else ""
    return f"The classes {cut(words[0], 30)}, {cut(words[1], 30)}{more} have"


def _alike(words: list[str]) -> Iterator[str]:
    """Words that somebody meant to be one."""
    known: dict[str, str] = {}
    for word in words:
        plain = " ".join(word.split()).casefold()
        if plain in known:
            yield f"{cut(known[plain], 30)!r} and {cut(word, 30)!r} may be meant as one class."
        known.setdefault(plain, word)
