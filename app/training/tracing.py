"""Records one training step as a flat list of torch calls, and makes a function of them.

The list holds what torch computed below autograd: the kernels of forward and backward in their order, on the weights,
buffers and fields that the step read. Run once more, it gives the same numbers without autograd's bookkeeping and
without what modules do in Python. ``torch.fx.experimental.proxy_tensor.make_fx`` records the same calls, but takes 50
to 120 ms for a net of two layers, which is as long as 300 of its steps; this takes 1 to 2 ms, so that a training of a
moment gains as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from app.core.compile.uncompiled import spared

aten = torch.ops.aten
Run = Callable[..., tuple[dict[str, Tensor], dict[str, Tensor]]]

MOST_CALLS = 5_000
MOST_BYTES = 256 * 1024**2  # of values that are kept while a step is recorded
# What gives values to Python or decides about sizes would be written down as it was in the recorded step alone.
DECIDES = (torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape, torch.Tag.inplace_view)
INDEXES = {aten.index.Tensor, aten._unsafe_index.Tensor}  # have a fixed size unless a mask says which
TURNED_IN_PLACE = {aten.t_.default, aten.transpose_.default, aten.squeeze_.dim, aten.unsqueeze_.default}
POOL_BACKWARD = aten.max_pool2d_with_indices_backward.default
READS_NUMBERS = ("pack_padded", "pad_packed", "ctc_loss", "set_", "resize", "is_nonzero")  # of names


class TracedOptimizer:
    """An optimizer as the printed step sees it: what it calls is noted, and done."""

    def __init__(self, recorder: Recorder, name: str, optimizer: Any) -> None:
        self._recorder, self._name, self._optimizer = recorder, name, optimizer
        self.param_groups = optimizer.param_groups

    def zero_grad(self) -> None:
        with self._recorder.resting(f"optimizers[{self._name!r}].zero_grad()"):
            self._optimizer.zero_grad()

    def step(self) -> None:
        weights = [weight for group in self.param_groups for weight in group["params"]]
        self._recorder.hand_over([weight for weight in weights if weight.grad is not None])
        with self._recorder.resting(f"optimizers[{self._name!r}].step()"):
            self._optimizer.step()


@dataclass(frozen=True)
class _Line:
    """A line of the function. ``needed`` says that it does more than giving values to the names that it ``makes``."""

    text: str
    reads: frozenset[str]
    makes: tuple[str, ...]
    needed: bool


@spared
class Recorder(TorchDispatchMode):
    """Notes what torch computes while it is entered. That is computed in any case, also where it cannot be noted; then
    ``refused`` says why.

    Args:
        inputs: the tensors that the function takes, in this order: weights, buffers and fields of a batch.
    """

    def __init__(self, inputs: Sequence[Tensor]) -> None:
        super().__init__()
        self.refused = ""
        self._inputs = [f"i{place}" for place in range(len(inputs))]
        self._kept: list[Any] = list(inputs)  # so that no other tensor gets an id that is noted
        self._names = {id(each): name for each, name in zip(inputs, self._inputs, strict=True)}
        self._bytes = 0
        self._lines: list[_Line] = []
        self._constants: dict[str, Any] = {}
        self._fixed: set[int] = set()  # where the values of constants lie
        self._turned: dict[str, str] = {}  # a transposed matrix -> the matrix
        self._resting = 0

    # What happens

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = func(*args, **(kwargs or {}))
        if not self._resting and not self.refused:
            self._note(func, args, kwargs or {}, given)
        return given

    def resting(self, text: str) -> _Resting:
        """Note this line, and nothing of what happens inside."""
        self._lines.append(_Line(text, frozenset(), (), True))
        return _Resting(self)

    def hand_over(self, weights: Sequence[Tensor]) -> None:
        """The gradients stand at these weights, for an optimizer to read."""
        for weight in weights:
            assert weight.grad is not None
            if weight.grad.layout is not torch.strided:
                self._refuse("a gradient is sparse")
            if self.refused:
                return
            of, reads = self._text(weight.grad)
            at, _ = self._text(weight)
            self._lines.append(_Line(f"{at}.grad = {of}", reads, (), True))

    def backward(self, loss: Tensor, weights: Sequence[Tensor]) -> None:
        """What ``loss.backward(inputs=weights)`` does, by calls that can be noted."""
        wanted = [weight for weight in weights if weight.requires_grad]
        places = {weight.grad.untyped_storage().data_ptr() for weight in wanted if weight.grad is not None}
        gradients: Sequence[Tensor | None] = torch.autograd.grad(loss, wanted, allow_unused=True)
        for weight, gradient in zip(wanted, gradients):
            if gradient is None:
                continue
            with torch.no_grad():
                if weight.grad is not None:
                    weight.grad += gradient
                    continue
                place = gradient.untyped_storage().data_ptr()
                if gradient.layout is torch.strided and (steps_of(gradient) != steps_of(weight) or place in places):
                    gradient = torch.empty_like(weight).copy_(gradient)  # laid out as optimizers expect it, and its own
                places.add(place)
                weight.grad = gradient

    # What is noted

    def _note(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], given: Any) -> None:
        flat = list(values_in((args, kwargs)))
        if self._cannot(func, flat, given):
            return
        if func in (aten.detach.default, aten.lift_fresh.default):
            self._names[id(given)] = self._text(args[0])[0]
            self._kept.append(given)
            return
        if func is aten.t.default and (before := self._turned.get(self._text(args[0])[0])):
            self._names[id(given)] = before
            self._kept.append(given)
            return
        if func in TURNED_IN_PLACE:  # the same values under another name; those who know the old one see them as before
            func, flat = _view(func), []
        args = _whole(func, args)
        known = {id(each) for each in flat if isinstance(each, Tensor)}
        texts = [self._text(each) for each in args] + [
            (f"{name}={text}", reads) for name, (text, reads) in ((n, self._text(v)) for n, v in kwargs.items())
        ]
        target, makes = self._target(given, known)
        reads = frozenset().union(*(reads for _, reads in texts))
        called = f"{self._constant(_Callee(func))}({', '.join(text for text, _ in texts)})"
        drawn = torch.Tag.nondeterministic_seeded in func.tags
        self._lines.append(_Line(target + called, reads, makes, func._schema.is_mutable or drawn))
        if func is aten.t.default and given.ndim == 2:
            self._turned[makes[0]] = texts[0][0]
        if len(self._lines) > MOST_CALLS:
            self._refuse("it makes too many calls")

    def _cannot(self, func: Any, flat: Sequence[Any], given: Any) -> bool:
        """Whether the function cannot stand in a list of calls; says why."""
        name = func._schema.name
        tensors = [each for each in (*flat, *values_in(given)) if isinstance(each, Tensor)]
        if any(tag in func.tags for tag in DECIDES):
            masks = any(each.dtype in (torch.bool, torch.uint8) for each in tensors[1:])
            if func not in TURNED_IN_PLACE and (func not in INDEXES or masks):
                self._refuse(f"{name} reads values")
        elif any(part in name for part in READS_NUMBERS):
            self._refuse(f"{name} reads values")
        elif any(type(each) not in (Tensor, nn.Parameter) or each.layout is not torch.strided for each in tensors):
            self._refuse(f"{name} takes or gives more than plain tensors")
        elif any(not isinstance(each, Tensor | None) for each in values_in(given)):
            self._refuse(f"{name} gives numbers")
        elif func._schema.is_mutable and any(
            each.untyped_storage().data_ptr() in self._fixed for each in flat if isinstance(each, Tensor)
        ):
            self._refuse(f"{name} may change a constant")
        return bool(self.refused)

    def _target(self, given: Any, known: set[int]) -> tuple[str, tuple[str, ...]]:
        """The begin of a line that makes these values, and their names."""
        if isinstance(given, Tensor):
            if id(given) in known:  # changed in place
                return "", ()
            name = self._named(given)
            return f"{name} = ", (name,)
        if given is None or not len(given) or all(each is None or id(each) in known for each in given):
            return "", ()
        names = [self._named(each) if each is not None else "_" for each in given]
        return f"{', '.join(names)}, = ", tuple(name for name in names if name != "_")

    def _named(self, value: Tensor) -> str:
        name = self._names[id(value)] = f"v{len(self._kept)}"
        self._kept.append(value)
        self._bytes += value.untyped_storage().nbytes() if value._base is None else 0
        if self._bytes > MOST_BYTES:
            self._refuse("it takes too much memory")
        return name

    def _text(self, value: Any) -> tuple[str, frozenset[str]]:
        """How an argument is written, and the names in it."""
        if isinstance(value, Tensor):
            name = self._names.get(id(value))
            if name is None:
                name = self._names[id(value)] = self._constant(value)
                self._kept.append(value)
                self._fixed.add(value.untyped_storage().data_ptr())
            return name, frozenset([name])
        if isinstance(value, list | tuple):
            parts = [self._text(each) for each in value]
            return f"[{', '.join(text for text, _ in parts)}]", frozenset().union(*(reads for _, reads in parts))
        plain = value is None or isinstance(value, bool | int | str)
        if plain or (isinstance(value, float) and math.isfinite(value)):
            return repr(value), frozenset()
        return self._constant(value), frozenset()

    def _constant(self, value: Any) -> str:
        for name, other in self._constants.items():
            if other is value or (isinstance(value, _Callee) and other == value):
                return name
        name = f"c{len(self._constants)}"
        self._constants[name] = value
        return name

    def _refuse(self, reason: str) -> None:
        self.refused = self.refused or reason
        self._kept.clear()
        self._names.clear()

    # The function

    def functions(self, told: tuple[Mapping[str, Tensor], Mapping[str, Tensor]]) -> list[Run]:
        """What was noted, as a function of the optimizers by name and the inputs, which gives what the step gave: the
        quickest first, and one that calls exactly what was noted. None if that cannot be."""
        if not self.refused and not all(id(value) in self._names for part in told for value in part.values()):
            self._refuse("it gives what it has not computed")
        if self.refused:
            return []
        parts = [", ".join(f"{key!r}: {self._names[id(value)]}" for key, value in part.items()) for part in told]
        end = _Line(
            f"return {{{parts[0]}}}, {{{parts[1]}}}",
            frozenset(self._names[id(value)] for part in told for value in part.values()),
            (),
            True,
        )
        text = "\n    ".join(_with_ends([*self._lines, end]))
        code = compile(f"def run({', '.join(['optimizers', *self._inputs])}):\n    {text}", "<traced step>", "exec")
        return [_defined(code, self._constants, quick) for quick in (True, False)]


def _defined(code: CodeType, constants: Mapping[str, Any], quick: bool) -> Run:
    names = {name: each.call(quick) if isinstance(each, _Callee) else each for name, each in constants.items()}
    exec(code, names)
    run: Run = names["run"]
    return run


@dataclass(frozen=True)
class _Callee:
    """A function of torch, of which there are two ways to call it."""

    func: Any

    def call(self, quick: bool) -> Callable[..., Any]:
        """As Python programs do, which is quicker, or exactly this one of several with the same name."""
        if quick and self.func is POOL_BACKWARD:
            return _pool_backward
        name = self.func._schema.name.partition("::")[2]
        places = (torch._C._VariableFunctions, torch._C._nn, torch._C.TensorBase) if quick else ()
        found = next(filter(None, (getattr(place, name, None) for place in places)), None)
        exact: Callable[..., Any] = self.func._op
        return found if found is not None and self.func.namespace == "aten" else exact


def _pool_backward(gradient: Tensor, pooled: Tensor, *others: Any) -> Tensor:
    """The gradient before a max pooling. Behind images with the channels last the kernel takes five times as long for
    a gradient that is laid out in another way, as it comes out of ``Flatten``; laying it out anew costs a tenth."""
    if pooled.is_contiguous(memory_format=torch.channels_last):
        gradient = gradient.contiguous(memory_format=torch.channels_last)
    found: Tensor = POOL_BACKWARD._op(gradient, pooled, *others)
    return found


def _view(func: Any) -> Any:
    """What gives a view where ``func`` makes its argument one."""
    name = func._schema.name.partition("::")[2].removesuffix("_")
    return {"transpose": aten.transpose.int, "squeeze": aten.squeeze.dim}.get(name) or getattr(aten, name).default


def _whole(func: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments with those that were left out, where Python programs would get another default: torch's own
    functions for losses add nothing up unless they are told to."""
    expected = [each for each in func._schema.arguments if not each.kwarg_only]
    if not any(each.name == "reduction" for each in expected):
        return args
    return (*args, *(each.default_value for each in expected[len(args) :]))


