"""What the doctor measures while a net trains: gradients, updates and activations by layer, and answers by class.

All of it is looked at seldom, on few samples and without touching the training: no gradient is left behind, no random
number drawn, no running mean moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanLoss, PlannedGraph
from app.training.last_step import StepRecorder
from app.training.origin import layer_of
from nodes.api.registry import find

BETWEEN = 16  # at least so many steps between two measured updates
A_EPOCH = 2  # updates that are measured in an epoch at most
# What squashing functions give at their two ends; ReLUs end at 0 alone.
ENDS: Mapping[str, tuple[float, ...]] = {"nn.Sigmoid": (0.0, 1.0), "nn.Tanh": (-1.0, 1.0)}
FEW = 8  # samples that are tried before all are
AT_END = 0.02  # of the width: nearer to an end than this is saturated
RECTIFIERS = ("nn.ReLU",)


@dataclass(frozen=True)
class LayerSignals:
    """One layer with weights, in the order of the drawing: norms over all its weight matrices, for one batch."""

    path: str
    gradient: float
    weight: float


@dataclass(frozen=True)
class Activation:
    """A function between layers. ``dead`` is the share of its units that are 0 for all samples, ``saturated`` the share
    of its values at one of its ends, ``spread`` how far units deviate between samples in the mean."""

    path: str
    constructor: str
    dead: float
    saturated: float
    spread: float = 0.0


@dataclass(frozen=True)
class ClassCounts:
    """What a loss that decides among classes was given for some samples: how often each class is the answer, and how
    often it would be right."""

    loss: str
    given: Sequence[int]
    wanted: Sequence[int]


@dataclass(frozen=True)
class Signals:
    """One look at a net. Layers that several losses share count once."""

    layers: Sequence[LayerSignals] = ()
    activations: Sequence[Activation] = ()
    answers: Sequence[ClassCounts] = ()
    loss: float = 0.0


def look(
    net: CompiledNet, model: nn.Module, losses: nn.Module, batch: Mapping[str, Tensor], *, activations_too: bool = True
) -> Signals:
    """Look at a net with some samples, in evaluation mode. Costs a forward and a backward, and another forward for the
    activations."""
    inputs = net.inputs_from(batch)
    functions = list(functions_of(net.plan.graph)) if activations_too else []
    values = net.capture(model, inputs, [path for path, _ in functions]) if functions else {}
    activations = [activation_of(path, constructor, values[path]) for path, constructor in functions if path in values]
    weights = {name: value for name, value in matrices(model) if value.requires_grad}
    # cuDNN refuses to go back through a recurrent layer that is evaluated.
    with evaluating(model, True), torch.backends.cudnn.flags(enabled=False), torch.enable_grad():
        returned = model(*inputs)
        every = net.loss_values(losses, returned, net.looking_ahead(model, batch))
        total = torch.stack([value.float().mean() for value in every.values()]).sum()
        gradients = torch.autograd.grad(total, list(weights.values()), allow_unused=True) if weights else ()
    layers = _by_layer(net, weights, gradients)
    return Signals(layers, activations, _every_answer(net, batch, net.outputs(returned)), float(total.detach()))


def glance(net: CompiledNet, model: nn.Module, batch: Mapping[str, Tensor]) -> tuple[Signals, Mapping[str, Tensor]]:
    """What a forward alone tells: activations without their spread, and answers. Gives the values of the functions
    between layers, too, by path."""
    functions = list(functions_of(net.plan.graph))
    values, outputs = net.capture_outputs(model, net.inputs_from(batch), [path for path, _ in functions])
    activations = [activation_of(path, constructor, values[path], spread=False) for path, constructor in functions]
    return Signals((), activations, _every_answer(net, batch, outputs)), values


def matrices(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """The weights that are matrices or kernels: biases and scales go by other rules."""
    for name, value in model.named_parameters():
        if value.dim() >= 2 and value.is_floating_point():
            yield name, value


def functions_of(graph: PlannedGraph, prefix: str = "", counts: bool = True) -> Iterator[tuple[str, str]]:
    """Paths and constructors of rectifying and squashing functions whose values another layer reads."""
    returned = {ref.node for ref in graph.returns} if counts else set()
    for step in graph.running:
        if step.inner is not None:
            yield from functions_of(step.inner, f"{prefix}{step.name}/", False)
        elif step.call is not None and step.name not in returned:
            if step.call.constructor in ENDS or step.call.constructor in RECTIFIERS:
                yield prefix + step.name, step.call.constructor


def activation_of(path: str, constructor: str, value: Tensor, *, spread: bool = True) -> Activation:
    """What is measured of a rectifying or squashing function that gave ``value`` (samples, units, ...). Units are
    channels of pictures, and single numbers else. Its ``spread`` takes longer than all the rest."""
    flat = value.detach().float()
    deviation = float(flat.std(0).mean()) if spread and len(flat) > 1 else 0.0
    if constructor in RECTIFIERS:
        # A unit that a few samples wake is not dead: mostly that is all of them.
        dead = _dead_units(flat[:FEW])
        if len(flat) > FEW and bool(dead.any()):
            dead = _dead_units(flat)
        return Activation(path, constructor, float(dead.float().mean()), 0.0, deviation)
    low, high = ENDS[constructor]
    near = AT_END * (high - low)
    at_end = float(((flat < low + near) | (flat > high - near)).float().mean())
    return Activation(path, constructor, 0.0, at_end, deviation)


def _dead_units(flat: Tensor) -> Tensor:
    """For each unit whether it is 0 for all samples."""
    by_unit = (flat == 0).flatten(2).all(2) if flat.dim() > 2 else flat == 0
    return by_unit.all(0)


def _by_layer(
    net: CompiledNet, weights: Mapping[str, Tensor], gradients: Sequence[Tensor | None]
) -> list[LayerSignals]:
    """Norms in double precision: squares of very small numbers vanish in single precision."""
    found: dict[str, list[float]] = {}
    for (name, weight), gradient in zip(weights.items(), gradients):
        path = layer_of(net.plan.graph, name)
        if path is None or gradient is None:
            continue
        sums = found.setdefault(path, [0.0, 0.0])
        dense = gradient.to_dense() if gradient.layout is not torch.strided else gradient
        sums[0] += float(dense.double().square().sum())
        sums[1] += float(weight.detach().double().square().sum())
    return [LayerSignals(path, gradient**0.5, weight**0.5) for path, (gradient, weight) in found.items()]


def _every_answer(net: CompiledNet, batch: Mapping[str, Tensor], outputs: Mapping[str, Tensor]) -> list[ClassCounts]:
    read = {**batch, **outputs}
    return [found for loss in net.plan.losses if (found := _answers(loss, read)) is not None]


def _answers(loss: PlanLoss, read: Mapping[str, Tensor]) -> ClassCounts | None:
    """Of a loss that takes the largest score for the answer, one for each sample."""
    layer = find(loss.type)
    if layer is None or layer.decides != "largest" or not {"prediction", "target"} <= loss.operands.keys():
        return None
    scores, target = (read.get(loss.operands[port].key) for port in ("prediction", "target"))
    if scores is None or target is None or scores.dim() != 2 or target.dim() != 1 or target.is_floating_point():
        return None
    classes = scores.shape[1]
    known = target[(target >= 0) & (target < classes)]
    return ClassCounts(
        loss.name,
        torch.bincount(scores.detach().argmax(1), minlength=classes).tolist(),
        torch.bincount(known, minlength=classes).tolist(),
    )


@dataclass
class Updates:
    """The size of updates next to that of the weights, measured at some steps. Numbers stay on the device until they
    are asked for."""

    net: CompiledNet
    model: nn.Module
    batches: int
    wanted: bool = False  # the next step is measured, too, for somebody who looks
    judged: bool = True  # steps are measured for the doctor, who asks for them only where little is learned
    _named: list[tuple[str, Tensor]] = field(default_factory=list)
    _measured: list[Tensor] = field(default_factory=list)
    _last: Tensor | None = None
    _steps: int = 0

    def __post_init__(self) -> None:
        self._named = [(name, value) for name, value in matrices(self.model) if value.requires_grad]
        self.every = max(BETWEEN, self.batches // A_EPOCH)
        self.followed = StepRecorder(self.model)

    def before(self) -> list[Tensor] | None:
        """To be called before each step: the weights, where this step is one that is measured or taken down."""
        self._steps += 1
        if self._steps % self.every and not self.wanted and not self.followed.wanted:
            return None  # as of nearly all steps
        if not (self._due() or self.wanted or self.followed.wanted):
            return None
        if not self.followed.before() and not self._named:
            return None
        return [value.detach().clone() for _, value in self._named]

    def after(self, before: Sequence[Tensor]) -> None:
        """The step that ``before`` was called for has been taken."""
        self.followed.after(self._steps)
        if not self._named:
            return
        with torch.no_grad():
            now = [value.detach() for _, value in self._named]
            change: Any = torch._foreach_norm(torch._foreach_sub(now, list(before)))
            size: Any = torch._foreach_norm(list(before))
            self._last = torch.stack([*change, *size])
        self.wanted = False
        if self._due():  # what the doctor judges does not depend on who looks
            self._measured.append(self._last)

    def _due(self) -> bool:
        return self.judged and self._steps % self.every == 0

    def last(self) -> dict[str, float]:
        """By layer the ratio of the norms at the step that was measured last; empty before there was one."""
        return self._largest(self._last.tolist()) if self._last is not None else {}

    def ratios(self) -> dict[str, list[float]]:
        """By layer the ratio of the norms at every step that was measured, the first ones first. A layer with several
        matrices counts with the largest."""
        found: dict[str, list[float]] = {}
        for row in self._measured:
            for path, ratio in self._largest(row.tolist()).items():
                found.setdefault(path, []).append(ratio)
        return found

    def _largest(self, row: Sequence[float]) -> dict[str, float]:
        count, largest = len(self._named), dict[str, float]()
        for place, (name, _) in enumerate(self._named):
            path = layer_of(self.net.plan.graph, name)
            if path is not None and row[count + place] > 0:
                largest[path] = max(largest.get(path, 0.0), row[place] / row[count + place])
        return largest
