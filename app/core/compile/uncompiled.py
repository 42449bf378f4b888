"""Training without ``torch._dynamo``, the part of ``torch.compile`` that torch otherwise imports for it.

The first optimizer of a process imports it, and so does the first call that is heard: 800 modules, which takes longer
than many a training and holds many megabytes, only to tell a compiler what it must leave alone. Nothing is compiled
here.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from types import FunctionType, SimpleNamespace
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch._functorch import eager_transforms
from torch.optim import Optimizer

Kind = TypeVar("Kind", bound=type)

_COMPILER = "_dynamo"


@functools.cache
def spare_the_compiler() -> None:
    """Let optimizers be made, stepped, kept and given back without that import. What they compute stays the same.

    A method that imports nothing of it, as in another version of torch, stays as it is.
    """
    for each in (Optimizer, *_below(Optimizer)):
        for name, method in list(vars(each).items()):
            if _imports_it(method):
                plain = method.__wrapped__
                setattr(each, name, _as_differentiable(plain) if name == "step" else plain)


def spared(kind: Kind) -> Kind:
    """The same class, of whose own methods none imports the compiler: torch wraps those that hear every call."""
    for name, method in list(vars(kind).items()):
        if _imports_it(method):
            setattr(kind, name, method.__wrapped__)
    return kind


@functools.cache
def spare_transforms() -> None:
    """Let gradients of many nets at once (``torch.func``) be computed without that import, and without that of sympy,
    which a check of torch's asks whether a plain True holds. Numbers and errors stay the same.

    A function that names nothing of it, as in another version of torch, stays as it is.
    """
    gradient = getattr(eager_transforms, "_autograd_grad", None)
    code = getattr(gradient, "__code__", None)
    if isinstance(gradient, FunctionType) and code is not None and _COMPILER in code.co_names:
        names = {**vars(eager_transforms), "torch": _Uncompiled()}
        plain = FunctionType(code, names, gradient.__name__, gradient.__defaults__, gradient.__closure__)
        eager_transforms._autograd_grad = plain
    checks = getattr(torch, "_check_with", None)
    if checks is not None:
        torch._check_with = functools.partial(_check_unless_true, checks)


def led_back(values: Sequence[Tensor], wanted: Sequence[Tensor], coming: Sequence[Tensor]) -> tuple[Tensor | None, ...]:
    """What ``torch.autograd.grad(values, wanted, coming, allow_unused=True)`` gives, to the bit: gradients ``coming``
    to ``values``, each of the same shape, led back to what is ``wanted``. To compare two shapes torch imports sympy and
    more, 34 MB; where a gradient comes to a single number, it compares none."""
    first, *others = ((value * each.detach()).sum() for value, each in zip(values, coming, strict=True))
    found: tuple[Tensor | None, ...] = torch.autograd.grad(sum(others, first), wanted, allow_unused=True)
    return found


class _Uncompiled:
    """Torch as it is while nothing has been compiled: the compiler need not be told to keep out."""

    def __getattr__(self, name: str) -> Any:
        if name == _COMPILER and f"torch.{_COMPILER}" not in sys.modules:
            return SimpleNamespace(compiled_autograd=SimpleNamespace(_disable=nullcontext))
        return getattr(torch, name)


def _check_unless_true(checks: Callable[..., None], kind: type[Exception], holds: Any, *message: Any) -> None:
    if holds is not True:
        checks(kind, holds, *message)


def _below(parent: type) -> Iterator[type]:
    children: list[type] = parent.__subclasses__()
    for child in children:
        yield child
        yield from _below(child)


def _imports_it(method: Any) -> bool:
    """Whether a method is one of torch's wrappers that name the compiler."""
    code = getattr(method, "__code__", None)
    named = (*code.co_names, *code.co_varnames) if code is not None else ()
    return hasattr(method, "__wrapped__") and any(_COMPILER in name for name in named)


def _as_differentiable(step: Callable[..., Any]) -> Callable[..., Any]:
    """A step whose gradients are recorded only where the optimizer is told to, which is never."""

    @functools.wraps(step)
    def stepped(self: Optimizer, *args: Any, **named: Any) -> Any:
        with torch.set_grad_enabled(self.defaults["differentiable"]):
            return step(self, *args, **named)

    return stepped