def steps_of(value: Tensor) -> list[int]:
    """How a tensor lies in memory; of a dimension with one place that says nothing."""
    return [stride for stride, size in zip(value.stride(), value.shape) if size != 1]


class _Resting:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __enter__(self) -> None:
        self._recorder._resting += 1

    def __exit__(self, *_: object) -> None:
        self._recorder._resting -= 1


class Backwards(TorchFunctionMode):
    """Gives the calls of ``backward`` to a recorder. ``weights`` are all that some optimizer changes."""

    def __init__(self, recorder: Recorder, weights: Sequence[Tensor]) -> None:
        super().__init__()
        self._recorder, self._weights = recorder, weights

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func is Tensor.backward:
            self._recorder.backward(args[0], (kwargs or {}).get("inputs") or self._weights)
            return None
        return func(*args, **(kwargs or {}))


def _with_ends(lines: Sequence[_Line]) -> list[str]:
    """The lines without those that nothing needs; each value is given up after its last use."""
    used: set[str] = set()
    texts: list[str] = []
    for line in reversed(lines):
        if not line.needed and not used.intersection(line.makes):
            continue
        last = [name for name in (*line.reads, *line.makes) if name.startswith("v") and name not in used]
        if last and not line.text.startswith("return"):
            texts.append(f"del {', '.join(dict.fromkeys(last))}")
        texts.append(line.text)
        used |= line.reads | set(line.makes)
    return texts[::-1]


def values_in(value: Any) -> Iterator[Any]:
    """The values in arguments, or in what a function gave."""
    if isinstance(value, tuple | list):
        for each in value:
            yield from values_in(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from values_in(each)
    else:
        yield value
