"""What arrives at the modules of one layer while a net answers. The hooks that hear it are gone afterwards, whatever
happens on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlannedGraph
from app.insight.anatomy import LayerPart, part
from app.insight.capture import undisturbed
from app.insight.tiles import NoPicture


@dataclass(frozen=True)
class ModuleCall:
    """One call of a module: what it was given, by position and by name."""

    name: str
    module: nn.Module
    given: tuple[Any, ...]
    named: dict[str, Any]

    def value(self, place: int, name: str) -> Any:
        """An argument, whichever way it was given."""
        return self.given[place] if len(self.given) > place else self.named.get(name)


def heard(
    net: CompiledNet,
    model: nn.Module,
    given: Sequence[Tensor],
    where: LayerPart,
    kinds: type[nn.Module] | tuple[type[nn.Module], ...],
) -> list[ModuleCall]:
    """The calls of the modules of these kinds in a layer, while the net answers to ``given`` in evaluation mode.

    Raises:
        NoPicture: if the model refuses the inputs.
    """
    try:
        root = model.get_submodule(where.address)
    except AttributeError:
        return []
    if where.step.repeat > 1:
        root = root.get_submodule("0")
    found: list[ModuleCall] = []

    def listener(name: str) -> Callable[..., None]:
        def listen(module: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
            found.append(ModuleCall(name, module, arguments, dict(named)))

        return listen

    with ExitStack() as stack:
        for name, module in root.named_modules():
            if isinstance(module, kinds):
                handle = module.register_forward_pre_hook(listener(name), with_kwargs=True)
                stack.callback(handle.remove)
        stack.enter_context(undisturbed(model))
        try:
            with torch.no_grad():
                model(*given)
        except RuntimeError as error:
            place, sentence = net.explain(error)
            raise NoPicture(f"{place}: {sentence}" if place else sentence) from error
    return _own(found, where)


def _own(found: list[ModuleCall], where: LayerPart) -> list[ModuleCall]:
    """The calls of this layer alone, where several layers share one module: they come in the order of the steps."""
    sharing = [step.name for step in where.graph.running if step.attribute == where.step.attribute]
    if len(sharing) < 2 or len(found) % len(sharing):
        return found
    each = len(found) // len(sharing)
    at = sharing.index(where.step.name) * each
    return found[at : at + each]


def layer_at(net: CompiledNet, path: str) -> LayerPart | None:
    """The layer of that path; None for none, and for what is no layer, such as a source or a loss."""
    try:
        return part(net, path) if path else None
    except NoPicture:
        return None


def first_with(graph: PlannedGraph, fits: Callable[[str], bool], path: str = "") -> str | None:
    """The path of the first layer whose torch name fits, blocks included."""
    for step in graph.running:
        if step.inner is not None:
            inside = first_with(step.inner, fits, f"{path}{step.name}/")
            if inside is not None:
                return inside
        elif step.call is not None and fits(f"{step.call.constructor} {step.call.forward[0]}"):
            return f"{path}{step.name}"
    return None


def unpacked(value: Tensor | PackedSequence) -> Tensor:
    """A sequence ``(batch, time, features)``, also where it was packed."""
    if isinstance(value, PackedSequence):
        return pad_packed_sequence(value, batch_first=True)[0]
    return value
