"""What goes over each wire for one sample, and what the loss would have it do: numbers for small values, norms for
large ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.insight.capture import arguments, device_of, undisturbed, values_of
from app.insight.tiles import NoPicture

MOST_WRITTEN = 6  # numbers of a wire that are written out

Source = tuple[str, str]  # node and output


@dataclass(frozen=True, eq=False)
class OnWire:
    """``values`` and ``gradient`` without the batch, in one row, where there are at most ``MOST_WRITTEN``; the norm of
    all of them in any case. ``count`` is how many there are; the gradient is None where no loss depends on them."""

    count: int
    norm: float
    values: np.ndarray | None
    gradient_norm: float | None = None
    gradient: np.ndarray | None = None


def wire_values(
    net: CompiledNet, model: nn.Module, batch: Mapping[str, Tensor], sources: Iterable[Source]
) -> dict[Source, OnWire]:
    """What leaves these outputs for a batch of one sample, in evaluation mode, and the gradient of the sum of all
    losses by it. Of an output that is read several times the gradient is that of all ways together. Outputs without a
    value, as those of muted layers, are left out.

    Raises:
        NoPicture: if the sample does not fit the net.
    """
    names = {source: _name(net, source) for source in sources}
    known = {source: name for source, name in names.items() if name is not None}
    values, gradients = _passed(net, model, batch, tuple(dict.fromkeys(known.values())))
    found = {source: _on_wire(values[name], gradients.get(name)) for source, name in known.items()}
    for source, name in names.items():
        key = ".".join(source)
        if name is None and key in batch:  # what only a loss reads, such as a label
            found[source] = _on_wire(batch[key], None)
    return found


def _name(net: CompiledNet, source: Source) -> str | None:
    """How a running net calls a value; None if it has none."""
    node, port = source
    for entry in net.plan.inputs:
        if (entry.node, entry.port) == source:
            return node if port == "output" else f"{node}.{port}"
    step = next((step for step in net.plan.graph.running if step.name == node), None)
    if step is None:
        return None
    if port not in step.outputs:
        return None
    return node if port == "output" or len(step.outputs) == 1 else f"{node}.{port}"


def _passed(
    net: CompiledNet, model: nn.Module, batch: Mapping[str, Tensor], names: tuple[str, ...]
) -> tuple[Mapping[str, Tensor], Mapping[str, Tensor]]:
    """Values and gradients by name; no gradients where there is no loss, or the sample lacks what it reads."""
    given = arguments(net, model, batch, 0)
    losses, device = net.losses(), device_of(model)
    one = {name: value[:1].to(device) for name, value in batch.items()}
    operands = [operand for loss in net.plan.losses for operand in loss.operands.values()]
    if losses is None or any(operand.kind != "output" and operand.key not in one for operand in operands):
        return values_of(net, model, given, names), {}
    keys = [f"{entry.node}.{entry.port}" for entry in net.plan.inputs]
    leaves = {
        key: value.detach().clone().requires_grad_() if value.is_floating_point() else value
        for key, value in zip(keys, given, strict=True)
    }
    with undisturbed(model, True), torch.backends.cudnn.flags(enabled=False):
        try:
            values, made = net.capture_losses(model, losses.to(device), {**one, **leaves}, names)
        except RuntimeError as error:
            place, sentence = net.explain(error)
            raise NoPicture(f"{place}: {sentence}" if place else sentence) from error
        total = torch.stack([value.float().sum() for value in made.values()]).sum()
        moving = [name for name, value in values.items() if value.requires_grad]
        found = (
            torch.autograd.grad(total, [values[name] for name in moving], allow_unused=True)
            if total.requires_grad and moving
            else ()
        )
    return values, {name: gradient for name, gradient in zip(moving, found) if gradient is not None}


def _on_wire(value: Tensor, gradient: Tensor | None) -> OnWire:
    flat = value[0].detach().double().flatten().cpu().numpy()
    way = gradient[0].detach().double().flatten().cpu().numpy() if gradient is not None else None
    few = len(flat) <= MOST_WRITTEN
    return OnWire(
        len(flat),
        float(np.linalg.norm(flat)),
        flat if few else None,
        float(np.linalg.norm(way)) if way is not None else None,
        way if few else None,
    )


def words(on_wire: OnWire) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Lines for the value and for the gradient: the numbers, or the norm between bars."""
    values = tuple(map(short, on_wire.values)) if on_wire.values is not None else (f"‖{short(on_wire.norm)}‖",)
    if on_wire.gradient_norm is None:
        return values, ()
    if on_wire.gradient is None:
        return values, (f"‖{short(on_wire.gradient_norm)}‖",)
    return values, tuple(map(short, on_wire.gradient))


def short(number: float) -> str:
    """Three digits: ``0.123``, ``−12.3``, ``1.2e−5``."""
    if not np.isfinite(number):
        return "NaN" if np.isnan(number) else "∞" if number > 0 else "−∞"
    if number == 0:
        return "0"
    size = abs(number)
    if 1e-3 <= size < 1e4:
        text = f"{number:.3g}" if size < 1000 else f"{number:.0f}"
    else:
        mantissa, _, power = f"{number:.1e}".partition("e")
        text = f"{mantissa}e{int(power)}"
    return text.replace("-", "−")
