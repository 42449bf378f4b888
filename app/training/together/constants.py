"""What a traced computation gives anew in each call though it is always the same: it is computed once.

A loss over classes asks of every label whether it is to be ignored, and counts those that are not. Where no label of
the data is, a fourth of the calls of a small net's step are about that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, fx

MADE_ANEW = ("empty", "rand", "normal", "bernoulli", "dropout")  # in names of operations that are no plain function
_MOST = 65_536  # numbers of one constant: larger ones take longer to fetch from memory than to compute
_aten = torch.ops.aten
_ALL_THE_SAME = (_aten.zeros_like.default, _aten.ones_like.default)  # whatever the numbers of their argument are
_VIEWS = (_aten.view.default, _aten.transpose.int, _aten.unsqueeze.default, _aten.expand.default)


def make_once(
    module: fx.GraphModule, arguments: Sequence[Tensor], kept: int, absent: Callable[[int, float], bool]
) -> None:
    """Put tensors in the place of calls that always give the same.

    Args:
        module: what was traced.
        arguments: with which it was traced.
        kept: how many of the first arguments are always these tensors, whose numbers may change.
        absent: whether an argument, by its place, never holds a number.
    """
    graph = module.graph
    known: dict[fx.Node, Tensor] = {}  # what a node always gives
    places = {node: place for place, node in enumerate(n for n in graph.nodes if n.op == "placeholder")}
    lasting = {node: arguments[place] for node, place in places.items() if place < kept}  # views of them are kept, too
    origin = dict(places)  # of which argument a node has all the numbers
    changing = any(node.op == "call_function" and changes(node.target) for node in graph.nodes)

    def hold(node: fx.Node, value: Tensor, of: dict[fx.Node, Tensor]) -> None:
        name = f"constant{len(known) + len(lasting)}"
        setattr(module, name, value)  # no buffer: looking for one takes as long as a short call
        with graph.inserting_before(node):
            held = graph.create_node("get_attr", name)
        held.meta = dict(node.meta)
        of[held] = value
        node.replace_all_uses_with(held)
        graph.erase_node(node)

    for node in list(graph.nodes):
        if node.op != "call_function" or not isinstance(node.meta.get("val"), Tensor):
            continue
        if changing and node.target is not _aten.scalar_tensor.default:
            continue  # it may be changed in place by a later call
        inputs, first = node.all_input_nodes, node.args[0] if node.args else None
        few = node.meta["val"].numel() <= _MOST
        if node.target in _VIEWS and first in lasting:
            hold(node, node.target(lasting[first], *node.args[1:]), lasting)
        elif node.target in _ALL_THE_SAME and few:
            hold(node, _computed(node, {each: _like(each) for each in inputs}), known)
        elif few and _plain(node) and all(each in known for each in inputs):
            hold(node, _computed(node, known), known)
        elif node.target is _aten.ne.Scalar and first in origin and absent(origin[first], node.args[1]):
            hold(node, torch.ones_like(_like(node), dtype=torch.bool), known)
        elif node.target is _aten.where.self and first in known and bool(known[first].all()):
            taken = node.args[1]
            before, after = taken.meta["val"], node.meta["val"]
            if before.dtype == after.dtype and taken in known:
                hold(node, known[taken].expand(after.shape), known)
            elif before.dtype == after.dtype and before.shape == after.shape:
                node.replace_all_uses_with(taken)
                graph.erase_node(node)
        elif node.target in _VIEWS and first in origin:
            origin[node] = origin[first]


def changes(target: Any) -> bool:
    """Whether a call changes one of its arguments."""
    schema = getattr(target, "_schema", None)
    return bool(schema is not None and schema.is_mutable)


def _plain(node: fx.Node) -> bool:
    """Whether a call gives the same for the same."""
    return not any(word in str(node.target) for word in MADE_ANEW)


def _like(node: fx.Node) -> Tensor:
    """Some tensor of the shape, strides and kind that a node gives."""
    told = node.meta["val"]
    return torch.empty_strided(told.shape, told.stride(), dtype=told.dtype, device=told.device)


def _computed(node: fx.Node, known: dict[fx.Node, Tensor]) -> Tensor:
    def value(each: Any) -> Any:
        return known[each] if isinstance(each, fx.Node) else each

    arguments, options = fx.node.map_arg((node.args, node.kwargs), value)
    call: Any = node.target
    found: Tensor = call(*arguments, **options)
    return found
