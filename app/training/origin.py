"""Where the first value, or the first gradient, came from that is no finite number.

One step is computed once more while every function that torch is asked for is noted. From a loss that is not finite the
way leads back over the arguments that are not, to the function that made such a value of finite ones. A value that does
not reach the loss, as the minus infinity of a mask, is not on that way. Gradients are looked at in the order in which
they are computed.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlannedGraph

Kind = Literal["data", "weights", "value", "gradient"]
Leaf = Literal["data", "weights"]


@dataclass(frozen=True)
class Origin:
    """``node`` is the path of the layer, or of the source; None where it cannot be told.

    kind: ``data`` (``name`` is a field such as ``digits.image``), ``weights`` (``name`` is that of a parameter or
        buffer, which was not finite before), ``value`` or ``gradient`` (``name`` is torch's function).
    arguments: what the function read, the gradient that arrived at it not among them.
    """

    kind: Kind
    node: str | None
    name: str
    arguments: tuple[Tensor, ...] = ()
    limited: bool = False  # it is finite, but larger than the limit that was given


@dataclass(eq=False)
class _Made:
    """A tensor as it came about. ``ill``: it is not finite, and that was not there from the begin on in a constant."""

    name: str
    node: str | None
    arguments: tuple[Tensor, ...]
    before: tuple[_Made, ...]
    ill: bool
    constant: bool
    kind: Kind = "value"


@dataclass(eq=False)
class _Notes(TorchFunctionMode):
    """Notes every function of torch while it is entered."""

    net: CompiledNet
    leaves: Mapping[int, tuple[Leaf, str]]
    made: dict[int, _Made] = field(default_factory=dict)
    kept: list[Tensor] = field(default_factory=list)  # so that no other tensor gets an id that is noted
    owners: dict[Any, _Made] = field(default_factory=dict)  # of the functions of autograd
    refused: _Made | None = None  # what raised, as a loss that reads only probabilities does with NaN
    at_backward: Callable[[_Notes, Tensor, Any], None] | None = None  # called instead, with the weights that count

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func is Tensor.backward and self.at_backward is not None:
            self.at_backward(self, args[0], (kwargs or {}).get("inputs"))
            return None
        read = tuple(_tensors((args, kwargs or {})))
        before = tuple(self._noted(each) for each in read)
        node = self.net.node_of(sys._getframe(1))
        constant = all(each.constant for each in before)
        name = getattr(func, "__name__", "")
        try:
            result = func(*args, **(kwargs or {}))
        except Exception:
            self.refused = _Made(name, node, read, before, True, constant)
            raise
        for each in _tensors(result):
            ill = not constant and not finite(each)
            note = self.made[id(each)] = _Made(name, node, read, before, ill, constant)
            self.kept.append(each)
            for function in _behind(each.grad_fn, self.owners):
                self.owners[function] = note
        return result

    def forget(self, tensors: Iterable[Tensor]) -> None:
        """Look at these anew: they have been changed in place."""
        for tensor in tensors:
            self.made.pop(id(tensor), None)

    def _noted(self, tensor: Tensor) -> _Made:
        note = self.made.get(id(tensor))
        if note is None:
            kind: Kind
            kind, name = self.leaves.get(id(tensor), ("value", ""))
            # A field of the data, a weight or a buffer; all else that nobody made is a constant.
            leaf = id(tensor) in self.leaves
            note = _Made(name, None, (), (), leaf and not finite(tensor), not leaf, kind)
            self.made[id(tensor)] = note
            self.kept.append(tensor)
        return note


def refuses(error: RuntimeError) -> bool:
    """Whether a loss refused what is no number: torch's binary cross-entropy looks at it before it computes."""
    return "between 0 and 1" in str(error)


def finite(tensor: Tensor) -> bool:
    """Whether all its values are finite numbers."""
    if not (tensor.is_floating_point() or tensor.is_complex()) or tensor.layout is not torch.strided:
        return True
    return bool(tensor.detach().isfinite().all())


def largest(tensor: Tensor) -> float:
    """The size of its largest value; 0 of nothing."""
    return float(tensor.detach().abs().max()) if tensor.numel() else 0.0


class _Found(Exception):
    """The way back ends here: the step need not go on."""

    def __init__(self, origin: Origin | None) -> None:
        super().__init__()
        self.origin = origin


def origin(
    net: CompiledNet, model: nn.Module, batch: Mapping[str, Tensor], total: Callable[[], Tensor]
) -> Origin | None:
    """Where the first value came from that makes ``total`` not finite; no gradients are looked at.

    Args:
        net: the drawing.
        model: its weights, in the mode in which it is to be computed.
        batch: fields by name.
        total: computes the sum of losses.
    """
    notes = _Notes(net, _leaves(model, batch))
    try:
        with torch.no_grad(), notes:
            loss = total()
    except RuntimeError:
        return _of_refused(notes, net)
    last = notes.made.get(id(loss))
    return _first(last, net) if last is not None and last.ill else None


def origin_in_step(
    net: CompiledNet,
    model: nn.Module,
    batch: Mapping[str, Tensor],
    step: Callable[[Callable[[Iterable[Tensor]], None]], object],
    turn: int,
    *,
    limit: float = math.inf,
) -> Origin | None:
    """Take a printed step and say where the first value came from that is not finite, and if all are, the first
    gradient. The gradients of the model are left as they were.

    Args:
        net: the drawing.
        model: its weights, as they were before the step, in training mode.
        batch: fields by name.
        step: takes the step up to the backward of the objective in question; it is given what to call with weights that
            it changes in place. Objectives before it go back through nothing.
        turn: which backward it is.
        limit: gradients of this size count as not finite.
    """
    turns = iter(range(turn + 1))

    def at_backward(notes: _Notes, loss: Tensor, inputs: Sequence[Tensor] | None) -> None:
        if next(turns) < turn:
            return
        last = notes.made.get(id(loss))
        if last is not None and last.ill:
            raise _Found(_first(last, net))
        raise _Found(_first_gradient(notes, model, loss, inputs, limit))

    notes = _Notes(net, _leaves(model, batch), at_backward=at_backward)
    kept = {name: value.grad for name, value in model.named_parameters()}
    try:
        with notes:
            step(notes.forget)
    except _Found as found:
        return found.origin
    except RuntimeError:
        return _of_refused(notes, net)
    finally:
        for name, value in model.named_parameters():
            value.grad = kept[name]
    return None


def _leaves(model: nn.Module, batch: Mapping[str, Tensor]) -> dict[int, tuple[Leaf, str]]:
    leaves: dict[int, tuple[Leaf, str]] = {id(value): ("data", key) for key, value in batch.items()}
    return leaves | {id(v): ("weights", name) for name, v in (*model.named_parameters(), *model.named_buffers())}


def _of_refused(notes: _Notes, net: CompiledNet) -> Origin | None:
    """The first value that was not finite of those that a function refused to read."""
    ill = notes.refused is not None and any(each.ill for each in notes.refused.before)
    return _first(notes.refused, net) if ill and notes.refused is not None else None


def _first(made: _Made, net: CompiledNet) -> Origin:
    """Back over what is not finite."""
    while True:
        ill = next((each for each in made.before if each.ill), None)
        if ill is None:
            break
        if ill.kind != "value":
            return _leaf(ill, net)
        made = ill
    return Origin("value", made.node, made.name, made.arguments)


def _leaf(made: _Made, net: CompiledNet) -> Origin:
    """The source of a field, or the layer that a weight belongs to."""
    if made.kind == "data":
        return Origin("data", made.name.partition(".")[0], made.name)
    return Origin("weights", layer_of(net.plan.graph, made.name), made.name)


def layer_of(graph: PlannedGraph, weight: str) -> str | None:
    """The path of the layer that owns a weight or buffer: ``block1/conv2`` of ``block1.conv2.weight``."""
    path, parts = [], weight.split(".")
    inside: PlannedGraph | None = graph
    while inside is not None and parts:
        step = next((each for each in inside.steps if each.owns and each.attribute == parts[0]), None)
        if step is None:
            break
        path.append(step.name)
        parts = parts[2:] if step.repeat > 1 else parts[1:]
        inside = step.inner
    return "/".join(path) or None


def _first_gradient(
    notes: _Notes, model: nn.Module, loss: Tensor, inputs: Sequence[Tensor] | None, limit: float
) -> Origin | None:
    found: list[Origin] = []
    hooks = []

    def watch(function: Any) -> Callable[[Any, Any], None]:
        def look(given: Iterable[Tensor | None], arrived: Iterable[Tensor | None]) -> None:
            if not found and _all_below(arrived, limit) and not _all_below(given, limit):
                made = notes.owners.get(function)
                name = function.name().removesuffix("Backward0").removesuffix("Backward1")
                node, arguments = (made.node, made.arguments) if made is not None else (None, ())
                found.append(Origin("gradient", node, name, arguments, limit < math.inf))

        return look

    model.zero_grad(set_to_none=True)  # autograd would add to what is kept
    try:
        for function in list(_behind(loss.grad_fn, {})):
            hooks.append(function.register_hook(watch(function)))
        loss.backward(inputs=inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return found[0] if found else None


def _all_below(tensors: Iterable[Tensor | None], limit: float) -> bool:
    return all(each is None or (finite(each) and largest(each) < limit) for each in tensors)


def _behind(function: Any, known: Mapping[Any, object]) -> Iterator[Any]:
    """The functions of autograd that lead to this one, as far as they are not known."""
    todo, seen = [function], set()
    while todo:
        function = todo.pop()
        if function is None or function in seen or function in known:
            continue
        seen.add(function)
        yield function
        todo.extend(before for before, _ in function.next_functions)


def _tensors(value: Any) -> Iterator[Tensor]:
    """All tensors in arguments, or in what a function gave."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _tensors(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _tensors(each)
