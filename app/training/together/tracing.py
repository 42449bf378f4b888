"""A computation as a flat list of torch's calls, without those that change nothing."""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, fx

from app.training.together.constants import MADE_ANEW, changes, make_once
from app.training.together.graph_recording import CannotNote, graph_of

log = logging.getLogger(__name__)

Flat = Callable[..., Sequence[Tensor]]
_aten = torch.ops.aten
_SAME_SHAPE = (_aten.view.default, _aten._unsafe_view.default, _aten.expand.default, _aten.reshape.default)

# The same functions by the names that Python programs call them by: a third of the time of a call is saved.
_QUICKER: dict[Any, Callable[..., Any]] = {
    _aten.add.Tensor: torch.add,
    _aten.sub.Tensor: torch.sub,
    _aten.mul.Tensor: torch.mul,
    _aten.div.Tensor: torch.div,
    _aten.bmm.default: torch.bmm,
    _aten.relu.default: torch.relu,
    _aten.tanh.default: torch.tanh,
    _aten.sigmoid.default: torch.sigmoid,
    _aten.exp.default: torch.exp,
    _aten.neg.default: torch.neg,
    _aten.view.default: Tensor.view,
    _aten.expand.default: Tensor.expand,
    _aten.transpose.int: torch.transpose,
    _aten.unsqueeze.default: torch.unsqueeze,
    _aten.gather.default: torch.gather,
    _aten.where.self: torch.where,
    _aten.ne.Scalar: torch.ne,
    _aten.sum.dim_IntList: torch.sum,
    _aten.log.default: torch.log,
    _aten.amax.default: torch.amax,
    _aten.squeeze.dims: torch.squeeze,
    _aten.scatter.value: torch.scatter,
}
_LIKE = {_aten.zeros_like.default: torch.zeros_like, _aten.ones_like.default: torch.ones_like}
_FEW = 64  # classes, up to which torch's log_softmax computes one number at a time


def _log_softmax(x: Tensor, dim: int, half_to_float: bool) -> Any:
    """The same from operations that compute many numbers at a time: a third of the time for ten classes."""
    if half_to_float or x.shape[dim] > _FEW:
        return NotImplemented
    x = x - x.amax(dim, keepdim=True)  # as torch does, so that no number becomes too large
    return x - x.exp().sum(dim, keepdim=True).log()


def _log_softmax_backward(slope: Tensor, output: Tensor, dim: int, input_dtype: torch.dtype) -> Any:
    if input_dtype != slope.dtype or slope.shape[dim] > _FEW:
        return NotImplemented
    return slope - output.exp() * slope.sum(dim, keepdim=True)


_INSTEAD: dict[Any, Callable[..., Any]] = {
    _aten._log_softmax.default: _log_softmax,
    _aten._log_softmax_backward_data.default: _log_softmax_backward,
}


def traced(
    flat: Flat, arguments: Sequence[Tensor], kept: int = 0, absent: Callable[[int, float], bool] | None = None
) -> Flat | None:
    """The same computation as a list of calls, for arguments of these shapes; None if it cannot be traced. What it
    changes in place, it changes now, too. The first ``kept`` arguments will be these tensors in each call, with other
    numbers in them; ``absent`` says of an argument, by its place, that it will never hold a number."""
    try:
        graph = graph_of(flat, arguments, _INSTEAD)
        make_once(graph, arguments, kept, absent or (lambda place, number: False))
        _clean(graph.graph)
        for node in graph.graph.nodes:
            node.meta.clear()  # the values of the traced call are not needed any more
        graph.recompile()
        found: Flat = graph.forward
        return found
    except CannotNote as why:
        log.info("The joint step is not traced: %s.", why)
        return None
    except Exception:  # which errors torch may raise is written down nowhere; the untraced one is as right
        log.info("The joint step is not traced.", exc_info=True)
        return None


def _clean(graph: fx.Graph) -> None:
    """Leave out what gives what it got, and what is computed a second time. vmap and autograd are full of that."""
    if any(node.op == "call_function" and changes(node.target) for node in graph.nodes):
        return  # the same call may then give something else the second time
    known: dict[Any, fx.Node] = {}
    for node in list(graph.nodes):
        if node.op != "call_function":
            continue
        same = _unchanged(node)
        if same is None and not any(word in str(node.target) for word in MADE_ANEW):
            key = _key(node)
            same = known.get(key) if key is not None else None
            if same is None and key is not None:
                known[key] = node
        if same is not None:
            node.replace_all_uses_with(same)
            graph.erase_node(node)
        elif node.target in _QUICKER and not node.kwargs:
            node.target = _QUICKER[node.target]
        elif node.args:
            _plainly(node)
    graph.eliminate_dead_code()


def _plainly(node: fx.Node) -> None:
    """Call by a shorter way what only says once more what is so anyway."""
    before, after = (each.meta.get("val") if isinstance(each, fx.Node) else None for each in (node.args[0], node))
    if not isinstance(before, Tensor) or not isinstance(after, Tensor) or before.device != after.device:
        return
    if (
        node.target is _aten._to_copy.default
        and set(node.kwargs) <= {"dtype", "device"}
        and before.dtype != after.dtype
    ):
        node.target, node.args, node.kwargs = Tensor.to, (node.args[0], after.dtype), {}
    elif node.target in _LIKE and before.dtype == after.dtype and before.stride() == after.stride():
        node.target, node.kwargs = _LIKE[node.target], {}


def _unchanged(node: fx.Node) -> fx.Node | None:
    """The argument that a call gives back as it is."""
    source = node.args[0] if node.args else None
    if not isinstance(source, fx.Node):
        return None
    if node.target is _aten.transpose.int and source.target in (_aten.transpose.int, torch.transpose):
        origin, *turned = source.args  # turned, and turned back
        if isinstance(origin, fx.Node) and set(turned) == set(node.args[1:]):
            return origin
    before, after = source.meta.get("val"), node.meta.get("val")
    if not isinstance(before, Tensor) or not isinstance(after, Tensor):
        return None
    if node.target in _SAME_SHAPE and before.shape == after.shape and before.stride() == after.stride():
        return source
    once = node.target is _aten.mul.Scalar and node.args[1] == 1
    return source if once and before.dtype == after.dtype else None


def _key(node: fx.Node) -> Any:
    """Calls with equal keys give the same; None where that cannot be told."""
    if node.target is operator.getitem:
        return node.target, node.args
    try:
        key = node.target, _hashable(node.args), _hashable(node.kwargs)
        hash(key)
        return key
    except TypeError:
        return None


def _hashable(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_hashable(each) for each in value)
    if isinstance(value, dict):
        return tuple((name, _hashable(each)) for name, each in value.items())
    # 1 and 1.0 and True are equal, and not the same to torch.
    return (type(value), value) if not isinstance(value, fx.Node) else value
