"""How much each step attends to each other one: a map for every head of an attention."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from app.core.compile.net import CompiledNet
from app.insight.anatomy import LayerPart, part
from app.insight.calls import first_with, heard, layer_at
from app.insight.capture import arguments, array, undisturbed, values_of
from app.insight.letters import steps_said, tokens_of
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look
from app.insight.written_steps import loop_around, over_time, written_table
from nodes.api.words import per_cent

WEIGHTS = "weights"  # the port of attentions that hand theirs on
WORDS = {"self_attn": "to itself", "multihead_attn": "to the memory"}
_DOT = (torch._C._nn.scaled_dot_product_attention, nn.functional.scaled_dot_product_attention)
_ORDER = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal")


@dataclass(frozen=True)
class Weights:
    """The weights of one attention for one sample, ``(heads, steps, steps it attends to)``; rows add up to 1."""

    name: str
    values: Tensor


def attention_pictures(look: Look, head: int | str) -> tuple[Tiles, ...]:
    """A map for each head of each attention in a layer, for one sample.

    Raises:
        NoPicture: if the net has no attention, or no such head.
    """
    node, said, found = _found(look)
    written = written_table(look, node, found, said)
    if written is not None:
        return (written,)
    every = [_tiles(look, node, said if not index else "", each, head) for index, each in enumerate(found)]
    return tuple(every)


def _found(look: Look) -> tuple[str, str, list[Weights]]:
    """The layer whose attention is shown, a word where it is not the one that was named, and its weights."""
    if layer_at(look.net, look.node) is not None:
        found = attention_weights(look, look.node)
        if found:
            return look.node, "", found
    first = first_with(look.net.plan.graph, lambda text: "ttention" in text or "nn.Transformer" in text)
    found = attention_weights(look, first) if first else []
    if first is None or not found:
        raise NoPicture(
            "This net has no attention. Add one, such as Transformer encoder or Multi-head attention, to a net that "
            "reads sequences."
        )
    return first, f"{look.node} has no attention; this is that of {first}. " if look.node else "", found


def attention_weights(look: Look, node: str) -> list[Weights]:
    """The weights of each attention in a layer, in the order in which they are used; none where there is none."""
    net, model = look.net, look.model
    given = arguments(net, model, look.batch)
    where = part(net, node)
    loop = loop_around(net, node)
    if loop is not None:
        return _at_every_step(look, where, loop)
    if WEIGHTS in where.step.outputs and len(where.step.outputs) > 1:  # an attention that hands them on itself
        value = values_of(net, model, given, [f"{node}.{WEIGHTS}"])[f"{node}.{WEIGHTS}"][0]
        return [Weights("", value.reshape(1, -1, value.shape[-1]))]
    calls = heard(net, model, given, where, nn.MultiheadAttention)
    if calls:
        with undisturbed(model), torch.no_grad():
            return [Weights(call.name, _of_module(call.module, call.given, call.named)) for call in calls]
    listening = _Listening(net, node)
    with undisturbed(model), torch.no_grad(), listening:
        model(*given)
    return [Weights("", each) for each in listening.found]


def _at_every_step(look: Look, where: LayerPart, loop: LayerPart) -> list[Weights]:
    """The weights of an attention inside a block that runs over time: below each other, as it is used step by step."""
    net, model = look.net, look.model
    given = arguments(net, model, look.batch)
    ports = list(where.step.outputs)
    own = where.address if WEIGHTS in ports and len(ports) > 1 and where.step.repeat == 1 else ""
    listening = _Listening(net, where.path)
    with undisturbed(model), listening, over_time(model, loop.address, own) as (rounds, answers):
        calls = [] if own else heard(net, model, given, where, nn.MultiheadAttention)
        if not calls:
            rounds.clear()
            with torch.no_grad():
                model(*given)
        with torch.no_grad():
            found = [(call.name, _of_module(call.module, call.given, call.named)) for call in calls]
    if not found and own:
        weights = [each[ports.index(WEIGHTS)][0] for each in answers]
        found = [("", each.reshape(1, -1, each.shape[-1])) for each in weights]
    if not found:
        found = [("", each) for each in listening.found]
    many = len(found) // max(len(rounds), 1)  # attentions in one step
    if not many or len(found) % len(rounds):
        return []
    shapes = [{tuple(each.shape) for _, each in found[place::many]} for place in range(many)]
    return [
        Weights(found[place][0], torch.cat([each for _, each in found[place::many]], 1))
        for place in range(many)
        if len(shapes[place]) == 1
    ]


def _of_module(module: nn.Module, given: tuple[Any, ...], named: Mapping[str, Any]) -> Tensor:
    """The weights of a call of ``nn.MultiheadAttention``, asked for once more with the same arguments."""
    signature = inspect.signature(nn.MultiheadAttention.forward)
    bound = signature.bind(module, *given, **named)
    bound.arguments |= {"need_weights": True, "average_attn_weights": False}
    weights: Tensor = module(*bound.args[1:], **bound.kwargs)[1]
    return weights[0] if weights.dim() == 4 else weights


class _Listening(TorchFunctionMode):
    """Hears each scaled dot-product attention that a layer computes by itself."""

    def __init__(self, net: CompiledNet, node: str) -> None:
        super().__init__()
        self.found: list[Tensor] = []
        self._net, self._node = net, node

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if function in _DOT and self._net.node_of(inspect.currentframe()) == self._node:
            self.found.append(_of_dot({**dict(zip(_ORDER, args)), **kwargs}))
        return function(*args, **kwargs)


def _of_dot(given: Mapping[str, Any]) -> Tensor:
    """softmax(q kᵀ / √d) of the first sample, with its mask."""
    query, key = given["query"][0], given["key"][0]
    scale = given.get("scale") or query.shape[-1] ** -0.5
    scores = query @ key.transpose(-1, -2) * scale
    mask = given.get("attn_mask")
    if mask is not None:
        mask = mask[0] if mask.dim() > scores.dim() else mask
        scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
    if given.get("is_causal"):
        hidden = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
        scores = scores.masked_fill(hidden, -torch.inf)
    weights = scores.softmax(-1)
    return weights if weights.dim() == 3 else weights[None]


def _tiles(look: Look, node: str, said: str, found: Weights, head: int | str) -> Tiles:
    values = array(found.values.nan_to_num(), f"The attention of {node}")  # a row that may see nothing is not a number
    heads, steps, others = values.shape
    labels = tuple(f"head {index}" for index in range(heads))
    if isinstance(head, int):
        if head >= heads:
            raise NoPicture(f"{node} has no head {head}; it has {heads}, numbered from 0 to {heads - 1}.")
        values, labels = values[head : head + 1], (f"head {head}",)
    which = f" {WORDS.get(found.name, found.name)}".rstrip()
    many = f"{heads} head{'s' * (heads > 1)}" if len(labels) == heads else labels[0]
    title = f"{node}: attention{which} of {many}, {steps} steps to {others}"
    spread = -(values * np.log(np.maximum(values, 1e-12))).sum(-1).mean(-1)
    entropy = ", ".join(f"{np.exp(each):.1f}" for each in spread.tolist()[:16])
    strongest = _strongest(look, values[0], labels[0]) if steps == others else ""
    note = (
        f"{said}Each row says how one step shares out its attention; rows add up to 1. It goes to so many steps in the "
        f"mean: {entropy}. {strongest} {steps_said(look, others)}"
    )
    high = max(float(values.max()), 1e-6)
    return Tiles(
        values, 0.0, high, "viridis", title, labels, x_label="attends to step", y_label="step",
        note=" ".join(note.split()),
    )  # fmt: skip


def _strongest(look: Look, values: np.ndarray, label: str) -> str:
    """Which step attends most to one other than itself, in its letters or words where the sample is a text."""
    apart = values - np.diag(np.full(len(values), 2.0))
    row, column = np.unravel_index(int(apart.argmax()), apart.shape)
    tokens = tokens_of(look)
    names = [f" ({tokens[each]!r})" if each < len(tokens) else "" for each in (int(row), int(column))]
    if row == column:
        return ""
    return f"Strongest of {label}: step {row}{names[0]} to step {column}{names[1]}, {per_cent(values[row, column])}."
