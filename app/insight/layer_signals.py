"""What passes through each layer: gradients, weights and values, by norms, means and histograms.

The loss of some validation samples is computed once and led back once, in evaluation mode, so that a change of a number
is a change of the weights and not of the samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlannedGraph
from app.core.paths import node_at
from app.insight.capture import undisturbed
from app.insight.signal_values import BINS, Histogram, LayerSignal
from app.insight.tiles import NoPicture
from app.training.origin import layer_of
from app.training.signals import ENDS, RECTIFIERS, activation_of, matrices
from nodes.api.registry import find


def layer_signals(
    net: CompiledNet, model: nn.Module, batch: Mapping[str, Tensor], updates: Mapping[str, float] | None = None
) -> tuple[LayerSignal, ...]:
    """What passes through the layers for these samples, in the order in which data flows.

    Args:
        net: the drawing.
        model: its weights; nothing of it is changed, and no gradient is left.
        batch: fields by name, those of the losses among them: ``{"digits.image": (n, 1, 32, 32), ...}``.
        updates: by path, steps next to weights, where a training has measured some.

    Raises:
        NoPicture: if the drawing has no loss, or nothing in it learns.
    """
    losses = net.losses()
    if losses is None:
        raise NoPicture("Without a loss there is no gradient. Add a loss such as Cross-entropy.")
    device = next((value.device for value in model.parameters()), torch.device("cpu"))
    batch = {name: value.to(device) for name, value in batch.items()}
    weights = {name: value for name, value in matrices(model) if value.requires_grad}
    owners = {name: layer_of(net.plan.graph, name) for name in weights}
    functions = dict(_functions(net))
    wanted = [path for path in _running(net.plan.graph) if path in functions or path in owners.values()]
    if not wanted:
        raise NoPicture("No layer here has weights that learn, so nothing passes back through them.")
    missing = [o.key for loss in net.plan.losses for o in loss.operands.values() if o.kind != "output"]
    if absent := next((key for key in missing if key not in batch), None):
        raise NoPicture(f"The loss reads {absent}, and these samples do not have it.")
    with undisturbed(model, True), torch.backends.cudnn.flags(enabled=False):
        values, made = net.capture_losses(model, losses.to(device), batch, wanted)
        total = torch.stack([value.float().mean() for value in made.values()]).sum()
        gradients = torch.autograd.grad(total, list(weights.values()), allow_unused=True) if weights else ()
    by_layer: dict[str, list[tuple[Tensor, Tensor]]] = {}
    for (name, weight), gradient in zip(weights.items(), gradients):
        if (owner := owners[name]) is not None and gradient is not None:
            by_layer.setdefault(owner, []).append((weight.detach(), _dense(gradient)))
    updates = updates or {}
    return tuple(
        _signal(path, values[path].detach(), by_layer.get(path, ()), functions.get(path), updates.get(path))
        for path in wanted
    )


def _signal(
    path: str, value: Tensor, pairs: Sequence[tuple[Tensor, Tensor]], function: str | None, update: float | None
) -> LayerSignal:
    flat = value.to(torch.float32)
    known = flat.numel() > 0 and value.is_floating_point()
    activation = activation_of(path, function, flat) if known and function in (*RECTIFIERS, *ENDS) else None
    return LayerSignal(
        path,
        _norm([gradient for _, gradient in pairs]) if pairs else None,
        _norm([weight for weight, _ in pairs]) if pairs else None,
        update if pairs else None,
        float(flat.double().mean()) if known else None,
        float(flat.double().std(correction=0)) if known else None,
        activation.dead if activation is not None and function in RECTIFIERS else None,
        activation.saturated if activation is not None and function in ENDS else None,
        histogram([weight for weight, _ in pairs]) if pairs else None,
        histogram([gradient for _, gradient in pairs]) if pairs else None,
        histogram([flat], around_zero=False) if known else None,
    )


def histogram(tensors: Sequence[Tensor], *, around_zero: bool = True) -> Histogram | None:
    """How the values of all of these are spread; None if one is no finite number. ``around_zero`` puts 0 into the
    middle of the middle bin."""
    flat = torch.cat([each.detach().flatten().to("cpu", torch.float32) for each in tensors])
    if not flat.numel() or not bool(flat.isfinite().all()):
        return None
    low, high = float(flat.min()), float(flat.max())
    if around_zero:
        high = max(abs(low), abs(high))
        low = -high
    if high <= low:
        around = max(abs(low) * 0.5, 0.5)
        low, high = low - around, high + around
    counts, _ = np.histogram(flat.numpy(), BINS, (low, high))
    return Histogram(low, high, tuple(counts.tolist()))


def _norm(tensors: Sequence[Tensor]) -> float:
    """In double precision: squares of very small numbers vanish in single precision."""
    return float(sum(float(each.double().square().sum()) for each in tensors) ** 0.5)


def _dense(gradient: Tensor) -> Tensor:
    return gradient.to_dense() if gradient.layout is not torch.strided else gradient


def _running(graph: PlannedGraph, prefix: str = "") -> Iterator[str]:
    """The paths of all layers in the order in which they are computed."""
    for step in graph.running:
        if step.inner is not None:
            yield from _running(step.inner, f"{prefix}{step.name}/")
        else:
            yield prefix + step.name


def _functions(net: CompiledNet) -> Iterator[tuple[str, str]]:
    """The paths and constructors of the functions between layers."""

    def inside(graph: PlannedGraph, prefix: str) -> Iterator[tuple[str, str]]:
        for step in graph.running:
            path = prefix + step.name
            if step.inner is not None:
                yield from inside(step.inner, f"{path}/")
            elif step.call is not None and _is_function(net, path, step.call.constructor):
                yield path, step.call.constructor

    return inside(net.plan.graph, "")


def _is_function(net: CompiledNet, path: str, constructor: str) -> bool:
    if constructor in ENDS or constructor in RECTIFIERS:
        return True
    node = node_at(net.project, path) if net.project is not None else None
    layer = find(node.type) if node is not None else None
    return layer is not None and layer.category == "activation"
