"""A copy of a net on which somebody has laid hands (``poke.py``). The net itself, its modes and torch's random numbers
stay as they are; nothing is hooked, so nothing can be left behind by an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanInput
from app.insight.anatomy import part, probe_name
from app.insight.poke import HeadEdit, Poke, Prune, Unit, Weight
from app.insight.tiles import NoPicture


def input_of(net: CompiledNet, node: str) -> PlanInput | None:
    """The input that is called so: a source, or one field of it; None for anything else."""
    for entry in net.plan.inputs:
        if node in (entry.node, f"{entry.node}.{entry.port}"):
            return entry
    return None


def poked(net: CompiledNet, model: nn.Module, pokes: Sequence[Poke]) -> tuple[CompiledNet, nn.Module]:
    """A net and a copy of ``model`` to which all of this was done, in its order: what is done to weights first. What is
    done to an input is left to ``poked_sample``, because it is done to one sample.

    Raises:
        NoPicture: with a sentence, for a node, weight or head that this net does not have. A unit that a node does not
            have is found when the copy is asked.
    """
    changes: dict[str, list[Unit]] = {}
    for poke in pokes:
        if isinstance(poke, Unit) and input_of(net, poke.node) is None:
            changes.setdefault(_probe(net, poke.node), []).append(poke)

    def change(path: str, value: Tensor) -> Tensor:
        for unit in changes.get(path, ()):
            value = changed_value(unit, value)
        return value

    net, copy = net.with_changed_values(model, change)
    with torch.no_grad():
        for poke in pokes:
            if isinstance(poke, Prune):
                _prune(poke, _matrices(net, copy, poke.node))
            elif isinstance(poke, Weight):
                _set(poke, net, copy)
            elif isinstance(poke, HeadEdit):
                _turn(poke, net, copy)
    return net, copy


def poked_sample(net: CompiledNet, pokes: Iterable[Poke], fields: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A batch of samples by field (``digits.image``) with what is done to its inputs.

    Raises:
        NoPicture: if there is no such value.
    """
    made = dict(fields)
    for poke in pokes:
        entry = input_of(net, poke.node) if isinstance(poke, Unit) else None
        if entry is not None:
            assert isinstance(poke, Unit)
            key = f"{entry.node}.{entry.port}"
            if key in made:
                made[key] = changed_value(poke, made[key])
    return made


def place_in(at: tuple[int, ...], shape: Sequence[int], name: str) -> tuple[slice | int, ...]:
    """Where ``at`` (see ``Unit``) lies in values of this shape, (batch, ...).

    Raises:
        NoPicture: if it lies in none of them.
    """
    sizes = tuple(shape[1:])
    if len(at) > len(sizes) and not (at == (0,) and not sizes):
        counted = f"{len(sizes)} numbers say a place there" if len(sizes) > 1 else "one number says a place there"
        if not sizes:
            counted = "it is a single number"
        raise NoPicture(f"{name} has no value {','.join(map(str, at))}: {counted}.")
    # A sequence is (steps, features); its features are what units are elsewhere.
    axes = (1, 0) if len(sizes) == 2 else tuple(range(len(sizes)))
    words = {1: ("units",), 2: ("features", "steps")}.get(len(sizes), ("channels", "rows", "columns", "columns"))
    place: list[slice | int] = [slice(None)] * (1 + len(sizes))
    for number, axis, word in zip(at, axes, words):
        size = sizes[axis]
        if number >= size:
            many = f"{size:,} {word}, numbered from 0 to {size - 1}" if size > 1 else f"one of the {word}, number 0"
            raise NoPicture(f"{name} has {many}; there is no {number}.")
        place[1 + axis] = number
    return tuple(place)


def changed_value(unit: Unit, value: Tensor) -> Tensor:
    """A copy of ``value`` (batch, ...) with what is done to this unit of it.

    Raises:
        NoPicture: if it has no such unit, or cannot take this.
    """
    place = place_in(unit.at, value.shape, unit.node)
    value = value.clone()
    if not value.dtype.is_floating_point and not (unit.factor in (0, 1) and float(unit.added).is_integer()):
        raise NoPicture(f"{unit.node} holds whole numbers, such as tokens: hold it at a whole number.")
    value[place] = (
        value[place] * unit.factor + unit.added if unit.factor else unit.added
    )  # 0 times infinity is no number
    return value


def _probe(net: CompiledNet, node: str) -> str:
    """How a running net calls the value of a node, or of one output of it.

    Raises:
        NoPicture: if it has none.
    """
    owner, dot, port = node.rpartition(".")
    if dot and "/" not in port:
        step = part(net, owner).step
        if port not in step.outputs:
            raise NoPicture(f"{owner} has no output {port}. It has: {', '.join(step.outputs)}.")
        return owner if len(step.outputs) == 1 and probe_name(net, owner) == owner else node
    return net.stands_for(probe_name(net, node))


