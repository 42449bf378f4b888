"""Notes a computation as a graph of torch's calls, while it runs.

``torch.fx.experimental.proxy_tensor.make_fx`` gives such a graph too, and imports the compiler for it: 800 modules and
a second, which is as long as thirty epochs of sixteen small nets.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.utils._python_dispatch import TorchDispatchMode

from app.core.compile.uncompiled import spared
from app.training.tracing import DECIDES, INDEXES, READS_NUMBERS, values_in

MOST_BYTES = 512 * 1024**2  # of values that are kept while a computation is noted
_aten = torch.ops.aten
_SAME = (_aten.detach.default, _aten.lift_fresh.default)  # the same values; nothing is recorded for gradients here


class CannotNote(Exception):
    """A computation that is no list of calls which does the same for all numbers. The message says why."""


def graph_of(
    computed: Callable[..., Sequence[Tensor]],
    arguments: Sequence[Tensor],
    instead: Mapping[Any, Callable[..., Any]],
) -> fx.GraphModule:
    """The graph of ``computed`` for arguments of these shapes, each of whose nodes has in ``meta["val"]`` what it gave.

    Args:
        instead: for some of torch's calls a function of others that give the same, or ``NotImplemented``.

    Raises:
        CannotNote: if it reads numbers, or takes or gives more than plain tensors.
    """
    noting = _Noting(arguments, instead)
    with noting:
        given = computed(*arguments)
    return noting.finished(given)


@spared
class _Noting(TorchDispatchMode):
    def __init__(self, arguments: Sequence[Tensor], instead: Mapping[Any, Callable[..., Any]]) -> None:
        super().__init__()
        self._graph, self._root = fx.Graph(), nn.Module()
        self._instead = instead
        self._nodes: dict[int, fx.Node] = {}
        self._kept: list[Tensor] = []  # so that no other tensor gets an id that is noted
        self._bytes = 0
        for place, value in enumerate(arguments):
            self._keep(value, self._graph.placeholder(f"argument{place}"))

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        if func in self._instead:
            with self:
                given = self._instead[func](*args, **named)
            if given is not NotImplemented:
                return given
        given = func(*args, **named)
        if func in _SAME:
            self._keep(given, self._node_of(args[0]))
            return given
        _check(func, [*values_in((args, named))], given)
        node = self._graph.call_function(func, self._written(args), self._written(dict(named)))
        if isinstance(given, Tensor):
            self._keep(given, node)
        else:
            node.meta["val"] = given
            for place, each in enumerate(given):
                if each is not None:
                    self._keep(each, self._graph.call_function(operator.getitem, (node, place)))
        return given

    def finished(self, given: Sequence[Tensor]) -> fx.GraphModule:
        """The graph that ends with these values."""
        self._graph.output([self._node_of(each) for each in given])
        return fx.GraphModule(self._root, self._graph)

    def _keep(self, value: Tensor, node: fx.Node) -> None:
        self._nodes[id(value)] = node  # of what is changed in place, the last change
        node.meta.setdefault("val", value)
        self._kept.append(value)
        self._bytes += value.untyped_storage().nbytes() if value._base is None else 0
        if self._bytes > MOST_BYTES:
            raise CannotNote("it takes too much memory")

    def _node_of(self, value: Tensor) -> fx.Node:
        found = self._nodes.get(id(value))
        if found is None:  # a constant
            name = f"given{len(self._kept)}"
            setattr(self._root, name, value)
            self._keep(value, found := self._graph.create_node("get_attr", name))
        return found

    def _written(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            return self._node_of(value)
        if isinstance(value, list | tuple):
            return type(value)(self._written(each) for each in value)
        if isinstance(value, dict):
            return {name: self._written(each) for name, each in value.items()}
        return value


def _check(func: Any, taken: Sequence[Any], given: Any) -> None:
    """Raises CannotNote where a call gives values to Python, decides about sizes, or is of more than plain tensors."""
    name = func._schema.name
    tensors = [each for each in (*taken, *values_in(given)) if isinstance(each, Tensor)]
    masks = any(each.dtype in (torch.bool, torch.uint8) for each in tensors[1:])
    decides = any(tag in func.tags for tag in DECIDES) and (func not in INDEXES or masks)
    if decides or any(part in name for part in READS_NUMBERS):
        raise CannotNote(f"{name} reads values")
    if any(type(each) not in (Tensor, nn.Parameter) or each.layout is not torch.strided for each in tensors):
        raise CannotNote(f"{name} takes or gives more than plain tensors")
    if any(not isinstance(each, Tensor | None) for each in values_in(given)):
        raise CannotNote(f"{name} gives numbers")
    if any(isinstance(each, torch.Generator) for each in taken):
        raise CannotNote(f"{name} draws from a generator of its own")
