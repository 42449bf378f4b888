"""What came of it: every answer of a net before and after somebody laid hands on a copy, and how good both are."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.decision import decision_of, estimate_of
from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.insight.anatomy import class_words, probe_name
from app.insight.capture import arguments, values_of
from app.insight.part_predictions import parts_for
from app.insight.poke import Poke
from app.insight.poked_copy import poked, poked_sample
from app.insight.tiles import NoPicture
from app.training.judging.answers import PredictionCollector, reader
from app.training.refusal import CannotTrain
from nodes.api import NoData

MOST_JUDGED = 500  # samples that tell how good both are
AT_ONCE = 64  # of these samples
QUICK_SECONDS = 0.012  # that these may take where somebody moves a slider
MOST_NUMBERS = 40  # of an answer that is no class


@dataclass(frozen=True, eq=False)
class NodeEffect:
    """How much the value of a node changed: ``share`` is the norm of the difference by that of the value before, None
    where that was 0 everywhere. ``changed`` of ``count`` numbers differ."""

    node: str
    share: float | None
    changed: int
    count: int


@dataclass(frozen=True, eq=False)
class Quality:
    """How good the answers to ``count`` samples are before and after. ``name`` is that of the number; of an accuracy
    more is better."""

    name: str
    before: float
    after: float
    count: int


@dataclass(frozen=True, eq=False)
class Effect:
    """``nodes`` in the order in which data flows. ``before`` and ``after`` are the answer to the sample: probabilities
    of the classes ``words`` (``classes``), or numbers. ``values`` are those of the nodes that were asked for, without
    the batch. ``quality`` is None where nothing can be judged, and ``why_not`` says why."""

    nodes: tuple[NodeEffect, ...]
    words: tuple[str, ...]
    before: np.ndarray
    after: np.ndarray
    classes: bool
    values: Mapping[str, tuple[np.ndarray, np.ndarray]]
    quality: Quality | None = None
    why_not: str = ""


def effect_of(
    net: CompiledNet,
    model: nn.Module,
    pokes: Sequence[Poke],
    sample: Mapping[str, Tensor],
    *,
    words: Sequence[str] = (),
    show: Sequence[str] = (),
    quick: bool = False,
    untouched: Mapping[str, Tensor] | None = None,
) -> Effect:
    """What ``pokes`` change of the answers to one sample, a batch of one by field, and of how good the net is.

    ``show`` are the nodes whose values are wanted. ``quick`` judges as many samples as fit into a moment. ``untouched``
    is the sample as it came, if somebody drew on this one.

    Raises:
        NoPicture: if something of it cannot be done to this net, with a sentence.
    """
    other, copy = poked(net, model, pokes)
    given = arguments(net, model, untouched if untouched is not None else sample, 0)
    changed = arguments(net, model, poked_sample(net, pokes, sample), 0)
    names = _names(net)
    asked = {node: net.stands_for(probe_name(net, node)) for node in show}
    wanted = (*names, *(name for name in asked.values() if name not in names))
    before = values_of(net, model, given, wanted)
    after = values_of(other, copy, changed, wanted)
    nodes = tuple(_node(name, before[name], after[name]) for name in names)
    told, words, classes = _answers(net, before, after, words)
    values = {node: (_array(before[name]), _array(after[name])) for node, name in asked.items()}
    quality, why_not = None, ""
    try:
        quality = _quality(net, model, other, copy, quick)
    except NoPicture as reason:
        why_not = str(reason)
    return Effect(nodes, words, told[0], told[1], classes, values, quality, why_not)


def changes_of(
    before: tuple[CompiledNet, nn.Module],
    after: tuple[CompiledNet, nn.Module],
    sample: Mapping[str, Tensor],
    nodes: Sequence[str],
) -> dict[str, NodeEffect]:
    """How much these nodes differ between a net and a poked copy of it, for the same sample.

    Raises:
        NoPicture: for a node without a value.
    """
    net = before[0]
    names = {node: net.stands_for(probe_name(net, node)) for node in nodes}
    old, new = (
        values_of(each, model, arguments(each, model, sample, 0), tuple(names.values()))
        for each, model in (before, after)
    )
    return {node: _node(name, old[name], new[name]) for node, name in names.items()}


def _names(net: CompiledNet) -> list[str]:
    """Every value of the main graph, as a running net calls it, inputs first."""
    names = [f"{entry.node}" if entry.port == "output" else f"{entry.node}.{entry.port}" for entry in net.plan.inputs]
    for step in net.plan.graph.running:
        single = "output" in step.outputs or len(step.outputs) == 1
        names += [step.name] if single else [f"{step.name}.{port}" for port in step.outputs]
    return names


def _node(name: str, before: Tensor, after: Tensor) -> NodeEffect:
    old, new = (value.detach().double().flatten() for value in (before, after))
    difference = new - old
    size, moved = float(old.norm()), float(difference.norm())
    share = moved / size if size else (0.0 if not moved else None)
    return NodeEffect(name.removesuffix(".output"), share, int((difference != 0).sum()), old.numel())


def _answers(
    net: CompiledNet, before: Mapping[str, Tensor], after: Mapping[str, Tensor], words: Sequence[str]
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[str, ...], bool]:
    """The answer before and after, words for its numbers, and whether these are probabilities of classes."""
    decision, outputs = decision_of(net.plan), net.plan.outputs
    if not outputs:
        raise NoPicture("This drawing answers nothing: wire its last layer to a loss or an Output.")
    output = outputs[decision.output] if decision is not None else outputs[0]
    name = output.node if output.node in before else f"{output.node}.{output.port}"
    old, new = before[name], after[name]
    small = decision is not None and not decision.channels and old.dim() <= 2
    if decision is not None and small:
        read = reader(decision)
        nobody = torch.zeros(old.shape[:1], dtype=torch.long)
        read_out = [read(each, nobody)[1] for each in (old.cpu(), new.cpu())]
        chances = [each[..., 1] if decision.labels else each for each in read_out]
        shares = [each.reshape(-1).numpy() for each in chances]
        said = tuple(words or class_words(net))
        count = len(shares[0])
        return (shares[0], shares[1]), tuple(said[n] if n < len(said) else str(n) for n in range(count)), True
    numbers = [_array(each).reshape(-1)[:MOST_NUMBERS] for each in (old, new)]
    named = tuple(class_words(net))[: len(numbers[0])]
    return (numbers[0], numbers[1]), named or tuple(map(str, range(len(numbers[0])))), False


def _array(value: Tensor) -> np.ndarray:
    return value[0].detach().to("cpu", torch.float32).numpy().copy()


# How good it is

_batches: weakref.WeakKeyDictionary[CompiledNet, _Judging] = weakref.WeakKeyDictionary()


class _Judging:
    """Validation samples of a net, read once, and how good a model was on the first so many of them."""

    def __init__(self, net: CompiledNet) -> None:
        self.losses = net.losses()
        if self.losses is None:
            raise NoPicture("This drawing has no loss, so nothing says how good its answers are.")
        try:
            parts = parts_for(net)
            index = parts.mixed("validation")[:MOST_JUDGED]
            pieces = list(parts.read(index))
        except (CannotTrain, NoData) as reason:
            raise NoPicture(str(reason)) from None
        if not pieces:
            raise NoPicture("No sample of the validation part can be read.")
        self.numbers = torch.cat([numbers for numbers, _ in pieces])
        self.batch = {key: torch.cat([batch[key] for _, batch in pieces]) for key in pieces[0][1]}
        self.count = len(self.numbers)
        self.before: weakref.WeakKeyDictionary[nn.Module, dict[bool, tuple[int, tuple[str, float]]]] = (
            weakref.WeakKeyDictionary()
        )
        measured = decision_of(net.plan) is not None or estimate_of(net.plan) is not None
        self._asked = None if measured else self.losses  # each loss alone costs more than the answers do

    def quick_count(self, net: CompiledNet, model: nn.Module) -> int:
        """How many samples fit into a moment; at least 16."""
        few = min(16, self.count)
        took = []
        for _ in range(3):  # the first one is slow, and the machine may have had other things to do
            started = perf_counter()
            self.of(net, model, few)
            took.append(perf_counter() - started)
        return int(min(self.count, max(few, few * QUICK_SECONDS / max(min(took), 1e-6))))

    def of(self, net: CompiledNet, model: nn.Module, count: int) -> tuple[str, float]:
        """The number that says how good the answers to the first ``count`` samples are, and its name."""
        collector = PredictionCollector(net, self._asked)
        device = next((value.device for value in model.parameters()), torch.device("cpu"))
        with evaluating(model), torch.no_grad():
            for first in range(0, count, AT_ONCE):
                last = min(count, first + AT_ONCE)
                batch = {key: values[first:last].to(device) for key, values in self.batch.items()}
                collector.add(self.numbers[first:last], batch, model(*net.inputs_from(batch)), count)
        answers = collector.answers("validation", count)
        if answers.kind == "classes":
            return "accuracy", answers.accuracy
        if answers.kind == "numbers":
            return "mean absolute error", float(np.mean(answers.distance))
        return "loss", float(np.mean(answers.losses))


def _quality(net: CompiledNet, model: nn.Module, other: CompiledNet, copy: nn.Module, quick: bool) -> Quality:
    judging = _batches.get(net)
    if judging is None:
        judging = _batches[net] = _Judging(net)
    known = judging.before.setdefault(model, {})
    if quick not in known or model.training:  # weights of a training move on
        count = known[quick][0] if quick in known else judging.quick_count(net, model) if quick else judging.count
        known[quick] = (count, judging.of(net, model, count))
    count, kept = known[quick]
    (name, before), (_, after) = kept, judging.of(other, copy, count)
    return Quality(name, before, after, count)