# Weights


def _modules(net: CompiledNet, model: nn.Module, node: str) -> list[nn.Module]:
    """The module of a layer; the copies of one that is repeated."""
    where = part(net, node)
    try:
        module = model.get_submodule(where.address)
    except AttributeError:
        raise NoPicture(f"{node} has no weights.") from None
    return [each for _, each in module.named_children()] if where.step.repeat > 1 else [module]


def _matrices(net: CompiledNet, model: nn.Module, node: str) -> list[Tensor]:
    """What is pruned: weights that multiply, neither biases nor what a norm learns."""
    owners = _modules(net, model, node) if node else [model]
    found = {id(value): value for owner in owners for value in owner.parameters() if value.dim() > 1}
    if not found:
        raise NoPicture(f"{node or 'This net'} has no weights that could be pruned.")
    return list(found.values())


def _prune(poke: Prune, weights: list[Tensor]) -> None:
    flat = torch.cat([value.flatten().abs() for value in weights])
    count = round(poke.percent / 100 * len(flat))
    if not count:
        return
    limit = flat.kthvalue(count).values
    out = flat < limit
    # Of those that are equally small, the first ones, so that there are as many as was said.
    out[(flat == limit).nonzero()[: count - int(out.sum()), 0]] = True
    for value, gone in zip(weights, out.split([value.numel() for value in weights])):
        value.masked_fill_(gone.view_as(value), 0.0)


def weights_of(net: CompiledNet, model: nn.Module, node: str) -> dict[str, Tensor]:
    """The weights of a layer by torch's names; of repeated layers those of the first by these names alone, and all with
    the number of the copy: ``1.weight``.

    Raises:
        NoPicture: if it has none.
    """
    copies = _modules(net, model, node)
    found: dict[str, Tensor] = dict(copies[0].named_parameters())
    if len(copies) > 1:
        found |= {f"{n}.{name}": value for n, each in enumerate(copies) for name, value in each.named_parameters()}
    if not found:
        raise NoPicture(f"{node} has no weights.")
    return found


def _set(poke: Weight, net: CompiledNet, model: nn.Module) -> None:
    known = weights_of(net, model, poke.node)
    if poke.name not in known:
        raise NoPicture(f"{poke.node} has no weights called {poke.name}. It has: {', '.join(known)}.")
    value = known[poke.name]
    inside = len(poke.at) == value.dim() and all(number < size for number, size in zip(poke.at, value.shape))
    if not inside:
        sizes = " × ".join(map(str, value.shape)) or "a single number"
        raise NoPicture(f"{poke.node}.{poke.name} is {sizes}, so it has no place {','.join(map(str, poke.at))}.")
    value[poke.at] = poke.value


# Heads


def attentions(net: CompiledNet, model: nn.Module, node: str, cross: bool = False) -> list[nn.Module]:
    """The attention inside a layer, of each copy if it is repeated; empty where there is none."""
    names = ("multihead_attn",) if cross else ("", "self_attn")
    found = []
    for module in _modules(net, model, node):
        each = [getattr(module, name, None) if name else module for name in names]
        found += [one for one in each if isinstance(getattr(one, "num_heads", None), int) and hasattr(one, "out_proj")]
    return [one for one in found if isinstance(one, nn.Module)]


def _turn(poke: HeadEdit, net: CompiledNet, model: nn.Module) -> None:
    found = attentions(net, model, poke.node, poke.cross)
    if not found:
        kind = "attention to another sequence" if poke.cross else "attention"
        raise NoPicture(f"{poke.node} has no {kind}, so it has no heads.")
    if poke.copy is not None:
        if poke.copy >= len(found):
            raise NoPicture(f"{poke.node} is there {len(found)} times, numbered from 0; there is no {poke.copy}.")
        found = found[poke.copy : poke.copy + 1]
    for attention in {id(each): each for each in found}.values():
        heads: int = attention.num_heads  # type: ignore[assignment]
        mix: nn.Linear = attention.out_proj  # type: ignore[assignment]
        if poke.head >= heads:
            raise NoPicture(f"{poke.node} has {heads} heads, numbered from 0 to {heads - 1}; there is no {poke.head}.")
        # The heads stand one behind the other in what the last projection reads.
        wide = mix.weight.shape[1] // heads
        columns = mix.weight[:, poke.head * wide : (poke.head + 1) * wide]
        if poke.added:
            held = columns.sum(1) * poke.added
            mix.bias = nn.Parameter(held if mix.bias is None else mix.bias + held)
        columns.mul_(poke.factor)
