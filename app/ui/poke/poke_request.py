"""What the panel asks about a poked copy, as a value, and what it gets back. Carried out next to the net; no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from app.insight.poke import Poke
from app.insight.view import SampleChoice, Subject

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from app.insight.poke_effect import Effect
    from app.insight.tiles import Tiles


@dataclass(frozen=True)
class NodeFacts:
    """What can be laid hands on in a node: ``units`` of them, called ``word``; ``heads`` of an attention; ``weights``
    by torch's names with their shapes."""

    node: str
    units: int = 0
    word: str = "units"
    heads: int = 0
    weights: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class PokeAnswer:
    """``picture`` (channels, h, w) or ``row`` is what goes in, named by ``input``; ``batch`` the sample as it came.
    ``now`` and ``difference`` are pictures of the node that is looked at, where it has one. ``weight`` is the value of
    the weight that was asked for, as it came and as it is. ``known`` are pictures of the data, to draw like them."""

    effect: Effect
    facts: NodeFacts | None
    input: str
    batch: Mapping[str, Tensor]
    picture: np.ndarray | None = None
    row: np.ndarray | None = None
    names: tuple[str, ...] = ()
    now: Tiles | None = None
    difference: Tiles | None = None
    weight: tuple[float, float] | None = None
    caption: str = ""
    trouble: str = ""
    known: Tensor | None = None


@dataclass(frozen=True)
class AskPoke:
    """What comes of ``pokes`` and of a sample that was drawn on (``drawn``), in the place of the one that came."""

    untouched: ClassVar[bool] = True  # it compares the copy with the net as it is

    pokes: tuple[Poke, ...]
    shown: str
    sample: int
    base: SampleChoice | None
    drawn: SampleChoice | None
    weight: tuple[str, tuple[int, ...]] | None = None
    node: str | None = None

    def look(self, subject: Subject) -> PokeAnswer:
        """Everything at once.

        Raises:
            NoPicture: with a sentence, if this cannot be done.
        """
        from app.insight.poke_effect import effect_of
        from app.insight.poke_pictures import node_pair
        from app.insight.tiles import NoPicture

        net, model = subject.net, subject.model
        came = subject.samples if self.base is None else subject.samples.only(self.base)
        if net.plan.inputs and not came.count:
            raise NoPicture("There is no sample to show to the network. Wire data to it.")
        batch = came.one(0 if self.base is not None else max(0, min(self.sample, came.count - 1)))
        given = dict(subject.samples.only(self.drawn).one(0)) if self.drawn is not None else batch
        node, trouble = self.shown, ""
        facts = None
        if node:
            try:
                facts = _facts(subject, node)
            except NoPicture as reason:
                node, trouble = "", str(reason)
        effect = effect_of(
            net,
            model,
            self.pokes,
            given,
            words=came.classes,
            show=(node,) if node else (),
            quick=True,
            untouched=batch,
        )
        now = difference = None
        if node:
            try:
                now, difference = node_pair(net, model, effect, node, came.classes)
            except NoPicture as reason:
                trouble = str(reason)
        entry, values = _input(subject, given)
        picture = values if entry and values is not None and values.ndim == 3 and len(values) in (1, 3) else None
        row = values if values is not None and values.ndim == 1 else None
        return PokeAnswer(
            effect,
            facts,
            entry,
            batch,
            picture,
            row,
            _row_names(subject, len(row)) if row is not None else (),
            now,
            difference,
            self._weight(subject, facts),
            subject.caption,
            trouble,
            _known(subject, entry),
        )

    def _weight(self, subject: Subject, facts: NodeFacts | None) -> tuple[float, float] | None:
        if self.weight is None or facts is None or self.weight[0] not in facts.weights:
            return None
        from app.insight.poked_copy import poked, weights_of

        name, at = self.weight
        shape = facts.weights[name]
        if len(at) != len(shape) or any(number >= size for number, size in zip(at, shape)):
            return None
        other = poked(subject.net, subject.model, self.pokes)
        came, now = (
            weights_of(net, model, facts.node)[name].detach()[at].item()
            for net, model in ((subject.net, subject.model), other)
        )
        return came, now


def _facts(subject: Subject, node: str) -> NodeFacts:
    from app.core.compile.plan import Ref
    from app.insight.anatomy import part, shape_of
    from app.insight.poked_copy import attentions, input_of, weights_of
    from app.insight.tiles import NoPicture

    if input_of(subject.net, node) is not None or node in subject.net.plan.graph.passed:
        return NodeFacts(node)
    where = part(subject.net, node)
    port = next(iter(where.step.outputs))
    shape = shape_of(subject.net, where.graph, Ref(where.step.name, port))
    sizes = shape.sizes if shape is not None else ()
    units = 0 if not sizes else sizes[-1] if len(sizes) == 2 else sizes[0]
    word = {1: "units", 2: "features"}.get(len(sizes), "channels")
    try:
        weights = {name: tuple(value.shape) for name, value in weights_of(subject.net, subject.model, node).items()}
    except NoPicture:
        weights = {}
    try:
        found = attentions(subject.net, subject.model, node)
    except NoPicture:
        found = []
    heads = int(getattr(found[0], "num_heads", 0)) if found else 0
    return NodeFacts(node, units, word, heads, weights)


def _input(subject: Subject, batch: Mapping[str, Tensor]) -> tuple[str, np.ndarray | None]:
    """The field that can be drawn on, and its values without the batch; no values where it holds no numbers."""
    from app.insight.anatomy import picture_input
    from app.insight.tiles import NoPicture

    try:
        entry = picture_input(subject.net)
    except NoPicture:
        return "", None
    key = f"{entry.node}.{entry.port}"
    return key, batch[key][0].detach().cpu().float().numpy().copy() if key in batch else None


def _known(subject: Subject, entry: str) -> Tensor | None:
    return subject.samples.fields.get(entry) if subject.net.plan.sources else None  # else noise stands for them


def _row_names(subject: Subject, count: int) -> tuple[str, ...]:
    from app.insight.anatomy import picture_input
    from app.insight.typed_samples import row_names
    from app.training.net_inputs import reads_of
    from nodes.api import NoData

    names: tuple[str, ...] = ()
    if subject.net.plan.sources:
        with suppress(NoData, ValueError, KeyError):
            names = row_names(reads_of(subject.net.plan))
    entry = picture_input(subject.net).node
    return names if len(names) == count else tuple(f"{entry} {place}" for place in range(count))


def with_values(batch: Mapping[str, Tensor], key: str, values: np.ndarray) -> Mapping[str, Tensor]:
    """The sample with other values in one field."""
    import torch

    return {**batch, key: torch.from_numpy(values).to(batch[key].dtype)[None]}
