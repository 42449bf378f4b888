"""The data of all sources of a drawing side by side, with what its augmentations make of it in training."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from app.core.compile.plan import PlanAugmentation
from app.data.catalog import check_values, generator_of, usual_type
from app.data.file_changes import first_changed, sentence
from nodes.api import Feed, NoData, Shape, Unreadable
from nodes.api.registry import find

# How many samples make an epoch where no source has an end.
ENDLESS = 2_000
AT_ONCE = 4_096  # samples that are read at once where all of them are asked for


class JoinedFeed:
    """Sample 7 of one source belongs to sample 7 of the others. A source without an end has as many samples as the
    others, and every batch of it is drawn anew.

    Fields are named ``digits.image``; what an augmentation gives is the field ``shift1.output``. ``length`` is the
    number of samples, ``parts`` are the indices of the parts that the data brings itself.
    """

    def __init__(
        self,
        feeds: Mapping[str, Feed],
        shapes: Mapping[str, Shape],
        augmentations: Sequence[PlanAugmentation] = (),
        wanted: frozenset[str] | None = None,
    ) -> None:
        """``shapes`` are those of all fields. ``wanted`` are the fields that anybody will ask for; None means all. Of
        sources of different length, as many samples count as each of them has.
        """
        self.feeds = dict(feeds)
        self.shapes = dict(shapes)
        self.augmentations = tuple(augmentations)
        self.length = min((feed.length for feed in feeds.values() if feed.length is not None), default=ENDLESS)
        self.parts: Mapping[str, Tensor] = next(
            ({n: torch.as_tensor(part) for n, part in feed.parts.items()} for feed in feeds.values() if feed.parts), {}
        )
        self._wanted = wanted
        self.groups: Tensor | None = next(
            (torch.as_tensor(feed.groups) for feed in feeds.values() if feed.groups is not None), None
        )
        self.ordered = any(feed.schema is not None and feed.schema.ordered for feed in feeds.values())
        self.overlap = max((feed.schema.overlap for feed in feeds.values() if feed.schema is not None), default=0)
        out = [feed.excluded for feed in feeds.values() if feed.excluded is not None]
        self.without: Tensor | None = torch.cat(out).unique() if out else None
        self.unreadable: dict[int, tuple[str, str]] = {}  # by number: the source, and why, in a sentence

    @property
    def reads(self) -> bool:
        """Whether a batch takes reading: something that is wanted neither lies in memory nor is drawn."""
        return any(
            not (isinstance(column, Tensor) or getattr(column, "in_memory", False))
            and (self._wanted is None or f"{node}.{name}" in self._wanted)
            for node, feed in self.feeds.items()
            for name, column in feed.fields.items()
        )

    def readable(self, index: Tensor) -> Tensor:
        """Those of these samples of which it is not known that they cannot be read."""
        if not self.unreadable:
            return index
        known = torch.tensor(list(self.unreadable), device=index.device)
        return index[~torch.isin(index, known)]

    @property
    def draws(self) -> bool:
        """Whether a batch for training depends on more than its indices."""
        return bool(self.augmentations) or any(feed.length is None for feed in self.feeds.values())

    @property
    def names(self) -> tuple[str, ...]:
        """All fields that sources offer."""
        return tuple(self.shapes)

    def held(self) -> dict[str, Tensor]:
        """The fields that lie in memory as a whole."""
        return {
            f"{node}.{name}": column
            for node, feed in self.feeds.items()
            for name, column in feed.fields.items()
            if isinstance(column, Tensor)
        }

    def __getitem__(self, key: str) -> Tensor:
        """All values of one field, (n, ...): for a label, and for data that is small. Of samples that cannot be read
        they are -1."""
        node, _, name = key.partition(".")
        column = self.feeds[node].fields.get(name)
        if isinstance(column, Tensor):
            return column
        index = torch.arange(self.length)
        if self.feeds[node].length is None:
            return self.read(index, {key}, self.generator(index, None))[key]
        pieces, places = [], []
        for piece in index.split(AT_ONCE):
            values, read, _ = self.read_what_can_be(piece, {key}, None)
            if len(read):
                pieces.append(values[key])
                places.append(read)
        if not pieces:
            raise NoData(f"None of its {self.length:,} samples can be read.", node)
        if len(places) == 1 and len(places[0]) == self.length:
            return pieces[0]
        found = torch.cat(pieces)
        whole = torch.full((self.length, *found.shape[1:]), -1, dtype=found.dtype)
        whole[torch.cat(places)] = found
        return whole

    def generator(self, index: Tensor, seed: int | None) -> torch.Generator | None:
        """What the random numbers of a batch come from; None where it has none.

        ``seed`` is that of a batch for training. Without one, what is drawn anew is the same whenever the same first
        sample is asked for, so that the check after each epoch and every look see the same.
        """
        if not self.draws or not len(index):
            return None
        return generator_of(seed if seed is not None else int(index[0]))

    def read(
        self,
        index: Tensor,
        keys: frozenset[str] | set[str] | None,
        generator: torch.Generator | None,
        but: Mapping[str, Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """The fields of these samples (an index on the CPU) before any augmentation: ``keys`` alone if given, apart
        from those in ``but``, in the order of the sources.

        Raises:
            Unreadable: if samples cannot be read that can be left out.
            NoData: if the data cannot be read, or is not as its source said.
        """
        batch: dict[str, Tensor] = {}
        for node, feed in self.feeds.items():
            names = [name for name in self._names(node, keys) if but is None or f"{node}.{name}" not in but]
            if not names:
                continue
            later = any(not isinstance(feed.fields.get(name), Tensor) for name in names)
            try:
                if later:  # before: a map of a file that has become shorter must not be read
                    _check_files(node, feed)
                values = feed.at(index, generator, names)
                if later:
                    _check_files(node, feed)
            except Unreadable as reason:
                reason.node = node
                raise
            except (NoData, MemoryError):
                raise
            except Exception as error:
                if isinstance(error, RuntimeError) and "memory" in str(error):
                    raise  # torch's way to say that there is not enough of it
                raise NoData(_unreadable(error), node) from error
            for name in names:
                key = f"{node}.{name}"
                if key not in self.shapes:
                    continue
                if name not in values:
                    raise NoData(f"Its data has no {name} any more. Look at it again.", node)
                batch[key] = usual_type(values[name], self.shapes[key])
                check_values(node, name, self.shapes[key], batch[key])
                if len(batch[key]) != len(index):
                    raise NoData(f"{name} gives {len(batch[key])} samples where {len(index)} were asked for.", node)
        return batch

    def read_what_can_be(
        self,
        index: Tensor,
        keys: frozenset[str] | set[str] | None,
        seed: int | None,
        but: Mapping[str, Tensor] | None = None,
    ) -> tuple[dict[str, Tensor], Tensor, torch.Generator | None]:
        """The same without the samples that cannot be read, in all sources; with the indices of what was read, and
        the generator as it stands behind it. Those that cannot be read are written down in ``unreadable``. ``seed`` as
        in ``generator``; what is drawn is the same whether they were known before or are found now.

        Raises:
            NoData: as ``read`` does.
        """
        left = self.readable(index)
        while len(left):
            try:
                generator = self.generator(index, seed)
                return self.read(left, keys, generator, but), left, generator
            except Unreadable as reason:
                self._check_folders(reason.node)
                before = len(self.unreadable)
                self._write_down(reason, left, keys, but)
                if len(self.unreadable) == before:  # it is not said which, and each alone can be read
                    raise NoData(str(reason)) from reason
                left = self.readable(left)
        return {}, left, None

    def _check_folders(self, node: str | None) -> None:
        """That the folders of a source are there: else no sample can be read, and none is worth a sentence.

        Raises:
            NoData: if not.
        """
        feed = self.feeds.get(node or "")
        gone = next((path for path in feed.folders if not os.path.isdir(path)), "") if feed is not None else ""
        if gone:
            raise NoData(sentence(gone, "it was looked at"), node)

    def _write_down(
        self,
        reason: Unreadable,
        index: Tensor,
        keys: frozenset[str] | set[str] | None,
        but: Mapping[str, Tensor] | None,
    ) -> None:
        """Find out which samples cannot be read: as the source says, or one by one."""
        known = {number: sentence for number, sentence in reason.samples.items() if number not in self.unreadable}
        numbers = index.tolist()
        if known and all(number in numbers for number in known):
            self.unreadable |= {number: (reason.node, sentence) for number, sentence in known.items()}
            return
        for number in numbers:
            one = torch.tensor([number])
            try:
                self.read(one, keys, self.generator(one, None), but)
            except Unreadable as alone:
                self.unreadable[number] = (alone.node, str(alone))

    def _names(self, node: str, keys: frozenset[str] | set[str] | None) -> list[str]:
        wanted = keys if keys is not None else self._wanted
        names = [key.partition(".")[2] for key in self.shapes if key.partition(".")[0] == node]
        return [name for name in names if wanted is None or f"{node}.{name}" in wanted]

    def augment(self, batch: dict[str, Tensor], generator: torch.Generator | None) -> None:
        """Add to a batch what the augmentations make of it; without a generator they hand on what arrives, and classes
        as one-hot where their probabilities are mixed in training."""
        for step in self.augmentations:
            keys = [f"{ref.node}.{ref.port}" for ref in step.passes.values()]
            if not all(key in batch for key in keys):
                continue
            arriving = [batch[key] for key in keys]
            if step.classes:
                arriving[1] = functional.one_hot(arriving[1], step.classes).float()
            layer = find(step.type)
            if generator is not None and layer is not None and layer.transform is not None:
                given = layer.transform(*arriving, generator, **step.settings)
                arriving = list(given) if step.target is not None else [given]
            batch |= {f"{ref.node}.{ref.port}": value for ref, value in zip(step.passes, arriving, strict=True)}


def _check_files(node: str, feed: Feed) -> None:
    """That the files that samples are read from are still those that were looked at.

    Raises:
        NoData: if not.
    """
    changed = first_changed(feed.files)
    if changed:
        raise NoData(sentence(changed, "it was looked at"), node)


def _unreadable(error: Exception) -> str:
    """What went wrong with one sample, as a sentence."""
    if isinstance(error, OSError):
        return f"{error.filename or 'A file'} cannot be read: {error.strerror or error}."
    text = " ".join(str(error).split()) or type(error).__name__
    return text if text.endswith((".", "!", "?")) else f"A sample cannot be read: {text}."
