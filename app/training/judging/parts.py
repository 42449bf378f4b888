"""The samples of a net's own data by part, for whoever judges its answers."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from app.core.compile.decision import decision_of
from app.core.compile.net import CompiledNet
from app.core.graph.recipe import VALIDATION_BATCHES
from app.data.joined import JoinedFeed
from app.training import batches
from app.training.judging.classes import label_names
from app.training.refusal import CannotTrain
from nodes.api.corrections import class_words

PARTS = ("validation", "train", "test")


class DataParts:
    """The data of a drawing, and which samples its recipe trains on, checks with and keeps for the test.

    Raises:
        CannotTrain: if there is no data, or too little to be divided.
        NoData: if it cannot be had.
    """

    def __init__(self, net: CompiledNet) -> None:
        plan = net.plan
        self.data = batches.load(plan)
        recipe = plan.recipe
        training, validation, test = batches.divide(plan, self.data, recipe.validation, recipe.seed, recipe.test)
        self._index = {"train": training, "validation": validation, "test": test}
        self.samples = batches.DeviceData(self.data, torch.device("cpu"))
        self.size = recipe.batch_size * VALIDATION_BATCHES
        self.words = words_of(net, self.data)
        self._mixed: dict[str, Tensor] = {}

    def index(self, part: str) -> Tensor:
        """The numbers of the samples of a part.

        Raises:
            CannotTrain: if it has none.
        """
        found = self._index[part]
        if not len(found):
            words = {"validation": "validation part", "test": "test part", "train": "training part"}
            raise CannotTrain(f"Nothing is held out for a {words[part]}. Set a share for it in the recipe.")
        return found

    def mixed(self, part: str) -> Tensor:
        """The same in an order that has nothing to do with the data, always the same one: its beginning stands for
        all."""
        if part not in self._mixed:
            found = self.index(part)
            self._mixed[part] = found[torch.randperm(len(found), generator=torch.Generator().manual_seed(0))]
        return self._mixed[part]

    def read(self, index: Tensor) -> Iterator[tuple[Tensor, Mapping[str, Tensor]]]:
        """Numbers and fields of these samples, in pieces; those that cannot be read are left out."""
        yield from read(self.samples, index, self.size)

    def name_of(self, number: int) -> str:
        """What a sample is called."""
        return name_of(self.data, number)


def read(samples: batches.DeviceData, index: Tensor, size: int) -> Iterator[tuple[Tensor, Mapping[str, Tensor]]]:
    """Numbers and fields of these samples, in pieces of at most ``size``."""
    for piece in index.to(samples.home).split(size):
        if batch := samples.at(piece):
            yield samples.readable(piece), batch


def name_of(data: JoinedFeed, number: int) -> str:
    """What a sample is called, by the first source that has so many."""
    feed = next((feed for feed in data.feeds.values() if feed.length is not None), None)
    return feed.name_of(number) if feed is not None else f"drawn {number + 1}"


def words_of(net: CompiledNet, data: JoinedFeed) -> tuple[str, ...]:
    """The words for the classes that are decided between, or the names of the labels; numbers where the data has none,
    none without classes."""
    decision = decision_of(net.plan)
    if decision is None:
        return ()
    node, _, name = decision.label.partition(".")
    schema = data.feeds[node].schema if node in data.feeds else None
    known = schema.fields[name] if schema is not None and name in schema.fields else None
    if decision.labels:
        return label_names(known, decision.labels)
    words = class_words(known) if known is not None else ()
    return (*words[: decision.classes], *(str(place) for place in range(len(words), decision.classes)))


_held: weakref.WeakKeyDictionary[CompiledNet, DataParts] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def parts_of(net: CompiledNet) -> DataParts:
    """The data of a net, read once and held as long as the net is. For jobs and trainings.

    Raises:
        CannotTrain, NoData: as ``DataParts`` does.
    """
    with _lock:
        if net not in _held:
            _held[net] = DataParts(net)
        return _held[net]
