"""The gradient of the loss by what a node answers to one sample: which way each value would have to go."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.insight.activations import shown_picture, tiles_of
from app.insight.anatomy import probe_name
from app.insight.capture import arguments, array, device_of, undisturbed
from app.insight.signal_values import number
from app.insight.tiles import NoPicture, Tiles, signed_scale

NOTE = "Red: the loss grows with this value. Blue: it falls."


def gradients_of(
    net: CompiledNet,
    model: nn.Module,
    batch: Mapping[str, Tensor],
    nodes: Collection[str],
    *,
    sample: int = 0,
    labels: Sequence[str] = (),
) -> dict[str, Tiles]:
    """The gradient of the sum of all losses by the values of these nodes, for one sample, in evaluation mode. Nodes
    that no loss depends on are left out.

    Args:
        net: the drawing.
        model: its weights; no gradient is left in it.
        batch: fields by name, those of the losses among them; ``sample`` is the row that is looked at.
        nodes: layers, additions, nodes inside blocks, sources.
        labels: words for the classes.

    Raises:
        NoPicture: if the drawing has no loss, or the sample lacks what a loss reads.
    """
    given = arguments(net, model, batch, sample)
    losses = net.losses()
    if losses is None:
        raise NoPicture("Without a loss there is no gradient. Add a loss such as Cross-entropy.")
    device = device_of(model)
    one = {name: value[sample : sample + 1].to(device) for name, value in batch.items()}
    for loss in net.plan.losses:
        for operand in loss.operands.values():
            if operand.kind != "output" and operand.key not in one:
                raise NoPicture(f"The loss reads {operand.key}, and this sample does not have it.")
    inputs = dict(zip((f"{entry.node}.{entry.port}" for entry in net.plan.inputs), given, strict=True))
    leaves = {
        key: value.detach().clone().requires_grad_() if value.is_floating_point() else value
        for key, value in inputs.items()
    }
    names: dict[str, str] = {}
    for node in nodes:
        with suppress(NoPicture):
            names[node] = probe_name(net, node)
    with undisturbed(model, True), torch.backends.cudnn.flags(enabled=False):
        try:
            values, made = net.capture_losses(model, losses.to(device), {**one, **leaves}, tuple(names.values()))
        except RuntimeError as error:
            place, sentence = net.explain(error)
            raise NoPicture(f"{place}: {sentence}" if place else sentence) from error
        total = torch.stack([value.float().sum() for value in made.values()]).sum()
        kept = {name: value for name, value in values.items() if value.requires_grad}
        comes_back = total.requires_grad and bool(kept)  # a mask alone has no gradient
        found = torch.autograd.grad(total, list(kept.values()), allow_unused=True) if comes_back else ()
    gradients = {name: value for name, value in zip(kept, found) if value is not None}
    shown = shown_picture(net, given)
    result: dict[str, Tiles] = {}
    for node, name in names.items():
        if name not in gradients:
            continue
        with suppress(NoPicture):
            numbers = array(gradients[name][0], f"The gradient of {node}")
            result[node] = _signed(node, tiles_of(net, model, node, numbers, shown, labels, plain=True))
    return result


def gradient(
    net: CompiledNet,
    model: nn.Module,
    batch: Mapping[str, Tensor],
    node: str,
    *,
    sample: int = 0,
    labels: Sequence[str] = (),
) -> Tiles:
    """``gradients_of`` for one node.

    Raises:
        NoPicture: as there, and if no loss depends on the node.
    """
    probe_name(net, node)
    found = gradients_of(net, model, batch, (node,), sample=sample, labels=labels)
    if node not in found:
        raise NoPicture(f"No loss depends on what {node} gives, so no gradient comes back to it.")
    return found[node]


def _signed(node: str, tiles: Tiles) -> Tiles:
    """On a scale with zero in its middle; how strong it is stands in the title."""
    low, high = signed_scale(tiles.maps)
    norm = float((tiles.maps.astype("float64") ** 2).sum() ** 0.5)
    note = NOTE if norm else "Every gradient is 0: nothing that this layer gives changes the loss for this sample."
    return replace(
        tiles,
        low=low,
        high=high,
        colormap="diverging",
        title=f"{node}: gradient of the loss, norm {number(norm)}",
        note=f"{note} {tiles.left_out}".strip(),
        percent=False,
        shares=(),
        shares_from="",
    )
